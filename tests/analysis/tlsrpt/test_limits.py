#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What a report, a message or an mbox may cost: bombs, endless things and a great many of them, within a bound on memory
that is told by the kernel (peak of the resident set). Nothing here is measured in time.

    test_limits.py            as a test
    STSURVEY_LONG=1 …         the mbox has 2 GiB and there are 100,000 reports
"""
import json
import os
import subprocess
import sys
import threading
import unittest
import zlib

import reports
from reports import REPORT, TEXT, mail, message, octets, packed, part, report, tool

MIB = 1 << 20
LONG = bool(os.environ.get("STSURVEY_LONG"))
BOUND = 32 * MIB         # 16 MiB unpacked, and as much around it
SANITIZED = bool(os.environ.get("STSURVEY_SANITIZE"))  # whose shadow memory is not ours
MBOX = 2042 * MIB if LONG else 48 * MIB
MANY = 100000 if LONG else 3000


# A process begins with the peak of the one it was forked from: this one is small.
MEASURE = """
import os, sys
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(child, 0)
print(os.waitstatus_to_exitcode(status), usage.ru_maxrss * 1024)
"""


def gzip_of(pieces):
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    return b"".join(packer.compress(piece) for piece in pieces) + packer.flush()


def with_details(one, size):
    """A report of some @size octets, with a failure detail again and again."""
    head, tail = octets(report(details=[])).split(b'"failure-details": []')
    return head + b'"failure-details": [' + b",".join([one] * (size // (len(one) + 1))) + b"]" + tail


def with_details_numbered(one, count):
    head, tail = octets(report(details=[])).split(b'"failure-details": []')
    return head + b'"failure-details": [' + b",".join([one % i for i in range(count)]) + b"]" + tail


ROW = {"policy": {"policy-type": "sts", "policy-domain": "quay.example"},
       "summary": {"total-successful-session-count": 1, "total-failure-session-count": 100},
       "failure-details": [{"failed-session-count": 1}] * 100}
HEAD = octets(REPORT)[:-1]
FIELDS = b"Xa: a\r\n" * (4 * MIB) + b"\r\n"

# What each holds, and what is said of it.
HOSTILE = {
    "spaces.eml": (lambda: message(TEXT, part(gzip_of([b"{"] + [b" " * MIB] * 20))), "over 16777216 octets once unpacked"),
    "string.eml": (lambda: message(TEXT, part(gzip_of([b'{"organization-name":"'] + [b"A" * MIB] * 20))), "over 1048576 octets in one string once unpacked"),
    "white-space-in-front.json.gz": (lambda: gzip_of([b"\n" * MIB] * 20), "over 16777216 octets once unpacked"),
    "number.json": (lambda: HEAD + b',"x":' + b"1" * (100 * MIB) + b"}", "over 1048576 octets in one number"),
    "number.json.gz": (lambda: gzip_of([HEAD + b',"x":'] + [b"1" * MIB] * 20), "over 1048576 octets in one number once unpacked"),
    "many-small.json.gz": (lambda: gzip_of([octets(REPORT)] * 50000), "over 16777216 octets once unpacked"),
    "nested.json": (lambda: HEAD + b',"x":' + b"[" * 100000 + b"]" * 100000 + b"}", "too deep"),
    "keys.json": (lambda: octets({**REPORT, **{f"k{i}": 1 for i in range(100000)}}), "too many keys"),
    "policies.json": (lambda: octets(report(policies=[ROW] * 10000)), "over 16777216 octets"),
    "empty-policies.json": (lambda: octets(report(policies=[{}] * 100000)), "more than 16384 policies"),
    "headers.eml": (lambda: message(part(packed(REPORT)), header="X: tlsrpt " + "a" * (2 * MIB) + "\r\n"), "headers of over 512 KiB"),
    "folded.eml": (lambda: message(part(packed(REPORT)), header="X: tlsrpt\r\n" + " a\r\n" * MIB), "headers of over 512 KiB"),
    "boundary.eml": (lambda: message(part(packed(REPORT)), boundary="b" * (2 * MIB)), "headers of over 512 KiB"),
    "headers-within.eml": (lambda: message(b"X: " + b"a" * (2 * MIB) + b"\r\n\r\n", part(packed(REPORT))), "headers of over 512 KiB"),
    "headers-forwarded.eml": (lambda: message(b"Content-Type: message/rfc822\r\n\r\nX: " + b"a" * (2 * MIB) + b"\r\n\r\n"), "headers of over 512 KiB"),
    "parts.eml": (lambda: message(*[b"\r\n"] * 100000), "over 4096 parts"),
    "messages.eml": (lambda: b"X: tlsrpt\r\n" + b"Content-Type: message/rfc822\r\n\r\n" * 100000, "over 4096 parts"),
    "never-ends.eml": (lambda: message(part(b"A" * (25 * MIB)))[:-20], "over 32 MiB"),
    "half-characters.json": (lambda: octets(REPORT)[:-1] + b',"x":"' + rb"\ud800" * 170000 + b'"}', None),
    "results.json": (lambda: with_details_numbered(b'{"result-type":"%d"}', 600000), None),
    "hosts.json": (lambda: with_details_numbered(b'{"receiving-mx-hostname":"' + b"x" * 300 + b'%d"}', 40000), None),
    # where GMime finds a header that one would not look for
    "type-behind-comment.eml": (lambda: b"X: tlsrpt\r\nContent-Type: message (so) / rfc822\r\n\r\n" + FIELDS, "headers of over 512 KiB"),
    "type-folded.eml": (lambda: b"X: tlsrpt\r\nContent-Type: message\r\n /rfc822\r\n\r\n" + FIELDS, "headers of over 512 KiB"),
    "type-far-out.eml": (lambda: b"X: tlsrpt\r\nContent-Type:" + b" " * 1007 + b"message/rfc822\r\n\r\n" + FIELDS, "headers of over 512 KiB"),
    "type-named-elsewhere.eml": (lambda: b"X: tlsrpt\r\nContent-Type: multipart/digest; boundary=b\r\n\r\n--b\r\nX: content-type\r\n\r\n" + FIELDS,
                                 "headers of over 512 KiB"),
    "type-broken.eml": (lambda: b"X: tlsrpt\r\nContent-Type: multipart/digest; boundary=b\r\n\r\n--b\r\nContent-Type: x\r\n\r\n" + FIELDS,
                        "headers of over 512 KiB"),
    "encoded-and-not.eml": (lambda: b"X: tlsrpt\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: 8bit\r\nContent-Transfer-Encoding: base64\r\n\r\n"
                            + FIELDS, "headers of over 512 KiB"),
    "parameters.eml": (lambda: b"X: tlsrpt\r\nContent-Type: text/plain" + b";a=b" * 120000 + b"\r\n\r\n", "headers of over 512 KiB"),
    "deep.eml": (lambda: b"X: y\r\n" + b"Content-Type: message/rfc822\r\n\r\n" * 40 + message(part(packed(REPORT))), "too deep"),
    # these are read
    "many-headers.eml": (lambda: message(part(packed(REPORT)), header="a:\r\n" * 120000), None),
    "groups.eml": (lambda: message(part(packed(REPORT)), header="To: " + "a:" * 240000 + "\r\n"), None),
    "dates.eml": (lambda: message(part(packed(REPORT)), header="Date: " + "1 " * 240000 + "\r\n"), None),
    "details.json": (lambda: with_details(b"{}", MIB), None),
    "long-details.json": (lambda: with_details(b'{"failure-reason-code":"' + b"x" * 400 + b'"}', 15 * MIB), None),
    "lines.json": (lambda: octets(report(policy={"policy-string": ["mx: a.example"] * 500000})), None),
    "hundred-policies-of-hundred.json": (lambda: octets(report(policies=[ROW] * 100)), None),
    "most-parts.eml": (lambda: message(*[TEXT] * 4000, part(packed(REPORT))), None),
    "most-headers.eml": (lambda: message(part(packed(REPORT)), header="X: " + "a" * (500 << 10) + "\r\n"), None),
    "large.eml": (lambda: message(part(octets(REPORT) + b" " * (15 * MIB), kind="application/tlsrpt+json")), None),
}


class Limits(reports.Case):
    def cost(self, *arguments, feed=None):
        """(exit status, what was said, octets of memory at the peak)"""
        process = subprocess.Popen([sys.executable, "-S", "-c", MEASURE, tool.STSURVEY, "tlsrpt", *arguments, "-d", self.path("tables")],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.PIPE if feed else subprocess.DEVNULL)
        if feed:
            writer = threading.Thread(target=feed, args=(process.stdin,))
            writer.start()
        err = process.stderr.read().decode()
        out = process.stdout.read().split()
        if feed:
            writer.join()
        process.wait()
        process.stdout.close()
        process.stderr.close()
        return int(out[0]), err, int(out[1])

    def test_each_hostile_one_within_the_bound(self):
        for name, (make, words) in HOSTILE.items():
            with self.subTest(name):
                path = self.put(name, make())
                status, err, peak = self.cost(path)
                os.unlink(path)
                self.assertEqual(status, 1 if words else 0, err)
                self.assertIn(words or "1 reports; 0 duplicate; 0 rejected", err)
                self.assertEqual(len(err.splitlines()), 2 if words else 1, err)
                if not SANITIZED:
                    self.assertLess(peak, BOUND, name)

    def test_an_mbox_of_any_size(self):
        """Through a pipe: large messages that are no reports, one that never ends, and reports between."""
        picture = b"From a@b Tue Aug  4 10:11:12 2026\n" + message(part(b"x" * (20 * MIB), kind="image/png", name="a.png"), kind="multipart/mixed", header="")
        written = []

        def feed(pipe):
            size, count = 0, 0
            with pipe:
                while size < MBOX:
                    count += 1
                    each = b"From a@b Tue Aug  4 10:11:12 2026\n" + mail(report(report_id=str(count))) + b"\n"
                    pipe.write(each)
                    pipe.write(picture + b"\n\n")
                    size += len(each) + len(picture)
                pipe.write(b"From a@b Tue Aug  4 10:11:12 2026\nX: tlsrpt\n\n")
                for _ in range(33):
                    pipe.write(b"x" * MIB)
            written.append(count)

        status, err, peak = self.cost("-", feed=feed)
        self.assertEqual(status, 1)
        self.assertIn(f"{written[0]} reports; 0 duplicate; 1 rejected; {written[0]} files and messages", err)
        if not SANITIZED:
            self.assertLess(peak, BOUND)

    def test_a_great_many_reports_take_little_each(self):
        def feed(pipe):
            text = json.dumps(report(report_id="%d", x="x" * (8 << 10)))  # together more than one report may have
            with pipe:
                for i in range(MANY):
                    pipe.write((text % i).encode() + b"\n")

        status, err, peak = self.cost("-", feed=feed)
        self.assertEqual(status, 0)
        self.assertIn(f"{MANY} reports; 0 duplicate", err)
        if not SANITIZED:
            self.assertLess(peak, BOUND)


if __name__ == "__main__":
    unittest.main(verbosity=2)
