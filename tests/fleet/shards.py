# SPDX-License-Identifier: BSD-2-Clause
"""A survey in shards, each a task of some scheduler: what the merged file must be."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
DOCS = os.path.join(HERE, "..", "..", "docs", "fleet")
sys.path.insert(0, os.path.join(HERE, "..", "cli"))

import tool  # noqa: E402  (found by the line above)

SHARDS = 8
DOMAINS = 400


class Case(tool.Case):
    """A list, its name server, and one scan of all of it."""

    def setUp(self):
        super().setUp()
        self.dns = self.server()
        self.names = tool.names(DOMAINS)
        self.list = self.put("list", tool.lines(self.names))
        self.results = self.path("results")
        os.mkdir(self.results)

    def quick(self):
        """Options of scan, in the place of those that a survey of the internet has."""
        words = self.scan_options("LIST", "FILE", self.dns)
        return words[words.index("--name-servers"):]

    def scan_whole(self):
        whole = self.path("whole.msgpack.zst")
        self.run_tool("scan", "-f", self.list, "-o", whole, "-q", "--rate", "0", *self.quick())
        return whole

    def shard(self, number):
        return os.path.join(self.results, f"shard-{number}.msgpack.zst")

    def begin_with(self, *numbers):
        """A program in the place of stsurvey, in a folder for PATH: the first scan of each of these shards is killed in its middle."""
        folder = self.path("bin")
        os.mkdir(folder)
        path = os.path.join(folder, "stsurvey")
        with open(path, "w", encoding="utf-8") as file:
            file.write(KILLS.format(stsurvey=os.path.realpath(tool.STSURVEY), failed=self.path("failed"),
                                    shards="|".join(map(str, numbers)) or "none"))
        os.chmod(path, 0o755)
        return folder

    def assert_merged(self, first=0):
        """What the shards are together is what one scan found."""
        merged = self.path("merged.msgpack.zst")
        self.run_tool("merge", *(self.shard(first + i) for i in range(SHARDS)), "-o", merged)
        self.assertEqual(self.verify(merged), ("complete", DOMAINS))
        want, got = self.records(self.scan_whole()), self.records(merged)
        self.assertEqual({i: tool.without_times(r) for i, r in got.items()}, {i: tool.without_times(r) for i, r in want.items()})


KILLS = """#!/bin/bash
file=$(sed -E 's/.* -o ([^ ]*).*/\\1/' <<<"$*")
if [[ ! $file =~ shard-({shards}).msgpack.zst$ ]] || ! mkdir '{failed}'-"${{BASH_REMATCH[1]}}" 2>/dev/null; then
	exec '{stsurvey}' "$@"
fi
'{stsurvey}' "$@" --rate 20 --sync-interval 0 &
while ((SECONDS < 60)) && kill -0 $! 2>/dev/null && ! [ -s "$file" ]; do
	sleep 0.02
done
kill -KILL $!
exit 137
"""
