# SPDX-License-Identifier: BSD-2-Clause
"""bus_probe.c, asked a line at a time."""
import os
import signal
import subprocess
import time
import unittest

PROBE = os.environ["STSURVEY_BUS_PROBE"]
LIMIT_S = 120  # whatever takes longer hangs
POLL_S = 0.02
SANITIZER_STATUS = 66  # as ThreadSanitizer's: not one that the probe ends with


class Probe:

    def __init__(self, url, *more):
        asan = os.environ.get("ASAN_OPTIONS", "")
        self.process = subprocess.Popen([PROBE, "--url", url, *more], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        env=dict(os.environ, ASAN_OPTIONS=asan + (":" if asan else "") + f"exitcode={SANITIZER_STATUS}"))
        self.opened = self.process.stdout.readline().strip()

    def send(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def read(self):
        return self.process.stdout.readline().strip()

    def __call__(self, line):
        self.send(line)
        return self.read()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        status = self.process.wait(LIMIT_S)
        self.process.stdout.close()
        if status not in (0, 1):  # a sanitizer's: what it found at the end is told on standard error
            raise AssertionError(f"the probe ended with {status}")

    def interrupt(self):
        self.process.send_signal(signal.SIGTERM)


class Case(unittest.TestCase):
    def wait_until(self, is_so):
        end = time.monotonic() + LIMIT_S
        while not is_so():
            self.assertLess(time.monotonic(), end, "it never happened")
            time.sleep(POLL_S)

    def expect(self, probe, calls):
        """Each is a command and how its answer begins ("ok" is all of it); "…X": it holds X."""
        for line, expected in calls:
            with self.subTest(line):
                self.expect_answer(probe(line), expected)

    def expect_answer(self, answer, expected):
        start, *rest = expected.split("…")
        if expected == "ok":
            self.assertEqual(answer, "ok")
        self.assertTrue(answer.startswith(start.strip()), answer)
        for part in rest:
            self.assertIn(part, answer)
