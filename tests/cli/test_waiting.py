#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Domains that wait for their name servers' turn: what is told of it, and what becomes of them when the scan dies."""
import json
import os
import signal

import tool

COUNT = 300
OPERATOR_RATE = 150  # of 3 questions a domain: seconds for COUNT, so that most of them wait when something happens


def zone(names):
    """A zone file that delegates them to one operator."""
    return "$ORIGIN test.\n" + "".join(f"{name}. NS ns1.slow.test.\n{name}. NS ns2.slow.test.\n" for name in names)


class Waiting(tool.Case):
    def setUp(self):
        super().setUp()
        self.dns = self.server()
        self.list = self.put("zone", zone(tool.names(COUNT)))
        self.out = self.path("out.msgpack.zst")

    def options(self, *more):
        return self.scan_options(self.list, self.out, self.dns, "--direct", *more)

    def test_how_long_the_slowest_operator_takes_is_told_at_the_start(self):
        process = self.start(*self.options("--operator-rate", 1, "-m", self.path("meta")))
        self.wait_until(lambda: "the whole list takes" in self.said(process), process)
        process.send_signal(signal.SIGTERM)
        _, err = self.finish(process, 143)
        self.assertIn("] slow.test: 300 domains, 15.0 minutes at --operator-rate 1\n", err)
        self.assertIn("the whole list takes 15.0 minutes at least", err)
        with open(self.path("meta"), encoding="utf-8") as file:
            about = json.load(file)
        self.assertEqual(about["direct"]["forecast"], {"domains": COUNT, "slowest": [
            {"operator": "slow.test", "domains": COUNT, "seconds": 900}]})

    def test_what_waited_when_the_scan_was_killed_is_asked_after_resume(self):
        status = self.path("status")
        for attempt in range(3):
            process = self.start(*self.options("--operator-rate", OPERATOR_RATE, "--sync-interval", 1, "-u", status,
                                               *(["--resume"] if attempt else [])))
            self.wait_until(lambda: any(int(row["domains"]) > 40 * (attempt + 1) for row in self.rows(status)), process)
            process.kill()
            self.finish(process, -signal.SIGKILL)
            if os.path.exists(status):
                os.unlink(status)
        self.run_tool(*self.options("--operator-rate", 0, "--resume"))
        records = self.records(self.out)
        self.assertEqual(list(records), list(range(COUNT)))
        self.assert_truth(records)

    def test_without_a_folder_for_the_temporary_file_memory_does(self):
        _, err = self.run_tool(*self.options("--operator-rate", 0), env=dict(os.environ, TMPDIR="/nowhere"))
        self.assertIn("no more of the list is read than memory holds of domains that wait for their name servers", err)
        self.assert_truth(self.records(self.out))


if __name__ == "__main__":
    tool.main()
