#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The weekly survey (service/stsurvey-weekly): two weeks, killed in the middle, started twice, with lists and disks that fail."""
import csv
import datetime
import os
import re
import signal
import subprocess
import unittest

import tool

WEEKLY = os.path.join(tool.HERE, "..", "..", "service", "stsurvey-weekly")
FIRST, SECOND, THIRD = "2026-W52", "2026-W53", "2027-W01"
COUNT = 400
BUSY, INTERRUPTED = 75, 143


class Weekly(tool.Case):
    def setUp(self):
        super().setUp()
        self.dns = self.server()
        self.list = self.put("list", tool.lines(tool.names(COUNT)))
        self.results = self.path("results")
        self.configure()

    def configure(self, *more):
        options = dict(zip(*[iter(self.scan_options(self.list, "unused", self.dns)[1:])] * 2))
        names = {"-f": "input-file"}
        lines = [f"{names.get(option, option.lstrip('-'))} = {value}" for option, value in options.items() if option != "-o"]
        self.config = self.put("weekly.conf", "# the survey\n" + "".join(line + "\n" for line in (*lines, *more)))

    def begin(self, week=FIRST, **environment):
        handle = open(self.path("said"), "ab")
        self.addCleanup(handle.close)
        process = subprocess.Popen([WEEKLY, self.config], stdin=subprocess.DEVNULL, stdout=handle, stderr=handle, start_new_session=True,
                                   env={**os.environ, "STSURVEY_RESULTS": self.results, "STSURVEY_WEEK": week, **environment})
        self.addCleanup(tool.put_an_end_to, process)
        return process

    def told(self):
        with open(self.path("said"), encoding="utf-8") as file:
            return file.read()

    def survey(self, week=FIRST, status=0, **environment):
        """What it said."""
        before = len(self.told()) if os.path.exists(self.path("said")) else 0
        process = self.begin(week, **environment)
        self.assertEqual(process.wait(tool.TIMEOUT_S), status, self.told())
        return self.told()[before:]

    def of(self, week, name=""):
        return os.path.join(self.results, week, name.replace("WEEK", week))

    def names(self, week):
        return sorted(os.listdir(self.of(week)))

    def begun(self):
        """A survey of which some records are written, and others are not for half a minute."""
        self.configure("rate = 60", "concurrency = 20", "sync-interval = 0")
        process = self.begin()
        part = self.of(FIRST, "WEEK.part.msgpack.zst")
        self.wait_until(lambda: os.path.exists(part) and os.path.getsize(part) > 2000, process)
        self.configure("sync-interval = 0")
        return process

    FILES = ["metadata.json", "report.html", "tables", "verify.txt"]

    def test_two_weeks(self):
        said = self.survey()
        self.assertEqual(self.names(FIRST), sorted([f"{FIRST}.msgpack.zst", *self.FILES]))
        self.assertRegex(said, rf"{FIRST}: {COUNT} domains, \d+ unknown; {COUNT // 8} with an STS record")
        self.assertEqual(os.readlink(os.path.join(self.results, "latest")), FIRST)

        self.put("list", tool.lines([*tool.names(COUNT), "sts1.test"]))
        said = self.survey(SECOND)
        self.assertEqual(self.names(SECOND), sorted([f"{SECOND}.msgpack.zst", "changes", *self.FILES]))
        with open(self.of(SECOND, "changes/transitions.csv"), encoding="utf-8") as file:
            rows = [row for row in csv.DictReader(file) if row["kind"] == "status"]
        self.assertEqual([(row["old"], row["new"], int(row["domains"])) for row in rows if row["old"] == "absent"], [("absent", "complete", 1)])
        with open(self.of(SECOND, "report.html"), encoding="utf-8") as file:
            self.assertRegex(file.read(), r"(?i)since|before|last")
        self.assertRegex(said, f"{COUNT + 1} domains")
        self.assertIn("since the scan before", said)
        self.assertEqual(os.readlink(os.path.join(self.results, "latest")), SECOND)

    def snapshot(self, week):
        return {os.path.join(folder, name): os.stat(os.path.join(folder, name)).st_mtime_ns
                for folder, _, names in os.walk(self.of(week)) for name in names}

    def test_what_is_done_is_not_done_again_and_what_is_missing_is(self):
        self.survey()
        before = self.snapshot(FIRST)
        self.dns.become("silent")  # a scan would not end well
        self.survey()
        self.assertEqual(self.snapshot(FIRST), before)
        os.unlink(self.of(FIRST, "report.html"))
        self.survey()
        self.assertEqual(self.snapshot(FIRST).keys(), before.keys())

    def test_killed_in_the_middle_it_goes_on(self):
        process = self.begun()
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        part = self.of(FIRST, "WEEK.part.msgpack.zst")
        self.put("list", "another.test\n")  # next week's: this week's goes on with what it began with
        kept = os.path.getsize(part)
        said = self.survey()
        self.assertIn("going on with the scan of this week", said)
        scan = self.of(FIRST, "WEEK.msgpack.zst")
        self.assertGreater(os.path.getsize(scan), kept)
        self.assertEqual(self.verify(scan), ("complete", COUNT))
        self.assert_truth(self.records(scan))
        self.assertEqual(self.names(FIRST), sorted([f"{FIRST}.msgpack.zst", *self.FILES]))

    def test_told_to_stop_it_lets_the_scan_end_and_goes_on_later(self):
        process = self.begun()
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(tool.TIMEOUT_S), INTERRUPTED)
        self.assertIn("interrupted", self.told())
        said, count = self.verify(self.of(FIRST, "WEEK.part.msgpack.zst"))
        self.assertIn("interrupted", said)
        self.assertTrue(0 < count < COUNT, count)
        self.survey()
        self.assertEqual(self.verify(self.of(FIRST, "WEEK.msgpack.zst")), ("complete", COUNT))

    def test_two_at_once_are_one(self):
        process = self.begun()
        self.assertIn("another stsurvey-weekly is running", self.survey(status=BUSY))
        self.assertIn("another stsurvey-weekly is running", self.survey(SECOND, status=BUSY))
        os.kill(process.pid, signal.SIGKILL)  # its scan lives on, and is not scanned beside
        process.wait()
        self.assertIn("another stsurvey-weekly is running", self.survey(status=BUSY))
        os.killpg(process.pid, signal.SIGKILL)

    def test_a_scan_that_fails_says_why_and_the_next_run_goes_on(self):
        self.dns.become("silent")
        self.configure("max-outage = 1", f"timeout = {tool.OUTAGE_ANSWER_S}")
        said = self.survey(status=1)
        self.assertRegex(said, r"(?m)\[error\] name server .* no answer")
        self.assertRegex(said, r"the scan failed \(exit status 1\).*the next run goes on")
        self.assertFalse(os.path.exists(self.of(FIRST, "tables")))
        self.dns.become("well")
        self.survey()
        self.assertEqual(self.names(FIRST), sorted([f"{FIRST}.msgpack.zst", *self.FILES]))

    def test_a_week_that_was_never_finished_is_no_week_before(self):
        self.survey(FIRST)
        self.dns.become("silent")
        self.configure("max-outage = 1", f"timeout = {tool.OUTAGE_ANSWER_S}")
        self.survey(SECOND, status=1)
        self.dns.become("well")
        said = self.survey(THIRD)
        self.assertIn(f"the scan of {SECOND} was never finished", said)
        self.assertTrue(os.path.exists(self.of(THIRD, "changes/pairs.csv")))

    def test_much_that_is_unknown_is_a_warning(self):
        self.put("list", tool.lines([*tool.names(20), "sf1.test"]))
        said = self.survey()
        self.assertIn("more of it is unknown than should be", said)
        self.assertIn("report.html", self.names(FIRST))

    def test_a_damaged_scan_is_told_of_and_nothing_is_made_of_it(self):
        self.survey()
        scan = self.of(FIRST, "WEEK.msgpack.zst")
        for name in ("verify.txt", "report.html"):
            os.unlink(self.of(FIRST, name))
        with open(scan, "r+b") as file:
            file.seek(os.path.getsize(scan) // 2)
            file.write(b"\0" * 16)
        self.assertRegex(self.survey(status=1), r"(?s)damaged at octet.*verify does not find .* whole, and nothing is made of it")
        self.assertNotIn("report.html", self.names(FIRST))

    def test_a_step_that_fails_is_told_of_and_tried_again(self):
        self.survey()
        os.unlink(self.of(FIRST, "report.html"))
        with open(self.put("stsurvey", '#!/bin/sh\n[ "$1" != report ] || exit 1\nexec "$REAL" "$@"\n')) as file:
            os.chmod(file.name, 0o755)
        said = self.survey(status=1, STSURVEY=file.name, REAL=tool.STSURVEY)
        self.assertIn("report failed (exit status 1)", said)
        self.survey()
        self.assertIn("report.html", self.names(FIRST))

    def test_killed_behind_any_step_it_goes_on_there(self):
        self.survey(FIRST)
        once = self.path("once")
        # what was made is there, and is not yet called what it is
        kills = self.put("stsurvey", '#!/bin/sh\n"$REAL" "$@" || exit\n[ "$1" != "$LAST" ] || [ -e "$ONCE" ] || { >"$ONCE"; kill -KILL 0; }\n')
        os.chmod(kills, 0o755)
        for last in ("scan", "verify", "stats", "diff", "report"):
            with self.subTest(last=last):
                self.survey(SECOND, status=-signal.SIGKILL, STSURVEY=kills, REAL=tool.STSURVEY, LAST=last, ONCE=once)
                os.unlink(once)
        self.survey(SECOND)
        self.assertEqual(self.names(SECOND), sorted([f"{SECOND}.msgpack.zst", "changes", *self.FILES]))
        self.assertEqual(self.verify(self.of(SECOND, "WEEK.msgpack.zst")), ("complete", COUNT))

    def test_old_weeks_are_forgotten_and_nothing_else(self):
        for week in (FIRST, SECOND):
            self.survey(week)
        os.mkdir(os.path.join(self.results, "mine"))
        os.mkdir(os.path.join(self.results, "2020-W01-kept"))
        said = self.survey(THIRD, STSURVEY_KEEP="2")
        self.assertEqual({name for name in os.listdir(self.results) if not name.startswith(".")},
                         {SECOND, THIRD, "latest", "mine", "2020-W01-kept"})
        self.assertIn(f"{FIRST} is older than 2 weeks", said)

    def test_bad_settings(self):
        for week, environment, words in (("W01", {}, "YYYY-Www"), ("../..-W01", {}, "YYYY-Www"), (FIRST, {"STSURVEY_KEEP": "many"}, "many")):
            with self.subTest(words=words):
                self.assertIn(words, self.survey(week, status=2, **environment))
        self.list = self.path("missing")
        self.configure()
        self.assertIn("it cannot be copied", self.survey(status=1))
        self.config = self.put("weekly.conf", "rate = 5\n")
        self.assertIn("input-file = LIST", self.survey(status=2))
        self.config = self.put("weekly.conf", f"input-file = {self.put('l', 'a.test')}\nrats = 5\n")
        self.assertRegex(self.survey(status=2), r"(?s)did you mean 'rate'.*to be mended in .*weekly\.conf")
        self.config = self.path("nowhere")
        self.assertIn("docs/weekly.md", self.survey(status=2))

    def test_nothing_is_written_where_others_could_lead_it(self):
        os.mkdir(self.results)
        for path, mode, back in ((self.config, 0o666, 0o644), (self.results, 0o777, 0o755), (self.results, 0o1777, 0o755)):
            os.chmod(path, mode)
            self.assertIn(path, self.survey(status=2))
            os.chmod(path, back)
        if os.geteuid() == 0:
            os.chown(self.results, 65534, -1)
            self.assertIn("others may write in it", self.survey(status=2))
        self.assertEqual(os.listdir(self.results), [])

    def test_the_journal_gets_levels(self):
        self.put("list", tool.lines([*tool.names(20), "sf1.test"]))
        said = self.survey(JOURNAL_STREAM="8:1")
        self.assertRegex(said, rf"(?m)^<4>{FIRST}: the scan is done, but")
        self.assertRegex(said, rf"(?m)^<6>{FIRST}: 21 domains, 1 unknown")

    def test_the_week_is_the_one_it_is(self):
        before = datetime.datetime.now(datetime.timezone.utc).isocalendar()
        self.survey(week="")
        after = datetime.datetime.now(datetime.timezone.utc).isocalendar()
        self.assertIn(os.readlink(os.path.join(self.results, "latest")), {"%d-W%02d" % when[:2] for when in (before, after)})

    def test_the_list_is_what_the_configuration_says_last(self):
        for line in (f'input-file="{self.list}"   # ours', f"  input-file  =  {self.list}  "):
            with self.subTest(line=line):
                self.configure(f"input-file = {self.path('missing')}", line)
                week = f"20{len(line)}-W01"
                self.survey(week)
                self.assertEqual(self.verify(self.of(week, "WEEK.msgpack.zst")), ("complete", COUNT))


if __name__ == "__main__":
    tool.main()
