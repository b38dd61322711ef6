#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""scan --direct: what it says of whom it asked, and of the proof of it. Resolver and name servers know the same world, unless told."""
import csv
import json
import os
import subprocess
import sys

import tool

COUNT = 64  # of a kind each some; no more than one window
QUESTIONS = ("MX", "STS", "TLSRPT")


class Direct(tool.Case):
    def setUp(self):
        super().setUp()
        self.dns = self.server()
        self.own = tool.Server(more=("--address", "127.0.0.2", "--authoritative"))
        self.addCleanup(self.own.kill)
        self.names = tool.names(COUNT)
        zone = "$ORIGIN test.\n$TTL 300\n@ SOA a.nic.test. h.nic.test. 1 2 3 4 5\n"
        zone += "".join(f"{name}. NS auth1.test.\n{name}. NS auth2.test.\n" for name in self.names)
        self.list, self.out = self.put("test.zone", zone), self.path("out.msgpack.zst")

    def scan(self, *more, status=0, begin="--force"):
        _, err = self.run_tool(*self.scan_options(self.list, self.out, self.dns, "--direct", "--dns-port", self.own.port, begin, "-m",
                                                  self.path("meta"), *more), status=status)
        with open(self.path("meta"), encoding="utf-8") as file:
            return json.load(file), err

    def table(self, name):
        self.run_tool("stats", self.out, "-d", self.path("tables"))
        with open(os.path.join(self.path("tables"), name + ".csv"), newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def assert_told(self, direct, records):
        """What the metadata count is what the records have. (questions by source, by reason)"""
        found, reasons = {"direct": 0, "resolver": 0}, dict.fromkeys(direct["fall_back"], 0)
        for record in records.values():
            for question in QUESTIONS:
                answer = record["results"].get(question, {})
                if answer.get("source"):
                    found[answer["source"]] += 1
                if answer.get("fall_back"):
                    reasons[answer["fall_back"]] += 1
        self.assertEqual(direct["questions"], found)
        self.assertEqual(direct["fall_back"], reasons)
        return found, reasons

    def test_what_is_told_of_it_is_what_the_records_have(self):
        about, _ = self.scan("--audit", "1")
        direct, records = about["direct"], self.records(self.out)
        self.assertEqual(len(records), COUNT)
        self.assert_truth(records)
        self.assertIn("complete", self.verify(self.out)[0])
        found, reasons = self.assert_told(direct, records)
        self.assertGreater(found["direct"], COUNT)
        self.assertGreater(reasons["confirmed"], 0)
        self.assertGreater(reasons["truncated"], 0)  # big…
        kinds = [audit["kind"] for record in records.values() for audit in record.get("audit", [])]
        self.assertEqual(kinds.count("absent"), direct["audit"]["absent"])
        self.assertEqual((direct["audit"]["data"], direct["audit"]["share_data"], about["note"]), (0, 0, None))
        self.assertEqual((direct["waiting"], direct["dropped"], direct["guesses"]), (0, 0, 0))
        self.assertGreaterEqual(direct["packets"], found["direct"])
        rows = self.table("direct")
        self.assertEqual(sum(int(row["domains"]) for row in rows), sum(found.values()))
        sums = os.path.join(tool.HERE, "..", "lab", "sums.py")
        self.assertEqual(subprocess.run([sys.executable, "-B", sums, self.path("tables")], stdout=subprocess.DEVNULL, check=False).returncode, 0)
        self.assertEqual({row["kind"]: int(row["answers"]) for row in self.table("audit") if row["question"] == "all"},
                         {kind: direct["audit"][kind] for kind in ("absent", "data", "changed", "failed")})

    def test_each_answer_says_who_gave_it_and_each_absent_one_is_audited_once(self):
        self.scan("--audit", "1")
        for record in self.records(self.out).values():
            absent = []
            for question in QUESTIONS:
                answer = record["results"][question]
                if answer.get("source") == "direct":
                    self.assertIsNone(answer["ad"])
                    absent += [question] * (answer["status"] in ("NXDOMAIN", "NO_ANSWER"))
            if record["results"]["STS"]["state"] == "valid":
                self.assertEqual({record["results"][question]["source"] for question in ("MX", "STS")}, {"resolver"})
            self.assertEqual([audit["question"] for audit in record.get("audit", ())], absent)

    def test_a_part_of_the_zone_tells_the_same_servers(self):
        self.scan("--audit", "0")
        want = {i: tool.without_times(record) for i, record in self.records(self.out).items()}
        rows = "".join(f"{i},,{name},auth1.test auth2.test\n" for i, name in enumerate(self.names))
        self.list = self.put("chunk", "offset,rank,domain,ns\n" + rows)
        self.scan("--audit", "0", "--input-format", "chunk")
        self.assertEqual({i: tool.without_times(record) for i, record in self.records(self.out).items()}, want)

    def test_a_scan_without_it_says_the_same(self):
        plain = self.path("plain")
        self.run_tool(*self.scan_options(self.list, plain, self.dns))
        self.scan("--audit", "0")
        for one, other in zip(self.records(plain).values(), self.records(self.out).values(), strict=True):
            self.assertNotIn("audit", other)
            for question in QUESTIONS:
                first, second = one["results"][question], other["results"][question]
                self.assertNotIn("source", first)
                self.assertEqual((first["status"], first.get("data")), (second["status"], second.get("data")))
        self.run_tool("diff", plain, self.out, "-d", self.path("changes"))
        for table, same in (("changes", lambda row: False), ("transitions", lambda row: row["old"] == row["new"])):
            with open(os.path.join(self.path("changes"), table + ".csv"), newline="", encoding="utf-8") as file:
                self.assertEqual([row for row in csv.DictReader(file) if not same(row)], [])

    def test_a_scan_that_goes_on_counts_all_of_its_file(self):
        self.scan("--audit", "1", "--max-domains", COUNT // 3)
        self.assertEqual(self.verify(self.out)[1], COUNT // 3)
        about, _ = self.scan("--audit", "1", "--max-domains", COUNT // 3 * 2, begin="--resume")
        records = self.records(self.out)
        self.assertEqual(self.verify(self.out)[1], len(records))  # and the trailer's counts are right
        self.assertGreater(len(records), COUNT // 3)
        self.assert_told(about["direct"], records)

    def test_wrong_answers_end_with_status_3_and_say_so(self):
        self.own.become("forgetful")
        hidden = sorted(name for name in self.names if name.startswith(("sts", "rpt")))
        for limit, status in (("0.5", 3), ("100", 0)):
            about, err = self.scan("--audit", "1", "--audit-limit", limit, "-q", "-l", self.path("log"), status=status)
            audit = about["direct"]["audit"]
            decided = sum(audit[kind] for kind in ("absent", "data", "changed"))
            told = (f"{audit['data']} of {decided} audited answers of name servers ({100 * audit['data'] / decided:.1f} %) say that nothing is "
                    "there where the resolver has data, more than --audit-limit 0.5 %: exit status 3")
            # those asked before their servers were seen a second time went to the resolver
            self.assertGreater(audit["data"], len(hidden) // 2)
            self.assertLessEqual(audit["data"], len(hidden))
            self.assertEqual(audit["limit"], float(limit) / 100)
            self.assertEqual(status == 3, told in err)
            self.assertEqual(status == 3, bool(about["note"]) and told in about["note"])
            self.assertEqual(about["exit_status"], status)
            out, _ = self.run_tool("export", self.out, "--where", "audit = data", "--fields", "name", "--format", "csv")
            self.assertEqual(len(set(out.split()[1:]) & set(hidden)), audit["data"])


if __name__ == "__main__":
    tool.main()
