# SPDX-License-Identifier: BSD-2-Clause
"""A job in a queue, for tests: a nats-server, a name server, a list; workers, and what became of it."""
import hashlib
import json
import os
import shutil
import signal
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "cli"))

import jetstream  # noqa: E402  (tool is found by the line above)
import nats       # noqa: E402
import smtp_server  # noqa: E402,F401
import tool       # noqa: E402

JOB = "week"
BOOK, ALIVE = f"STSURVEY_{JOB}_BOOK", f"STSURVEY_{JOB}_ALIVE"
QUEUE, LIST, RESULTS, DEAD = (f"STSURVEY_{JOB}_{name}" for name in ("QUEUE", "LIST", "RESULTS", "DEAD"))
BEGUN = 400   # octets of a scan file that has domains in it, not just its header
HOUR = 3600   # an --ack-wait that no test waits for, however slow the machine
ACK_WAIT = 2  # seconds, of tests that kill: who is killed is missed so soon, and on a busy machine who lives is, too
SLOW = 150    # questions a second: a chunk of 100 domains, which are some 300 questions, takes two seconds


def name_of(pid):
    try:
        with open(f"/proc/{pid}/comm", encoding="ascii") as file:
            return file.read().strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def children(pid):
    """Programs that it has started; a process without a program of its own watches over the scan."""
    return [child for child in all_children(pid) if name_of(child) != name_of(pid)]


def all_children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return [int(word) for word in file.read().split()]
    except FileNotFoundError:
        return []


def lives(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


class Case(tool.Case):
    """Each has its own server, on which one job is."""

    def setUp(self):
        super().setUp()
        self.nats = self.start_server()
        self.addCleanup(self.nats.__exit__)
        self.nats.start()
        self.dns = self.server()
        self.js = self.connect()

    def start_server(self):
        return nats.Server()

    def connect(self):
        client = jetstream.Client(self.nats.port)
        self.addCleanup(client.close)
        return client

    def reconnect(self):
        self.js.close()
        self.js = self.connect()

    def fleet(self, command, *more, program=None, **options):
        """A command of the queue, begun; @program: instead of the one under test."""
        words = ("fleet", command, "--nats", self.nats.url, "--job", JOB, *more)
        if program is None:
            return self.start(*words, **options)
        saved, tool.STSURVEY = tool.STSURVEY, program
        try:
            return self.start(*words[1:], **options)
        finally:
            tool.STSURVEY = saved

    def submit(self, count, chunk, *more, kinds=tool.KINDS, **how):
        """A list of names of @kinds; @how: of submit_file."""
        self.names = tool.names(count, kinds)
        self.chunks = -(-count // chunk)
        self.submit_file(self.put("list", tool.lines(self.names)), chunk, *more, **how)

    def submit_file(self, path, chunk, *more, ack_wait=HOUR, rate=0, results="100M", status=0):
        """@rate: of all workers together; 0: as fast as they can."""
        self.finish(self.fleet("submit", "-f", path, "--chunk", chunk, "--ack-wait", ack_wait, "--results-size", results, *tool.quick(rate), "-q", *more), status)

    def work(self, name, *more, **options):
        """@name: of its folder, and its own unless @more says otherwise."""
        return self.fleet("work", "-d", self.path(name), *(() if "--worker" in more else ("--worker", name)), "--name-servers", self.dns.address, "--sync-interval", "0", *tool.LAB, *more, **options)

    def dismiss(self, process):
        """It is told to leave, and does. What it said."""
        process.send_signal(signal.SIGTERM)
        return self.finish(process, 128 + signal.SIGTERM)[1]

    def beside(self, script):
        """The queue's program in a folder of its own, with @script for a scan beside it; None: with nothing."""
        folder = self.path("bin")
        os.makedirs(folder, exist_ok=True)
        if script is not None:
            os.chmod(self.put("bin/stsurvey", script), 0o755)
        return shutil.copy(os.environ["STSURVEY_FLEET"], folder)

    # ---- what became of it ----

    def value(self, key, bucket=BOOK):
        """Of a bucket, as JSON; None: there is none."""
        found = self.js.get(bucket, key)
        return None if found is None else json.loads(found)

    def word(self, worker):
        return self.value(worker, ALIVE) or {"state": ""}

    def is_done(self, chunk):
        return self.js.get(BOOK, f"done.{chunk}") is not None

    def wait_done(self, chunks=None, process=None):
        for chunk in range(self.chunks) if chunks is None else chunks:
            self.wait_until(lambda: self.is_done(chunk), process)

    def results(self):
        """chunk → file → its octets, where its pieces fit together."""
        found = {}
        for message in self.js.messages(RESULTS):
            chunk, file = message.subject.split(".")[-2:]
            octets = found.setdefault(int(chunk), {}).setdefault(file, bytearray())
            self.assertEqual(len(octets), int(message.headers["Stsurvey-Offset"]), message.subject)
            octets += message.data
        return found

    def assert_whole(self, chunks=None, truth=True):
        """The file that counts of each chunk is in the stream of results, and the domains of all are those of the list, once each."""
        results, paths = self.results(), []
        for chunk in range(self.chunks) if chunks is None else chunks:
            done = self.value(f"done.{chunk}")
            octets = results[chunk][done["sha256"][:16]]
            self.assertEqual(hashlib.sha256(octets).hexdigest(), done["sha256"])
            self.assertEqual(len(octets), done["size"])
            paths.append(self.put(f"chunk{chunk}.msgpack.zst", bytes(octets)))
        records = self.records(*paths)
        if chunks is None:
            self.assertEqual([record["name"] for record in records.values()], self.names)
        self.assertEqual({index: self.names[index] for index in records}, {index: record["name"] for index, record in records.items()})
        if truth:
            self.assert_truth(records)
        return records

    def wait_until_begun(self, worker, process, records=True):
        """Its scan runs, and has written something. Its process."""
        folder = self.path(worker)
        self.wait_until(lambda: os.path.isdir(folder) and any(lives(child) for child in children(process.pid)) and
                        any(name.endswith(".begun.msgpack.zst") and (not records or os.path.getsize(os.path.join(folder, name)) > BEGUN)
                            for name in os.listdir(folder)), process)
        return children(process.pid)

    def kill_worker(self, process):
        """Without a word; its scan goes with it."""
        scans = children(process.pid)
        process.send_signal(signal.SIGKILL)
        process.wait()
        for scan in scans:
            self.wait_until(lambda: not lives(scan))


def main():
    tool.main()
