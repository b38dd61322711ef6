#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A job's limits hold for all its workers together, as its name servers see it: the kernel dates each question as it arrives, so that a
machine that is busy makes nobody look fast. No second has more than the rate of questions, what each scan asks before its first domain
included. What a scan may ask an operator at once beyond its rate is its burst, SERVER_BOOKS_BURST_S of scanner/rules/server_books.h, and as
much for questions that come late: a domain's three are counted when its first may be asked."""
import json
import re
import select
import signal
import socket
import struct
import threading

from fleet_case import BOOK, QUEUE, Case, main

import dns_server  # noqa: E402  (found by fleet_case)

RATE = 400           # questions a second, of all workers
CHUNK = 150          # domains, three questions each: four seconds and a half at a quarter of the rate
KINDS = ("mx", "rpt", "null", "none")
LIFE = 5             # seconds, of a word: a worker that is killed is struck after ten to fourteen
WINDOW_S = 1.0
WHOLE = 1000000
OPERATORS = 8
OPERATOR_RATE = 60
OPERATOR_BURST_S = 0.1
SO_TIMESTAMPNS = 35  # Linux; Python has no name for it
PREFLIGHT = re.compile(rb"stsurvey-|^org$")


class Counter(threading.Thread):
    """Name servers at one port of several addresses, of which the first is the resolver; .asked[address] is [(time, name)]."""

    def __init__(self, addresses):
        super().__init__(daemon=True)
        self.asked = {address: [] for address in addresses}
        self.preflight = []  # times
        while True:
            self.sockets = []
            port = dns_server.random.SystemRandom().choice(dns_server.PORTS)
            try:
                for address in addresses:
                    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                    self.sockets.append(one)
                    one.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
                    one.bind((address, port))
                break
            except OSError:
                for one in self.sockets:
                    one.close()
        self.addresses, self.port, self.over = addresses, port, False
        self.start()

    def run(self):
        while not self.over:
            for one in select.select(self.sockets, [], [], 0.1)[0]:
                self.answer(one, self.addresses[self.sockets.index(one)])

    def answer(self, one, address):
        packet, extra, _, peer = one.recvmsg(4096, 64)
        seconds, nanoseconds = struct.unpack("qq", extra[0][2][:16])
        name = dns_server.split_question(packet)[0]
        time = seconds + nanoseconds / 1e9
        if PREFLIGHT.search(name):
            self.preflight.append(time)
        else:
            self.asked[address].append((time, name))
        is_resolver = address == self.addresses[0]
        reply = dns_server.respond(packet, "well", False) if is_resolver else dns_server.respond_as_own(packet, "well")
        operator = re.match(rb"auth(\d+)\.", name)
        if operator and reply.endswith(b"\x7f\0\0\2" + reply[-11:]):  # its address, in front of OPT
            reply = reply[:-15] + socket.inet_aton(self.addresses[1 + int(operator[1])]) + reply[-11:]
        one.sendto(reply, peer)

    def end(self):
        self.over = True
        self.join()
        for one in self.sockets:
            one.close()


def most_at_once(times, since=0.0):
    """The most questions of any window, and when it ends."""
    times = sorted(time for time in times if time >= since)
    best, when, first = 0, 0, 0
    for last, time in enumerate(times):
        while time - times[first] >= WINDOW_S:
            first += 1
        if last - first + 1 > best:
            best, when = last - first + 1, time
    return best, when


class Rates(Case):
    def counter(self, addresses):
        counter = Counter(addresses)
        self.addCleanup(counter.end)
        self.dns.address = f"{addresses[0]}:{counter.port}"
        return counter

    def book(self):
        """worker → (share, lane)"""
        lines = self.js.get(BOOK, "ledger").decode().splitlines()
        self.assertEqual(lines[0], "stsurvey-ledger 1 open")
        return {name: (0 if share == "-" else int(share), lane) for name, _, share, _, lane, _ in (line.split() for line in lines[1:])}

    def taken(self):
        """worker → how often it has taken a share"""
        lines = self.js.get(BOOK, "ledger").decode().splitlines()[1:]
        return {name: int(times) for name, _, _, _, _, times in (line.split() for line in lines)}

    def shares(self):
        shares = {name: share for name, (share, _) in self.book().items()}
        self.assertLessEqual(sum(shares.values()), WHOLE)
        return shares

    def settle(self, what, workers, newcomer=None):
        """Once each of @workers has taken its share for another chunk, and the newcomer its first, no more than a tenth is unused; and so the
        name server is asked."""
        before, after = self.taken(), {}

        def settled():
            after.update(self.taken())
            return all(after[name] > before[name] for name in workers) and (not newcomer or after.get(newcomer))

        self.wait_until(settled)
        shares = self.shares()
        chunks = max(after[name] - before[name] for name in workers)
        self.assertGreaterEqual(sum(shares.values()), WHOLE * 0.9, (what, shares))
        self.assertEqual(set(shares), {*workers, *([newcomer] if newcomer else [])}, what)
        self.assertLessEqual(chunks, 2, what)
        since = self.times()[-1]
        self.wait_until(lambda: most_at_once(self.times(), since)[0] >= RATE * 0.9)
        print(f"{what}: {len(shares)} workers, {sum(shares.values()) / WHOLE:.1%} of the rate in use, "
              f"{most_at_once(self.times(), since)[0]} questions a second, limit {RATE}")

    def holders(self, lane):
        return [name for name, (_, its) in self.book().items() if its == lane]

    def times(self):
        return [time for time, _ in self.asked]

    def begin(self, name):
        self.workers[name] = self.work(name, "--threads", "1", "-q")

    def test_the_rate_of_a_job_is_that_of_all_its_workers(self):
        counter = self.counter(["127.0.0.1"])
        self.asked, self.workers = counter.asked["127.0.0.1"], {}
        self.submit(CHUNK * 200, CHUNK, ack_wait=LIFE, rate=RATE, kinds=KINDS)
        for number in range(4):
            self.begin(f"w{number}")
        self.wait_until(lambda: list(self.shares().values()) == [WHOLE // 4] * 4)
        self.settle("four work", ["w0", "w1", "w2", "w3"])
        self.begin("w4")
        self.settle("one has joined", ["w0", "w1", "w2", "w3"], "w4")
        self.dismiss(self.workers["w0"])
        self.settle("one has left", ["w1", "w2", "w3", "w4"])
        self.kill_worker(self.workers["w1"])
        self.wait_until(lambda: "w1" not in self.shares())
        self.settle("one was killed", ["w2", "w3", "w4"])
        for name in ("w2", "w3", "w4"):
            self.workers[name].send_signal(signal.SIGTERM)
        most, _ = most_at_once(self.times() + counter.preflight)
        print(f"most of any second: {most}, limit {RATE}; {len(counter.preflight)} questions before scans began, which count")
        self.assertLessEqual(most, RATE)

    def test_an_operator_is_asked_by_one_worker_and_no_more_than_its_rate(self):
        counter = self.counter(["127.0.0.1"] + [f"127.0.1.{number + 1}" for number in range(OPERATORS)])
        names = [f"{KINDS[n % len(KINDS)]}{n}" for n in range(480)]
        operator = {name: 0 if n % 3 == 0 else n % OPERATORS for n, name in enumerate(names)}
        zone = self.put("zone", "$ORIGIN test.\n$TTL 3600\n@ SOA a b 1 2 3 4 5\n" +
                        "".join(f"{name} NS auth{operator[name]}.test.\n" for name in names))
        self.submit_file(zone, 20, "--direct", "--audit", "0", "--operator-rate", OPERATOR_RATE, "--server-rate", OPERATOR_RATE, "--dns-port",
                         counter.port, ack_wait=LIFE)
        lanes = [json.loads(message.data)["lane"] for message in self.js.messages(QUEUE)]
        self.chunks, longest = len(lanes), str(max(lanes, key=lanes.count))
        workers = {f"w{number}": self.work(f"w{number}", "--threads", "1", "-q") for number in range(4)}
        self.wait_until(lambda: len(counter.asked["127.0.1.1"]) > 2 * OPERATOR_RATE and self.holders(longest))
        killed = self.holders(longest)[0]  # its lane goes to another
        self.kill_worker(workers.pop(killed))
        self.wait_done()
        worker_of = {}
        for chunk, files in self.results().items():
            done = self.value(f"done.{chunk}")
            path = self.put(f"chunk{chunk}.msgpack.zst", bytes(files[done["sha256"][:16]]))
            worker_of.update({record["name"]: (done["worker"], chunk) for record in self.records(path).values()})
        self.assertEqual(len(worker_of), len(names))
        self.assertGreater(len({worker for worker, _ in worker_of.values()}), 1)
        for address in counter.addresses[1:]:
            asked = [(time, *worker_of[".".join(name.decode().split(".")[-2:])]) for time, name in counter.asked[address]]
            times = {}
            for time, worker, chunk in asked:
                times.setdefault((worker, chunk), []).append(time)
            turns = sorted((min(at), max(at), worker) for (worker, _), at in times.items())
            for before, after in zip(turns, turns[1:]):
                self.assertTrue(before[2] == after[2] or before[1] < after[0], f"{address} is asked by two at once")
            most, _ = most_at_once([time for time, _, _ in asked])
            print(f"{address}: {len(asked)} questions by {len({worker for _, worker, _ in asked})} workers, most of any second {most}, "
                  f"limit {OPERATOR_RATE}")
            self.assertLessEqual(most, OPERATOR_RATE * (1 + 2 * OPERATOR_BURST_S) + 2)
        self.assertGreater(sum(len(asked) for asked in list(counter.asked.values())[1:]), len(names))
        self.assertTrue({killed} < {worker for name, (worker, _) in worker_of.items() if operator[name.split(".")[0]] == 0})
        for worker in workers.values():
            worker.send_signal(signal.SIGTERM)


class Bearing(Case):
    def test_no_more_workers_than_the_limits_bear_are_at_work(self):
        crowded = "waiting: --per-host bears 2 workers at once"
        self.submit(60 * 100, 60, "--per-host", 2, rate=240)
        workers = {name: self.work(name, "--threads", "1") for name in ("a", "b", "c")}

        def spare():
            lines = (self.js.get(BOOK, "ledger") or b"").decode().splitlines()[1:]
            shares = {line.split()[0]: line.split()[2] for line in lines}
            held = [name for name, share in shares.items() if share != "-"]
            self.assertLessEqual(len(held), 2, shares)
            return [name for name in shares if name not in held] if len(shares) == 3 and len(held) == 2 else []

        self.wait_until(lambda: [self.word(name)["state"] for name in spare()] == [crowded])
        waits = spare()[0]
        self.assertEqual(self.word(waits)["share"], 0)
        leaves = next(name for name in workers if name != waits)
        workers[leaves].send_signal(signal.SIGTERM)
        self.finish(workers.pop(leaves), 128 + signal.SIGTERM)
        self.wait_until(lambda: spare() == [] and self.word(waits)["state"] == "scanning")
        for worker in workers.values():
            worker.send_signal(signal.SIGTERM)
            _, err = self.finish(worker, 128 + signal.SIGTERM)
            if worker is workers[waits]:
                self.assertIn("no chunk is taken until another worker has none: " + crowded, err)


class Book(Case):
    """Somebody has been at the book of shares."""

    def test_a_damaged_one_gives_nothing_to_anybody(self):
        self.submit(40, 20, ack_wait=LIFE)
        self.js.put(BOOK, "ledger", b"stsurvey-ledger 1 open\na 1 600000 - - 1\nb 1 600000 - - 1\n")
        _, err = self.finish(self.work("one", "-q"), 1)
        self.assert_one_line(err, "line 3", "add up to more than everything", "remove the key")
        self.assertFalse(self.is_done(0))

    def test_one_that_was_removed_is_closed_for_a_while_and_nothing_is_lost(self):
        self.submit(400, 100, ack_wait=LIFE, rate=RATE)
        first, second = self.work("first", "-q"), self.work("second", "-q")
        self.wait_until_begun("first", first)
        self.js.api(f"STREAM.PURGE.KV_{BOOK}", filter=f"$KV.{BOOK}.ledger")
        self.wait_until(lambda: (self.js.get(BOOK, "ledger") or b"").startswith(b"stsurvey-ledger 1 closed"), first)
        self.wait_until(lambda: (self.js.get(BOOK, "ledger") or b"").startswith(b"stsurvey-ledger 1 open\n"), first)
        self.wait_done(process=second)
        self.assert_whole()


if __name__ == "__main__":
    main()
