#!/usr/bin/python3
"""A scan that is killed, torn, cut or starved at any moment and resumed is the scan that nothing happened to: every line
of the list has its record once, and the facts are the same.

STSURVEY_KILLS says how often the first test kills; 200 unless told."""
import os
import random
import resource
import shutil
import signal
import subprocess
import time

import tool

KILLS = int(os.environ.get("STSURVEY_KILLS", "200"))
COUNT = 400          # domains of a list
MOMENT_MAX_S = 0.25  # a scan is killed between its start and so much later
TORN = os.environ.get("STSURVEY_TORN_WRITE", "")  # the preloaded torn_write.c


class Scans(tool.Case):
    def setUp(self):
        super().setUp()
        self.dns = self.server()
        self.random = random.Random(1)
        self.list = self.put("list", tool.lines(tool.names(COUNT)))
        self.out = self.path("out.msgpack.zst")

    def options(self, *more, out=None, list_path=None):
        return self.scan_options(list_path or self.list, out or self.out, self.dns, "-q", "--sync-interval", "0", *more)

    def uninterrupted(self, *more):
        path = self.path("whole.msgpack.zst")
        self.run_tool(*self.options("--force", *more, out=path))
        return {i: tool.without_times(r) for i, r in self.records(path).items()}

    def assert_same(self, expected, out=None):
        self.assertEqual(self.verify(out or self.out), ("complete", len(expected)))
        found = {i: tool.without_times(r) for i, r in self.records(out or self.out).items()}
        self.assertEqual(sorted(found), sorted(expected))
        for index, record in found.items():
            self.assertEqual(record, expected[index])

    def killed(self, *more):
        """Start it and kill it at a moment nobody chose. Was it killed?"""
        process = self.start(*self.options("-r", "3500", *more))
        time.sleep(self.random.uniform(0, MOMENT_MAX_S))
        process.kill()
        self.finish(process)
        self.assertIn(process.returncode, (-signal.SIGKILL, 0))
        return process.returncode != 0

    def environment(self, order):
        # the sanitizer's library wants to be the first one, and stands in nobody's way as the second
        asan = os.environ.get("ASAN_OPTIONS", "")
        return dict(os.environ, LD_PRELOAD=TORN, TORN_WRITE=order,
                    ASAN_OPTIONS=asan + (":" if asan else "") + "verify_asan_link_order=0")

    def torn(self, *more):
        """Start it and let it die in the middle of a write."""
        size = os.path.getsize(self.out) if os.path.exists(self.out) else 0
        process = self.start(*self.options(*more), env=self.environment(f"kill:{size + self.random.randrange(4000)}"))
        self.finish(process)
        self.assertIn(process.returncode, (-signal.SIGKILL, 0))
        return process.returncode != 0


class Killed(Scans):
    def kill_often(self, kills, *more):
        """Kill and resume; each time a scan has ended all the same, compare it and begin another. How many ended?"""
        expected = self.uninterrupted(*more)
        done = ended = 0
        while done < kills:
            torn = TORN and self.random.random() < 0.25
            if (self.torn if torn else self.killed)("--resume", *more):
                done += 1
                continue
            self.assert_same(expected)
            os.unlink(self.out)
            ended += 1
        self.run_tool(*self.options("--resume", *more))
        self.assert_same(expected)
        return ended + 1

    def half_the_kills(self, seed):
        self.random = random.Random(seed)
        ended = self.kill_often((KILLS + 1) // 2)
        print(f"{(KILLS + 1) // 2} kills over {ended} scans", end=" ", flush=True)

    def test_killed_at_any_moment(self):
        self.half_the_kills(1)

    def test_killed_at_any_moment_once_more(self):
        self.half_the_kills(2)

    def test_killed_while_shuffled_on_one_thread(self):
        self.kill_often(max(KILLS // 10, 5), "--seed", "7", "--threads", "1", "--concurrency", "16")

    def test_killed_before_anything_was_written(self):
        self.put("out.msgpack.zst", "")
        self.run_tool(*self.options("--resume"))
        self.assert_same(self.uninterrupted())

    def test_killed_before_the_trailer(self):
        """Every domain is there; the end is not."""
        expected = self.uninterrupted()
        shutil.copy(self.path("whole.msgpack.zst"), self.out)
        os.truncate(self.out, os.path.getsize(self.out) - 1)
        self.assertIn("torn", self.verify(self.out, status=1)[0])
        self.run_tool(*self.options("--resume"))
        self.assert_same(expected)

    def test_shards(self):
        expected = self.uninterrupted()
        outs = [self.path(f"shard{i}.msgpack.zst") for i in range(3)]
        for shard, self.out in enumerate(outs):
            more = ("--shards", "3", "--shard", str(shard), "--resume")
            for _ in range(max(KILLS // 20, 3)):
                if not self.killed(*more):
                    break
            self.run_tool(*self.options(*more))
            self.assertEqual(self.verify(self.out)[0], "complete")
        sizes = [self.verify(out)[1] for out in outs]
        self.assertEqual(sum(sizes), COUNT)
        self.assertGreater(min(sizes), COUNT // 6)
        found = self.records(*outs)  # says so when an index occurs twice
        self.assertEqual({i: tool.without_times(r) for i, r in found.items()}, expected)

    def test_a_shard_depends_on_the_name_alone(self):
        names = tool.names(COUNT)
        other = self.put("other", "# another list\n" + "".join(f"{i + 1},{name.upper()}\n" for i, name in
                                                              enumerate(reversed(names))))
        where = []
        for list_path in (self.list, other):
            shard_of = {}
            for shard in range(3):
                out = self.path(f"s{shard}")
                self.run_tool(*self.options("--shards", "3", "--shard", shard, "--force", out=out, list_path=list_path))
                shard_of.update({r["name"]: shard for r in self.records(out).values()})
            where.append(shard_of)
        self.assertEqual(len(where[0]), COUNT)
        self.assertEqual(*where)


class Cut(Scans):
    def test_cut_at_any_octet(self):
        expected = self.uninterrupted("-r", "1500")  # slow enough for several frames
        with open(self.path("whole.msgpack.zst"), "rb") as file:
            whole = file.read()
        offsets = [0, 1, 3, 17, len(whole) - 1, len(whole) - 8] + [self.random.randrange(len(whole)) for _ in range(24)]
        for offset in offsets:
            with self.subTest(offset=offset, of=len(whole)):
                self.put("out.msgpack.zst", whole[:offset])
                self.run_tool(*self.options("--resume"))
                self.assert_same(expected)

    def test_zeros_at_the_end(self):
        """What a machine that lost power leaves of a file."""
        expected = self.uninterrupted("-r", "1500")
        with open(self.path("whole.msgpack.zst"), "rb") as file:
            whole = file.read()
        for keep in (len(whole), len(whole) * 2 // 3):
            with self.subTest(keep=keep):
                self.put("out.msgpack.zst", whole[:keep] + bytes(4096))
                self.verify(self.out, status=1)
                self.run_tool(*self.options("--resume"))
                self.assert_same(expected)

    def test_damage_in_the_middle_is_never_passed_over(self):
        expected = self.uninterrupted("-r", "1500")
        with open(self.path("whole.msgpack.zst"), "rb") as file:
            whole = bytearray(file.read())
        for _ in range(8):
            octets = bytearray(whole)
            at = self.random.randrange(400, len(octets) - 100)
            octets[at] ^= 1 << self.random.randrange(8)
            self.put("out.msgpack.zst", bytes(octets))
            process = self.start(*self.options("--resume"))
            _, err = self.finish(process)
            with self.subTest(at=at):
                if process.returncode == 0:
                    self.assert_same(expected)
                else:
                    self.assertEqual(process.returncode, 1)
                    self.assert_one_line(err, self.out)


class Refused(Scans):
    def setUp(self):
        super().setUp()
        self.run_tool(*self.options("--max-domains", "100"))

    def assert_refused(self, *words, more=(), **options):
        with open(self.out, "rb") as file:
            before = file.read()
        _, err = self.run_tool(*self.options("--resume", *more, **options), status=1)
        self.assert_one_line(err, *words)
        with open(self.out, "rb") as file:
            self.assertEqual(file.read(), before)

    def test_another_list(self):
        other = self.put("other", tool.lines(tool.names(COUNT - 1)))
        self.assert_refused(other, "is not the list", "size", list_path=other)

    def test_a_list_with_one_letter_changed(self):
        about = os.stat(self.list)
        with open(self.list, "r+b") as file:
            file.seek(about.st_size // 2)
            octet = file.read(1)
            file.seek(about.st_size // 2)
            file.write(b"y" if octet != b"y" else b"z")
        os.utime(self.list, ns=(about.st_atime_ns, about.st_mtime_ns))
        self.assert_refused(self.list, "is not the list", "content")

    def test_a_list_written_again(self):
        os.utime(self.list, (1, 1))
        self.assert_refused(self.list, "is not the list", "modification time")

    def test_other_options(self):
        self.assert_refused(self.out, "--smtp-port", more=("--smtp-port", "26"))
        self.assert_refused(self.out, "--blocklist-file", more=("-b", self.put("blocklist", "192.0.2.0/24\n")))

    def test_another_shard(self):
        self.assert_refused(self.out, "shard 0 of 1", "1 of 2", more=("--shards", "2", "--shard", "1"))

    def test_speed_may_differ(self):
        self.run_tool(*self.options("--resume", "--threads", "1", "--concurrency", "10", "--rate", "5000", "--retries", "5"))
        self.assertEqual(self.verify(self.out), ("complete", COUNT))

    def test_a_complete_scan(self):
        self.run_tool(*self.options("--force"))
        options = [option for option in self.options("--resume") if option != "-q"]
        with open(self.out, "rb") as file:
            before = file.read()
        _, err = self.run_tool(*options)
        self.assertIn("complete, nothing is left to do", err)
        with open(self.out, "rb") as file:
            self.assertEqual(file.read(), before)

    def test_repeated_options_are_remembered(self):
        out = self.path("blocked.msgpack.zst")
        lists = ("-b", self.put("a", "192.0.2.0/24\n"), "-b", self.put("b", "198.51.100.0/24\n"))
        self.run_tool(*self.options("--max-domains", "10", *lists, out=out))
        self.run_tool(*self.options("--resume", *lists, out=out))
        self.assertEqual(self.verify(out), ("complete", COUNT))

    def test_a_scan_that_still_runs(self):
        out = self.path("busy.msgpack.zst")
        process = self.start(*self.options("-r", "500", out=out))
        while not os.path.exists(out) or os.path.getsize(out) < 1000:
            time.sleep(0.05)
        for how in ("--resume", "--force"):
            _, err = self.run_tool(*self.options(how, out=out), status=1)
            self.assert_one_line(err, out, "another process is writing it")
        process.send_signal(signal.SIGINT)
        self.finish(process, 130)

    def test_no_scan_file(self):
        self.put("out.msgpack.zst", tool.lines(tool.names(100)))
        self.assert_refused(self.out)


class Starved(Scans):
    """Writing fails: the scan stops, says how to go on, and what was written is whole."""

    def assert_resumable(self, expected, err, *words, out=None):
        out = out or self.out
        self.assert_one_line(err, out, *words)
        said, count = self.verify(out, status=1)
        self.assertIn("no trailer", said)
        self.assertLess(count, COUNT)
        for index, record in self.records(out, whole=False).items():
            self.assertEqual(tool.without_times(record), expected[index])
        return count

    def go_on(self, expected):
        self.run_tool(*self.options("--resume"))
        self.assert_same(expected)

    def test_file_too_large(self):
        expected = self.uninterrupted()
        for size in (1200, 2500, 5000):
            with self.subTest(size=size):
                _, err = self.run_tool(*self.options("-r", "1500", "--force"), status=1, preexec_fn=lambda s=size:
                                       resource.setrlimit(resource.RLIMIT_FSIZE, (s, resource.RLIM_INFINITY)))
                self.assert_resumable(expected, err, "ulimit -f", "--resume")
                self.assertLessEqual(os.path.getsize(self.out), size)
                self.go_on(expected)

    def test_errors_of_the_disk(self):
        if not TORN:
            self.skipTest("STSURVEY_TORN_WRITE names no library to preload")
        expected = self.uninterrupted()
        for fault, word in (("eio", "input/output error"), ("enospc", "disk full")):
            for size in (1500, 4000):
                with self.subTest(fault=fault, size=size):
                    _, err = self.run_tool(*self.options("-r", "1500", "--force"), status=1,
                                           env=self.environment(f"{fault}:{size}"))
                    self.assert_resumable(expected, err, word, "--resume")
                    self.go_on(expected)

    def test_full_disk(self):
        root = () if os.geteuid() == 0 else ("-r",)
        folder = self.path("disk")
        os.mkdir(folder)
        holder = subprocess.Popen(["unshare", *root, "-m", "sh", "-c",
                                   'mount -t tmpfs -o size=4k none "$0" && echo mounted && exec cat', folder],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.addCleanup(holder.wait)
        self.addCleanup(holder.stdin.close)
        self.addCleanup(holder.stdout.close)
        if holder.stdout.readline() != b"mounted\n":
            self.skipTest("no file system can be mounted here")
        expected = self.uninterrupted()
        out = f"/proc/{holder.pid}/root{folder}/out.msgpack.zst"
        try:
            _, err = self.run_tool(*self.options("-r", "1500", out=out), status=1)
        except OSError as error:
            self.skipTest(str(error))
        self.assert_resumable(expected, err, "disk full", "free space", "--resume", out=out)
        _, err = self.run_tool(*self.options("--resume", out=out), status=1)  # still full: nothing is lost by trying
        self.assert_resumable(expected, err, "disk full", out=out)
        shutil.copy(out, self.out)
        self.go_on(expected)


if __name__ == "__main__":
    tool.main()
