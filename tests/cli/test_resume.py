#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A scan that is killed, torn, cut or starved and resumed is the scan that nothing happened to: every line of the list
has its record once, and the facts are the same. test_resume_lab.py kills one large scan over and over; this tries the
corners of small ones."""
import csv
import json
import os
import random
import resource
import shutil
import signal
import time

import tool

COUNT = 400          # domains of a list
KILLS = 20           # of the scans that are shuffled; of each shard
MOMENT_MAX_S = 0.25  # a scan is killed between its start and so much later
LASTING = ("-r", "150", "--concurrency", "20")  # of COUNT domains nine seconds, and little is in flight when they are interrupted
FRAME_SIZE = 4000    # octets, more than a small scan writes at a time
CLOCK_S = 1e-6       # of rounding


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
        """Start it and kill it at a moment nobody chose, or within a write. Was it killed?"""
        if tool.TORN_WRITE and self.random.random() < 0.25:
            size = os.path.getsize(self.out) if os.path.exists(self.out) else 0
            torn = tool.preloaded(TORN_WRITE=f"kill:{size + self.random.randrange(FRAME_SIZE)}")
            process = self.start(*self.options(*more), env=torn)
        else:
            process = self.start(*self.options(*more))
            time.sleep(self.random.uniform(0, MOMENT_MAX_S))
            process.kill()
        self.finish(process)
        self.assertIn(process.returncode, (-signal.SIGKILL, 0))
        return process.returncode != 0

    def content(self):
        with open(self.out, "rb") as file:
            return file.read()

    def need_torn_write(self):
        if not tool.TORN_WRITE:
            self.skipTest("STSURVEY_TORN_WRITE names no library to preload")


class Killed(Scans):
    def test_killed_while_shuffled_on_one_thread(self):
        """Each time a scan has ended all the same, it is compared, and another begins."""
        more = ("--seed", "7", "--threads", "1", "--concurrency", "16", "-r", "3500")
        expected = self.uninterrupted(*more)
        done = 0
        while done < KILLS:
            if self.killed("--resume", *more):
                done += 1
                continue
            self.assert_same(expected)
            os.unlink(self.out)
        self.run_tool(*self.options("--resume", *more))
        self.assert_same(expected)

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
        kills = 0
        for shard, self.out in enumerate(outs):
            more = ("--shards", "3", "--shard", str(shard), "--resume", "-r", "250")
            for _ in range(KILLS):
                if not self.killed(*more):
                    break
                kills += 1
            self.run_tool(*self.options(*more))
            self.assertEqual(self.verify(self.out)[0], "complete")
        self.assertGreater(kills, KILLS)
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


class Sampled(Scans):
    """A sample goes on as the sample it is, and what was left out is not missed."""

    def test_a_sample_that_was_stopped_and_one_that_is_done(self):
        more = ("--sample", "0.25")
        expected = self.uninterrupted(*more)
        self.assertGreater(len(expected), COUNT // 8)
        self.assertLess(len(expected), COUNT // 2)
        self.run_tool(*self.options("--max-domains", "20", *more))
        self.assertEqual(self.verify(self.out), ("complete", 20))
        self.run_tool(*self.options("--resume", *more))
        self.assert_same(expected)
        before = self.content()
        self.run_tool(*self.options("--resume", *more))
        self.assertEqual(self.content(), before)

    def test_another_sample_is_another_scan(self):
        self.run_tool(*self.options("--sample", "0.25"))
        for more, word in ((("--sample", "0.5"), "not 0.5"), ((), "--sample 0.25"),
                           (("--sample", "0.25", "--sample-key", 32 * "0"), "--sample-key")):
            _, err = self.run_tool(*self.options("--resume", *more), status=1)
            self.assert_one_line(err, self.out, word)

    def test_the_metadata_tell_share_and_key(self):
        meta = self.path("meta.json")
        for more, share, key in (((), None, None), (("--sample", "0.5"), 0.5, b"stsurvey-sample1".hex()),
                                 (("--sample", "1", "--sample-key", 32 * "A"), 1, 32 * "a")):
            self.run_tool(*self.options("--force", "-m", meta, *more))
            with open(meta, encoding="utf-8") as file:
                told = json.load(file)["input"]
            self.assertEqual((told["sample"], told["sample_key"]), (share, key))


class Labelled(Scans):
    """What the list says of a domain beside its name is in its record, however it came there."""

    NAMES = ("example.test", "no name at all!", "blocked.test", "sf1.test", "other.test", "sf2.test")

    def setUp(self):
        super().setUp()
        rows = [f'"{name}",{i},"Agency, {i % 2}"' for i, name in enumerate(self.NAMES)]
        self.list = self.put("list.csv", tool.lines(["Domain,Number,Agency", *rows]))
        self.more = ("--domain-blocklist-file", self.put("blocked", "blocked.test\n"), "--label", "agency", "--label", "NUMBER")
        self.expected = {i: {"Agency": f"Agency, {i % 2}", "Number": str(i)} for i in range(len(self.NAMES))}

    def labels(self):
        return {i: record["labels"] for i, record in self.records(self.out).items()}

    def test_each_kind_of_line_has_its_labels(self):
        """Those that fail are asked again at the end."""
        self.run_tool(*self.options(*self.more), status=3)
        self.assertEqual(self.labels(), self.expected)

    def test_labels_of_a_scan_that_goes_on(self):
        self.run_tool(*self.options("--max-domains", "2", *self.more))
        self.run_tool(*self.options("--resume", *self.more), status=3)
        self.assertEqual(self.labels(), self.expected)

    def test_other_columns_are_another_scan(self):
        self.run_tool(*self.options(*self.more), status=3)
        turned = (*self.more[:2], "--label", "NUMBER", "--label", "agency")
        for more, word in ((self.more[:4], "--label NUMBER"), (turned, "--label Agency in the place of --label NUMBER")):
            _, err = self.run_tool(*self.options("--resume", *more), status=1)
            self.assert_one_line(err, self.out, word)

    def test_a_column_that_is_not_there_writes_nothing(self):
        _, err = self.run_tool(*self.options("--label", "country"), status=1)
        self.assert_one_line(err, self.list, "line 1", "country", "Domain, Number, Agency")
        self.assertFalse(os.path.exists(self.out))


class Counted(Scans):
    """What is told of the file is told of all its runs."""

    OF_THE_FILE = ("domains", "sts", "fetched", "unknown", "blocklisted", "illegal")
    EXTRA = ("no name at all!", "blocked.test", "sf1.test", "also no name!", "sf2.test", "x.blocked.test", "sf3.test")

    def setUp(self):
        super().setUp()
        names = tool.names(COUNT)
        self.list = self.put("list", tool.lines([*self.EXTRA[:3], *names, *self.EXTRA[3:]]))
        self.blocked = self.put("blocked", "blocked.test\n")
        self.expected = {"domains": COUNT + len(self.EXTRA), "sts": COUNT // len(tool.KINDS), "fetched": 0, "unknown": 3,
                         "blocklisted": 2, "illegal": 2}

    def told_options(self, out, *more):
        for name in ("meta", "status", "log"):
            if os.path.exists(self.path(name)):
                os.unlink(self.path(name))
        return ("scan", *[option for option in self.options("--domain-blocklist-file", self.blocked, "-m", self.path("meta"), "-u",
                                                            self.path("status"), "-l", self.path("log"), *more, out=out)[1:]
                          if option != "-q"])

    def told(self):
        """(metadata, last row of the status updates, closing line of the file); the three agree."""
        with open(self.path("meta"), encoding="utf-8") as file:
            about = json.load(file)
        with open(self.path("status"), encoding="utf-8") as file:
            row = list(csv.DictReader(file))[-1]
        with open(self.path("log"), encoding="utf-8") as file:
            log = file.read()
        for name in self.OF_THE_FILE:
            self.assertEqual(int(row[name]), about["counts"][name], name)
        for name in ("queries", "fetches"):
            self.assertEqual(row[name], str(about["counts"][name] or ""), name)
        counts = about["counts"]
        told = "".join(f", {counts[name]} {name}" for name in ("illegal", "blocklisted") if counts[name])
        self.assertIn(f"this run: {about['run']['domains']} domains in ", log)
        self.assertIn(f"the file: {counts['domains']} domains, {counts['sts']} STS records, {counts['fetched']} policies, "
                      f"{counts['unknown']} domains unknown ({about['shares']['unknown']:.1%}), {counts['nxdomain']} that do not "
                      f"exist (NXDOMAIN, {about['shares']['nxdomain']:.1%}){told}\n".replace("%", " %"), log)
        return about

    def assert_whole(self, about):
        self.assertEqual({name: about["counts"][name] for name in self.OF_THE_FILE}, self.expected)
        self.assertEqual(about["counts"]["deferred_left"], 0)

    def begun_and_ended_by(self, number):
        """A scan that this signal has ended in the middle; what it told."""
        process = self.start(*self.told_options(self.out, *LASTING))
        self.wait_until(lambda: os.path.exists(self.out) and os.path.getsize(self.out) > 1000, process)
        process.send_signal(number)
        self.finish(process)
        self.assertNotEqual(process.returncode, 0)

    def test_uninterrupted(self):
        self.run_tool(*self.told_options(self.out), status=0)
        about = self.told()
        self.assert_whole(about)
        self.assertEqual(about["run"], {name: about["counts"][name] for name in ("domains", "queries", "fetches")})
        self.assertEqual(about["counts"]["fetches"], self.expected["sts"])

    def test_interrupted_and_resumed(self):
        self.begun_and_ended_by(signal.SIGINT)
        first = self.told()
        self.assertTrue(0 < first["counts"]["domains"] < self.expected["domains"], first)
        self.run_tool(*self.told_options(self.out, "--resume"), status=0)
        about = self.told()
        self.assert_whole(about)
        self.assertEqual(about["output"]["domains_before"], first["counts"]["domains"])
        for name in ("domains", "queries", "fetches"):
            self.assertEqual(about["counts"][name], first["counts"][name] + about["run"][name])

    def test_killed_and_resumed(self):
        """What the killed run had sent nobody knows, and no later run pretends to."""
        self.begun_and_ended_by(signal.SIGKILL)
        process = self.start(*self.told_options(self.out, "--resume", "-r", "800"))
        self.wait_until(lambda: os.path.exists(self.path("meta")))
        process.send_signal(signal.SIGINT)
        self.finish(process)
        self.run_tool(*self.told_options(self.out, "--resume"), status=0)
        about = self.told()
        self.assert_whole(about)
        self.assertIsNone(about["counts"]["queries"])
        self.assertIsNone(about["counts"]["fetches"])
        self.assertGreater(about["run"]["queries"], 0)


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

    def frames(self):
        """Of the whole file; each begins with zstd's number, which stands nowhere else in so small a file."""
        expected = self.uninterrupted("-r", "1500")
        with open(self.path("whole.msgpack.zst"), "rb") as file:
            frames = [b"\x28\xb5\x2f\xfd" + rest for rest in file.read().split(b"\x28\xb5\x2f\xfd")[1:]]
        self.assertGreater(len(frames), 4)  # the header, the domains, the trailer
        return expected, frames

    def test_a_frame_is_missing(self):
        """What it held is surveyed anew, though the trailer says that all is there."""
        expected, frames = self.frames()
        self.put("out.msgpack.zst", b"".join(frames[:2] + frames[3:]))
        self.assertIn("its trailer counts", self.verify(self.out, status=1)[0])
        for command in (("stats", "-d", self.path("tables")), ("report", "-o", self.path("page")), ("export", "--format", "csv")):
            _, err = self.run_tool(command[0], self.out, *command[1:], status=1)
            self.assertIn("--partial", err)
        _, err = self.run_tool("stats", self.out, "-d", self.path("tables"), "--partial")
        self.assertIn("warning", err)
        self.run_tool(*self.options("--resume"))
        self.assert_same(expected)

    def test_frames_that_stand_twice_are_refused(self):
        _, frames = self.frames()
        for name, joined in (("a frame", frames[:3] + frames[2:]), ("the file", frames + frames)):
            with self.subTest(twice=name):
                self.put("out.msgpack.zst", b"".join(joined))
                self.assertIn("more than once", self.verify(self.out, status=1)[0])
                _, err = self.run_tool(*self.options("--resume"), status=1)
                self.assert_one_line(err, self.out, "more than once")

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
        before = self.content()
        _, err = self.run_tool(*self.options("--resume", *more, **options), status=1)
        self.assert_one_line(err, *words)
        self.assertEqual(self.content(), before)

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

    def test_other_options(self):
        self.assert_refused(self.out, "--smtp-port", more=("--smtp-port", "26"))
        self.assert_refused(self.out, "--blocklist-file", more=("-b", self.put("blocklist", "192.0.2.0/24\n")))

    def test_another_shard(self):
        self.assert_refused(self.out, "shard 0 of 1", "1 of 2", more=("--shards", "2", "--shard", "1"))

    def test_speed_may_differ(self):
        self.run_tool(*self.options("--resume", "--threads", "1", "--concurrency", "10", "--rate", "5000", "--retries", "5"))
        self.assertEqual(self.verify(self.out), ("complete", COUNT))

    def test_repeated_options_are_remembered(self):
        out = self.path("blocked.msgpack.zst")
        lists = ("-b", self.put("a", "192.0.2.0/24\n"), "-b", self.put("b", "198.51.100.0/24\n"))
        self.run_tool(*self.options("--max-domains", "10", *lists, out=out))
        self.run_tool(*self.options("--resume", *lists, out=out))
        self.assertEqual(self.verify(out), ("complete", COUNT))

    def test_a_scan_that_still_runs(self):
        out = self.path("busy.msgpack.zst")
        process = self.start(*self.options("-r", "20", "--concurrency", "20", out=out))  # more than a minute
        self.wait_until(lambda: os.path.exists(out) and os.path.getsize(out) > 0, process)
        for how in ("--resume", "--force"):
            _, err = self.run_tool(*self.options(how, out=out), status=1)
            self.assert_one_line(err, out, "another process is writing it")
        process.send_signal(signal.SIGINT)
        self.finish(process, 130)

    def test_no_scan_file(self):
        self.put("out.msgpack.zst", tool.lines(tool.names(100)))
        self.assert_refused(self.out)


class Complete(Scans):
    """What has nothing left to do is left alone."""

    def assert_untouched(self, *more):
        before, about = self.content(), os.stat(self.out)
        _, err = self.run_tool(*[option for option in self.options("--resume", *more) if option != "-q"])
        self.assertIn("complete, nothing is left to do", err)
        self.assertEqual(self.content(), before)
        self.assertEqual(os.stat(self.out).st_mtime_ns, about.st_mtime_ns)

    def assert_records(self, count):
        self.assertEqual(self.verify(self.out), ("complete", count))

    def test_a_complete_scan(self):
        self.run_tool(*self.options())
        self.assert_untouched()
        self.assert_untouched("--max-domains", COUNT)
        self.assert_untouched("--max-domains", "1")

    def test_a_limit_that_is_reached(self):
        self.run_tool(*self.options("--max-domains", "100"))
        self.assert_untouched("--max-domains", "100")
        self.assert_untouched("--max-domains", "50")
        self.run_tool(*self.options("--resume", "--max-domains", "200"))
        self.assert_records(200)
        self.assert_untouched("--max-domains", "200")
        self.assert_untouched("--max-domains", "100")

    def test_a_limit_given_only_at_first(self):
        self.run_tool(*self.options("--max-domains", "100"))
        self.run_tool(*self.options("--resume"))
        self.assert_records(COUNT)
        self.assert_untouched()
        self.assert_untouched("--max-domains", "100")

    def test_a_limit_given_only_later(self):
        """The header knows of no limit: the file is not complete because of one."""
        process = self.start(*self.options(*LASTING))
        self.wait_until(lambda: os.path.exists(self.out) and os.path.getsize(self.out) > 1000, process)
        process.kill()
        self.finish(process)
        self.run_tool(*self.options("--resume", "--max-domains", "200"))
        said, _ = self.run_tool("verify", self.out, status=None)
        self.assertIn("interrupted", said)
        self.run_tool(*self.options("--resume"))
        self.assert_records(COUNT)
        self.assert_untouched()

    def test_a_shard(self):
        shard = ("--shards", "3", "--shard", "1")
        self.run_tool(*self.options(*shard))
        self.assert_untouched(*shard)


class Synced(Scans):
    """What --sync-interval promises, as torn_write.c tells it."""

    def setUp(self):
        super().setUp()
        self.need_torn_write()
        self.log = self.path("writes.log")

    def looks(self):
        """(what, octets in the file after it, the time as its thread knows it)"""
        if not os.path.exists(self.log):
            return []
        with open(self.log, encoding="ascii") as file:
            parts = [line.split() for line in file if line.endswith("\n")]
        return [(what, int(octets), float(time_s)) for what, octets, time_s in parts]

    def events(self):
        return [(what, octets) for what, octets, _ in self.looks() if what != "look"]

    def scan(self, interval, *more, **changed):
        options = list(self.options(*more, **changed))
        at = options.index("--sync-interval")
        options[at:at + 2] = ["--sync-interval", interval] if interval else []
        return self.start(*options, env=tool.preloaded(WRITE_LOG=self.log))

    def scanned(self, interval, *more, **changed):
        """Kinds of the events of a whole scan."""
        self.finish(self.scan(interval, *more, **changed), 0)
        events = self.events()
        kinds = [what for what, _ in events]
        self.assertEqual(kinds[:2], ["write", "sync"], "the header, at once")
        self.assertEqual(events[-1], ("sync", os.path.getsize(self.out)), "nothing is unsynced at the end")
        return kinds

    def assert_interval(self, seconds):
        """A look at the clock behind a write, and a sync where the last one is so long ago; else none."""
        looks, synced, syncs = self.looks(), 0, 0
        end = max(i for i, (what, *_) in enumerate(looks) if what == "write")  # the trailer, which is synced at once
        for i, (what, _, time_s) in enumerate(looks[:end]):
            before, after = looks[i - 1][0] if i else "", looks[i + 1][0]
            if what == "sync":
                self.assertTrue(synced == 0 or time_s - synced > seconds - CLOCK_S, (i, time_s - synced))
                syncs += synced > 0
            elif what == "look" and before == "sync":
                synced = time_s
            elif what == "look":
                self.assertTrue(after == "sync" or time_s - synced < seconds + CLOCK_S, (i, time_s - synced))
        self.assertGreater(syncs, 0, "none but of the header and the end")

    def test_each_frame_where_the_interval_is_0(self):
        kinds = self.scanned("0", "-r", "1500")
        self.assertGreater(len(kinds), 8)
        self.assertEqual(kinds, ["write", "sync"] * (len(kinds) // 2))

    def test_an_interval(self):
        self.scanned("0.3", "-r", "600")
        self.assert_interval(0.3)

    def test_the_interval_unless_told(self):
        """Of a list that takes longer."""
        self.scanned(None, "-r", "100", list_path=self.put("short", tool.lines(tool.names(COUNT // 2))))
        self.assert_interval(5)

    def test_never_before_the_end(self):
        self.assertEqual(self.scanned("3600", "-r", "1500").count("sync"), 2)

    def test_the_last_write_before_a_long_silence(self):
        """Where nobody answers, nothing more is written; what was is synced all the same."""
        process = self.scan("0.3", "-r", "300", "--threads", "8", "--timeout", tool.OUTAGE_ANSWER_S, "-u", self.path("status"))
        self.wait_until(lambda: len(self.events()) > 4)
        self.dns.become("silent")
        self.wait_until(lambda: self.stands_still() and self.events()[-1] == ("sync", os.path.getsize(self.out)))
        self.assertIsNone(process.poll())
        process.kill()
        self.finish(process, -signal.SIGKILL)

    def stands_still(self):
        """Three status updates, one a second, tell of the same number of domains."""
        counts = [row["domains"] for row in self.rows(self.path("status"))]
        return len(counts) > 3 and counts[-3:] == counts[-1:] * 3


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
        before = self.content()
        self.run_tool(*self.options("--resume"))
        self.assert_same(expected)
        self.assertEqual(self.content()[:len(before)], before)

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
        self.need_torn_write()
        expected = self.uninterrupted()
        for fault, word in (("eio:1500", "written: input/output error"), ("eio:4000", "written: input/output error"),
                            ("enospc:1500", "disk full"), ("enospc:4000", "disk full"),
                            ("sync:2", "synced: input/output error"), ("sync:4", "synced: input/output error")):
            with self.subTest(fault=fault):
                _, err = self.run_tool(*self.options("-r", "1500", "--force"), status=1,
                                       env=tool.preloaded(TORN_WRITE=fault))
                self.assertGreater(self.assert_resumable(expected, err, word, "--resume"), 0)
                self.go_on(expected)

    def test_errors_at_the_trailer(self):
        self.need_torn_write()
        expected = self.uninterrupted()
        shutil.copy(self.path("whole.msgpack.zst"), self.out)
        size = os.path.getsize(self.out)
        for fault, word in (("eio", "input/output error"), ("enospc", "disk full")):
            os.truncate(self.out, size - 1)
            _, err = self.run_tool(*self.options("--resume"), status=1, env=tool.preloaded(TORN_WRITE=f"{fault}:{size - 9}"))
            self.assert_one_line(err, self.out, word, "--resume")
            said, count = self.verify(self.out, status=1)
            self.assertIn("no trailer", said)
            self.assertEqual(count, COUNT)
        self.go_on(expected)

    def test_full_disk(self):
        disk, _ = self.small_disk("4k")
        expected = self.uninterrupted()
        out = f"{disk}/out.msgpack.zst"
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
