#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""check for programs: the same line that a scan of the domain is exported as; and a reader that goes away."""
import json
import os
import subprocess

import tool

NAMES = ("mx1.test", "sts2.test", "rpt3.test", "nx4.test", "null5.test")
READER_GONE = 141


class Check(tool.Case):
    def setUp(self):
        super().setUp()
        self.dns = self.server()
        self.check = (tool.STSURVEY, "check", "--name-servers", self.dns.address, "--ca-file", tool.a_certificate(),
                      "--allow-reserved", "127.0.0.0/8", "--https-port", "9", "-q")

    def test_a_line_is_what_the_export_of_a_scan_has(self):
        out = self.path("out.msgpack.zst")
        self.finish(self.start(*self.scan_options(self.put("list", "\n".join(NAMES)), out, self.dns)), 0)
        exported = {record["name"]: tool.without_times(record) for record in self.records(out).values()}
        done = subprocess.run([*self.check, "--json", *NAMES], capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (1, ""))
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual([line["name"] for line in lines], list(NAMES))
        for line in lines:
            self.assertEqual({**tool.without_times(line), "rank": None}, {**exported[line["name"]], "rank": None})

    def test_json_explains_nothing(self):
        done = subprocess.run([*self.check, "--json", "--if-mx", "mx.test", "mx1.test"], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("--if-mx", done.stderr)

    def test_a_reader_that_goes_away_is_not_told_of(self):
        for words in ((), ("--json",)):
            read, write = os.pipe()
            os.close(read)
            done = subprocess.run([*self.check, *words, "mx1.test"], stdout=write, stderr=subprocess.PIPE, text=True, check=False)
            os.close(write)
            self.assertEqual((done.returncode, done.stderr), (READER_GONE, ""))


if __name__ == "__main__":
    tool.main()
