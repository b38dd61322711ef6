#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""test_sort_join.py STSURVEY SCAN_PAIR - diff counts what GNU sort and join count, whatever the order of the lists, its
threads and its memory."""

import csv
import os
import subprocess
import sys
import tempfile
import unittest

import sort_join

STSURVEY, SCAN_PAIR = "", ""
DOMAINS, EVERY = 12000, 4


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise AssertionError("%s: %d\n%s" % (" ".join(command), done.returncode, done.stderr))
    return done.stdout


def rows(folder, name):
    with open(os.path.join(folder, name + ".csv"), newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


class SortJoin(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.work = tempfile.TemporaryDirectory(prefix="stsurvey-sort-join-")
        cls.old, cls.new, cls.tables = (os.path.join(cls.work.name, name) for name in ("old", "new", "tables"))
        run(SCAN_PAIR, cls.old, cls.new, str(DOMAINS), str(EVERY))
        run(STSURVEY, "diff", cls.old, cls.new, "-d", cls.tables)

    @classmethod
    def tearDownClass(cls):
        cls.work.cleanup()

    def test_transitions_are_those_of_sort_and_join(self):
        files = []
        for scan in (self.old, self.new):
            files.append(scan + ".words")
            sort_join.sorted_words(STSURVEY, scan, files[-1])
        counted = {(row["kind"], row["old"], row["new"]): int(row["domains"]) for row in rows(self.tables, "transitions")}
        self.assertEqual(counted, dict(sort_join.transitions(*files)))
        self.assertGreater(len(counted), 80)  # many words, and names on one side alone

    def test_changes_are_told_as_they_are_counted(self):
        changes, moved = rows(self.tables, "changes"), rows(self.tables, "transitions")
        components = [row for row in moved if row["kind"] == "component"]
        broken = {"record", "dns", "tcp", "tls", "http", "syntax", "mx", "mxtls"}
        for change, fits in {"broken": lambda row: row["old"] == "ok" and row["new"] in broken,
                             "fixed": lambda row: row["new"] == "ok" and row["old"] in broken}.items():
            told = sum(row["change"] == change for row in changes)
            self.assertEqual(told, sum(int(row["domains"]) for row in components if fits(row)))
            self.assertGreater(told, 20)
        records = {"valid", "invalid", "multiple"}
        for change, old, new in (("new", {"absent"}, records), ("gone", records, {"absent"}), ("adopted", {"none"}, records)):
            told = sum(row["change"] == change for row in changes)
            counted = sum(int(row["domains"]) for row in moved
                          if row["kind"] == "sts" and row["old"] in old and row["new"] in new)
            self.assertGreaterEqual(told, counted)  # new and gone: with a TLSRPT record, too
            self.assertGreater(counted, 20)
        self.assertEqual([row["name"] for row in changes], sorted(row["name"] for row in changes))
        events = sum(int(row["domains"]) for row in rows(self.tables, "events"))
        self.assertEqual(events, sum(row["via"] != "" for row in changes))

    def test_threads_and_memory_change_nothing(self):
        for options in (["-t", "1"], ["-t", "5"], ["--memory", "16M"]):
            other = self.tables + "-other"
            run(STSURVEY, "diff", self.old, self.new, "-d", other, *options)
            for name in ("transitions", "changes", "events", "pairs"):
                self.assertEqual(rows(other, name), rows(self.tables, name))

    def test_a_scan_against_itself_is_empty(self):
        other = self.tables + "-self"
        run(STSURVEY, "diff", "--all", self.old, self.old, "-d", other)
        self.assertEqual(rows(other, "changes"), [])
        self.assertEqual([row for row in rows(other, "transitions") if row["old"] != row["new"]], [])

    def test_the_other_way_round_is_the_reverse(self):
        other = self.tables + "-reverse"
        run(STSURVEY, "diff", self.new, self.old, "-d", other)
        self.assertEqual(sorted((row["kind"], row["new"], row["old"], row["domains"]) for row in rows(other, "transitions")),
                         sorted((row["kind"], row["old"], row["new"], row["domains"]) for row in rows(self.tables, "transitions")))


if __name__ == "__main__":
    STSURVEY, SCAN_PAIR = sys.argv[1:3]
    unittest.main(argv=sys.argv[:1])
