#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""sums.py DIR - do the tables of `stsurvey stats` close, as docs/tables.md says?

Exit status 1 where a sum is wrong, or a share is not its numerator divided by its denominator.
"""

import csv
import os
import sys

ROLES = ("mailbox", "filter", "forwarding", "record", "policy-host", "platform", "dns", "reports", "mx")


class Tables:
    def __init__(self, folder):
        self.folder, self.wrong, self.checked = folder, [], 0
        self.table = {}
        for name in sorted(os.listdir(folder)):
            with open(os.path.join(folder, name), newline="", encoding="utf-8") as file:
                self.table[name[:-4]] = list(csv.DictReader(file))
        self.metric = {row["metric"]: int(row["domains"]) for row in self.table["overview"]}

    def sum(self, name, column="domains", **where):
        return sum(int(row[column]) for row in self.table[name] if all(row[key] == value for key, value in where.items()))

    def equal(self, what, a, b):
        self.checked += 1
        if a != b:
            self.wrong.append("%s: %s, not %s" % (what, a, b))

    def shares(self):
        for name, rows in self.table.items():
            for number, row in enumerate(rows, 2):
                if "share" in row:
                    part, of = int(row["answers" if "answers" in row else "domains"]), int(row["of"])
                    self.equal("%s.csv:%d: share" % (name, number), row["share"], "%.6f" % (part / of) if of else "")
                    self.equal("%s.csv:%d: part of the whole" % (name, number), part <= of, True)
                for metric in ("sts", "tlsrpt"):
                    if "share_%s_with_mx" % metric in row:
                        part, of = int(row[metric + "_with_mx"]), int(row["with_mx"])
                        self.equal("%s.csv:%d: share with MX" % (name, number), row["share_%s_with_mx" % metric], "%.6f" % (part / of) if of else "")

    def partitions(self):
        metric = self.metric
        for whole, parts in {
            "scanned": ["complete", "unknown", "blocklisted", "illegal_input"],
            "policy_usable": ["policy_valid", "policy_tolerated"],
        }.items():
            self.equal("overview.csv: parts of " + whole, sum(metric[part] for part in parts), metric[whole])
        self.equal("overview.csv: modes", sum(metric["mode_" + mode] for mode in ("enforce", "testing", "none")), metric["policy_usable"])
        steps = [int(row["domains"]) for row in self.table["funnel"]]
        self.equal("funnel.csv: each step a part of the one before", steps, sorted(steps, reverse=True))
        self.equal("funnel.csv: list", steps[0], metric["scanned"])
        self.equal("funnel.csv: mx", steps[1], metric["with_mx"])
        for name in ("by_tld", "by_rank"):
            for column, whole in (("domains", "scanned"), ("with_mx", "with_mx"), ("sts", "sts_record"), ("tlsrpt", "tlsrpt_record")):
                self.equal("%s.csv: %s" % (name, column), self.sum(name, column), metric[whole])
        self.equal("overview.csv: with MX", {row["with_mx"] for row in self.table["overview"] if row["metric"] in ("scanned", "with_mx")},
                   {str(metric["with_mx"])})
        for name in ("by_tld", "by_rank"):
            for column, whole in (("sts_with_mx", "sts_record"), ("tlsrpt_with_mx", "tlsrpt_record")):
                self.equal("%s.csv: %s" % (name, column), [str(self.sum(name, column))],
                           [row["with_mx"] for row in self.table["overview"] if row["metric"] == whole])
        for label in sorted({row["label"] for row in self.table["by_label"]}):
            for column, whole in (("domains", "scanned"), ("with_mx", "with_mx"), ("sts", "sts_record"), ("misconfigured", "misconfigured"),
                                  ("enforce", "mode_enforce"), ("tlsrpt", "tlsrpt_record")):
                self.equal("by_label.csv: %s: %s" % (label, column), self.sum("by_label", column, label=label), metric[whole])
        self.equal("by_tld.csv: misconfigured", self.sum("by_tld", "misconfigured"), metric["misconfigured"])
        self.equal("misconfigured.csv: rows", len(self.table["misconfigured"]), metric["misconfigured"])
        for mode in ("enforce", "testing", "none"):
            self.equal("mode_max_age.csv: " + mode, self.sum("mode_max_age", mode=mode), metric["mode_" + mode])
        for kind, whole in (("state", "scanned"), ("scheme", "tlsrpt_valid"), ("host", "tlsrpt_valid")):
            self.equal("tlsrpt.csv: " + kind, self.sum("tlsrpt", kind=kind), metric[whole])
        for question in ("STS", "TLSRPT"):
            self.equal("dnssec.csv: " + question, self.sum("dnssec", question=question), metric["scanned"])
        self.equal("dnssec.csv: valid", self.sum("dnssec", question="STS", state="valid"), metric["sts_valid_record"])
        for role in ROLES:
            self.equal("providers.csv: " + role, self.sum("providers", role=role), metric["sts_record"])
            self.equal("providers.csv: misconfigured, " + role, self.sum("providers", "misconfigured", role=role), metric["misconfigured"])
        for profile in sorted({row["profile"] for row in self.table["sender_outcome"]}):
            self.equal("sender_outcome.csv: " + profile, self.sum("sender_outcome", profile=profile), metric["sts_record"])

    def stages(self):
        for name in ("tls", "http", "syntax"):
            self.equal(name + ".csv: domains", self.sum(name), int(self.table[name][0]["of"]))
        broken = [row for row in self.table["components"] if row["managed"] == "all" and row["component"] not in ("ok", "unknown")]
        self.equal("components.csv: broken", sum(int(row["domains"]) for row in broken), self.metric["misconfigured"])
        for name, following in (("tls", "http"), ("http", "syntax")):
            self.equal("%s.csv: ok" % name, self.sum(name, reason="ok"), int(self.table[following][0]["of"]))
        self.equal("http.csv: ok", self.sum("http", reason="ok"), self.metric["policy_fetched"])
        self.equal("syntax.csv: ok", self.sum("syntax", reason="ok"), self.metric["policy_valid"])

    def managers(self):
        """What is split by who manages it, or by who runs it: each part sums to its own `of`, self, third-party and unclassified to all."""
        for name, part in (("components", "managed"), ("mx_tls", "managed"), ("managed", "role"), ("inconsistency", "run_by"), ("orphans", "provider")):
            for value in {row[part] for row in self.table[name]}:
                rows = [row for row in self.table[name] if row[part] == value]
                self.equal("%s.csv: %s" % (name, value), {sum(int(row["domains"]) for row in rows)}, {int(row["of"]) for row in rows})
        for name in ("components", "mx_tls"):
            count = {}
            for row in self.table[name]:
                key = tuple(value for column, value in row.items() if column not in ("managed", "domains", "of") and not column.startswith(("share", "note")))
                count[key] = count.get(key, 0) + (-1 if row["managed"] == "all" else 1) * int(row["domains"])
            self.equal(name + ".csv: self, third-party and unclassified", [key for key, rest in count.items() if rest], [])
        for kind in {row["kind"] for row in self.table["inconsistency"]}:
            self.equal("inconsistency.csv: " + kind, self.sum("inconsistency", kind=kind), self.sum("mx_consistency", kind=kind))
        for role in ROLES:
            self.equal("concentration.csv: " + role, *({int(row["of"]) for row in self.table["concentration"] if row["role"] == role}, {
                self.metric["sts_record"] - self.sum("providers", role=role, provider="(none)") - self.sum("providers", role=role, provider="(unknown)")}))

    def direct(self):
        """A question of a domain has one source; audits that the resolver decided sum to their `of`, and the questions to all."""
        for question in {row["question"] for row in self.table["direct"]}:
            self.equal("direct.csv: %s" % question, self.sum("direct", question=question) <= self.metric["scanned"], True)
        questions = {row["question"] for row in self.table["audit"]}
        for question in questions:
            rows = {row["kind"]: row for row in self.table["audit"] if row["question"] == question}
            decided = sum(int(rows[kind]["answers"]) for kind in ("absent", "data", "changed"))
            self.equal("audit.csv: %s" % question, {int(rows[kind]["of"]) for kind in ("absent", "data", "changed")}, {decided})
            self.equal("audit.csv: %s, failed" % question, int(rows["failed"]["of"]), decided + int(rows["failed"]["answers"]))
            self.equal("audit.csv: %s, of direct answers" % question, int(rows["failed"]["of"]) <=
                       self.sum("direct", source="direct", **({} if question == "all" else {"question": question})), True)
        for kind in ("absent", "data", "changed", "failed") if questions else ():
            parts = sum(self.sum("audit", "answers", question=question, kind=kind) for question in questions - {"all"})
            self.equal("audit.csv: %s of all questions" % kind, self.sum("audit", "answers", question="all", kind=kind), parts)

    def hosts(self):
        population = int(self.table["dane"][0]["of"])
        self.equal("mx_tls.csv: domains", self.sum("mx_tls", managed="all"), population)
        for name in ("dane", "delivery", "interplay"):
            self.equal(name + ".csv: domains", self.sum(name), population)
        hosts = self.table["mx_hosts"]
        self.equal("mx_hosts.csv: certificates", sum(row["days_left"] != "" for row in hosts), self.sum("expiry", "hosts", role="mx"))
        for row in hosts:
            self.equal("mx_hosts.csv: %s" % row["host"], int(row["enforce"]) + int(row["testing"]) <= int(row["domains"]) <= population
                       and int(row["breaks"]) <= int(row["enforce"]), True)


def main():
    tables = Tables(sys.argv[1])
    tables.shares()
    tables.partitions()
    tables.stages()
    tables.managers()
    tables.direct()
    tables.hosts()
    print("\n".join(tables.wrong + ["%d sums and shares, %d wrong" % (tables.checked, len(tables.wrong))]))
    return 1 if tables.wrong or not tables.metric["scanned"] else 0


if __name__ == "__main__":
    sys.exit(main())
