#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Signals, limits and readers that go away, and what a scan tells about itself: metadata, status updates, progress."""
import csv
import fcntl
import json
import os
import pty
import re
import signal
import struct
import subprocess
import termios
import time

import tool

COLUMNS = ("real-time,time-elapsed,time-remaining,percent-complete,domains,domains-per-second,queries,"
           "queries-per-second,sts,fetched,unknown,unknown-share,blocklisted,illegal,fetches,in-flight,fetching,note")


FEW_IN_FLIGHT = ("--concurrency", "20")  # so that a scan that is slow, to be caught in its middle, ends soon when it is told to


class Slow(tool.Case):
    """A scan that lasts: its rate is limited."""

    COUNT = 1600

    def setUp(self):
        super().setUp()
        self.dns = self.server()
        self.list = self.put("list", tool.lines(tool.names(self.COUNT)))
        self.out = self.path("out")

    def begin(self, *more, rate=1000, out=None, **options):
        return self.start(*self.scan_options(self.list, out or self.out, self.dns, "-r", rate, *more), **options)

    def wait_for_records(self, octets=2000):
        self.wait_until(lambda: os.path.exists(self.out) and os.path.getsize(self.out) > octets)

    def catches(self, process, *numbers):
        """Are these signals caught by now?"""
        mask = sum(1 << number - 1 for number in numbers)
        return int(self.status(process, "SigCgt"), 16) & mask == mask

    def status(self, process, field):
        with open(f"/proc/{process.pid}/status", encoding="ascii") as file:
            return re.search(rf"(?m)^{field}:\s*(\S+)$", file.read()).group(1)

    def metadata(self):
        with open(self.path("meta"), encoding="utf-8") as file:
            return json.load(file)


class Signals(Slow):
    def interrupted(self, number, status):
        process = self.begin("--sync-interval", "0.1", "-m", self.path("meta"), *FEW_IN_FLIGHT, rate=300)
        self.wait_for_records(1000)
        process.send_signal(number)
        _, err = self.finish(process, status)
        self.assertIn("stopping when what is in flight is finished", err)
        said, count = self.verify(self.out)
        self.assertIn("interrupted", said)
        self.assertIn("--resume", said)
        self.assertTrue(0 < count < self.COUNT, count)
        about = self.metadata()
        self.assertEqual((about["state"], about["exit_status"], about["counts"]["domains"]), ("aborted", status, count))
        self.run_tool(*self.scan_options(self.list, self.out, self.dns, "--resume"))
        self.assertEqual(self.verify(self.out), ("complete", self.COUNT))
        self.assert_truth(self.records(self.out))

    def test_interrupt_leaves_a_whole_file(self):
        self.interrupted(signal.SIGINT, 130)

    def test_terminate_leaves_a_whole_file(self):
        self.interrupted(signal.SIGTERM, 143)

    def test_a_lost_terminal_leaves_a_whole_file(self):
        self.interrupted(signal.SIGHUP, 129)

    def test_a_pipe_that_nobody_reads_stops_nobody(self):
        """As of `scan -vv … 2>&1 | less`; a FIFO of -l or -u, too."""
        few = self.put("few", tool.lines(tool.names(600)))
        fifo = self.path("fifo")
        os.mkfifo(fifo)
        for number, more in enumerate(([], ["-l", fifo], ["-u", fifo])):
            reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
            out = self.path(f"unread-{number}")
            read, write = os.pipe()
            process = subprocess.Popen([tool.STSURVEY, *map(str, self.scan_options(few, out, self.dns, "-vv", *more))], stderr=write,
                                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
            os.close(write)
            self.assertEqual(process.wait(), 0)
            os.close(read)
            os.close(reader)
            self.assertEqual(self.verify(out), ("complete", 600))
        _, err = self.run_tool(*self.scan_options(few, self.path("deaf"), self.dns, "-u", fifo), status=1)
        self.assertIn("nobody reads this FIFO", err)

    def test_what_is_ignored_stays_so(self):
        """As the shell of a script leaves SIGINT to what it starts with &."""
        few = self.put("few", tool.lines(tool.names(300)))
        process = self.start(*self.scan_options(few, self.out, self.dns, "-r", 500),
                             preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN))
        self.wait_for_records(0)
        process.send_signal(signal.SIGINT)
        self.finish(process)
        self.assertEqual(self.verify(self.out), ("complete", 300))

    def test_a_lost_terminal_is_nothing_to_nohup(self):
        process = self.begin("--sync-interval", "0.1", *FEW_IN_FLIGHT, rate=300,
                             preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        self.wait_for_records(1000)
        process.send_signal(signal.SIGHUP)
        process.send_signal(signal.SIGUSR2)
        self.wait_until(lambda: "rate is now" in self.said(process), process)
        self.assertNotIn("stopping", self.said(process))
        process.send_signal(signal.SIGINT)
        self.finish(process, 130)

    def test_a_terminal_that_is_gone_stops_nobody(self):
        """Each progress line and message fails with EIO."""
        master, slave = pty.openpty()
        process = self.begin(rate=2000, stderr=slave, preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        os.close(slave)
        os.read(master, 1)
        os.close(master)
        self.finish(process, 0)
        self.assertEqual(self.verify(self.out), ("complete", self.COUNT))

    def test_a_terminal_that_shows_nothing_stops_nobody(self):
        """Its reader has gone to sleep: there is room for so many octets, and then for none."""
        master, slave = pty.openpty()
        process = self.begin("-vv", rate=0, stderr=slave)
        os.close(slave)
        self.finish(process, 0)
        os.close(master)
        self.assertEqual(self.verify(self.out), ("complete", self.COUNT))

    def test_what_is_in_flight_is_not_waited_for_too_long(self):
        """All wait in line for the rate. It takes the seconds that it says."""
        process = self.begin("--sync-interval", "0.1", "-m", self.path("meta"), "-u", self.path("status"), rate=5)
        self.wait_until(lambda: any(int(row["in-flight"]) > 0 for row in self.rows(self.path("status"))), process)
        process.send_signal(signal.SIGINT)
        self.wait_until(lambda: "stopping: " in self.said(process), process)
        self.wait_until(lambda: (self.metadata()["note"] or "").startswith("stopping: "), process)
        _, err = self.finish(process, 130)
        self.assertRegex(err, r"stopping when what is in flight is finished, after 8 s at the latest; once more stops at once\n")
        left = [int(n) for n in re.findall(r"(?m)^.*; stopping: \d+ domains in flight, (\d+) s left$", err)]
        self.assertGreater(len(left), 3)
        self.assertEqual(left, sorted(left, reverse=True))
        self.assertRegex(err, r"stopping at once: \d+ domains in flight are left to --resume\n")
        self.assertIn("interrupted", self.verify(self.out)[0])
        self.run_tool(*self.scan_options(self.list, self.out, self.dns, "--resume"))
        self.assertEqual(self.verify(self.out), ("complete", self.COUNT))

    def test_a_signal_behind_the_last_domain_is_no_end(self):
        if not tool.TORN_WRITE:
            self.skipTest("STSURVEY_TORN_WRITE names no library to preload")
        for number in signal.SIGUSR1, signal.SIGHUP, signal.SIGTERM:
            out = self.path(f"late-{int(number)}")
            few = self.put("few", tool.lines(tool.names(20)))
            # but for the header, the one sync is that of the end
            self.run_tool(*self.scan_options(few, f"{out}.msgpack.zst", self.dns, "--sync-interval", 60),
                          env=tool.preloaded(TORN_WRITE=f"signal:{int(number)}"))
            self.assertEqual(self.verify(f"{out}.msgpack.zst"), ("complete", 20))

    def test_a_second_signal_stops_at_once(self):
        """Nobody answers any more, so the first signal would wait for time-outs."""
        process = self.begin("--sync-interval", "0.1", "--timeout", "30", "--retries", "20", *FEW_IN_FLIGHT, rate=300)
        self.wait_for_records(1000)
        self.dns.become("silent")
        process.send_signal(signal.SIGINT)
        self.wait_until(lambda: "stopping when what is in flight is finished" in self.said(process), process)
        process.send_signal(signal.SIGINT)
        _, err = self.finish(process, 130)
        self.assertIn("stopping at once", err)
        self.assertIn("interrupted", self.verify(self.out)[0])
        self.dns.become("well")
        self.run_tool(*self.scan_options(self.list, self.out, self.dns, "--resume"))
        self.assertEqual(self.verify(self.out), ("complete", self.COUNT))
        self.assert_truth(self.records(self.out))

    def test_interrupt_while_the_list_waits(self):
        process = self.start(*self.scan_options("-", self.out, self.dns, "--input-format", "list", "--sync-interval", "0"),
                             stdin=subprocess.PIPE)
        process.stdin.write(b"mx1.test\nmx2.test\n")
        process.stdin.flush()
        self.wait_for_records(0)
        self.wait_for_records(os.path.getsize(self.out))  # more than the header
        process.send_signal(signal.SIGINT)
        self.wait_until(lambda: process.poll() is not None)  # while its list is still open
        self.finish(process, 130)
        self.assertEqual(self.verify(self.out)[1], 2)

    def test_the_rate_follows_sigusr(self):
        process = self.begin(*FEW_IN_FLIGHT, rate=100)
        self.wait_until(lambda: self.catches(process, signal.SIGUSR1, signal.SIGUSR2), process)
        for count, number in enumerate((signal.SIGUSR2, signal.SIGUSR1, signal.SIGUSR1), 1):
            process.send_signal(number)
            self.wait_until(lambda n=count: self.said(process).count("rate is now") == n, process)
        process.send_signal(signal.SIGINT)
        _, err = self.finish(process, 130)
        self.assertEqual(re.findall(r"rate is now (\d+)", err), ["80", "100", "125"])

    def test_without_a_limit_the_rate_can_be_lowered(self):
        process = self.start(*self.scan_options("-", self.out, self.dns, "--rate", "0"), stdin=subprocess.PIPE)
        self.wait_until(lambda: self.catches(process, signal.SIGUSR1, signal.SIGUSR2), process)
        process.send_signal(signal.SIGUSR1)
        self.wait_until(lambda: "no rate to be raised" in self.said(process), process)
        process.send_signal(signal.SIGUSR2)
        self.wait_until(lambda: "rate is now" in self.said(process), process)
        _, err = self.finish_with(process, b"mx1.test\n")
        self.assertEqual(len(re.findall(r"rate is now \d+", err)), 1)

    def finish_with(self, process, octets):
        process.stdin.write(octets)
        process.stdin.flush()
        return self.finish(process, 0)


class Early(Slow):
    """Before the first domain, there is nothing to be kept."""

    COUNT = 40

    def interrupt(self, process, ready):
        """With each signal; nothing is written, and what is there stays."""
        self.wait_until(lambda: self.catches(process, signal.SIGTERM) and ready(), process)
        process.send_signal(self.number)
        _, err = self.finish(process, 128 + self.number)
        self.assert_one_line(err, "nothing was written")
        self.assertFalse(os.path.exists(self.path("meta")))
        self.assertEqual(os.listdir(self.folder).count("out"), self.before)

    def while_each(self, test):
        for self.number in (signal.SIGINT, signal.SIGTERM):
            for self.before in (0, 1):
                with self.subTest(number=self.number, before=self.before):
                    if self.before:
                        self.put("out", b"what was there before")
                    test()
                    if self.before:
                        with open(self.out, "rb") as file:
                            self.assertEqual(file.read(), b"what was there before")
                        os.unlink(self.out)

    def test_while_name_servers_are_looked_at(self):
        self.dns.become("silent")
        self.while_each(lambda: self.interrupt(self.begin("--force", "-m", self.path("meta")), lambda: True))

    def test_while_the_private_resolver_starts(self):
        """One that never answers; it ends with us."""
        os.chmod(self.folder, 0o755)
        slow = self.put("unbound", "#!/bin/sh\nexec sleep 50\n")
        os.chmod(slow, 0o755)
        options = list(self.scan_options(self.list, self.out, self.dns, "--force", "-m", self.path("meta"), "--resolver", "unbound"))
        del options[options.index("--name-servers"):options.index("--name-servers") + 2]

        def test():
            process = self.start(*options, env=dict(os.environ, PATH=self.folder + ":" + os.environ["PATH"]))
            found = []
            self.interrupt(process, lambda: found.extend(self.sleepers(process.pid)) or found)
            self.wait_until(lambda: not os.path.exists(f"/proc/{found[0]}") or self.is_dead(found[0]))

        self.while_each(test)

    def sleepers(self, parent):
        """Children of @parent that have become sleep(1)."""
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/stat", encoding="ascii") as file:
                    name, rest = re.fullmatch(r"\d+ \((.*)\) \S (\d+) .*\n", file.read()).groups()
            except (OSError, AttributeError, UnicodeDecodeError):
                continue
            if name == "sleep" and int(rest) == parent:
                yield pid

    def is_dead(self, pid):
        try:
            with open(f"/proc/{pid}/stat", encoding="ascii") as file:
                return ") Z " in file.read()
        except OSError:
            return True


class Limits(Slow):
    def test_max_domains(self):
        self.run_tool(*self.scan_options(self.list, self.out, self.dns, "--max-domains", 100))
        self.assertEqual(self.verify(self.out), ("complete", 100))
        self.assertEqual(list(self.records(self.out)), list(range(100)))

    def test_max_domains_counts_what_the_file_holds(self):
        process = self.begin("--max-domains", 500, "--sync-interval", "0.05")
        self.wait_for_records()
        process.kill()
        self.finish(process)
        self.run_tool(*self.scan_options(self.list, self.out, self.dns, "--max-domains", 500, "--resume"))
        self.assertEqual(self.verify(self.out), ("complete", 500))
        self.assertEqual(list(self.records(self.out)), list(range(500)))

    def test_more_than_max_domains_later(self):
        self.run_tool(*self.scan_options(self.list, self.out, self.dns, "--max-domains", 100))
        self.run_tool(*self.scan_options(self.list, self.out, self.dns, "--max-domains", 150, "--resume"))
        self.assertEqual(self.verify(self.out), ("complete", 150))
        self.run_tool(*self.scan_options(self.list, self.out, self.dns, "--resume"))
        self.assertEqual(self.verify(self.out), ("complete", self.COUNT))

    def test_max_runtime(self):
        _, err = self.finish(self.begin("--max-runtime", "1"), 130)
        self.assertIn("--max-runtime", err)
        self.assertIn("interrupted", self.verify(self.out)[0])
        self.run_tool(*self.scan_options(self.list, self.out, self.dns, "--resume"))
        self.assertEqual(self.verify(self.out), ("complete", self.COUNT))


class Readers(Slow):
    def scan_to_pipe(self, octets):
        read, write = os.pipe()
        process = self.begin("--sync-interval", "0.05", rate=0, out="-", stdout=write)
        os.close(write)
        if octets:
            os.read(read, octets)
        os.close(read)
        return self.finish(process)[1], process.returncode

    def test_scan_into_a_pipe(self):
        with open(self.out, "wb") as file:
            self.finish(self.begin(rate=0, out="-", stdout=file), 0)
        self.assertEqual(self.verify(self.out), ("complete", self.COUNT))
        with open(self.out, "rb") as file:
            self.assertIn("complete", self.run_tool("verify", "-", stdin=file)[0])

    def test_the_reader_of_a_scan_goes_away(self):
        for octets in (0, 100):
            err, status = self.scan_to_pipe(octets)
            self.assertEqual(status, 1)
            self.assertRegex(err, r"standard output: .*the reader went away")

    def test_the_reader_of_an_export_goes_away(self):
        self.finish(self.begin(rate=0), 0)
        for form in ("jsonl", "csv"):
            process = self.start("export", self.out, "--format", form)
            process.stdout.readline()
            process.stdout.close()
            process.stdout = None
            _, err = self.finish(process)
            self.assertIn(process.returncode, (0, 141))  # it may have been done
            self.assertLessEqual(len(err.splitlines()), 1, err)
            self.assertNotIn("damaged", err)

    def test_tables_of_a_scan_from_a_pipe(self):
        self.finish(self.begin(rate=0), 0)
        with open(self.out, "rb") as file:
            self.run_tool("stats", "-", "-d", self.path("tables"), stdin=file)
        with open(self.path("tables/overview.csv"), encoding="utf-8") as file:
            rows = {row["metric"]: int(row["domains"]) for row in csv.DictReader(file)}
        self.assertEqual((rows["scanned"], rows["unknown"], rows["nxdomain"]), (self.COUNT, 0, self.COUNT // 8))


class Telling(Slow):
    def test_metadata_agrees_with_the_file(self):
        process = self.begin("-m", self.path("meta"), "-u", self.path("status"), rate=1500)
        self.wait_until(lambda: os.path.exists(self.path("meta")))
        seen = {self.metadata()["state"]}
        while process.poll() is None:  # atomically rewritten: whole at every moment
            about = self.metadata()
            seen.add(about["state"])
            time.sleep(0.05)
        self.finish(process, 0)
        self.assertIn("running", seen)
        about, (said, count) = self.metadata(), self.verify(self.out)
        records = self.records(self.out)
        self.assertEqual((about["state"], said, count), ("complete", "complete", self.COUNT))
        self.assertEqual(about["exit_status"], 0)
        self.assertEqual(about["counts"]["domains"], len(records))
        self.assertEqual(about["counts"]["sts"], sum(r["results"].get("STS", {}).get("state") == "valid"
                                                     for r in records.values()))
        self.assertEqual(about["counts"]["unknown"], 0)
        self.assertEqual(about["counts"]["in_flight"], 0)
        self.assertEqual(about["fraction"], 1)
        self.check_status(about)

    def check_status(self, about):
        with open(self.path("status"), encoding="utf-8") as file:
            text = file.read()
        self.assertEqual(text.splitlines()[0], COLUMNS)
        rows = list(csv.DictReader(text.splitlines()))
        self.assertGreaterEqual(len(rows), 3)
        counts = [int(row["domains"]) for row in rows]
        self.assertEqual(counts, sorted(counts))
        self.assertEqual(counts[-1], self.COUNT)
        self.assertEqual(int(rows[-1]["queries"]), about["counts"]["queries"])
        for row in rows:
            self.assertRegex(row["real-time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
            self.assertTrue(0 <= float(row["percent-complete"]) <= 100)
            self.assertIsNone(row.get(None), "a row with more fields than the header")

    def test_names_that_do_not_exist_are_told(self):
        """Above half they are no ordinary list's, whatever the exit status."""
        for nx, told in ((50, False), (51, True)):
            listed = self.put("few", tool.lines(tool.names(nx, ("nx",)) + tool.names(100 - nx, ("mx",))))
            _, err = self.run_tool(*self.scan_options(listed, self.out, self.dns, "--force", "-m", self.path("meta"), "-u",
                                                      self.path("status")))
            self.assertIn(f", {nx} that do not exist (NXDOMAIN, {nx}.0 %)\n", err)
            self.assertEqual(self.metadata()["counts"]["nxdomain"], nx)
            self.assertEqual(self.metadata()["shares"], {"unknown": 0, "unknown_limit": 0.01, "nxdomain": nx / 100})
            self.assertEqual("more than half" in err, told)
        listed = self.put("few", tool.lines(tool.names(100, ("nx",))))
        _, err = self.run_tool(*self.scan_options(listed, self.out, self.dns, "--force", "-q", "-l", self.path("log")))
        self.assert_one_line(err, "100 of 100 domains (100.0 %) do not exist (NXDOMAIN)", "a resolver", "a list of old")
        _, err = self.run_tool(*self.scan_options(listed, self.out, self.dns, "--resume", "-q"))
        self.assertIn("do not exist", err)  # nothing is left to do, but it is still so

    def test_lines_that_are_no_names_are_told(self):
        """Likewise: mail addresses, or another column than the one with the names."""
        for illegal, told in ((50, False), (51, True)):
            listed = self.put("few", tool.lines([f"a{i}@example.com" for i in range(illegal)] + tool.names(100 - illegal, ("mx",))))
            for options in ((), ("-q", "-l", self.path("log"))):
                _, err = self.run_tool(*self.scan_options(listed, self.out, self.dns, "--force", "-m", self.path("meta"), *options))
                self.assertEqual(f"{illegal} of 100 domains ({illegal}.0 %) are illegal (no domain names), more than half" in err,
                                 told, err)
                self.assertEqual("--input-format" in err, told)
                self.assertEqual("more than half" in (self.metadata()["note"] or ""), told)
                if not options:
                    self.assertIn(f", {illegal} illegal\n", err)
        self.run_tool(*self.scan_options(self.put("one", "mx1.test\n"), self.out, self.dns, "--force", "-l", self.path("clean")))
        with open(self.path("clean"), encoding="utf-8") as file:
            self.assertNotIn("illegal", file.read())

    def test_names_that_do_not_exist_are_told_early(self):
        """After 1,000 of them, not after millions; there is a look each second, and here more than one until the end."""
        listed = self.put("nx", tool.lines(tool.names(3000, ("nx",))))
        _, err = self.run_tool(*self.scan_options(listed, self.out, self.dns, "-r", 1400, "-q"))
        self.assertRegex(err, r"100\.0 % of the first \d{4} domains do not exist \(NXDOMAIN\)")

    def test_metadata_tell_why_the_exit_status_is_3(self):
        listed = self.put("few", tool.lines(["mx1.test", "sf2.test", "mx3.test", "mx4.test"]))
        _, err = self.run_tool(*self.scan_options(listed, self.out, self.dns, "-q", "-m", self.path("meta")), status=3)
        why = "1 of 4 domains (25.0 %) could not be measured, more than 1 %: exit status 3"
        self.assert_one_line(err.replace("[warning] ", ""), why)
        about = self.metadata()
        self.assertEqual((about["state"], about["exit_status"], about["error"], about["note"]), ("complete", 3, None, why))
        self.assertEqual((about["shares"]["unknown"], about["shares"]["unknown_limit"]), (0.25, 0.01))

    def test_progress_without_a_terminal(self):
        _, err = self.finish(self.begin(rate=0), 0)
        self.assertNotIn("\r", err)
        self.assertNotIn("\033", err)
        self.assertRegex(err, r"(?m)^\d\dh:\d\dm:\d\ds; 100\.0% \(00h:00m:00s left\); 1600 domains; \d+ domains/s; "
                              r"\d+ queries/s; STS 200; fetched 0; unknown 0\.0%$")

    def test_quiet(self):
        out, err = self.finish(self.begin("-q", rate=0), 0)
        # without a rate a busy machine may lose questions, which is said
        self.assertEqual((out, [line for line in err.splitlines() if "had to be repeated" not in line]), ("", []))

    def test_progress_on_a_terminal(self):
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 60, 0, 0))
        process = self.begin(rate=300, stderr=slave)
        os.close(slave)
        octets = b""
        try:
            while piece := os.read(master, 4096):
                octets += piece
                if octets.count(b"\r\033[K") == 2:
                    process.send_signal(signal.SIGINT)
        except OSError:
            pass  # the terminal's last user is gone
        os.close(master)
        self.finish(process, 130)
        drawn = re.findall(rb"\r\033\[K(\d\dh:[^\r\n]*)", octets)
        self.assertGreaterEqual(len(drawn), 2)
        self.assertLess(max(map(len, drawn)), 60)
        self.assertRegex(octets, rb"s; stopping: \d+ domains in flight, \d s left")  # not cut off

    def logged(self, *more):
        """{level: messages} of a scan of one domain of each kind."""
        listed = self.put("few", tool.lines(["mx1.test", "sts2.test", "nx3.test", "sf4.test", "no name\033[31m\u009b31m"]))
        self.run_tool(*self.scan_options(listed, self.out, self.dns, "--force", "-l", self.path("log"), *more), status=3)
        levels = {}
        with open(self.path("log"), encoding="utf-8") as file:
            for line in file:
                level, message = re.fullmatch(r"\S+Z \[(\w+)\] ([\x20-\x7e…]*)\n", line).groups()
                levels.setdefault(level, []).append(message)
        os.unlink(self.path("log"))
        return levels

    DOMAINS = ["mx1.test: complete, component -, verdict no-policy, findings -: recorded",
               "no name\\x1b[31m\\u009b31m: illegal-input, component -, verdict -, findings -: recorded",
               "nx3.test: complete, component -, verdict no-policy, findings -: recorded",
               "sf4.test: unknown, component -, verdict unknown, findings mx-unknown: deferred",
               "sf4.test: unknown, component unknown, verdict unknown, findings sts-record-unknown mx-unknown tlsrpt-unknown: recorded",
               "sts2.test: complete, component tcp, verdict no-policy, findings policy-tcp-refused tlsrpt-absent-with-sts: recorded"]
    QUESTIONS = {"mx1.test MX: NOERROR, records 1, TTL 300, AD 0, tries 1", "sf4.test MX: SERVFAIL, records 0, TTL 0, AD 0, tries 2",
                 "nx3.test MX: NXDOMAIN, records 0, TTL 0, AD 0, tries 1",
                 "_mta-sts.sts2.test TXT: NOERROR, records 1, TTL 300, AD 0, tries 1",
                 "_smtp._tls.mx1.test TXT: NXDOMAIN, records 0, TTL 0, AD 0, tries 1",
                 "mta-sts.sts2.test A: NOERROR, records 1, TTL 300, AD 0, tries 1",
                 "mta-sts.sts2.test AAAA: NO_ANSWER, records 0, TTL 0, AD 0, tries 1",
                 "_mta-sts.sf4.test CNAME: SERVFAIL, records 0, TTL 0, AD 0, tries 1"}

    def test_verbose(self):
        """Each level says what stands in the manual, and no more."""
        self.assertNotIn("info", self.logged("-q"))
        self.assertLessEqual(set(self.logged()), {"info", "warning"})
        levels = self.logged("-v")
        self.assertLessEqual(set(levels), {"info", "warning", "debug"})
        self.assertEqual(sorted(levels["debug"]), self.DOMAINS)
        levels = self.logged("-v", "-v")
        self.assertEqual(sorted(levels["debug"]), self.DOMAINS)
        trace = [re.sub(r"\d+ ms", "N ms", re.sub(r"tries [34]", "tries 2", line)) for line in levels["trace"]]
        self.assertEqual(self.QUESTIONS - set(trace), set())
        self.assertEqual([line for line in trace if " at " in line],
                         ["mta-sts.sts2.test at 127.0.0.1: connection-refused, HTTP status 0, N ms"])

    def test_verbose_check(self):
        about = list(self.scan_options("-", "-", self.dns))
        options = about[about.index("--name-servers"):]
        del options[options.index("--rate"):options.index("--rate") + 2]  # check has none
        _, err = self.run_tool("check", "sts2.test", "-v", "-v", *options, status=1)
        self.assertIn(self.DOMAINS[-1].replace("recorded", "explained"), err)
        self.assertIn("[trace] mta-sts.sts2.test at 127.0.0.1: connection-refused", err)
        _, err = self.run_tool("check", "sts2.test", *options, status=1)
        self.assertNotRegex(err, r"\[(debug|trace)\]")

    def test_log_file(self):
        _, err = self.finish(self.begin("-l", self.path("log"), rate=0), 0)
        self.assertNotIn("[info]", err)
        with open(self.path("log"), encoding="utf-8") as file:
            for line in file:
                self.assertRegex(line, r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z \[(info|warning)\] ")

    def test_a_fatal_error_is_told_on_standard_error_too(self):
        self.put("out", b"there")
        _, err = self.finish(self.begin("-l", self.path("log")), 1)
        self.assert_one_line(err, "--force")
        with open(self.path("log"), encoding="utf-8") as file:
            self.assertIn("[error] ", file.read())


if __name__ == "__main__":
    tool.main()
