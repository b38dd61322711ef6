#!/usr/bin/python3
"""A dead resolver is not an empty internet: name servers fall ill in the middle of a scan, and no domain may be recorded
as absent that is present.

STSURVEY_OUTAGE says for how many seconds; 5 unless told."""
import csv
import json
import os
import signal
import time

import tool

OUTAGE_S = float(os.environ.get("STSURVEY_OUTAGE", "5"))
COUNT = 2400
RATE = 2500          # packets a second: without an outage the scan takes three seconds
BEFORE_S = 1.2       # from the first record's file to the outage


class Outages(tool.Case):
    def setUp(self):
        super().setUp()
        self.dns = self.server()
        self.list = self.put("list", tool.lines(tool.names(COUNT)))
        self.out = self.path("out.msgpack.zst")

    def begin(self, *more, servers=None):
        options = list(self.scan_options(self.list, self.out, self.dns, "-r", RATE, "-m", self.path("meta"),
                                         "-u", self.path("status"), *more))
        if servers:
            options[options.index("--name-servers") + 1] = ",".join(s.address for s in servers)
        process = self.start(*options)
        end = time.monotonic() + 20
        while not os.path.exists(self.out) and time.monotonic() < end:
            time.sleep(0.02)
        time.sleep(BEFORE_S)
        self.assertIsNone(process.poll(), "the scan was over before anything happened to it")
        return process

    def finish_scan(self, process, unknown_allowed=0):
        """(metadata, notes seen, records) of a scan that must have come to its end with true facts."""
        _, self.err = self.finish(process, 0, timeout=60 + 4 * OUTAGE_S)
        records = self.records(self.out)
        self.assertEqual(self.verify(self.out), ("complete", COUNT))
        self.assertEqual(sorted(records), list(range(COUNT)))
        self.unknown = self.assert_truth(records, unknown_allowed)
        with open(self.path("meta"), encoding="utf-8") as file:
            about = json.load(file)
        self.assertEqual(about["counts"]["unknown"], self.unknown)
        with open(self.path("status"), encoding="utf-8") as file:
            notes = [row["note"] for row in csv.DictReader(file)]
        return about, notes, records

    def assert_paused(self, process):
        about, notes, _ = self.finish_scan(process)
        self.assertGreaterEqual(about["servers"][0]["times_down"], 1)
        self.assertGreater(about["servers"][0]["failed"], 0)
        self.assertTrue(any("paused: no name server answers" in note for note in notes), notes)
        return about

    def test_stopped(self):
        process = self.begin()
        self.dns.process.send_signal(signal.SIGSTOP)
        time.sleep(OUTAGE_S)
        self.dns.process.send_signal(signal.SIGCONT)
        about = self.assert_paused(process)
        self.assertGreater(about["servers"][0]["timeouts"], 0)

    def test_killed_and_started_again(self):
        process = self.begin()
        self.dns.kill()
        time.sleep(OUTAGE_S)
        self.server(port=self.dns.port)
        self.assert_paused(process)

    def test_servfail_for_a_while(self):
        process = self.begin()
        self.dns.become("servfail")
        time.sleep(OUTAGE_S)
        self.dns.become("well")
        self.assert_paused(process)

    def test_refused_for_a_while(self):
        process = self.begin()
        self.dns.become("refused")
        time.sleep(OUTAGE_S)
        self.dns.become("well")
        self.assert_paused(process)

    def test_three_packets_of_ten_are_lost(self):
        process = self.begin()
        self.dns.become("loss")
        about, _, _ = self.finish_scan(process, unknown_allowed=COUNT // 100)
        self.assertGreater(about["dns"]["repeats"], COUNT // 20)
        self.assertEqual(about["servers"][0]["times_down"], 0)

    def test_one_of_two_dies(self):
        other = self.server()
        process = self.begin(servers=(self.dns, other))
        other.kill()
        about, notes, _ = self.finish_scan(process)
        self.assertEqual(about["servers"][0]["times_down"], 0)
        self.assertGreaterEqual(about["servers"][1]["times_down"], 1)
        self.assertFalse(any("paused" in note for note in notes), notes)

    def test_names_that_do_not_exist_are_invented(self):
        """What exists is still found; what does not is at most found empty."""
        process = self.begin()
        self.dns.become("rewrite")
        tool.TRUTH["nx"] = ("NO_ANSWER", "none", "none")
        self.addCleanup(tool.TRUTH.update, nx=("NXDOMAIN", None, None))
        _, err = self.finish(process, 0)
        records = self.records(self.out)
        self.assertEqual(sorted(records), list(range(COUNT)))
        self.assert_truth({i: r for i, r in records.items() if r["results"]["MX"]["status"] != "NXDOMAIN"})
        for record in records.values():
            if record["results"]["MX"]["status"] == "NXDOMAIN":
                self.assertTrue(record["name"].startswith("nx"))

    def test_interrupted_while_paused(self):
        process = self.begin()
        self.dns.become("silent")
        time.sleep(max(OUTAGE_S, 5))
        process.send_signal(signal.SIGINT)
        self.finish(process, 130, timeout=20)
        self.assertIn("aborted", self.verify(self.out, status=1)[0])
        self.assert_truth(self.records(self.out, whole=False))
        self.dns.become("well")
        self.run_tool(*self.scan_options(self.list, self.out, self.dns, "--resume"))
        self.assertEqual(self.verify(self.out), ("complete", COUNT))
        self.assert_truth(self.records(self.out))


if __name__ == "__main__":
    tool.main()
