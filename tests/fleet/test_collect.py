#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What becomes of a job: `collect`, `status` and `cancel` with a real nats-server. One scan file as one scan would have left it,
whoever was killed; what is missing is told, and can be scanned afterwards."""
import csv
import fcntl
import json
import os
import pty
import signal
import struct
import subprocess
import termios
import time

import relay
from fleet_case import ACK_WAIT, ALIVE, BOOK, JOB, LIST, QUEUE, RESULTS, Case, main, smtp_server, tool

MIDDLE = "some:90"  # of a name server: more than a chunk of 10 domains has, with what is asked before it, and far less than four
LOST = "a part of its results was lost at the server"


class Collect(Case):
    def setUp(self):
        super().setUp()
        self.out = self.path("out.msgpack.zst")
        self.parts = self.out + ".parts"

    def collect(self, *more, out=None, way=None, **options):
        """@way: to the server, where it is another one."""
        return self.start("fleet", "collect", "--nats", way or self.nats.url, "--job", JOB, "-o", out or self.out, *more, **options)

    def scan_all(self, count, chunk, *more):
        """All chunks are done, and no worker is there any more."""
        self.submit(count, chunk, *more)
        worker = self.work("one")
        self.wait_done(process=worker)
        self.dismiss(worker)

    def lose(self, chunk):
        """As a power cut may."""
        first = next(message for message in self.js.messages(RESULTS) if message.subject.split(".")[-2] == str(chunk))
        self.js.delete(RESULTS, first.sequence)

    def assert_completed_by_a_scan(self, there, count):
        kind, found = self.verify(self.out)
        self.assertEqual((kind.split(":")[0], found), ("interrupted", there))
        self.run_tool(*self.scan_options(self.path("list"), self.out, self.dns, "--resume", "-q"), status=0)
        self.assertEqual(self.verify(self.out), ("complete", count))
        records = self.records(self.out)
        self.assertEqual([record["name"] for record in records.values()], self.names)
        self.assert_truth(records)

    def assert_options(self, **options):
        """Of the scan's header, as the page has them."""
        self.run_tool("report", self.out, "-o", self.path("page"))
        with open(self.path("page"), encoding="utf-8") as file:
            page = file.read()
        for name, value in options.items():
            self.assertIn(f"<code>{name.replace('_', '-')}</code></th><td>{value}</td>", page)

    def status(self):
        out, _ = self.finish(self.fleet("status", "--json"), 0)
        return json.loads(out)


class Done(Collect):
    def test_one_file_as_one_scan_would_have_left_it(self):
        self.submit(230, 50)
        workers = [self.work(name) for name in ("one", "two")]
        _, err = self.finish(self.collect(), 0)
        self.assertIn("230 domains, 0 unknown", err)
        for worker in workers:  # the job is done: they leave
            self.finish(worker, 0)
        self.assertEqual(self.verify(self.out), ("complete", 230))
        records = self.records(self.out)
        self.assertEqual([record["name"] for record in records.values()], self.names)
        self.assert_truth(records)
        self.assert_options(rate="0", name_servers=self.dns.address)
        out, _ = self.run_tool("export", self.out, "--format", "csv", "--fields", "index")
        self.assertEqual(out.split()[1:], [str(i) for i in range(230)], "in the list's order")
        self.assertFalse(os.path.exists(self.parts))
        self.assertEqual([name for name in os.listdir(self.path("one")) + os.listdir(self.path("two")) if name.endswith(".zst")], [])
        told = self.status()
        self.assertEqual((told["collected"], told["chunks"]["done"], told["chunks"]["collected"], told["domains"]["done"]), (True, 5, 5, 230))
        self.assertEqual((self.js.state(RESULTS)["messages"], self.js.state(LIST)["messages"], self.js.state(QUEUE)["messages"]), (0, 0, 0))
        _, err = self.finish(self.collect(), 1)
        self.assert_one_line(err, self.out, "--force")
        other = self.path("other.msgpack.zst")
        _, err = self.finish(self.collect(out=other), 1)
        self.assert_one_line(err, JOB, "is collected already")
        self.assertFalse(os.path.exists(other + ".parts"))
        out, _ = self.finish(self.fleet("status"), 0)
        self.assertIn("; collected\n", out)
        self.assertNotIn("start some", out)

    def test_what_it_says_at_last_has_a_line_of_its_own_on_a_terminal(self):
        self.scan_all(20, 10)
        ours, its = pty.openpty()
        fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 40, 0, 0))
        subprocess.run([tool.STSURVEY, "fleet", "collect", "--nats", self.nats.url, "--job", JOB, "-o", self.out], stdin=subprocess.DEVNULL,
                       stderr=its, timeout=tool.TIMEOUT_S, check=True)
        os.close(its)
        said = os.read(ours, 65536).decode()
        os.close(ours)
        self.assertRegex(said, r"of 2 chunks[^\n]*\n(.*\n)*stsurvey fleet collect: 20 domains")

    def test_killed_again_and_again_it_goes_on(self):
        self.scan_all(200, 10)
        for wait in (0.05, 0.1, 0.2, 0.4, 0.8, 1.6):
            collector = self.collect("--force")
            time.sleep(wait)
            collector.kill()
            if collector.wait() == 0 or (os.path.exists(self.out) and not os.path.exists(self.parts + "/job")):
                break  # killed, maybe, when nothing but its last word was left
        else:
            self.finish(self.collect("--force"), 0)
        self.assertEqual(self.verify(self.out), ("complete", 200))
        self.assert_truth(self.records(self.out))

    def test_too_few_descriptors_are_no_loss_of_results(self):
        self.submit(40, 20)
        worker = self.work("one", "-q")
        self.wait_done(process=worker)
        for most in range(6, 64):
            process = self.fleet("collect", "-o", self.out, within=("sh", "-c", f'ulimit -n {most}; exec "$@"', "sh"))
            _, said = self.finish(process)
            self.assertNotIn("was lost", said)
            if process.returncode == 0:
                break
            self.assertEqual(process.returncode, 1)
        self.assertIn("40 domains, 0 unknown", said)
        self.finish(worker, 0)

    def test_a_signal_ends_it_and_tells_how_to_go_on(self):
        self.submit(20, 10)
        collector = self.collect()
        self.wait_until(lambda: os.path.exists(self.parts + "/job"), collector)
        collector.send_signal(signal.SIGINT)
        _, err = self.finish(collector, 130)
        self.assertIn("the same command goes on", err)
        self.assertFalse(os.path.exists(self.out))
        worker = self.work("one")
        self.finish(self.collect(), 0)
        self.finish(worker, 0)

    def test_what_is_there_by_now_is_an_interrupted_scan(self):
        self.submit(40, 10)
        self.dns.become(MIDDLE)
        worker = self.work("one")
        self.wait_done([0])
        _, err = self.finish(self.collect("--partial"))
        self.dns.become("well")
        self.assertIn("the job goes on", err)
        kind, count = self.verify(self.out)
        self.assertEqual(kind.split(":")[0], "interrupted")
        self.assertIn(count, (10, 20, 30))
        self.finish(self.collect(), 0)
        self.finish(worker, 0)
        self.assertEqual(self.verify(self.out), ("complete", 40))


class Missing(Collect):
    def missing(self):
        with open(self.out + ".missing.csv", encoding="ascii", newline="") as file:
            return list(csv.DictReader(file))

    def test_names_of_dead_chunks_are_told_where_they_are_scattered_over_the_list(self):
        self.submit(40, 10, "--sample", "0.5")
        self.chunks = self.js.state(QUEUE)["messages"]
        worker = self.work("one")
        self.wait_done(process=worker)
        self.dismiss(worker)
        self.lose(1)
        _, err = self.finish(self.collect(), 3)
        dead, = self.status()["dead"]
        missing = self.missing()
        self.assertEqual({(row["chunk"], row["kind"]) for row in missing}, {("1", "domain")})
        self.assertEqual([row["name"] for row in missing], [self.names[int(row["index"])] for row in missing])
        self.assertEqual((dead["stage"], dead["first"], dead["last"], dead["entries"]), ("domains", int(missing[0]["index"]), None, len(missing)))
        self.assertIn(f"chunk 1 is dead: {len(missing)} entries of the list, scattered over it from number {dead['first']} on", err)
        out, _ = self.run_tool("export", self.out, "--format", "csv", "--fields", "index")
        self.assertEqual(set(out.split()[1:]) & {row["index"] for row in missing}, set())

    def test_domains_of_a_dead_chunk_are_scanned_afterwards(self):
        self.submit(60, 20, "--deliveries", "1")
        program = self.beside(f"#!/bin/bash\n[[ \" $* \" == *' --first-index=20 '* ]] && kill -SEGV $$\nexec '{tool.STSURVEY}' \"$@\"\n")
        worker = self.work("one", program=program)
        _, err = self.finish(self.collect("-q"), 3)
        self.assertIn("chunk 1 is dead: 20 entries of the list, from number 20 on", err)
        self.finish(worker, 0)
        dead, = self.status()["dead"]
        self.assertEqual((dead["chunk"], dead["first"], dead["last"], dead["entries"], dead["worker"]), (1, 20, 39, 20, "one"))
        self.assertEqual([(int(row["index"]), row["name"]) for row in self.missing()], list(enumerate(self.names))[20:40])
        self.assert_completed_by_a_scan(40, 60)

    def test_what_the_server_lost_is_told_and_scanned_afterwards(self):
        self.scan_all(30, 10)
        self.lose(1)
        with relay.Relay(self.nats.port, hold_after=f"PUB $KV.{BOOK}.collected".encode()) as way:
            collector = self.collect(way=way.url)
            self.wait_until(lambda: self.js.get(BOOK, "collected"), collector)
            collector.kill()  # when all is done, and before it has said anything
            self.finish(collector, -signal.SIGKILL)
        _, err = self.finish(self.collect(), 3)
        for said in ("chunk 1 is dead: 10 entries of the list, from number 10 on", LOST, "10 names of 1 dead chunks are in", "20 domains, 0 unknown, in",
                     "1 chunks are dead: exit status 3"):
            self.assertIn(said, err)
        self.assertFalse(os.path.exists(self.parts))
        self.assert_completed_by_a_scan(20, 30)

    def test_a_job_is_collected_in_one_place(self):
        self.submit(20, 10)
        one = self.collect()
        self.wait_until(lambda: self.js.get(BOOK, "collector") is not None, one)
        _, err = self.finish(self.collect(), 1)
        self.assert_one_line(err, self.parts, "is at work here")
        _, err = self.finish(self.collect(out=self.path("other.msgpack.zst")), 1)
        self.assert_one_line(err, JOB, "is collected elsewhere")
        worker = self.work("one")
        self.finish(one, 0)
        self.finish(worker, 0)


class Cancelled(Collect):
    def test_all_of_the_job_goes_and_its_workers_leave(self):
        self.submit(40, 10, ack_wait=ACK_WAIT)  # in the middle of a chunk the worker asks so often for its job
        self.dns.become(MIDDLE)
        worker, collector = self.work("one"), self.collect()
        self.wait_until_begun("one", worker, records=False)
        _, err = self.finish(self.fleet("cancel"), 0)
        self.assertIn("is removed from the server", err)
        self.finish(worker, 0)
        _, err = self.finish(collector, 1)
        self.assertIn("was cancelled", err)
        out, err = self.finish(self.start("fleet", "status", "--nats", self.nats.url), 0)
        self.assertEqual(out, "")
        self.assert_one_line(err, "there is no job at the server")
        for command in ("cancel", "status"):
            _, err = self.finish(self.fleet(command), 1)
            self.assert_one_line(err, "there is no job 'week'")

    def test_what_was_fetched_of_a_job_is_not_taken_for_that_of_another_under_its_name(self):
        self.submit(40, 10, ack_wait=ACK_WAIT)  # in the middle of a chunk the worker asks so often for its job
        self.dns.become(MIDDLE)
        worker, collector = self.work("one"), self.collect()
        self.wait_until(lambda: self.js.get(BOOK, "have.0") is not None, collector)
        collector.send_signal(signal.SIGINT)
        self.finish(collector, 130)
        self.finish(self.fleet("cancel"), 0)
        self.finish(worker, 0)
        self.dns.become("well")
        self.submit(30, 10)
        _, err = self.finish(self.collect(), 1)
        self.assert_one_line(err, self.parts, "of another job of the name, 'week'")
        worker = self.work("two")
        self.finish(self.collect(out=self.path("new.msgpack.zst")), 0)
        self.finish(worker, 0)
        self.assertEqual([record["name"] for record in self.records(self.path("new.msgpack.zst")).values()], self.names)

    def test_who_waits_for_nobody_is_told_so(self):
        self.submit(20, 10)
        collector = self.collect()
        self.wait_until(lambda: "0 of 2 chunks; no worker is there; 0 of 20 domains" in self.said(collector), collector)
        collector.send_signal(signal.SIGINT)
        self.finish(collector, 130)

    def test_jobs_are_listed_and_told(self):
        self.submit(40, 10)
        out, _ = self.finish(self.start("fleet", "status", "--nats", self.nats.url), 0)
        self.assertEqual(out, "week  0.0 MiB of results; 100 MiB reserved for them\n")
        out, _ = self.finish(self.fleet("status"), 0)
        self.assertIn("job week: 0 of 4 chunks done (0 collected), 0 in flight, 4 waiting, 0 dead", out)
        told = self.status()
        self.assertEqual(told["chunks"], {"in_all": 4, "waiting": 4, "in_flight": 0, "done": 0, "collected": 0, "dead": 0})
        self.assertEqual((told["workers"], told["dead"], told["seconds_left"], told["submitted"]), ([], [], None, True))

    def test_status_counts_what_workers_are_at(self):
        self.submit(40, 10, ack_wait=3600)  # as long as a word lives
        word = {"state": "scanning", "tool": "x", "share": 0, "domains": 5, "per_second": 10, "last": ""}
        for worker, chunk, scanned in (("one", 1, 5), ("two", -1, 0), ("again", 1, 5), ("liar", 10 ** 12, 9)):
            self.js.put(ALIVE, worker, json.dumps({**word, "chunk": chunk, "scanned": scanned, "per_second": 10 if worker == "one" else 0}).encode())
        told = self.status()
        self.assertEqual((told["chunks"]["in_flight"], told["chunks"]["waiting"], told["seconds_left"]), (1, 3, 3))


class MailServers(Collect):
    def submit_probed(self, names, mail, *more, chunk=10):
        self.submit_file(self.put("list", tool.lines(names)), chunk, "--smtp", "--smtp-port", mail.port, "--host-rate", 0, *more)

    def test_each_is_probed_once_for_the_whole_fleet(self):
        mail = smtp_server.Server()
        self.addCleanup(mail.stop)
        names = [f"one{i}.test" for i in range(60)] + ["sts1.test", "sts2.test", "mx3.test"]
        self.submit_probed(names, mail)
        workers = [self.work(name, "--ehlo-domain", "scan.example.org") for name in ("one", "two")]
        self.chunks = -(-len(names) // 10)
        self.wait_done()
        out, _ = self.finish(self.fleet("status"), 0)  # who waits for whom
        self.assertIn("'collect', which has to run, puts their mail servers into the queue", out)
        self.finish(self.collect(), 0)
        for worker in workers:
            self.finish(worker, 0)
        self.assertEqual((mail.connections, set(mail.names)), (3, {"scan.example.org"}))
        self.assert_options(ehlo_domain="scan.example.org", name_servers=self.dns.address)
        out, _ = self.run_tool("verify", self.out, status=0)
        self.assertIn("complete; 63 records and 3 mail servers", out)
        told = self.status()  # no part is larger than its whole
        self.assertEqual((told["domains"], told["mail_servers"], told["seconds_left"]),
                         ({"in_all": 63, "done": 63, "unknown": 0}, {"in_all": 3, "done": 3, "unknown": 0}, 0))
        out, _ = self.finish(self.fleet("status"), 0)
        self.assertIn("63 of 63 domains, unknown 0.0%; 3 of 3 mail servers, unknown 0.0%; ", out)
        records = self.records(self.out)
        self.assertEqual([record["name"] for record in records.values()], names)
        self.assertEqual(records[0]["results"]["SMTP"]["mail.one.test"]["status"] if "SMTP" in records[0]["results"] else None,
                         records[59]["results"].get("SMTP", {}).get("mail.one.test", {}).get("status"))

    def test_each_is_probed_once_where_collect_is_killed_while_it_puts_them_into_the_queue(self):
        """And a chunk of domains that comes meanwhile changes nothing in the queue; its mail servers are told of, and probed afterwards."""
        mail = smtp_server.Server()
        self.addCleanup(mail.stop)
        self.submit_probed(["sts1.test", "sts2.test", "sts3.test"], mail, chunk=1)
        self.chunks = 3
        worker = self.work("one", "--ehlo-domain", "scan.example.org")
        self.wait_done(process=worker)
        self.dismiss(worker)
        done = self.js.get(BOOK, "done.1")
        self.js.put(BOOK, "dead.1", json.dumps({"first": 1, "entries": 1, "worker": "one", "number": 5, "why": "it was thought dead", "round": 0}).encode())
        self.js.remove(BOOK, "done.1")
        with relay.Relay(self.nats.port, hold_after=f"HPUB stsurvey.{JOB}.queue.".encode()) as way:
            collector = self.collect(way=way.url)
            self.wait_until(lambda: self.js.state(QUEUE)["messages"] == 1, collector)
            collector.kill()
            self.finish(collector, -signal.SIGKILL)
        self.assertTrue(self.status()["waits_for_collect"])
        self.js.put(BOOK, "done.1", done)
        self.js.remove(BOOK, "dead.1")
        worker = self.work("two", "--ehlo-domain", "scan.example.org")
        _, err = self.finish(self.collect(), 3)
        self.finish(worker, 0)
        self.assertIn("1 chunks came when the mail servers of the others were in the queue", err)
        self.assertEqual(mail.connections, 2)
        self.assertEqual(self.verify(self.out)[0].split(":")[0], "interrupted")
        self.resume(mail)
        self.assertEqual(mail.connections, 3)

    def resume(self, mail):
        """As it is told to."""
        self.run_tool("scan", "--resume", "-f", self.path("list"), "-o", self.out, "--host-rate", "0", "--name-servers", self.dns.address, *tool.quick(0), "-q", "--smtp", "--smtp-port",
                      mail.port, "--ehlo-domain", "scan.example.org", status=0)
        out, _ = self.run_tool("verify", self.out, status=0)
        self.assertIn("complete; 3 records and 3 mail servers", out)

    def test_those_that_stay_unknown_are_told_as_by_one_scan(self):
        mail = smtp_server.Server()
        self.addCleanup(mail.stop)
        mail.silent = True
        self.submit_probed(["sts1.test"], mail, "--smtp-timeout", "1")
        worker = self.work("one", "--ehlo-domain", "scan.example.org")
        _, err = self.finish(self.collect(), 3)
        self.assertIn("1 domains, 0 unknown, and 1 mail servers, 1 unknown, in", err)
        self.assertIn("1 of 1 mail servers (100.0 %) could not be measured, more than 1 %: exit status 3", err)
        self.finish(worker, 0)

    def test_a_worker_with_port_25_shut_leaves_them_to_others(self):
        mail = smtp_server.Server()
        mail.close()
        self.submit_probed(["sts1.test", "sts2.test"], mail, "--deliveries", 1, "--smtp-canaries", "mail.one.test")
        collect = self.collect()
        for _ in range(2):  # the second time it sees so before it takes a chunk
            _, err = self.finish(self.work("one", "--ehlo-domain", "scan.example.org"), 1)
            self.assertIn(f"can probe no mail server, and so leaves the chunks to others: self-test: port {mail.port} is shut", err)
            self.assertEqual((self.value("attempt.1")["number"], self.value("dead.1")), (1, None))
        self.dismiss(collect)


main()
