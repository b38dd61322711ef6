#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""How fast questions are asked: of a resolver that bears less, of a public one, and when the scan is to end."""
import json
import os
import signal
import subprocess

import tool

COUNT = 3000
SHARED_RATE, START_RATE, PUBLIC_RATE = 10000, 1000, 300  # docs/before-you-scan.md


class Congestion(tool.Case):
    """The name server answers 800 questions a second."""

    def about(self):
        with open(self.path("meta"), encoding="utf-8") as file:
            return json.load(file)

    def come_down(self, mode, unknown_allowed):
        """(metadata once the rate has come down, and at the end)"""
        listed, out, dns = self.put("list", tool.lines(tool.names(COUNT))), self.path("out.msgpack.zst"), self.server()
        dns.become(mode)
        process = self.start(*self.scan_options(listed, out, dns, "--rate", SHARED_RATE, "--timeout", tool.OUTAGE_ANSWER_S, "-m", self.path("meta"),
                                                "-u", self.path("status")))
        self.wait_until(lambda: os.path.exists(self.path("meta")) and self.about()["dns"]["rate_decreases"], process)
        before = self.about()
        _, err = self.finish(process, 0)
        after = self.about()
        self.assert_truth(self.records(out), unknown_allowed)
        self.assertIn("% of the questions had to be repeated", err)
        self.assertIn("the rate of questions came down", err)
        self.assertTrue(any("asking slower" in row["note"] for row in self.rows(self.path("status"))))
        self.assertEqual(after["settings"]["rate"], SHARED_RATE)
        self.assertLess(after["dns"]["rate_lowest"], SHARED_RATE)
        self.assertLessEqual(after["dns"]["rate_lowest"], after["dns"]["rate"])
        early = before["dns"]["repeats"] / before["run"]["queries"]
        late = (after["dns"]["repeats"] - before["dns"]["repeats"]) / (after["run"]["queries"] - before["run"]["queries"])
        self.assertLess(late, early / 2)

    def test_where_what_is_above_is_lost_few_questions_are_repeated_in_the_end(self):
        self.come_down("limited", 0)

    def test_where_what_is_above_is_refused_few_questions_are_repeated_in_the_end(self):
        self.come_down("strict", COUNT // 100)


class Limits(tool.Case):
    def test_a_slow_rate_does_not_keep_a_scan_from_ending(self):
        listed, out, dns = self.put("list", tool.lines(tool.names(COUNT))), self.path("out.msgpack.zst"), self.server()
        process = self.start(*self.scan_options(listed, out, dns, "--rate", "0.1", "-u", self.path("status")))
        self.wait_until(lambda: self.rows(self.path("status")), process)
        process.send_signal(signal.SIGTERM)
        self.finish(process, 143)
        self.assertIn("interrupted", self.verify(out)[0])

    def test_what_is_on_loopback_is_asked_as_slowly_as_any_other(self):
        listed, out, dns = self.put("list", tool.lines(tool.names(8))), self.path("out.msgpack.zst"), self.server()
        for given, rate, start in (((), SHARED_RATE, START_RATE), (("--rate", "0"), 0, 0), (("--rate", "77.5"), 77.5, 77.5)):
            options = list(self.scan_options(listed, out, dns, "--force", "-m", self.path("meta"), *given))
            del options[options.index("--rate"):options.index("--rate") + 2]  # tool.py's own
            _, err = self.run_tool(*options)
            self.assertNotIn("public resolver", err)
            with open(self.path("meta"), encoding="utf-8") as file:
                about = json.load(file)
            self.assertEqual((about["settings"]["rate"], about["dns"]["rate"]), (rate, start))
            self.assertEqual((about["dns"]["rate_lowest"], about["dns"]["rate_decreases"]), (None, 0))


class Public(tool.Case):
    """In a network namespace of its own, from which no packet gets anywhere."""

    def setUp(self):
        super().setUp()
        self.list = self.put("list", "mx1.test\n")
        self.alone = ["unshare", *([] if os.geteuid() == 0 else ["-rm"]), "-n"]
        if subprocess.run([*self.alone, "true"], capture_output=True, check=False).returncode != 0:
            self.skipTest("no network namespace can be made here")

    def said_with(self, servers, *more):
        _, err = self.run_tool("scan", "-f", self.list, "-o", self.path("out"), "--name-servers", servers, "--ca-file",
                               tool.a_certificate(), "--timeout", "0.1", *more, status=1, within=self.alone)
        self.assertNotIn("public resolver", "".join(line for line in err.splitlines() if "[warning]" not in line))
        return [line for line in err.splitlines() if "public resolver" in line]

    def test_a_public_resolver_is_asked_slowly_and_told_of(self):
        for servers in ("8.8.8.8", "127.0.0.1:9,[2606:4700:4700::1111]:53", "::ffff:9.9.9.9"):
            said = self.said_with(servers)
            self.assertEqual(len(said), 1)
            self.assertIn(f"{PUBLIC_RATE} questions a second", said[0])
            self.assertIn("docs/before-you-scan.md", said[0])

    def test_a_rate_above_it_is_obeyed_and_warned_of(self):
        for rate, words in (("5000", "--rate 5000"), ("0", "--rate 0 is no limit")):
            said = self.said_with("4.2.2.1", "--rate", rate, "-q")
            self.assertEqual(len(said), 1)
            self.assertIn(words, said[0])
            self.assertIn(f"{PUBLIC_RATE} questions a second", said[0])

    def test_others_are_no_public_ones(self):
        self.assertEqual(self.said_with("127.0.0.53,192.0.2.1"), [])


if __name__ == "__main__":
    tool.main()
