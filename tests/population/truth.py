# SPDX-License-Identifier: BSD-2-Clause
"""truth.py - the tables that the population must give, added up from what is expected of each class."""

import collections

from population import parts


ROLES = ("mailbox", "filter", "forwarding", "record", "policy-host", "platform", "dns", "reports", "mx")


class Truth:
    """of(table) gives {key: domains}; what stands in no cell has no domains."""

    def __init__(self, divide=1):
        self.count = collections.defaultdict(collections.Counter)
        for _, like, _, count in parts(divide=divide):
            self.add(like, count)

    def of(self, table):
        return {key: count for key, count in self.count[table].items() if count}

    def add(self, c, count):
        def metric(name, holds=True):
            self.count["overview"][name] += count if holds else 0

        metric("scanned")
        metric(c["status"])
        metric("nxdomain", c["nxdomain"])
        metric("with_mx", c["mx"] == "some")
        metric("null_mx", c["mx"] == "null")
        metric("tlsrpt_record", c["tlsrpt"] == "valid")
        metric("tlsrpt_valid", c["tlsrpt"] == "valid")
        for finding in c["findings"]:
            self.count["findings"][finding] += count
        self.count["tlsrpt"]["state", c["tlsrpt"]] += count
        if c["tlsrpt"] == "valid":
            self.count["tlsrpt"]["scheme", c["scheme"]] += count
            self.count["tlsrpt"]["host", c["host"]] += count
        self.add_part(c, count)
        if c["component"]:
            self.count["components"]["all", c["component"]] += count
            self.count["components"][c["managed"] if c["sts_record"] else "unclassified", c["component"]] += count
        if c["sts_record"]:
            self.add_record(c, count, metric)

    def add_part(self, c, count):
        self.add_part_to("by_tld", c["tld"], c, count)
        self.add_part_to("by_label", c["registrar"], c, count)

    def add_part_to(self, table, name, c, count):
        part = self.count[table]
        part[name, "domains"] += count
        part[name, "with_mx"] += count * (c["mx"] == "some")
        part[name, "sts"] += count * c["sts_record"]
        part[name, "misconfigured"] += count * (c["component"] not in (None, "ok", "unknown"))
        part[name, "enforce"] += count * (c["policy"] in ("valid", "tolerated") and c["mode"] == "enforce")
        part[name, "tlsrpt"] += count * (c["tlsrpt"] == "valid")

    def add_record(self, c, count, metric):
        usable = c["policy"] in ("valid", "tolerated")
        metric("sts_record")
        metric("sts_valid_record", c["sts"] == "valid")
        metric("misconfigured", c["component"] not in ("ok", "unknown"))
        metric("delivery_failure", c["verdict"] == "enforce-fail")
        metric("delivery_partial", c["verdict"] == "enforce-partial")
        metric("sts_and_tlsrpt", c["tlsrpt"] == "valid")
        metric("policy_fetched", c["policy"] != "")
        metric("policy_valid", c["policy"] == "valid")
        metric("policy_tolerated", c["policy"] == "tolerated")
        metric("policy_usable", usable)
        for stage in ("tls", "http", "syntax"):
            if c[stage]:
                self.count[stage][c[stage]] += count
        if usable:
            metric("mode_" + c["mode"])
            self.count["mode_max_age"][c["mode"], c["max_age"]] += count
            if c["mx_kind"]:
                self.count["mx_consistency"][c["mx_kind"], c["mode"]] += count
        if c.get("orphan"):
            self.count["orphans"][c["policy-host"], c["orphan"]] += count
        for role in ROLES:
            self.count["providers"][role, c["mx_by" if role == "mx" else role]] += count
        if c["component"] not in ("ok", "unknown"):
            self.count["misconfigured"][c["component"], " ".join(c["findings"]), c["verdict"]] += count


def transitions(divide):
    """{(kind, old, new): domains} between the two weeks, absent cells left out."""
    count = collections.Counter()
    for named, like, _, number in parts(True, divide):
        for kind, words in WORDS.items():
            count[kind, words(named), words(like)] += number
    return dict(count)


def not_asked(c):
    return c["status"] in ("illegal_input", "blocklisted")


def mode(c):
    if not_asked(c):
        return "not-asked"
    if c["component"] == "unknown":
        return "unknown"
    return c["mode"] if c["policy"] in ("valid", "tolerated") else "no-policy"


def component(c):
    return "not-asked" if not_asked(c) else c["component"] or "no-record"


# What docs/drift.md calls the sides of a transition.
WORDS = {
    "status": lambda c: c["status"].replace("_", "-"),
    "sts": lambda c: "not-asked" if not_asked(c) else c["sts"],
    "tlsrpt": lambda c: "none" if c["nxdomain"] else c["tlsrpt"],
    "component": component,
    "mode": mode,
    "verdict": lambda c: "not-asked" if not_asked(c) else c["verdict"] or "no-policy",
}
