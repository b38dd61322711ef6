#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A dead resolver is not an empty internet: name servers fall ill in the middle of a scan, and no domain may be recorded
as absent that is present.

An outage lasts until the scan says that it waits, and then STSURVEY_OUTAGE seconds more; 1 unless told."""
import json
import os
import signal
import time

import tool

OUTAGE_S = float(os.environ.get("STSURVEY_OUTAGE", "1"))
COUNT = 2400
RATE = 2500          # packets a second: without an outage the scan takes three seconds
MAX_OUTAGE_S = 2     # where the scan is to end
BEFORE = 4000        # octets in the file, of 35,000, when it comes …
BEFORE_LOSS = 16000  # … and where a part of the rest stays unknown, over TCP above all
PAUSED = "paused: no name server answers"


class Outages(tool.Case):
    def setUp(self):
        super().setUp()
        self.dns = self.server()
        self.list = self.put("list", tool.lines(tool.names(COUNT)))
        self.out = self.path("out.msgpack.zst")

    def begin(self, *more, servers=None, before=BEFORE):
        options = list(self.scan_options(self.list, self.out, self.dns, "-r", RATE, "--sync-interval", "0",
                                         "--timeout", tool.OUTAGE_ANSWER_S, "-m", self.path("meta"), "-u", self.path("status"), *more))
        if servers:
            options[options.index("--name-servers") + 1] = ",".join(s.address for s in servers)
        process = self.start(*options)
        self.wait_until(lambda: os.path.exists(self.out) and os.path.getsize(self.out) > before, process)
        return process

    def outlive(self, process):
        """An outage that has begun."""
        self.wait_for_note(self.path("status"), PAUSED, process)
        self.wait_until(lambda: self.metadata()["note"] == PAUSED, process)
        time.sleep(OUTAGE_S)

    def metadata(self):
        with open(self.path("meta"), encoding="utf-8") as file:
            return json.load(file)

    def finish_scan(self, process, unknown_allowed=0):
        """(metadata, notes seen) of a scan that must have come to its end with true facts."""
        self.finish(process, 0)
        records = self.records(self.out)
        self.assertEqual(self.verify(self.out), ("complete", COUNT))
        self.assertEqual(sorted(records), list(range(COUNT)))
        self.unknown = self.assert_truth(records, unknown_allowed)
        about = self.metadata()
        self.assertEqual(about["counts"]["unknown"], self.unknown)
        return about, [row["note"] for row in self.rows(self.path("status"))]

    def assert_paused(self, process):
        about, _ = self.finish_scan(process)
        self.assertGreaterEqual(about["servers"][0]["times_down"], 1)
        self.assertGreater(about["servers"][0]["failed"], 0)
        return about

    def test_stopped(self):
        process = self.begin("--max-outage", OUTAGE_S + 60)
        self.dns.process.send_signal(signal.SIGSTOP)
        self.outlive(process)
        self.dns.process.send_signal(signal.SIGCONT)
        about = self.assert_paused(process)
        self.assertGreater(about["servers"][0]["timeouts"], 0)

    def test_killed_and_started_again(self):
        process = self.begin()
        self.dns.kill()
        self.outlive(process)
        self.server(port=self.dns.port)
        self.assert_paused(process)

    def fails_for_a_while(self, rcode):
        process = self.begin()
        self.dns.become(rcode)
        self.outlive(process)
        self.dns.become("well")
        self.assert_paused(process)

    def test_servfail_for_a_while(self):
        self.fails_for_a_while("servfail")

    def test_refused_for_a_while(self):
        self.fails_for_a_while("refused")

    def test_three_packets_of_ten_are_lost(self):
        process = self.begin(before=BEFORE_LOSS)
        self.dns.become("loss")
        about, _ = self.finish_scan(process, unknown_allowed=COUNT // 100)
        self.assertGreater(about["dns"]["repeats"], COUNT // 20)
        self.assertEqual(about["servers"][0]["times_down"], 0)

    def test_one_of_two_dies(self):
        other = self.server()
        process = self.begin(servers=(self.dns, other))
        other.kill()
        about, notes = self.finish_scan(process)
        self.assertEqual(about["servers"][0]["times_down"], 0)
        self.assertGreaterEqual(about["servers"][1]["times_down"], 1)
        self.assertFalse(any("paused" in note for note in notes), notes)

    def test_names_that_do_not_exist_are_invented(self):
        """What exists is still found; what does not is at most found empty."""
        process = self.begin()
        self.dns.become("rewrite")
        tool.TRUTH["nx"] = ("NO_ANSWER", "none", "none")
        self.addCleanup(tool.TRUTH.update, nx=("NXDOMAIN", None, None))
        self.finish(process, 0)
        records = self.records(self.out)
        self.assertEqual(sorted(records), list(range(COUNT)))
        self.assert_truth({i: r for i, r in records.items() if r["results"]["MX"]["status"] != "NXDOMAIN"})
        for record in records.values():
            if record["results"]["MX"]["status"] == "NXDOMAIN":
                self.assertTrue(record["name"].startswith("nx"))

    def test_interrupted_while_paused(self):
        process = self.begin()
        self.dns.become("silent")
        self.outlive(process)
        process.send_signal(signal.SIGINT)
        self.finish(process, 130)
        self.assertIn("interrupted", self.verify(self.out)[0])
        self.assert_truth(self.records(self.out, whole=False))
        self.dns.become("well")
        self.run_tool(*self.scan_options(self.list, self.out, self.dns, "--resume"))
        self.assertEqual(self.verify(self.out), ("complete", COUNT))
        self.assert_truth(self.records(self.out))

    def test_an_outage_that_lasts_too_long(self):
        process = self.begin("--max-outage", MAX_OUTAGE_S)
        self.dns.become("silent")
        _, err = self.finish(process, 1)
        self.assert_one_line("".join(line + "\n" for line in err.splitlines() if "[error]" in line), "no name server has answered",
                             "--max-outage", "--resume")
        about = self.metadata()
        said, count = self.verify(self.out)
        self.assertIn("interrupted", said)
        self.assertEqual((about["state"], about["exit_status"], about["counts"]["domains"]), ("failed", 1, count))
        self.assertIn("--max-outage", about["error"])
        self.assertLess(count, COUNT)
        self.assert_truth(self.records(self.out, whole=False))
        self.dns.become("well")
        self.run_tool(*self.scan_options(self.list, self.out, self.dns, "--resume", "--max-outage", MAX_OUTAGE_S))
        self.assertEqual(self.verify(self.out), ("complete", COUNT))
        self.assert_truth(self.records(self.out))


class Abilities(tool.Case):
    """What a name server can do is asked before a scan; metadata and warnings say it, and nothing else of the kind."""

    GOOD = {"answers": True, "no_such_name": "NXDOMAIN", "rewrites_nxdomain": False, "tcp": True, "edns": True,
            "edns_size": 1232, "validates_dnssec": True}
    MUTE = ("silent", "notcp", "tcponly")  # it is waited for in vain
    # mode: (how it differs from a good one, what is warned of)
    TABLE = {
        "well": ({}, ()),
        "noedns": ({"edns": False, "edns_size": None}, ("does not speak EDNS: answers above 512 octets need TCP",)),
        "deafedns": ({"edns": False, "edns_size": None}, ("does not speak EDNS: answers above 512 octets need TCP",)),
        "smalledns": ({"edns_size": 512}, ()),  # what it takes, not what it sends
        "noad": ({"validates_dnssec": False}, ("does not validate DNSSEC: no answer of it counts as authentic",)),
        "notcp": ({"tcp": False}, ("does not answer over TCP: long answers stay unknown",)),
        "rewrite": ({"no_such_name": "NOERROR", "rewrites_nxdomain": True},
                    ("invents addresses for names that do not exist: its NXDOMAIN can't be trusted, use another",)),
        "silent": ({"answers": False, "no_such_name": "TIMEOUT", "tcp": False, "edns": False, "edns_size": None,
                    "validates_dnssec": False}, ("does not answer",)),
        "refused": ({"no_such_name": "REFUSED", "validates_dnssec": False}, ("answers REFUSED",)),
        "servfail": ({"no_such_name": "SERVFAIL", "validates_dnssec": False}, ("answers SERVFAIL",)),
        "tcponly": ({"no_such_name": "TIMEOUT", "validates_dnssec": False}, ("answers TIMEOUT",)),
    }

    def test_metadata_and_warnings_say_them(self):
        """A second server is well, so that the scan begins whatever the first one is like."""
        listed = self.put("list", tool.lines(tool.names(40, ("mx", "sts", "rpt", "none"))))
        good, dns = self.server(), self.server()
        for mode, (differs, warnings) in self.TABLE.items():
            with self.subTest(mode=mode):
                dns.become(mode)
                options = list(self.scan_options(listed, self.path("out"), dns, "--force", "-m", self.path("meta"),
                                                 *(("--timeout", tool.OUTAGE_ANSWER_S) if mode in self.MUTE else ())))
                options[options.index("--name-servers") + 1] += "," + good.address
                reserved = options.index("--allow-reserved")
                del options[reserved:reserved + 2]  # or it would be taken for a lab, which need not hold org
                _, err = self.run_tool(*options)
                with open(self.path("meta"), encoding="utf-8") as file:
                    servers = json.load(file)["servers"]
                for about, facts in zip(servers, ({**self.GOOD, **differs}, self.GOOD)):
                    self.assertEqual({key: about[key] for key in facts}, facts)
                said = [line.split("[warning] ")[1] for line in err.splitlines() if "name server" in line]
                self.assertEqual(said, [f"name server 127.0.0.1 port {dns.port} {words}" for words in warnings])
                self.assert_truth(self.records(self.path("out")))

    def test_long_answers_of_a_server_without_edns(self):
        """All else is as it would be with it."""
        listed, dns = self.put("list", tool.lines(tool.names(80))), self.server()
        for mode in ("noedns", "deafedns", "smalledns"):
            with self.subTest(mode=mode):
                dns.become(mode)
                self.run_tool(*self.scan_options(listed, self.path("out"), dns, "--force"))
                self.assertEqual(self.assert_truth(self.records(self.path("out"))), 0)


if __name__ == "__main__":
    tool.main()
