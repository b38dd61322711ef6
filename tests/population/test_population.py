#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""test_population.py STSURVEY POPULATION [--fewer] - the study's population at 1:20: do the tables come out to the last domain?

--fewer: with a fiftieth of the domains without a record, for slow builds.
"""

import csv
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import population
import truth

STSURVEY, POPULATION = "", ""
FEWER = 50  # one of so many domains without a record, where they are but ballast
DIVIDE = 1


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise AssertionError("%s: %d\n%s" % (" ".join(command), done.returncode, done.stderr))
    return done.stdout


def rows(folder, name):
    with open(os.path.join(folder, name + ".csv"), newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file)


class Population(unittest.TestCase):
    maxDiff = None
    @classmethod
    def setUpClass(cls):
        cls.work = tempfile.TemporaryDirectory(prefix="stsurvey-population-")
        cls.folder = pathlib.Path(cls.work.name)
        cls.scan, cls.tables = str(cls.folder / "scan.msgpack.zst"), str(cls.folder / "tables")
        population.write_plan(cls.folder / "plan", divide=DIVIDE)
        run(POPULATION, str(cls.folder / "plan"), cls.scan, "--seed", "11")
        run(STSURVEY, "stats", cls.scan, "-d", cls.tables)
        cls.truth = truth.Truth(DIVIDE)

    @classmethod
    def tearDownClass(cls):
        cls.work.cleanup()

    def check(self, table, key, value="domains", where=lambda row: True):
        """Each cell that holds a domain, and no other."""
        found = {}
        for row in rows(self.tables, table):
            if where(row) and int(row[value]):
                found[tuple(row[k] for k in key) if len(key) > 1 else row[key[0]]] = int(row[value])
        self.assertEqual(found, self.truth.of(table))

    def test_the_study_is_what_it_is(self):
        metric = truth.Truth().of("overview")
        self.assertEqual([metric[m] for m in ("scanned", "sts_record", "misconfigured", "delivery_failure")],
                         [87000000 // 20, 68000 // 20, 1006, 109])

    def test_totals(self):
        self.check("overview", ["metric"])

    def test_components_by_who_manages_the_policy_host(self):
        self.check("components", ["managed", "component"])

    def test_who_has_each_role(self):
        self.check("providers", ["role", "provider"])

    def test_delegations_that_one_side_gave_up(self):
        self.check("orphans", ["provider", "reason"], where=lambda row: row["reason"] not in ("usable", "other"))

    def test_findings(self):
        self.check("findings", ["code"])

    def test_stages_by_reason(self):
        for stage in ("tls", "http", "syntax"):
            self.check(stage, ["reason"])

    def test_modes_and_ages(self):
        self.check("mode_max_age", ["mode", "max_age_bucket"])

    def test_consistency_of_mx(self):
        self.check("mx_consistency", ["kind", "mode"])

    def test_reports(self):
        self.check("tlsrpt", ["kind", "value"])

    def check_parts(self, table, name):
        """What looks like a formula has an apostrophe in front."""
        found = {(row[name].removeprefix("'"), c): int(row[c]) for row in rows(self.tables, table)
                 for c in ("domains", "with_mx", "sts", "misconfigured", "enforce", "tlsrpt") if int(row[c])}
        self.assertEqual(found, self.truth.of(table))

    def test_tlds(self):
        self.check_parts("by_tld", "tld")

    def test_labels(self):
        self.check_parts("by_label", "value")

    def test_ranks(self):
        counted = sum(int(row["domains"]) for row in rows(self.tables, "by_rank"))
        self.assertEqual(counted, self.truth.of("overview")["scanned"])
        self.assertEqual([int(row["domains"]) for row in rows(self.tables, "by_rank")][:4], [
            min(last, counted) - min(first, counted) for first, last in ((0, 1000), (1000, 10000), (10000, 100000), (100000, 1000000))])

    def test_every_misconfigured_domain_is_named(self):
        found = {}
        for row in rows(self.tables, "misconfigured"):
            key = row["component"], row["findings"], row["verdict"]
            found[key] = found.get(key, 0) + 1
        self.assertEqual(found, self.truth.of("misconfigured"))

    def diff(self, *scans):
        folder = str(self.folder / ("diff-%d" % len(os.listdir(self.folder))))
        run(STSURVEY, "diff", *scans, "-d", folder)
        return folder

    def make(self, name, *options, second_week=False):
        plan, scan = str(self.folder / (name + ".plan")), str(self.folder / (name + ".msgpack.zst"))
        population.write_plan(plan, second_week, FEWER)
        run(POPULATION, plan, scan, *options)
        return scan

    def test_what_changed_within_a_week(self):
        """The other list's order, and in two shards."""
        later = ["--seed", "12", "--time", str(population.START + population.WEEK)]
        shards = [self.make("week-2-%d" % i, *later, "--shard", "%d/2" % i, second_week=True) for i in range(2)]
        folder = self.diff(self.make("week-1", "--seed", "11"), *shards)
        found = {(row["kind"], row["old"], row["new"]): int(row["domains"]) for row in rows(folder, "transitions")}
        self.assertEqual(found, truth.transitions(FEWER))
        changes = {}
        for row in rows(folder, "changes"):
            changes[row["change"]] = changes.get(row["change"], 0) + 1
        self.assertEqual(changes, self.expected_changes())

    @staticmethod
    def expected_changes():
        """25 that had no policy host have one now, and other MX; 40 went from testing to none and reports no more."""
        return {"fixed": 25, "policy-changed-id-same": 40, "weakened": 40, "tlsrpt-removed": 40}

    def test_a_scan_and_itself(self):
        folder = self.diff(self.make("one", "--seed", "11"), self.make("same", "--seed", "11"))
        self.assertEqual([row for row in rows(folder, "transitions") if row["old"] != row["new"]], [])
        self.assertEqual(list(rows(folder, "changes")), [])


if __name__ == "__main__":
    STSURVEY, POPULATION = sys.argv[1:3]
    if "--fewer" in sys.argv:
        sys.argv.remove("--fewer")
        DIVIDE = FEWER
    unittest.main(argv=sys.argv[:1] + sys.argv[3:], verbosity=2)
