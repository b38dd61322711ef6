# SPDX-License-Identifier: BSD-2-Clause
"""The bus where the server is away, is killed, is full, or is none: nothing is lost, nothing is there twice, and no call
waits longer than its patience."""
import concurrent.futures
import os
import random
import socket
import threading
import time
import unittest

import jetstream
import nats
from probe import Case, LIMIT_S, Probe

KEPT_S = 0.5         # that a task is its worker's without a word
AWAY_S = 5           # until somebody who says nothing is away
STRANGERS_AT_ONCE = 6
KILLS = 6
MESSAGES = 1500      # enough for the kills to fall between them


class Killer:
    """Kills a server at random moments and starts it again, until it has done so often enough."""

    def __init__(self, server, seed):
        self.server, self.random = server, random.Random(seed)
        self.thread = threading.Thread(target=self.run)
        self.done = threading.Event()
        self.error = None

    def run(self):
        try:
            for _ in range(KILLS):
                time.sleep(self.random.uniform(0.02, 0.2))
                self.server.kill()
                time.sleep(self.random.uniform(0, 0.1))
                self.server.start()
        except Exception as error:  # told in the test's own thread
            self.error = error
        self.done.set()

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.thread.join(LIMIT_S)
        if self.error:
            raise self.error


def unread(port):
    """Octets that the server at @port has sent, and nobody has read."""
    with open("/proc/net/tcp", encoding="ascii") as file:
        rows = [line.split() for line in file][1:]
    return sum(int(row[4].split(":")[1], 16) for row in rows if row[2].endswith(f":{port:04X}"))


class Faults(Case):
    def wait_until_pulled(self, server):
        """Somebody waits for a task of Q."""
        js = jetstream.Client(server.port)
        try:
            self.wait_until(lambda: js.api("CONSUMER.INFO.Q.c")["num_waiting"])
        finally:
            js.close()

    def test_a_server_that_is_killed_loses_no_message_and_doubles_none(self):
        with nats.Server() as server, Probe(server.url, "--patience", "60") as probe:
            self.expect(probe, [("stream R r.> limits 0", "ok")])
            count = 0
            with Killer(server, 1) as killer:
                while not killer.done.is_set() or count < MESSAGES:
                    answer = probe(f"publish r.{count % 7} m/{count} {count} {count}")
                    self.assertIn(answer, ("ok", "ok duplicate"))
                    count += 1
            self.expect(probe, [("look R", f"ok messages={count} first=1 last={count} ")])
            for number in range(0, count, max(1, count // 200)):
                self.expect_answer(probe(f"at R {number + 1}"), f"ok seq={number + 1} subject=r.{number % 7} offset={number} …data={number}")

    def test_a_server_that_is_killed_loses_no_update_and_doubles_none(self):
        """A counter by compare-and-set: it is as often counted as the calls said OK."""
        with nats.Server() as server, Probe(server.url, "--patience", "60") as probe:
            self.expect(probe, [("bucket 0 B 0", "ok"), ("create 0 counter 0", "ok")])
            count, revision = 0, 1
            with Killer(server, 2) as killer:
                while not killer.done.is_set() or count < 200:
                    answer = probe(f"update 0 counter {count + 1} {revision}")
                    self.assertRegex(answer, "^ok revision=")
                    revision = int(answer.split("=")[1])
                    count += 1
                    if count % 3 == 0:
                        self.assertEqual(probe(f"create 0 key.{count} x"), "ok")
            self.expect_answer(probe("get 0 counter"), f"ok revision={revision} …data={count}")
            self.expect_answer(probe("keys 0 key."), f"keys …count={count // 3}")

    def test_a_server_that_is_killed_gives_every_task_and_takes_every_answer(self):
        with nats.Server() as server, Probe(server.url, "--patience", "60") as probe:
            self.expect(probe, [("stream Q q.> queue 0", "ok"), ("consumer Q c q.> 2 1000", "ok")])
            self.assertEqual({probe(f"publish q.1 t/{number} 0 {number}") for number in range(150)}, {"ok"})
            seen = set()
            with Killer(server, 3) as killer:
                while len(seen) < 150 or not killer.done.is_set():
                    answer = probe("pull 0 Q c 0.2")
                    if answer.startswith("missing"):
                        continue
                    self.assertRegex(answer, "^ok seq=")
                    self.assertEqual(probe("progress 0"), "ok")
                    self.assertEqual(probe("ack 0"), "ok")
                    number = int(answer.split("data=")[1])
                    self.assertNotIn(number, seen)
                    seen.add(number)
            self.expect(probe, [("pull 0 Q c 0.1", "missing"), ("next Q > 1", "missing")])  # look may still count what is gone

    def test_what_was_taken_away_does_not_come_back_with_a_server_that_is_killed(self):
        """As it does in nats-server 2.9 where it is only noted in memory that it is gone."""
        with nats.Server() as server, Probe(server.url, "--patience", "60") as probe:
            self.expect(probe, [("stream S s.> limits 0", "ok"), ("stream Q q.> queue 0", "ok"), ("consumer Q c q.> 30 9", "ok"),
                                ("bucket 0 B 0", "ok")])
            for number in range(1, 11):
                self.expect(probe, [(f"publish s.a {number} 0 x", "ok"), (f"publish q.a {number} 0 x", "ok"), (f"put 0 k.{number} v", "ok")])
            self.expect(probe, [("delete_at S 8", "ok"), ("purge S - 4", "ok"), ("remove 0 k.4", "ok"), ("pull 0 Q c 30", "ok seq=1"),
                                ("ack 0", "ok")])
            server.kill()
            server.start()
            self.expect(probe, [("next S > 1", "ok seq=4"), ("at S 8", "missing"), ("at S 9", "ok seq=9"), ("get 0 k.4", "missing"), ("at Q 1", "missing"),
                                ("keys 0 -", "keys …count=9"), ("pull 0 Q c 30", "ok seq=2 deliveries=1")])

    def test_a_message_delivered_in_vain_comes_again_and_at_last_is_told_of(self):
        """Waits for the server's own clock: an answer is due after 0.3 s."""
        with nats.Server() as server, Probe(server.url) as probe:
            self.expect(probe, [
                ("stream Q q.> queue 0", "ok"),
                ("stream D $JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.Q.> limits 0", "ok"),
                ("consumer Q c q.> 0.3 3", "ok"),
                ("publish q.1 a 0 poison", "ok"),
                ("pull 0 Q c 30", "ok seq=1 deliveries=1"),
                ("pull 1 Q c 30", "ok seq=1 deliveries=2"),
                ("nak 1 0.1", "ok"),
                ("pull 2 Q c 30", "ok seq=1 deliveries=3"),
                ("pull 3 Q c 1", "missing"),
            ])
            self.wait_until(lambda: not probe("next D > 1").startswith("missing"))
            self.expect(probe, [
                ("next D > 1", 'ok seq=1 …"stream_seq":1,'),
                ("look Q", "ok messages=1"),
                ("at Q 1", "ok seq=1 …data=poison"),
                ("delete_at Q 1", "ok"),
                ("look Q", "ok messages=0"),
            ])

    def test_progress_keeps_a_task(self):
        """Three times as long as it has without. Where this machine was too slow to say it in time, the task is given out again, and it is that
        one which is kept."""
        with nats.Server() as server, Probe(server.url) as probe:
            self.expect(probe, [("stream Q q.> queue 0", "ok"), (f"consumer Q c q.> {KEPT_S} 1000", "ok"), ("publish q.1 a 0 t", "ok"),
                                ("pull 0 Q c 30", "ok seq=1 deliveries=1")])
            task, kept, said = 0, 0, time.monotonic()
            while kept < 8:
                answer = probe(f"pull {1 - task} Q c {KEPT_S / 2.5}")
                if answer.startswith("missing"):
                    kept, said = kept + 1, time.monotonic()
                    self.assertEqual(probe(f"progress {task}"), "ok")
                else:
                    self.assertGreater(time.monotonic() - said, KEPT_S, answer)
                    task, kept, said = 1 - task, 0, time.monotonic()
            self.expect(probe, [(f"ack {task}", "ok"), ("look Q", "ok messages=0")])

    def test_a_full_stream_says_so_until_there_is_room_and_never_drops_what_it_has(self):
        with nats.Server() as server, Probe(server.url) as probe:
            self.expect(probe, [
                ("stream F f.> limits 2000000", "ok"),
                ("publish f.a 0 0 @700000", "ok"),
                ("publish f.a 1 0 @700000", "ok"),
                ("publish f.a 2 0 @700000", "full …maximum bytes exceeded"),
                ("publish f.a 2 0 @700000", "full"),
                ("look F", "ok messages=2 first=1"),
                ("purge F - 2", "ok"),
                ("publish f.a 2 0 @700000", "ok"),
                ("publish f.a 1 0 @700000", "ok duplicate"),
                ("look F", "ok messages=2 first=2"),
            ])

    def test_more_than_the_server_stores_is_refused_with_what_to_do(self):
        with nats.Server(max_file="10M") as server, Probe(server.url) as probe:
            self.expect(probe, [
                ("stream F f.> limits 20000000", "full …max_file_store"),
                ("stream F f.> limits 9000000", "ok"),
                ("stream G g.> limits 9000000", "full …insufficient storage"),
                ("stream H h.> limits 0", "ok"),
            ])
            for number in range(30):  # what the server has in all, without a limit of the stream
                answer = probe(f"publish h.a {number} 0 @1000000")
                if answer != "ok":
                    break
            self.expect_answer(answer, "full …resources")

    def test_a_key_runs_out_by_the_servers_clock(self):
        with nats.Server() as server, Probe(server.url) as probe:
            self.expect(probe, [("bucket 0 T 1", "ok"), ("put 0 a 1", "ok"), ("keys 0 -", "keys a count=1")])
            end = time.monotonic() + LIMIT_S
            while probe("get 0 a").startswith("ok") and time.monotonic() < end:
                time.sleep(nats.POLL_S)
            self.expect(probe, [("get 0 a", "missing"), ("keys 0 -", "keys count=0"), ("update 0 a 2 1", "exists"), ("create 0 a 2", "ok")])

    def test_patience_ends_a_call_and_the_next_one_finds_the_server_again(self):
        with nats.Server() as server, Probe(server.url) as probe:
            self.expect(probe, [("bucket 0 B 0", "ok"), ("stream Q q.> queue 0", "ok"), ("consumer Q c q.> 30 5", "ok"),
                                ("publish q.1 a 0 t", "ok"), ("pull 0 Q c 30", "ok seq=1"), ("patience 0.3", "ok")])
            server.kill()
            away = f"away {server.url}: no answer"
            self.expect(probe, [("put 0 a 1", away), ("get 0 a", away), ("pull 1 Q c 0.1", away), ("ack 0", away), ("keys 0 -", "keysaway"),
                                ("progress 0", "ok")])
            server.start()
            self.expect(probe, [("patience 30", "ok"), ("ack 0", "ok"), ("put 0 a 1", "ok"), ("patience 0.3", "ok")])
            server.freeze()
            self.expect(probe, [("put 0 a 2", away + "…says nothing"), ("get 0 a", away), ("pull 1 Q c 0.1", away)])
            server.thaw()
            self.expect(probe, [("patience 30", "ok"), ("put 0 a 3", "ok"), ("get 0 a", "ok …data=3"), ("look Q", "ok messages=0")])

    def test_a_call_without_end_ends_when_it_is_stopped(self):
        with nats.Server() as server, Probe(server.url, "--patience", "0") as probe:
            self.expect(probe, [("stream Q q.> queue 0", "ok"), ("consumer Q c q.> 30 5", "ok")])
            probe.send("pull 0 Q c 3600")
            self.wait_until_pulled(server)
            probe.interrupt()
            self.expect_answer(probe.read(), "away")
            self.expect(probe, [("publish q.1 a 0 t", "ok"), ("look Q", "ok messages=1")])  # to take leave
            server.kill()
            self.expect(probe, [("publish q.1 b 0 t", "away")])

    def test_keys_longer_than_any_of_ours_take_no_memory(self):
        with nats.Server() as server, Probe(server.url) as probe:
            self.expect(probe, [("bucket 0 B 0", "ok"), ("put 0 k.1 v", "ok")])
            client = jetstream.Client(server.port)
            for number in range(3):
                client.put("B", f"k.{number}" + "x" * 2000, b"v")
            client.close()
            self.expect(probe, [("keys 0 k.", "keys k.1 count=1")])

    def test_who_is_stopped_takes_leave_and_reads_no_further(self):
        with nats.Server() as server, Probe(server.url, "--patience", "0") as probe:
            self.expect(probe, [("stream Q q.> queue 0", "ok"), ("bucket 0 B 0", "ok")])
            probe.interrupt()
            for number in range(100):
                self.expect(probe, [("look Q", "ok messages=0")])
            for number in range(200):
                probe("look Q")
            self.expect(probe, [("look Q", "away"), ("get 0 a", "away"), ("keys 0 -", "keysaway"), ("publish q.a 0 0 t", "away")])

    def test_a_task_that_comes_too_late_is_given_back(self):
        """To who stopped waiting for it: somebody else has it long before the answer would be due."""
        with nats.Server() as server, Probe(server.url) as other:
            self.expect(other, [("stream Q q.> queue 0", "ok"), ("consumer Q c q.> 600 5", "ok")])
            with Probe(server.url) as probe:
                probe.send("pull 0 Q c 3600")
                self.wait_until_pulled(server)
                probe.interrupt()
                self.expect_answer(probe.read(), "away")
                self.expect(other, [("publish q.1 a 0 t", "ok"), ("consumer_look Q c", "ok waiting=0 in_flight=1")])
                self.wait_until(lambda: not unread(server.port))  # it has come
            self.expect(other, [("pull 0 Q c 60", "ok seq=1 deliveries=2")])

    def test_opening_waits_for_a_server_that_comes_later(self):
        server = nats.Server()
        timer = threading.Timer(0.5, server.start)
        timer.start()
        try:
            with Probe(server.url, "--patience", "60") as probe:
                self.assertEqual(probe.opened, "ok")
        finally:
            timer.join()
            server.__exit__()

    def test_without_jetstream_it_says_how_to_start_it(self):
        with nats.Server(jetstream=False) as server, Probe(server.url) as probe:
            self.expect_answer(probe.opened, f"refused {server.url}: JetStream is not enabled: start nats-server with -js")

    def test_small_messages_only(self):
        with nats.Server(more="max_payload: 65536") as server, Probe(server.url) as probe:
            self.expect(probe, [("data_max", "ok 64512"), ("stream S s.> limits 0", "ok"), ("publish s.a " + "i" * 150 + " 1 @64512", "ok"),
                                ("publish s.a - 1 @64513", "refused …more than a message may have, 64512")])
        with nats.Server(more="max_payload: 8192") as server, Probe(server.url) as probe:
            self.expect_answer(probe.opened, "refused …max_payload")

    def test_urls(self):
        for url, expected in [
            ("", "refused --nats: an empty URL"),
            ("nats://u:p@127.0.0.1:1", "refused --nats or NATS_URL: …--creds or --nkey"),
            ("127.0.0.1:1,u:p@127.0.0.1:1", "refused --nats or NATS_URL: …--creds or --nkey"),
            ("http://127.0.0.1:1", "refused --nats: 'http://127.0.0.1:1': expected nats://"),
            ("nats://127.0.0.1:99999999", "refused"),
            ("nats://127.0.0.1:1", "away nats://127.0.0.1:1: no answer: "),
            ("nats://no-such-host.invalid:4222", "away"),
        ]:
            with self.subTest(url), Probe(url, "--patience", "0.3") as probe:
                self.expect_answer(probe.opened, expected)
        with nats.Server() as server, Probe("nats://127.0.0.1:1," + server.url, "--patience", "30") as probe:
            self.assertEqual(probe.opened, "ok")


INFO = b'INFO {"server_id":"x","version":"2.9.10","headers":true,"max_payload":1048576,"proto":1}\r\n'


class Stranger:
    """Listens, says @greeting, and then: answers each line with what @answer makes of it."""

    def __init__(self, greeting, answer=None):
        self.greeting, self.answer = greeting, answer
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = "nats://127.0.0.1:%d" % self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self):
        while True:
            try:
                one = self.listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=self.talk, args=(one,), daemon=True).start()

    def talk(self, one):
        try:
            one.sendall(self.greeting)
            waiting = b""
            while octets := one.recv(65536):
                waiting += octets
                *lines, waiting = waiting.split(b"\r\n")
                for line in lines:
                    if self.answer:
                        one.sendall(self.answer(line))
        except OSError:
            pass
        one.close()

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.listener.close()


def polite(reply):
    """A server that knows PING, and answers what is published with @reply(subject of the answer)."""
    def answer(line):
        word = line.split(b" ")
        if word[0] == b"PING":
            return b"PONG\r\n"
        if word[0] == b"SUB":
            answer.number = word[-1]
        if word[0] in (b"PUB", b"HPUB"):
            return reply(word[2], answer.number)
        return b""
    return answer


def message(data):
    return lambda subject, number: b"MSG %s %s %d\r\n%s\r\n" % (subject, number, len(data), data)


NOT_SANITIZED = {
    "a message of two gigabytes",   # libnats forgets to free what it began to read when a connection ends
    "TLS is wanted, then silence",  # its thread still waits in OpenSSL, which cleans up when the process ends
}


STRANGERS = [  # the greeting, what it answers, and what is told of it
    ("HTTP", b"HTTP/1.1 400 Bad Request\r\n\r\n", None, "refused …is that a NATS server?"),
    ("garbage", bytes(range(1, 256)) * 8 + b"\r\n", None, "refused …is that a NATS server?"),
    ("a line without end", b"INFO {" + b"x" * 3_000_000, None, "refused …is that a NATS server?"),
    ("INFO that is no JSON", b"INFO {{{{{\r\n", None, "refused"),
    ("silence", b"", None, "away"),
    ("INFO, then silence", INFO, None, "away"),
    ("TLS is wanted, then silence", INFO.replace(b'"proto"', b'"tls_required":true,"proto"'), None, "away …does not speak"),
    ("a password is wanted", INFO, lambda line: b"-ERR 'Authorization Violation'\r\n", "refused …Authorization Violation"),
    ("it is full", INFO, lambda line: b"-ERR 'maximum connections exceeded'\r\n", "away …maximum connections exceeded"),
    ("no headers", INFO.replace(b"true", b"false"), polite(message(b"{}")), "refused …no headers"),
    ("silence to questions", INFO, polite(lambda subject, number: b""), "away …says nothing"),
    ("an answer that is no JSON", INFO, polite(message(b"<html>")), "refused …is no JSON"),
    ("an answer that is empty", INFO, polite(message(b"")), "refused …is no JSON"),
    ("JSON without end", INFO, polite(message(b'{"a":' + b"[" * 500_000)), "refused …is nested too deeply"),
    ("JSON whose depth a comment hides", INFO, polite(message(b'{/*"*/"a":' + b"[" * 1_000_000 + b"]" * 1_000_000 + b"}")), "refused …has a comment in it"),
    ("an error without a word", INFO, polite(message(b'{"error":{"err_code":12345}}')), "refused …(12345)"),
    ("an error that turns the terminal", INFO,
     polite(message(b'{"error":{"err_code":12345,"description":"\\u001b[31m"}}')), "refused …\\x1b[31m"),
    ("an error without a number", INFO, polite(message(b'{"error":{"code":503,"description":"none"}}')), "refused …none (0)"),
    ("an error whose number is beyond", INFO, polite(message(b'{"error":{"err_code":4294967296}}')), "refused"),
    ("flood", INFO, polite(lambda subject, number: b"MSG x %s 1000\r\n%s\r\n" % (number, b"y" * 1000) * 20000), "away"),
    ("a message of two gigabytes", INFO, polite(lambda subject, number: b"MSG %s %s 2000000000\r\n" % (subject, number)), "away"),
]


class Strangers(Case):
    def told(self, greeting, answer, expected):
        """Who says no is waited for; who says nothing, as long as patience lasts: enough to hear what he does say."""
        patience = AWAY_S if expected.startswith("away") else LIMIT_S
        with Stranger(greeting, answer) as stranger, Probe(stranger.url, "--patience", str(patience)) as probe:
            return probe.opened

    def test_what_is_no_nats_server_is_told_so_in_time(self):
        rows = [row for row in STRANGERS if row[0] not in NOT_SANITIZED or not os.environ.get("STSURVEY_SANITIZE")]
        with concurrent.futures.ThreadPoolExecutor(STRANGERS_AT_ONCE) as pool:
            told = list(pool.map(lambda row: self.told(*row[1:]), rows))
        for (name, _, _, expected), said in zip(rows, told):
            with self.subTest(name):
                self.expect_answer(said, expected)

    def test_who_answers_for_a_stream_says_what_is_asked(self):
        """Another client of the account listens to the subject, and is faster; or the server sends what was not asked for."""
        said = b"{}"

        def reply(subject, number):
            return message(said)(subject, number)
        with Stranger(INFO, polite(reply)) as stranger, Probe(stranger.url, "--patience", str(LIMIT_S)) as probe:
            self.assertEqual(probe.opened, "ok")
            self.expect(probe, [("publish a.b x 0 t", "refused …does not say that it is stored")])
            said = b'{"stream":"S","seq":7}'
            self.expect(probe, [("publish a.b x 0 t", "ok")])
        header = b"NATS/1.0\r\nNats-Sequence: 7\r\nNats-Subject: s.a\r\n\r\n"

        def stored(subject, number):
            if stranger.opened:
                return b"HMSG %s %s %d %d\r\n%s\r\n" % (subject, number, len(header), len(header), header)
            return message(b"{}")(subject, number)
        with Stranger(INFO, polite(stored)) as stranger:
            stranger.opened = False
            with Probe(stranger.url, "--patience", str(LIMIT_S)) as probe:
                stranger.opened = True
                self.expect(probe, [("next S > 3", "ok seq=7"), ("at S 7", "ok seq=7"), ("next S > 8", "refused …asked for message 8, it sends 7")])


if __name__ == "__main__":
    unittest.main()
