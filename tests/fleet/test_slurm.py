#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""docs/fleet/slurm.sbatch under a real Slurm, on this machine alone: arrays from 0 and from 1, two shards that failed and are run again,
and arrays of which no task may begin."""
import glob
import os
import subprocess

import shards
import slurm
from shards import tool

KILLED = (3, 7)


class Rate(tool.Case):
    def test_a_task_has_its_part_and_never_no_limit(self):
        os.chmod(self.put("stsurvey", '#!/bin/sh\nwhile [ "$1" != --rate ]; do shift; done; echo "$2"\n'), 0o755)
        for rate, count, part in (("20000", "8", "2500.000"), ("5", "8", "0.625"), ("20000", "65536", "0.306"), ("1", "65536", "0.001"),
                                  ("0", "8", "0.000")):
            done = subprocess.run(["bash", os.path.join(shards.DOCS, "slurm.sbatch")], check=True, stdout=subprocess.PIPE, text=True,
                                  env={"PATH": self.folder + ":" + os.environ["PATH"], "SHARDS": count, "RATE": rate, "LIST": "list",
                                       "RESULTS": self.folder, "SLURM_ARRAY_TASK_ID": "0"})
            self.assertEqual(done.stdout, part + "\n")


class Array(shards.Case):
    programs = ""  # where the tasks find stsurvey

    def setUp(self):
        super().setUp()
        try:
            self.slurm = slurm.Slurm(os.path.join(self.folder, "slurm"))
        except slurm.Missing as missing:
            self.skipTest(str(missing))
        self.addCleanup(self.slurm.stop)

    def submit(self, array, *more, **variables):
        """Runs it to its end. What its tasks said, and whether all of them ended with 0."""
        for log in glob.glob(self.path("log-*")):
            os.unlink(log)
        done = self.slurm.run("sbatch", "--wait", "--array", array, "--output", self.path("log-%a"), os.path.join(shards.DOCS, "slurm.sbatch"),
                              *self.without_rate(), *more, check=False, PATH=self.programs + ":" + os.environ["PATH"], SHARDS=str(shards.SHARDS),
                              LIST=self.list, RESULTS=self.results, RATE="800000", RESOLVER=" ".join(self.resolver()), **variables)
        said = {}
        for log in glob.glob(self.path("log-*")):
            with open(log, encoding="utf-8") as file:
                said[int(log.rpartition("-")[2])] = file.read()
        self.assertTrue(said, done.stdout)
        return said, done.returncode == 0

    def resolver(self):
        return self.quick()[:2]

    def without_rate(self):
        return self.quick()[2:]

    def assert_quiet(self, said, ids):
        self.assertEqual(said, {i: "" for i in ids})

    def test_two_shards_that_failed_are_run_again(self):
        self.programs = self.begin_with(*KILLED)
        _, is_well = self.submit("0-7%4")
        self.assertFalse(is_well)
        out, err = self.run_tool("merge", *(self.shard(i) for i in range(shards.SHARDS)), "-o", self.path("early"), status=1)
        self.assertIn("shard-3.msgpack.zst", out + err)
        said, is_well = self.submit("3,7", "--shard", "auto")  # which would be shards of two
        self.assertFalse(is_well)
        for i in KILLED:
            self.assertIn("the job array has 2 tasks from 3 to 7 in steps of 1: that is no whole array", said[i])
        said, is_well = self.submit("3,7")
        self.assertTrue(is_well, said)
        self.assert_quiet(said, KILLED)
        self.assert_merged()

    def test_an_array_from_1_on(self):
        self.programs = self.begin_with()
        said, is_well = self.submit("1-8")  # without FIRST: seven of the tasks would find a shard
        self.assertFalse(is_well)
        self.assertEqual(set(said), set(range(1, 9)))
        for text in said.values():
            self.assertIn("the ids of the tasks are 1 to 8, those of 8 shards 0 to 7", text)
        self.assertEqual(glob.glob(os.path.join(self.results, "*.zst")), [])
        said, is_well = self.submit("1-4", FIRST="1")
        self.assertTrue(is_well, said)
        said, is_well = self.submit("5-8", FIRST="1")
        self.assertTrue(is_well, said)
        self.assert_merged(first=1)

    def test_the_array_tells_how_many(self):
        self.programs = self.begin_with()
        said, is_well = self.submit("1-15:2", "--shard", "auto")
        self.assertTrue(is_well, said)
        merged = self.path("merged.msgpack.zst")
        self.run_tool("merge", *(self.shard(i) for i in range(1, 16, 2)), "-o", merged)
        self.assertEqual(self.verify(merged), ("complete", shards.DOMAINS))


if __name__ == "__main__":
    tool.main()
