#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""merge as its users treat it: shards of a scan become the scan of the whole list, and what is missing can be gone on with."""
import json
import os
import signal
import subprocess

import smtp_server
import tool

COUNT = 240
SHARDS = 3


def joined(records):
    return {index: tool.without_times(record) for index, record in records.items()}


class Merge(tool.Case):
    def setUp(self):
        super().setUp()
        self.dns = self.server()
        self.list = self.put("list", "# a list\n" + tool.lines(tool.names(COUNT)) + "no domain name\n")
        self.out = self.path("merged.msgpack.zst")

    def scan(self, name, *more, status=0, list_path=None):
        out = self.path(name)
        self.run_tool(*self.scan_options(list_path or self.list, out, self.dns, "-q", *more), status=status)
        return out

    def shard(self, i, *more):
        return self.scan(f"shard{i}", "--shards", SHARDS, "--shard", i, *more)

    def shards(self, *more):
        return [self.shard(i, *more) for i in range(SHARDS)]

    def merge(self, *arguments, status=0):
        return self.run_tool("merge", *arguments, "-o", self.out, status=status)[1]

    def nothing_but(self, *names):
        self.assertEqual(sorted(n for n in os.listdir(self.folder) if not n.startswith("stderr.")), sorted(names))


class Shards(Merge):
    def test_shards_become_the_scan_of_the_whole_list(self):
        whole = self.scan("whole")
        err = self.merge(*self.shards()[::-1])
        self.assertIn(f"{COUNT + 1} domains in {self.out}, complete", err)
        self.assertEqual(self.verify(self.out), ("complete", COUNT + 1))
        merged = self.run_tool("export", self.out)[0].splitlines()
        self.assertEqual([json.loads(line)["index"] for line in merged], list(range(COUNT + 1)))
        self.assertEqual(joined(self.records(self.out)), joined(self.records(whole)))
        # with nothing left to do, it is gone on with as the whole list's
        _, err = self.run_tool(*self.scan_options(self.list, self.out, self.dns, "--resume"))
        self.assertEqual(self.verify(self.out), ("complete", COUNT + 1))
        self.assertNotIn("shard", err)

    def test_the_page_names_every_resolver(self):
        two = f"{self.dns.address},127.0.0.1:{self.dns.port}"
        shards = self.shards()
        shards[1] = self.scan("shard1", "--shards", SHARDS, "--shard", 1, "--name-servers", two, "--force")
        self.merge(*shards)
        self.run_tool("report", self.out, "-o", self.path("page"))
        with open(self.path("page"), encoding="utf-8") as file:
            page = file.read()
        self.assertIn(f"<dt>Resolver</dt><dd>one on the machine itself, at a loopback address</dd>\n<dd>{two}</dd>\n", page)

    def test_what_is_missing_is_gone_on_with(self):
        """One shard is missing, one was killed in the middle: the whole list's scan does what is left, and nothing else."""
        shards = self.shards()
        whole = self.records(*shards)
        self.assertEqual(len(whole), COUNT + 1)
        err = self.merge(shards[2], shards[0], status=1)
        self.assertIn("shard 1 of 3 is missing", err)
        os.truncate(shards[2], os.path.getsize(shards[2]) - 1)
        err = self.merge(*shards, status=1)
        self.assertIn("torn", err)
        self.assertIn(f"stsurvey scan --resume -o {shards[2]} --shards 3 --shard 2", err)
        self.nothing_but("list", "shard0", "shard1", "shard2")
        self.merge("--partial", shards[2], shards[0])
        self.assertIn("interrupted", self.verify(self.out)[0])
        there = self.records(self.out, whole=False)
        self.assertLess(len(there), COUNT)
        self.assert_refused("holds shard 0 of 1, not 1 of 3", "--shards", "3", "--shard", "1")
        self.assert_refused("is not the list this scan was begun with", list_path=self.put("other", "a.test\n"))
        self.run_tool(*self.scan_options(self.list, self.out, self.dns, "--resume", "-m", self.path("meta")))
        self.assertEqual(self.verify(self.out), ("complete", COUNT + 1))
        after = self.records(self.out)
        self.assertEqual(joined(after), joined(whole))
        for index, record in there.items():
            self.assertEqual(after[index], record, "it was measured again")

    def assert_refused(self, words, *more, list_path=None):
        before = os.path.getsize(self.out)
        _, err = self.run_tool(*self.scan_options(list_path or self.list, self.out, self.dns, "--resume", *more), status=1)
        self.assertIn(words, err)
        self.assertEqual(os.path.getsize(self.out), before)

    def test_a_shard_that_ends_at_max_domains_is_not_complete(self):
        whole = self.shards()
        self.merge(*whole[:2], self.shard(2, "--max-domains", "10", "--force"), status=1)
        self.nothing_but("list", *(os.path.basename(name) for name in whole))
        err = self.merge("--partial", *whole)
        self.assertIn(f"{whole[2]} is not complete: it ends where --max-domains 10 was reached", err)
        self.assertIn("an interrupted scan", err)
        # gone on with, it has more than that
        self.shard(2, "--resume")
        self.merge(*whole, "--force")
        self.assertEqual(self.verify(self.out), ("complete", COUNT + 1))

    def test_other_scans_are_refused(self):
        shards = self.shards()
        other = self.scan("other", "--shards", SHARDS, "--shard", 2, list_path=self.put("list2", "a.test\n" * 300))
        self.assert_one_line(self.merge(*shards[:2], other, status=1), "the lists are not the same", shards[0], other)
        other = self.scan("other", "--shards", SHARDS, "--shard", 2, "--https-port", "10", "--force")
        self.assert_one_line(self.merge(*shards[:2], other, status=1), "--https-port 9", "10", shards[0], other)
        other = self.scan("other", "--shards", 4, "--shard", 2, "--force")
        self.assert_one_line(self.merge(*shards[:2], other, status=1), "is one of 3 shards", "one of 4", other)
        self.assert_one_line(self.merge(*shards, shards[1], status=1), "are both shard 1 of 3")
        self.assert_one_line(self.merge(shards[0], status=1), "shards 1 and 2 of 3 are missing")
        self.assert_one_line(self.merge(*shards, self.list, status=1), self.list, "no scan file")
        self.assertFalse(os.path.exists(self.out))


class Files(Merge):
    def test_a_file_that_is_there_is_replaced_with_force_alone(self):
        shards = self.shards()
        self.put("merged.msgpack.zst", "mine")
        self.assert_one_line(self.merge(*shards, status=1), "exists", "--force")
        self.assert_one_line(self.run_tool("merge", *shards, "-o", shards[0], "--force", status=2)[1], shards[0])
        self.merge("--force", *shards)
        self.assertEqual(self.verify(self.out), ("complete", COUNT + 1))
        self.nothing_but("list", "shard0", "shard1", "shard2", "merged.msgpack.zst")

    def test_where_nothing_can_be_written(self):
        shards = self.shards()
        for place, words in ((os.path.join(self.path("nowhere"), "out"), "No such file"), ("/dev/full", "No space left"),
                             (self.folder, "is a directory")):
            err = self.run_tool("merge", *shards, "-o", place, "--force", status=1)[1]
            self.assert_one_line(err, place, words)
        self.nothing_but("list", "shard0", "shard1", "shard2")

    def test_through_pipes(self):
        """One shard comes through standard input, and the scan leaves through standard output."""
        shards = self.shards()
        with open(shards[1], "rb") as source, open(self.out, "wb") as target:
            self.run_tool("merge", shards[0], "-", shards[2], "-o", "-", stdin=source, stdout=target)
        self.assertEqual(self.verify(self.out), ("complete", COUNT + 1))

    def test_interrupted_it_leaves_nothing(self):
        shards = self.shards()
        with open(shards[1], "rb") as file:
            content = file.read()
        for number in (signal.SIGINT, signal.SIGTERM):
            process = self.start("merge", shards[0], "-", shards[2], "-o", self.out, stdin=subprocess.PIPE)
            process.stdin.write(content[:-1])
            process.stdin.flush()
            self.wait_until(lambda: self.reads(process), process)
            process.send_signal(number)
            process.stdin.close()
            process.stdin = None
            _, err = self.finish(process, 128 + number)
            self.assert_one_line(err, "interrupted", self.out)
            self.nothing_but("list", "shard0", "shard1", "shard2")

    @staticmethod
    def reads(process):
        """Does it wait for its standard input, with its signals caught?"""
        with open(f"/proc/{process.pid}/status", encoding="ascii") as file:
            caught = [int(line.split()[1], 16) for line in file if line.startswith("SigCgt")][0]
        return caught >> (signal.SIGINT - 1) & 1


class MailServers(Merge):
    def setUp(self):
        super().setUp()
        self.mail = smtp_server.Server()
        self.addCleanup(self.mail.stop)
        self.list = self.put("list", tool.lines([f"one{i}.test" for i in range(30)] + [f"sts{i}.test" for i in range(12)]))
        self.smtp = ("--smtp-port", self.mail.port, "--host-rate", "0", "--ehlo-domain", "scan.example.org", "--keep-certificates")

    def hosts(self, *scans):
        """What export tells of each domain's mail servers."""
        out, _ = self.run_tool("export", *scans)
        return {r["name"]: tool.without_times(r["results"]["MX"]["data"]["records"]) for r in map(json.loads, out.splitlines())}

    def test_a_host_that_several_shards_probed_is_there_once(self):
        shards = [self.scan(f"shard{i}", "--shards", SHARDS, "--shard", i, "--smtp", *self.smtp) for i in range(SHARDS)]
        err = self.merge(*shards)
        self.assertIn("and 13 mail servers", err)
        self.assertIn("and 13 mail servers", self.run_tool("verify", self.out)[0])
        self.assertEqual(self.hosts(self.out), self.hosts(*shards))

    def test_a_scan_of_mail_servers_is_joined_in(self):
        """The domains were scanned without --smtp, each host once from another machine."""
        shards = self.shards()
        mx_list = self.put("mx", tool.lines(["mail.one.test"] + [f"mail.sts{i}.test" for i in range(12)]))
        hosts = self.scan("hosts", "--mx-hosts", *self.smtp, list_path=mx_list)
        self.merge(hosts, *shards)
        self.assertEqual(self.hosts(self.out), self.hosts(hosts, *shards))
        self.assertIn("and 13 mail servers", self.run_tool("stats", self.out, "-d", self.path("tables"))[1])
        # and what is missing is gone on with, without them
        self.merge("--force", "--partial", hosts, *shards[:2])
        self.run_tool(*self.scan_options(self.list, self.out, self.dns, "-q", "--resume"))
        self.assertEqual(self.hosts(self.out), self.hosts(hosts, *shards))
        self.assertEqual(self.verify(self.out)[0], "complete")


if __name__ == "__main__":
    tool.main()
