#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Faults of this machine, which are never facts about a domain: no file descriptors, no memory, no network."""
import json
import os
import resource
import subprocess

import tool

COUNT = 1200
FEW = 400            # with few descriptors, of which every policy fetch wants one


class Local(tool.Case):
    def setUp(self):
        super().setUp()
        self.dns = self.server()
        # many policy hosts: every fetch wants a socket
        self.list = self.put("list", tool.lines(tool.names(COUNT, ("sts", "sts", "mx", "nx"))))
        self.out = self.path("out.msgpack.zst")

    def check(self, out):
        records = self.records(out, whole=False)
        unknown = self.assert_truth(records)
        for record in records.values():
            if record["name"].startswith("sts") and record["status"] == "complete":
                self.assertEqual(record["results"]["POLICY"]["status"], "connection-refused", record)
        return len(records), unknown

    def test_few_file_descriptors(self):
        """So few that it cannot begin: it says so. A few more: it measures everything, slowly."""
        ended, begun = 0, []
        for files in (16, 24, 32, 40, 44, 48, 56, 64):
            out = self.path(f"out{files}.msgpack.zst")
            begun.append((files, out, self.start(
                *self.scan_options(self.list, out, self.dns, "--threads", "2", "--http-concurrency", "200", "--per-host", "200",
                                   "--max-domains", FEW),
                preexec_fn=lambda n=files: resource.setrlimit(resource.RLIMIT_NOFILE, (n, n)))))
        for files, out, process in begun:
            with self.subTest(files=files):
                _, err = self.finish(process)
                if process.returncode == 0:
                    self.assertEqual(self.verify(out), ("complete", FEW))
                    self.assertEqual(self.check(out), (FEW, 0))
                    ended += 1
                else:
                    self.assertEqual(process.returncode, 1, err)
                    self.assertLess(files, 48, err)
                    self.assert_one_line(err, "ulimit -n")
                    self.assertFalse(os.path.exists(out))
        self.assertGreaterEqual(ended, 1)

    def test_little_memory(self):
        """Address space for the program, but not for its window."""
        if os.environ.get("STSURVEY_SANITIZE"):
            self.skipTest("a sanitizer reserves more than any limit")
        ended = 0
        for mebibytes in (30, 35, 40, 45, 50, 60, 80, 120, 200, 400, 800):
            with self.subTest(mebibytes=mebibytes):
                process = self.start(*self.scan_options(self.list, self.out, self.dns, "--force", "--threads", "1"),
                                     preexec_fn=lambda n=mebibytes << 20: resource.setrlimit(resource.RLIMIT_AS, (n, n)))
                _, err = self.finish(process)
                if process.returncode == 0:
                    self.assertEqual(self.check(self.out), (COUNT, 0))
                    ended += 1
                else:
                    self.assertIn(process.returncode, (1, 127), err)
                    self.assertNotEqual(err, "")
        self.assertGreaterEqual(ended, 1)


class Temporary(tool.Case):
    """Where deferred domains are kept: what does not work there is told, and nothing is passed off as done."""

    KINDS = ("mx", "sf", "nx")
    COUNT = 60

    def setUp(self):
        super().setUp()
        if not tool.TORN_WRITE:
            self.skipTest("STSURVEY_TORN_WRITE names no library to preload")
        self.dns = self.server()
        self.list = self.put("list", tool.lines(tool.names(self.COUNT, self.KINDS)))
        self.out = self.path("out.msgpack.zst")

    def scan(self, fault, status, *more):
        _, err = self.run_tool(*self.scan_options(self.list, self.out, self.dns, "-m", self.path("meta"), *more), status=status,
                               env=tool.preloaded(TORN_WRITE=fault) if fault else None)
        with open(self.path("meta"), encoding="utf-8") as file:
            return json.load(file), err

    def unknown(self):
        return [record["name"] for record in self.records(self.out, whole=False).values() if record["status"] == "unknown"]

    def test_the_disk_is_full(self):
        """What is not in the file is not counted as of the file; stsurvey verify tells what is."""
        self.scan(None, 3)
        about, err = self.scan(f"enospc:{os.path.getsize(self.out) // 2}", 1, "--force")
        self.assertIn("disk full", about["error"])
        self.assertIsNone(about["counts"]["domains"])
        self.assertIn("stsurvey verify", about["note"])
        self.assertRegex(err, r"the file: .*stsurvey verify")
        self.assertNotRegex(err, r"the file: \d+ domains")

    def test_it_works(self):
        about, err = self.scan(None, 3)
        self.assertEqual((about["deferred"], about["not_deferred"], len(self.unknown())), (20, 0, 20))
        self.assertNotIn("temporary file", err)

    def test_it_cannot_be_made(self):
        """What is known at first is recorded; that nobody asked again is told once, and counted."""
        about, err = self.scan("temporary:0", 3)
        self.assertEqual((about["deferred"], about["not_deferred"], len(self.unknown())), (0, 20, 20))
        self.assertEqual(err.count("[warning] temporary file: No space left on device"), 1, err)
        self.assertEqual(err.count("20 domains that stayed unknown were not asked again"), 1, err)
        self.assertEqual(self.verify(self.out), ("complete", self.COUNT))

    def test_it_is_told_where_the_share_is_small_and_messages_go_elsewhere(self):
        self.put("list", tool.lines(["sf1.test"] + tool.names(200, ("mx", "nx"))))
        about, err = self.scan("temporary:0", 0, "-q", "-l", self.path("log"))
        self.assertEqual((about["not_deferred"], len(self.unknown())), (1, 1))
        self.assert_one_line(err, "1 domains that stayed unknown were not asked again", "TMPDIR")

    def test_its_folder_is_tmpdirs(self):
        for folder, warnings in ((self.folder, 0), (self.path("absent"), 1), ("/proc", 1)):
            _, err = self.run_tool(*self.scan_options(self.list, self.out, self.dns, "--force"), status=3,
                                   env=dict(os.environ, TMPDIR=folder))
            self.assertEqual(err.count("[warning] temporary file: "), warnings, err)
            self.assertEqual(f" in {folder}; " in err, warnings == 1, err)
            self.assertEqual(len(self.unknown()), 20)

    def test_it_cannot_be_read(self):
        """The domains in it have no record: the scan is not complete, and goes on with --resume."""
        about, err = self.scan("temporary:1", 1)
        self.assert_one_line("".join(line + "\n" for line in err.splitlines() if "[error]" in line),
                             "temporary file: 20 domains in it can't be read", "--resume")
        self.assertEqual((about["state"], about["exit_status"]), ("failed", 1))
        self.assertEqual((self.verify(self.out)[1], self.unknown()), (self.COUNT - 20, []))
        self.scan(None, 3, "--resume")
        self.assertEqual(self.verify(self.out), ("complete", self.COUNT))
        self.assertEqual(len(self.unknown()), 20)


class Network(tool.Case):
    """A network namespace of its own, whose only interface goes away in the middle of a scan."""

    def setUp(self):
        super().setUp()
        user = () if os.geteuid() == 0 else ("-r",)
        self.holder = subprocess.Popen(["unshare", *user, "-n", "sh", "-c", "ip link set lo up && echo up && exec cat"],
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        for clean in (self.holder.stdout.close, self.holder.wait, self.holder.stdin.close):
            self.addCleanup(clean)
        self.inside = ["nsenter", "-t", str(self.holder.pid), *(() if os.geteuid() == 0 else ("-U", "--preserve-credentials")),
                       "-n"]
        if self.holder.stdout.readline() != b"up\n" or subprocess.run([*self.inside, "true"], check=False).returncode:
            self.skipTest("no network namespace can be made here")
        self.list = self.put("list", tool.lines(tool.names(COUNT)))
        self.out = self.path("out.msgpack.zst")

    def link(self, state):
        subprocess.run([*self.inside, "ip", "link", "set", "lo", state], check=True)

    def test_the_network_is_unreachable_for_a_while(self):
        dns = tool.Server(within=self.inside)
        self.addCleanup(dns.kill)
        process = self.start(*self.scan_options(self.list, self.out, dns, "-r", 1200, "--retries", "2", "--timeout", tool.OUTAGE_ANSWER_S, "--sync-interval", "0",
                                                "-m", self.path("meta"), "-u", self.path("status")), within=self.inside)
        self.wait_until(lambda: os.path.exists(self.out) and os.path.getsize(self.out) > 2000, process)
        self.link("down")
        self.wait_for_note(self.path("status"), "paused", process)
        self.link("up")
        self.finish(process, 0)
        records = self.records(self.out)
        self.assertEqual(len(records), COUNT)
        self.assert_truth(records)

    def test_no_network_at_all(self):
        dns = self.server()
        self.link("down")
        _, err = self.run_tool(*self.scan_options(self.list, self.out, dns), within=self.inside, status=1)
        self.assert_one_line(err, dns.address)
        self.assertFalse(os.path.exists(self.out))


if __name__ == "__main__":
    tool.main()
