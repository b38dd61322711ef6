#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Lists that become jobs (stsurvey fleet submit) with a real nats-server: what is at the server afterwards, once however often and
however rudely it was put there."""
import csv
import gzip
import hashlib
import io
import json
import os
import re
import signal
import subprocess
import sys

import jetstream
import nats
from fleet_case import ALIVE, BOOK, DEAD, JOB, LIST, QUEUE, RESULTS, Case, main, tool

SUBMITTED = 20       # chunks that are at the server when something happens
LANES = 32           # scanner/fleet/job.h
MANY = 300000
GROWTH_KIB = 6 * 1024  # that a list of 30 MB may make of a process beside one of 100 KB: what the allocator leaves


PEAK = """
import os, sys
_, status, usage = os.wait4(os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ), 0)
print(usage.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status))
"""


def rows(octets):
    """A chunk's list."""
    text = subprocess.run(["zstd", "-dc"], input=octets, stdout=subprocess.PIPE, check=True).stdout.decode("utf-8", "surrogateescape")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def list_subject(number, sha256, part):
    return f"stsurvey.{JOB}.list.{number}.{sha256[:16]}.{part}"


class SubmitCase(Case):
    def begin(self, path, *more, **options):
        return self.fleet("submit", "-f", path, "--results-size", "100M", *more, **options)

    def submit_list(self, path, *more, status=0, **options):
        """What it says."""
        return self.finish(self.begin(path, *more, **options), status)[1]

    def chunk_messages(self):
        return [json.loads(message.data) for message in self.js.messages(QUEUE)]

    def list_of(self, chunk):
        """The rows of a chunk, whose parts are what its message says."""
        parts = [self.js.message(LIST, last_by_subj=list_subject(chunk["number"], chunk["sha256"], part)).data for part in range(chunk["parts"])]
        octets = b"".join(parts)
        self.assertEqual((len(octets), hashlib.sha256(octets).hexdigest()), (chunk["size"], chunk["sha256"]))
        return rows(octets)

    def entries(self):
        """All entries that are at the server, by their numbers; each chunk is there once."""
        chunks = self.chunk_messages()
        self.assertEqual([chunk["number"] for chunk in chunks], list(range(len(chunks))))
        found = {}
        for chunk in chunks:
            listed = self.list_of(chunk)
            self.assertEqual(len(listed), chunk["entries"])
            for row in listed:
                index = chunk["first"] + int(row.pop("offset"))
                self.assertNotIn(index, found)
                found[index] = row
        return found

    def streams(self):
        return self.js.api("STREAM.NAMES")["streams"] or []

    def forget(self, key):
        """As if it had never been put."""
        self.js.api("STREAM.PURGE.KV_" + BOOK, filter=f"$KV.{BOOK}.{key}")

    def snapshot(self):
        return {stream: [(message.sequence, message.subject, message.data) for message in self.js.messages(stream)]
                for stream in (QUEUE, LIST, "KV_" + BOOK)}

    def in_the_midst(self, process):
        """Some chunks are there, more are to come, and the server does not answer."""
        self.wait_until(lambda: QUEUE in self.streams() and self.js.state(QUEUE)["messages"] >= SUBMITTED, process)
        self.nats.freeze()

    def many(self, count=MANY):
        return self.put("many", "".join(f"d{number}.example\n" for number in range(count)))

    def assert_many(self, count, chunk, others=0):
        chunks = self.chunk_messages()
        self.assertEqual([(one["number"], one["first"], one["entries"]) for one in chunks],
                         [(number, number * chunk, chunk) for number in range(count // chunk)])
        self.assertEqual(self.js.state(LIST)["messages"], sum(one["parts"] for one in chunks) + others)
        for one in (chunks[0], chunks[SUBMITTED], chunks[-1]):
            self.assertEqual([row["domain"] for row in self.list_of(one)], [f"d{one['first'] + n}.example" for n in range(chunk)])
        self.assertEqual(self.value("cut.0"), {"first": 0, "end": count // chunk, "entries": count})


class Once(SubmitCase):
    def test_a_list_becomes_chunks(self):
        path = self.put("list", "# comment\none.example\nbad bad\n\nB\xfccher.example\none.example\ntwo.example\n")
        said = self.submit_list(path, "--chunk", "2", "--rate", "0.3")
        self.assertIn(f"job {JOB}: 3 chunks of 5 domains; 0 were there already; start workers with: stsurvey fleet work "
                      f"--nats {self.nats.url} --job {JOB} -d DIR\n", said)
        self.assertIn("--rate bears 1 worker at once; further ones wait\n", said)
        self.assertEqual([row["domain"] for _, row in sorted(self.entries().items())],
                         ["one.example", "bad bad", "xn--bcher-kva.example", "one.example", "two.example"])
        manifest = self.value("manifest")
        self.assertEqual((manifest["entries"], manifest["chunk"], manifest["lanes"], manifest["list"]), (5, 2, 1, path))
        self.assertEqual(manifest["options"], [{"name": "rate", "value": "0.3"}])
        self.assertEqual(set(self.streams()), {QUEUE, LIST, RESULTS, DEAD, "KV_" + BOOK, "KV_" + ALIVE})
        consumer = self.js.api(f"CONSUMER.INFO.{QUEUE}.lane-0")["config"]
        self.assertEqual((consumer["ack_policy"], consumer["max_deliver"], consumer["ack_wait"]), ("explicit", 5, 60 * 10**9))

    def test_ranks_and_labels_are_in_the_chunks(self):
        path = self.put("list", "rank,domain,registrar\n1,one.example,\"A, B\"\n7,two.example,\n9,,C\n")
        self.submit_list(path, "--label", "registrar", "-q")
        self.assertEqual(list(self.entries().values()), [{"rank": "1", "domain": "one.example", "registrar": "A, B"},
                                                         {"rank": "7", "domain": "two.example", "registrar": ""},
                                                         {"rank": "9", "domain": "", "registrar": "C"}])

    def test_twice_adds_nothing(self):
        path = self.put("list", tool.lines(tool.names(25)))
        self.assertIn("3 chunks of 25 domains; 0 were there already", self.submit_list(path, "--chunk", "10", "--timeout", "3", "--rate", "9"))
        before = self.snapshot()
        self.assertIn("3 chunks of 25 domains; 3 were there already", self.submit_list(path, "--chunk", "10", "--rate", "9", "--timeout", "3"))
        self.assertEqual(self.snapshot(), before)
        self.assertEqual(self.submit_list(path, "--chunk", "10", "--rate", "9", "--timeout", "3", "-q"), "")

    def test_twice_adds_nothing_even_when_chunks_are_done_and_gone(self):
        path = self.put("list", tool.lines(tool.names(25)))
        self.submit_list(path, "--chunk", "10")
        self.forget("cut.0")
        self.js.purge(QUEUE)
        self.js.purge(LIST)
        self.assertIn("3 chunks of 25 domains; 3 were there already", self.submit_list(path, "--chunk", "10"))
        self.assertEqual((self.js.state(QUEUE)["messages"], self.js.state(LIST)["messages"]), (0, 0))
        self.assertEqual(self.value("cut.0"), {"first": 0, "end": 3, "entries": 25})

    def test_another_job_under_the_name_is_refused(self):
        path = self.put("list", tool.lines(tool.names(25)))
        other = self.put("other", tool.lines(tool.names(26)))
        block = self.put("block", "192.0.2.0/24\n")
        self.submit_list(path, "--chunk", "10", "--rate", "9", "-b", block)
        before = self.snapshot()
        for more, says in (([path, "--chunk", "11", "--rate", "9", "-b", block], "--chunk 10 → 11;"),
                           ([path, "--chunk", "10", "-b", block], "--rate 9 → not given;"),
                           ([path, "--chunk", "10", "--rate", "9", "-b", block, "--direct"], "--direct not given → yes; --audit not given → 1;"),
                           ([other, "--chunk", "10", "--rate", "9", "-b", block], f"list {path} → {other}; entries 25 → 26;"),
                           ([path, "--chunk", "10", "--rate", "9", "-b", block, "--results-size", "50M"], "--results-size 104857600 → 52428800;")):
            said = self.submit_list(*more, status=1)
            self.assert_one_line(said, f"job {JOB} is another one at the server: {says}")
        self.put("block", "192.0.2.0/25\n")
        self.assertIn("--blocklist-file (its content) ", self.submit_list(path, "--chunk", "10", "--rate", "9", "-b", block, status=1))
        self.assertEqual(self.snapshot(), before)

    def test_a_job_that_is_done_says_so(self):
        path = self.put("list", tool.lines(tool.names(25)))
        self.submit_list(path, "--chunk", "10")
        self.js.put(BOOK, "done.0", b"{}")
        self.js.put(BOOK, "dead.2", b"{}")
        self.assertIn("\nstsurvey fleet submit: 1 of its chunks are done, 1 dead\n", self.submit_list(path, "--chunk", "10"))
        self.js.put(BOOK, "done.1", b"{}")
        self.assertIn(": 2 of its chunks are done, 1 dead; no worker has to be started\n", self.submit_list(path, "--chunk", "10"))

    def test_files_travel_along(self):
        block = self.put("block", "".join(f"192.0.2.{number % 256}/32\n" for number in range(40000)))  # some 600 KiB
        canaries = self.put("canaries", "mx.example.org\n")
        empty = self.put("empty", "")
        path = self.put("list", "one.example\n")
        self.submit_list(path, "-b", block, "--smtp", "--smtp-canaries", "@" + canaries, "--domain-blocklist-file", empty, "-q")
        files = self.value("manifest")["files"]
        self.assertEqual([(file["option"], file["path"]) for file in files],
                         [("blocklist-file", block), ("smtp-canaries", canaries), ("domain-blocklist-file", empty)])
        for number, file in enumerate(files):
            octets, part = b"", 0
            while len(octets) < file["size"]:
                octets += self.js.get(BOOK, f"file.{number}.{part}")
                part += 1
            with open(file["path"], "rb") as original:
                self.assertEqual(octets, original.read())
            self.assertEqual(hashlib.sha256(octets).hexdigest(), file["sha256"])
        self.assertEqual(self.value("manifest")["smtp"], "sts")


class Lists(SubmitCase):
    def test_pipes_and_compressed_files_are_lists_as_others(self):
        names = tool.names(25)
        text = tool.lines(names).encode()
        path = self.put("list", text)
        self.submit_list(path, "--chunk", "10", "-q")
        with open(path, "rb") as file:
            self.assertIn("3 were there already", self.submit_list("-", "--chunk", "10", stdin=file))
        pipe = self.path("pipe")
        os.mkfifo(pipe)
        process = self.begin(pipe, "--chunk", "10")
        with open(pipe, "wb") as file:
            file.write(text)
        self.assertIn("3 were there already", self.finish(process, 0)[1])

    def test_a_compressed_list(self):
        names = tool.names(25)
        self.submit_list(self.put("list.gz", gzip.compress(tool.lines(names).encode())), "--chunk", "10", "-q")
        self.assertEqual([row["domain"] for _, row in sorted(self.entries().items())], names)

    def test_a_zone_is_cut_by_its_operators(self):
        records = "".join(f"d{number} NS ns{number % 3}.op{number % 40}.example.\nd{number} NS ns.other.example.\n" for number in range(400))
        path = self.put("zone", "$ORIGIN test.\n@ SOA a b 1 2 3 4 5\n" + records)
        self.submit_list(path, "--direct", "--chunk", "7", "-q")
        self.assertEqual(self.value("manifest")["lanes"], LANES)
        lanes, found = {}, 0
        for message in self.js.messages(QUEUE):
            chunk = json.loads(message.data)
            self.assertEqual(message.subject, f"stsurvey.{JOB}.queue.{chunk['lane']}")
            for row in self.list_of(chunk):
                lanes.setdefault(re.search(r"\.(op\d+)\.", row["ns"]).group(1), set()).add(chunk["lane"])
                found += 1
        self.assertEqual(found, 400)
        self.assertEqual(len(lanes), 40)
        self.assertTrue(all(len(lane) == 1 for lane in lanes.values()), lanes)
        self.assertEqual({int(name.removeprefix("lane-")) for name in self.js.api("CONSUMER.NAMES." + QUEUE)["consumers"]}, set(range(LANES)))
        self.assertEqual(len(self.entries()), 400)

    def test_a_part_of_a_list(self):
        path = self.put("list", tool.lines(tool.names(1000)))
        self.submit_list(path, "--max-domains", "25", "--sample", "0.1", "--chunk", "10", "-q")
        entries = self.entries()
        self.assertEqual(len(entries), 25)
        self.assertEqual(self.value("cut.0"), {"first": 0, "end": 3, "entries": 25})
        self.assertTrue(all(tool.names(1000)[index] == row["domain"] for index, row in entries.items()))

    def test_what_is_odd_in_a_list_is_told_once_though_it_is_read_twice(self):
        err = self.submit_list(self.put("list", "https://one.example/\ntwo.example\n"), status=0)
        self.assertEqual(err.count("is a URL, and no domain name"), 1, err)

    def test_what_is_no_list_leaves_nothing(self):
        good = gzip.compress(tool.lines(tool.names(2000)).encode())
        for content, says in ((b"", "no domain in it; one name a line is expected"), (b"# nothing\n", "no domain in it"),
                              (b"bad bad\nworse worse\n", "no line of it is a domain name; the first, `bad bad`"),
                              (good[:len(good) // 2], "truncated")):
            path = self.put("list", content)
            self.assert_one_line(self.submit_list(path, status=1), says)
            with open(path, "rb") as file:
                self.assert_one_line(self.submit_list("-", status=1, stdin=file), "standard input: ")
        self.assert_one_line(self.submit_list(self.path("none"), status=1), "none: No such file or directory")
        self.assert_one_line(self.submit_list(self.put("list", "one.example\n"), "--input-format", "chunk", status=1), "submit the list")
        self.assert_one_line(self.submit_list(self.put("list", "one.example\n"), "--sample", "1e-9", status=1), "takes none of its 1 entries")
        self.assertEqual(self.streams(), [])

    def test_memory_does_not_grow_with_the_list(self):
        if os.environ.get("STSURVEY_SANITIZE"):
            self.skipTest("a sanitizer's memory is its own")

        small, large = self.peak(1000), self.peak(MANY)
        self.assertLess(large - small, GROWTH_KIB)

    def peak(self, count):
        """KiB of the process. Its parent is a small one, whose memory counts until the program begins."""
        path = self.path("list")
        with open(path, "w", encoding="ascii") as file:
            file.writelines(f"{'x' * 60}.{number}{'y' * 30}.example\n" for number in range(count))
        done = subprocess.run([sys.executable, "-SEBc", PEAK, os.environ["STSURVEY_FLEET"], "submit", "-f", path, "--nats", self.nats.url, "--job",
                               f"of{count}", "--results-size", "100M", "--chunk", "1000", "-q"], stdout=subprocess.PIPE, timeout=tool.TIMEOUT_S, check=True)
        return int(done.stdout)


class Interrupted(SubmitCase):
    CHUNK = 200

    def begin_many(self):
        path = self.many()
        process = self.begin(path, "--chunk", self.CHUNK)
        self.in_the_midst(process)
        return path, process

    def test_killed_and_run_again_it_completes(self):
        path, process = self.begin_many()
        process.kill()
        process.wait()
        self.nats.thaw()
        there = self.js.state(QUEUE)["messages"]
        self.assertLess(there, MANY // self.CHUNK)
        self.assertIsNone(self.js.get(BOOK, "cut.0"))
        # what another version of zstd had made of a chunk, and got no further
        self.js.publish(list_subject(there + 2, "0" * 64, 0), b"other octets", {"Nats-Msg-Id": f"{JOB}/{there + 2}/list/{'0' * 16}/0"})
        said = self.submit_list(path, "--chunk", self.CHUNK)
        self.assertIn(f"{MANY // self.CHUNK} chunks of {MANY} domains; ", said)
        # one was on its way, and the server may have taken it late
        self.assertIn(int(re.search(r"(\d+) were there already", said).group(1)), (there, there + 1))
        self.assert_many(MANY, self.CHUNK, others=1)

    def test_a_server_that_is_killed_is_waited_for(self):
        _, process = self.begin_many()
        self.nats.kill()
        self.nats.start()
        self.reconnect()
        self.finish(process, 0)
        self.assert_many(MANY, self.CHUNK)

    def test_a_signal_ends_it(self):
        path, process = self.begin_many()
        process.send_signal(signal.SIGTERM)
        _, err = self.finish(process, 128 + signal.SIGTERM)
        self.assertIn("ended by signal 15", err)
        self.nats.thaw()
        self.submit_list(path, "--chunk", self.CHUNK)
        self.assert_many(MANY, self.CHUNK)

    def test_two_at_once_are_one(self):
        path = self.many(20000)
        both = [self.begin(path, "--chunk", self.CHUNK) for _ in range(2)]
        said = [int(re.search(r"(\d+) were there already", self.finish(process, 0)[1]).group(1)) for process in both]
        self.assertEqual(len(self.entries()), 20000)
        self.assertEqual(self.js.state(LIST)["messages"], 100)
        self.assertGreaterEqual(sum(said), 100)

    def test_two_jobs_at_once_under_one_name_do_not_mix(self):
        path = self.many(20000)
        both = [self.begin(path, "--chunk", self.CHUNK, "--retries", str(retries)) for retries in (1, 2)]
        for process in both:
            process.wait()
        self.assertEqual(sorted(process.returncode for process in both), [0, 1], [self.said(process) for process in both])
        loser = next(process for process in both if process.returncode == 1)
        self.assertIn("is another one at the server: --retries", self.said(loser))
        self.assertEqual(len(self.entries()), 20000)


class Dead(SubmitCase):
    def die(self, number, round_):
        """As if all its deliveries had been in vain."""
        for message in self.js.messages(QUEUE):
            if json.loads(message.data)["number"] == number:
                self.js.delete(QUEUE, message.sequence)
        self.js.put(BOOK, f"dead.{number}", json.dumps({"first": 0, "entries": 10, "worker": "w", "number": 5, "why": "it died", "round": round_}).encode())

    def test_dead_chunks_are_put_back(self):
        path = self.put("list", tool.lines(tool.names(45)))
        self.submit_list(path, "--chunk", "10")
        before = self.entries()
        for round_ in range(2):  # dead again
            self.die(1, round_)
            self.die(4, round_)
            self.assertIn(": 2 dead chunks put back\n", self.submit_list(path, "--chunk", "10", "--retry-dead"))
            chunks = {chunk["number"]: chunk for chunk in self.chunk_messages()}
            self.assertEqual([chunks[number]["round"] for number in range(5)], [0, round_ + 1, 0, 0, round_ + 1])
            self.assertEqual((self.js.get(BOOK, "dead.1"), self.js.get(BOOK, "dead.4")), (None, None))
            self.assertEqual({chunk["first"] + int(row["offset"]): row["domain"] for chunk in chunks.values() for row in self.list_of(chunk)},
                             {index: row["domain"] for index, row in before.items()})
            self.assertEqual(self.js.state(LIST)["messages"], 5)
        self.assertIn(": 0 dead chunks put back\n", self.submit_list(path, "--chunk", "10", "--retry-dead"))

    def test_the_list_of_a_dead_chunk_that_is_damaged_is_replaced(self):
        path = self.put("list", tool.lines(tool.names(45)))
        self.submit_list(path, "--chunk", "10")
        subject = list_subject(2, self.chunk_messages()[2]["sha256"], 0)
        for round_, rubbish in enumerate((b"rubbish", None)):
            self.js.delete(LIST, self.js.message(LIST, last_by_subj=subject).sequence)
            if rubbish:
                self.js.publish(subject, rubbish)
            self.die(2, round_)
            self.submit_list(path, "--chunk", "10", "--retry-dead", "-q")
            chunk = next(chunk for chunk in self.chunk_messages() if chunk["number"] == 2)
            self.assertEqual([row["domain"] for row in self.list_of(chunk)], tool.names(45)[20:30])
            self.assertEqual(self.js.state(LIST)["messages"], 5)

    def test_dead_chunks_of_mail_servers_are_put_back_with_the_list_that_is_there(self):
        path = self.put("list", tool.lines(tool.names(25)))
        self.submit_list(path, "--chunk", "10")
        octets = subprocess.run(["zstd", "-c"], input=b"offset,rank,domain\n0,,mx.example\n", stdout=subprocess.PIPE, check=True).stdout
        self.js.publish(list_subject(7, "f" * 64, 0), octets[:9])  # of a submit that was killed, by another version of zstd
        for part, piece in enumerate((octets[:9], octets[9:])):
            self.js.publish(list_subject(7, hashlib.sha256(octets).hexdigest(), part), piece)
        self.die(7, 0)
        self.die(1, 0)
        self.assertIn(": 2 dead chunks put back\n", self.submit_list(path, "--chunk", "10", "--retry-dead"))
        chunk = self.chunk_messages()[-2]
        self.assertEqual((chunk["number"], chunk["stage"], chunk["round"]), (7, "hosts", 1))
        self.assertEqual(self.list_of(chunk), [{"offset": "0", "rank": "", "domain": "mx.example"}])
        self.die(8, 0)
        self.assertIn("its list is not at the server", self.submit_list(path, "--chunk", "10", "--retry-dead", status=1))

    def test_a_job_that_is_collected_stays_as_it_is(self):
        path = self.put("list", tool.lines(tool.names(25)))
        self.submit_list(path, "--chunk", "10")
        self.die(1, 0)
        self.js.put(BOOK, "collected", b"{}")
        self.assertIn("'stsurvey scan --resume'", self.submit_list(path, "--chunk", "10", "--retry-dead", status=1))
        self.assertIsNotNone(self.js.get(BOOK, "dead.1"))


class Refused(tool.Case):
    def test_no_room_for_results_is_told_with_what_takes_it_and_what_to_do(self):
        path, account = self.put("list", "one.example\n"), "accounts {{ A {{ jetstream {{ max_file: {} }}, users: [{{ user: a, password: b }}] }} }}\nno_auth_user: a"
        for more, says in (("", "has no room for the job's results, 900 MiB: the jobs there have reserved 200 MiB; give a smaller --results-size"),
                           (account.format("734003200"), "have reserved 200 MiB of the 700 MiB that the account may have; ")):
            with nats.Server(max_file="1G", more=more) as server:
                submit = ("fleet", "submit", "-f", path, "--nats", server.url, "-q")
                self.run_tool(*submit, "--job", "old", "--results-size", "200M", status=0)
                _, err = self.run_tool(*submit, "--job", "new", "--results-size", "900M", status=1)
                self.assert_one_line(err, says, "fleet cancel", "max_file_store")

    def test_a_server_that_takes_little_at_a_time_has_lists_in_parts(self):
        with nats.Server(more="max_payload: 20480") as server:
            path = self.put("list", "".join(f"{hashlib.sha256(str(number).encode()).hexdigest()[:40]}.example\n" for number in range(4000)))
            block = self.put("block", "192.0.2.0/24\n" * 4000)
            self.run_tool("fleet", "submit", "-f", path, "-b", block, "--nats", server.url, "--job", "a", "--results-size", "100M", "-q")
            js = jetstream.Client(server.port)
            self.addCleanup(js.close)
            chunk = json.loads(js.message("STSURVEY_a_QUEUE", seq=1).data)
            octets = b"".join(message.data for message in js.messages("STSURVEY_a_LIST"))
            self.assertGreater(chunk["parts"], 3)
            self.assertEqual((js.state("STSURVEY_a_LIST")["messages"], hashlib.sha256(octets).hexdigest()), (chunk["parts"], chunk["sha256"]))
            self.assertEqual(len(rows(octets)), 4000)
            self.assertEqual(b"".join(js.get("STSURVEY_a_BOOK", f"file.0.{part}") for part in range(3)).decode(), "192.0.2.0/24\n" * 4000)

    def test_what_is_wrong_is_told_before_the_list_is_read(self):
        path = self.put("list", "one.example\n")
        for more, status, says in (([], 2, "--job is missing"), (["--job", "a.b"], 2, "letters, digits, _ and -"),
                                   (["--job", "x" * 33], 2, "at most 32 letters"), (["--job", "a"], 2, "give --nats"),
                                   (["--job", "a", "--nats", "nats://u:p@127.0.0.1"], 2, "NATS_USER and NATS_PASSWORD"),
                                   (["--job", "a", "--nats", "http://127.0.0.1"], 2, "expected nats://"),
                                   (["--job", "a", "--shards", "2"], 2, "unknown option 'shards'")):
            environment = {name: value for name, value in os.environ.items() if not name.startswith("NATS_")}
            _, err = self.run_tool("fleet", "submit", "-f", path, *more, status=status, env=environment)
            self.assertIn(says, err)

    def test_a_job_that_is_there_needs_no_room_a_second_time(self):
        path = self.put("list", "one.example\ntwo.example\n")
        with nats.Server(max_file="120M") as server:
            words = ("fleet", "submit", "-f", path, "--nats", server.url, "--results-size", "100M", "--job")
            self.run_tool(*words, "a", status=0)
            _, err = self.run_tool(*words, "a", status=0)
            self.assertIn("1 were there already", err)
            _, err = self.run_tool(*words, "b", "-q", status=1)
            self.assert_one_line(err, "--results-size")

    def test_what_the_server_allows_too_little_of(self):
        zone = self.put("zone", "$ORIGIN test.\n@ SOA a b 1 2 3 4 5\n" + "".join(f"n{i} NS ns.op{i}.example.\n" for i in range(64)))
        store = "store_dir: \"{folder}/js\", max_file: 1G, max_mem: 64M"
        for limits, where, says in (("max_streams: 5", "account", "max_streams"), ("max_consumers: 1", "account", "max_consumers"),
                                    ("max_bytes_required: true", "account", "max_bytes_required"), ("max_file: 10M", "account", "--results-size"),
                                    ("duplicate_window: \"1h\"", "server", "duplicate_window"), ("max_ack_pending: 2", "server", "max_ack_pending")):
            account = f"accounts {{ A {{ jetstream: {{ {limits} }}, users: [ {{ user: a, password: b }} ] }} }}\nno_auth_user: a"
            server = "jetstream { " + store + (f", limits {{ {limits} }}" if where == "server" else "") + " }\n"
            with nats.Server(jetstream=False, more=server + (account if where == "account" else "")) as one:
                options = ("--nats", one.url, "--job", "a")
                _, err = self.run_tool("fleet", "submit", "-f", zone, "--direct", *options, "--results-size", "100M", "-q", status=1)
                self.assert_one_line(err, says)
                if limits.startswith("max_file"):  # what needs most is made first, and nothing is left behind
                    self.assertEqual(self.run_tool("fleet", "status", "--nats", one.url)[0], "")
                # what was made of it until then is removed as a job is
                if limits.startswith("max_streams"):
                    self.run_tool("fleet", "cancel", *options)
                    js = jetstream.Client(one.port)
                    self.assertEqual(js.api("STREAM.NAMES")["total"], 0)
                    js.close()

    def test_a_list_that_ends_too_early_becomes_no_job(self):
        whole = gzip.compress("".join(f"{hashlib.sha256(str(i).encode()).hexdigest()}.example\n" for i in range(100)).encode())
        path = self.put("list.gz", whole[:len(whole) // 2])
        with nats.Server() as server:
            _, err = self.run_tool("fleet", "submit", "-f", path, "--nats", server.url, "--job", "a", "--results-size", "100M", "-q", status=1)
            self.assert_one_line(err, "truncated gzip stream", "nothing behind that was read")
            _, err = self.run_tool("fleet", "status", "--nats", server.url, "--job", "a", status=1)
            self.assertIn("there is no job", err)

    def test_a_server_without_jetstream(self):
        with nats.Server(jetstream=False) as server:
            path = self.put("list", "one.example\n")
            _, err = self.run_tool("fleet", "submit", "-f", path, "--nats", server.url, "--job", "a", status=1)
            self.assertIn("JetStream", err)


if __name__ == "__main__":
    main()
