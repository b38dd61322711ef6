#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""docs/fleet/parallel.md: the command as it stands there, but for the list, the folder and the name servers; a shard is killed, the
command is given again, and what is merged is what one scan finds."""
import os
import re
import shutil
import subprocess
import sys

import shards
from shards import tool

KILLED = 3


class Parallel(shards.Case):
    def command(self):
        with open(os.path.join(shards.DOCS, "parallel.md"), encoding="utf-8") as file:
            text = re.search(r"^    (parallel (?:.*\\\n)+.*)\n", file.read(), re.M).group(1)
        for before, now in (("tranco.csv", self.list), ("week-48", self.results), ("--resolver unbound", " ".join(self.quick())),
                            ("--rate 10000", "--rate 0")):
            self.assertIn(before, text)
            text = text.replace(before, now)
        return text

    def run_command(self, path, status):
        done = subprocess.run(["bash", "-c", self.command()], env=dict(os.environ, PATH=path + ":" + os.environ["PATH"], PARALLEL_HOME=self.path("home")),
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=tool.TIMEOUT_S, check=False)
        self.assertEqual(done.returncode, status, done.stdout)

    def jobs(self):
        """The commands that were run, by the log: (exit status, shard)"""
        with open(os.path.join(self.results, "jobs.log"), encoding="utf-8") as file:
            rows = [line.split("\t") for line in file.read().splitlines()[1:]]
        return [(int(row[6]), int(re.search(r"--shard (\d)", row[8]).group(1))) for row in rows]

    def test_the_command_given_twice(self):
        os.mkdir(self.path("home"))
        path = self.begin_with(KILLED)
        self.run_command(path, 1)
        self.assertEqual(sorted(self.jobs()), [(0, i) for i in range(shards.SHARDS) if i != KILLED] + [(137, KILLED)])
        out, err = self.run_tool("merge", *(self.shard(i) for i in range(shards.SHARDS)), "-o", self.path("early"), status=1)
        self.assertIn("shard-3.msgpack.zst", out + err)
        self.run_command(path, 0)
        self.assertEqual(len(self.jobs()), shards.SHARDS + 1)
        self.assertEqual(self.jobs()[-1], (0, KILLED))
        self.assert_merged()


if __name__ == "__main__":
    if not shutil.which("parallel"):
        print("skipped: GNU parallel is missing (Debian's package parallel)")
        sys.exit(tool.SKIPPED)
    tool.main()
