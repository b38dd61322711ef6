#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Exactly one record for each line of a nasty list, and the same judgement of it in whatever order, on however many
threads and with however many domains at once."""
import gzip
import subprocess

import tool

# line, status, name
NASTY = (
    ("mx1.test", "complete", "mx1.test"),
    ("mx1.test", "complete", "mx1.test"),
    ("MX1.TEST", "complete", "mx1.test"),
    ("mx1.test.", "complete", "mx1.test"),
    ("  sts2.test\t", "complete", "sts2.test"),
    ("sts2.test..", "illegal-input", "sts2.test.."),
    (".", "illegal-input", "."),
    ("..", "illegal-input", ".."),
    (".mx1.test", "illegal-input", ".mx1.test"),
    ("mx1..test", "illegal-input", "mx1..test"),
    ("192.0.2.1", "illegal-input", "192.0.2.1"),
    ("2001:db8::1", "illegal-input", "2001:db8::1"),
    ("a" * 64 + ".test", "illegal-input", "a" * 64 + ".test"),
    ("a" * 63 + ".test", "complete", "a" * 63 + ".test"),
    ("mx 1.test", "illegal-input", "mx 1.test"),
    ("mx1.test/path", "illegal-input", "mx1.test/path"),
    ("user@mx1.test", "illegal-input", "user@mx1.test"),
    ("http://mx1.test", "illegal-input", "http://mx1.test"),
    ("*.mx1.test", "illegal-input", "*.mx1.test"),
    ("bücher.test", "complete", "xn--bcher-kva.test"),
    ("BÜCHER.test", "complete", "xn--bcher-kva.test"),
    ("xn--bcher-kva.test", "complete", "xn--bcher-kva.test"),
    ("faß.test", "complete", "xn--fa-hia.test"),
    ("test", "complete", "test"),
    ("_mx1.test", "complete", "_mx1.test"),
    ("blocked.test", "blocklisted", "blocked.test"),
    ("mx1.blocked.test", "blocklisted", "mx1.blocked.test"),
    ("mx1.notblocked.test", "complete", "mx1.notblocked.test"),
    ("nx4.test", "complete", "nx4.test"),
    ("null5.test", "complete", "null5.test"),
    ("big6.test", "complete", "big6.test"),
    ("\x01\x02", "illegal-input", "\x01\x02"),
)
PASSED_OVER = ("", "# a comment", "   ", "\t#")
REPEATED = 4
UNKNOWN = (("sf3.test", "unknown", "sf3.test"),)  # one in over a hundred: the exit status is 0


class Nasty(tool.Case):
    def setUp(self):
        super().setUp()
        self.dns, self.scans = self.server(), 0
        self.blocklist = self.put("blocked", "blocked.test\n")
        self.expected = NASTY * REPEATED + UNKNOWN
        text = []
        for number, (line, _, _) in enumerate(self.expected):
            text += [line, PASSED_OVER[number % len(PASSED_OVER)]]
        self.text = "\n".join(text)
        self.list = self.put("list", self.text)

    def begin(self, list_path, *more, **options):
        """(the scan, its file)"""
        self.scans += 1
        out = self.path(f"out{self.scans}.msgpack.zst")
        return self.start(*self.scan_options(list_path, out, self.dns, "--domain-blocklist-file", self.blocklist, *more),
                          **options), out

    def end(self, process, out):
        self.finish(process, 0)
        self.assertEqual(self.verify(out), ("complete", len(self.expected)))
        return {i: tool.without_times(r) for i, r in self.records(out).items()}

    def scan(self, list_path, *more, **options):
        return self.end(*self.begin(list_path, *more, **options))

    def test_each_line_once_and_alike(self):
        first = self.scan(self.list)
        for index, (line, status, name) in enumerate(self.expected):
            self.assertEqual((first[index]["status"], first[index]["name"]), (status, name), line)
        ways = (("--threads", "1"), ("--threads", "4"), ("--threads", "4", "--seed", "1"), ("--seed", "2"),
                ("--threads", "1", "--concurrency", "1"), ("--threads", "4", "--concurrency", "4000"),
                ("--concurrency", "2", "--sync-interval", "0"), ("--rate", "2000"))
        for more, begun in [(more, self.begin(self.list, *more)) for more in ways]:
            with self.subTest(options=more):
                found = self.end(*begun)
                self.assertEqual(sorted(found), sorted(first))
                for index, record in found.items():
                    self.assertEqual(record, first[index])

    def test_however_the_list_comes(self):
        first = self.scan(self.list)
        packed = self.put("list.gz", gzip.compress(self.text.encode()))
        zstd = self.put("list.zst", subprocess.run(["zstd", "-qc"], input=self.text.encode(), stdout=subprocess.PIPE,
                                                   check=True).stdout) if self.has_zstd() else packed
        crlf = self.put("crlf", self.text.replace("\n", "\r\n"))
        with open(self.list, "rb") as file:
            begun = [self.begin(path) for path in (packed, zstd, crlf)] + [self.begin("-", stdin=file)]
        for scan in begun:
            self.assertEqual(self.end(*scan), first)

    def has_zstd(self):
        try:
            return subprocess.run(["zstd", "--version"], stdout=subprocess.DEVNULL, check=False).returncode == 0
        except FileNotFoundError:
            return False

    def test_the_same_seed_gives_the_same_order(self):
        orders = []
        begun = [self.begin(self.list, "--seed", seed, "--threads", "1", "--concurrency", "1") for seed in ("5", "5", "6")]
        for process, out in begun:
            self.finish(process, 0)
            text, _ = self.run_tool("export", out, "--format", "csv")
            orders.append([line.rsplit(",", 1)[0].split(",")[0] for line in text.splitlines()])
        self.assertEqual(orders[0], orders[1])
        self.assertNotEqual(orders[0], orders[2])


if __name__ == "__main__":
    tool.main()
