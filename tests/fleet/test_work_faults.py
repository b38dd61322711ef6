#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Workers of a queue on machines that are not as they should be: a clock that is wrong, a resolver that dies, a scan that cannot be
started, credentials that end, a server that says nothing. What is our own trouble is no chunk's."""
import os
import shutil
import signal
import subprocess
import time

import nats
from fleet_case import ACK_WAIT, JOB, QUEUE, SLOW, Case, children, lives, main, name_of, smtp_server, tool

OTHER_CLOCK = os.environ.get("STSURVEY_OTHER_CLOCK", "")
FORWARD = """server:
	do-not-query-localhost: no
	module-config: "iterator"
	local-zone: "test." nodefault
forward-zone:
	name: "."
	forward-addr: {address}@{port}
"""


class Silent(Case):
    def test_who_has_lost_its_share_is_silent_and_goes_on_when_the_server_is_back(self):
        self.submit(100, 100, ack_wait=ACK_WAIT)
        self.dns.become("some:200")  # of some 300 questions: the scan does not end by itself
        worker = self.work("one")
        scan, = self.wait_until_begun("one", worker)
        self.nats.freeze()
        self.wait_until(lambda: not lives(scan), worker)
        self.dns.become("well")
        size = os.path.getsize(self.path(f"one/{JOB}-000000.begun.msgpack.zst"))
        self.nats.thaw()
        self.wait_done(process=worker)
        self.assert_whole()
        with open(self.path(f"one/{JOB}-000000.msgpack.zst"), "rb") as file:
            self.assertGreater(len(file.read()), size)
        self.assertIn("the share of the rates is lost", self.said(worker))

    def test_a_server_that_is_away_for_a_moment_stops_no_scan(self):
        self.submit(100, 100, rate=SLOW)
        worker = self.work("one")
        scan = self.wait_until_begun("one", worker)
        self.nats.kill()
        self.nats.start()
        self.reconnect()
        self.wait_until(lambda: children(worker.pid) != scan or self.is_done(0), worker)
        self.wait_done(process=worker)
        self.assert_whole()
        self.assertEqual(self.value("attempt.0")["number"], 1)


class Clock(Case):
    def skewed(self, seconds):
        environment = dict(tool.preloaded(CLOCK_OFF=str(seconds)), LD_PRELOAD=OTHER_CLOCK)
        return self.work("one", "--max-idle", "1", env=environment)

    @tool.unittest.skipUnless(os.path.exists(OTHER_CLOCK), "no clock to preload")
    def test_some_seconds_are_told_and_some_minutes_refused(self):
        self.submit(20, 20)
        for seconds in (400, -400):
            _, err = self.finish(self.skewed(seconds), 1)
            self.assert_one_line(err, "the clocks of this machine and of the NATS server are ", " s apart: set this one")
        self.assertIsNone(self.value("attempt.0"))
        _, err = self.finish(self.skewed(20), 0)
        self.assertRegex(err, r"\[warning\] the clocks of this machine and of the NATS server are (19|20) s apart")
        self.assertTrue(self.is_done(0))


class Resolver(Case):
    def resolving(self, name, *more):
        path = self.put("forward", FORWARD.format(address=self.dns.address.split(":")[0], port=self.dns.port))
        return self.fleet("work", "-d", self.path(name), "--worker", name, "--resolver", "unbound", "--resolver-config", path, "-t", "1", "--sync-interval", "0",
                          *tool.LAB, *more)

    @tool.unittest.skipUnless(shutil.which("unbound", path="/usr/sbin:/usr/bin"), "no unbound")
    def test_a_private_resolver_serves_all_chunks_and_its_end_is_the_workers(self):
        self.submit(60, 20)
        worker = self.resolving("one")
        self.wait_until(lambda: self.is_done(0), worker)
        unbound, = (pid for pid in children(worker.pid) if name_of(pid) == "unbound")
        self.wait_done(process=worker)
        self.assertEqual([pid for pid in children(worker.pid) if name_of(pid) == "unbound"], [unbound])
        self.assert_whole()
        octets, = self.results()[0].values()
        header = subprocess.run(["zstd", "-dc"], input=bytes(octets), stdout=subprocess.PIPE, check=True).stdout
        self.assertIn(b"unbound", header)
        self.assertNotIn(b"name-servers", header)
        os.kill(unbound, signal.SIGKILL)
        _, err = self.finish(worker, 1)
        self.assertIn("the private Unbound ended", err.splitlines()[-1])

    @tool.unittest.skipUnless(shutil.which("unbound", path="/usr/sbin:/usr/bin"), "no unbound")
    def test_a_resolver_that_dies_gives_the_chunk_to_another_worker(self):
        self.submit(100, 100, rate=SLOW / 3)
        worker = self.resolving("one")
        self.wait_until_begun("one", worker)
        os.kill(next(pid for pid in children(worker.pid) if name_of(pid) == "unbound"), signal.SIGKILL)
        self.finish(worker, 1)
        other = self.work("other")
        self.wait_done(process=other)
        self.assert_whole()


class Programs(Case):
    def test_a_scan_that_cannot_be_begins_no_chunk(self):
        self.submit(20, 20)
        rows = ((None, "no program stsurvey beside this one, nor in PATH"),
                ("#!/nowhere/sh\n", "the scan cannot be started"),
                ("#!/bin/sh\nexit 0\n", "says nothing"),
                ("#!/bin/sh\necho stsurvey 0.0.1\n", "is stsurvey 0.0.1, and this is stsurvey"))
        for script, why in rows:
            worker = self.work("one", program=self.beside(script), env=dict(os.environ, PATH="/nowhere"))
            _, err = self.finish(worker, 1)
            self.assert_one_line(err, why)
        self.assertIsNone(self.value("attempt.0"))
        self.assertEqual(self.js.state(QUEUE)["messages"], 1)

    def test_a_scan_is_told_nothing_of_the_queue(self):
        self.submit(20, 20)
        seen = self.path("seen")
        script = f"#!/bin/bash\nenv >'{seen}'; echo \"$*\" >>'{seen}'\nexec '{tool.STSURVEY}' \"$@\"\n"
        worker = self.work("one", "--max-idle", "1", program=self.beside(script), env=dict(os.environ, NATS_PASSWORD="sesame", NATS_USER="ali"))
        self.finish(worker, 0)
        with open(seen, encoding="utf-8") as file:
            text = file.read()
        self.assertNotIn("sesame", text)
        self.assertNotIn(self.nats.url, text)
        self.assertIn("--input-format=chunk --first-index=0", text)


class Missing(Case):
    def test_a_chunk_whose_message_was_replaced_by_junk_is_dead(self):
        self.submit(60, 20, "--deliveries", 2)
        self.js.delete(QUEUE, next(message.sequence for message in self.js.messages(QUEUE) if b'"number":1,' in message.data.replace(b" ", b"")))
        self.js.publish(f"stsurvey.{JOB}.queue.0", b"junk")
        worker = self.work("one")
        self.wait_until(lambda: self.value("dead.1"), worker)
        dead = self.value("dead.1")
        self.assertEqual((dead["first"], dead["entries"]), (20, 20))
        self.assertIn("damaged, or removed", dead["why"])
        self.wait_done([0, 2], worker)
        self.assert_whole([0, 2])


class Doubtful(Case):
    def test_a_chunk_of_which_little_could_be_measured_is_tried_once_more(self):
        """Perhaps it was the worker's resolver; where it was not, it is what it is."""
        names = [f"sf{n}.test" for n in range(20)] + tool.names(20)
        path = self.put("list", tool.lines(names))
        self.submit_file(path, 20, "--retries", "0")
        self.names, self.chunks = names, 2
        first = self.work("first")
        self.wait_until(lambda: "could not be measured" in (self.value("attempt.0") or {"why": ""})["why"], first)
        self.assertFalse(self.is_done(0))
        second = self.work("second")
        self.wait_done(process=second)
        self.assertEqual((self.value("done.0")["worker"], self.value("done.0")["unknown"], self.value("attempt.0")["number"]), ("second", 20, 2))
        self.assertEqual((self.value("done.1")["unknown"], self.value("attempt.1")["number"]), (0, 1))
        self.assert_whole(truth=False)


class Hosts(Case):
    def test_mail_servers_of_a_list_are_probed_by_workers(self):
        """As those of a job's second stage are."""
        mail = smtp_server.Server()
        self.addCleanup(mail.stop)
        path = self.put("hosts", "".join(f"mail.mx{n}.test\n" for n in range(30)))
        self.submit_file(path, 10, "--mx-hosts", "--smtp-port", mail.port, "--host-rate", "0")
        self.chunks = self.js.state(QUEUE)["messages"]
        worker = self.work("one", "--ehlo-domain", "probe.example.org")
        self.wait_done(process=worker)
        self.assertEqual(sum(self.value(f"done.{chunk}")["domains"] for chunk in range(self.chunks)), 30)
        self.assertEqual((mail.connections, set(mail.names)), (30, {"probe.example.org"}))


class Credentials(Case):
    def start_server(self):
        self.operator = nats.Operator()
        return nats.Server(more=self.operator.more)

    def connect(self):
        return None  # strangers are not let in

    def test_credentials_that_end_are_told_and_others_go_on(self):
        list_path = self.put("list", tool.lines(tool.names(100)))
        lasting = self.operator.creds(self.path("lasting.creds"))
        short = self.operator.creds(self.path("short.creds"), expires=time.time() + 4)
        self.submit_file(list_path, 100, "--creds", lasting, rate=30, ack_wait=ACK_WAIT)
        _, err = self.finish(self.work("one", "--creds", short), 1)
        self.assertIn("expired", err.splitlines()[-1])
        _, err = self.finish(self.work("one", "--creds", short), 1)
        self.assertIn("short.creds", err.splitlines()[-1])


if __name__ == "__main__":
    main()
