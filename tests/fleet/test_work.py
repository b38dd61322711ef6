#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Workers of a queue (stsurvey fleet work) with a real nats-server: whatever happens to them, the file of each chunk that counts is
whole, no domain is lost or there twice, and what cannot be done is told and stops nobody."""
import json
import os
import resource
import shutil
import signal

from fleet_case import ACK_WAIT, ALIVE, BEGUN, BOOK, JOB, LIST, QUEUE, RESULTS, SLOW, Case, all_children, children, lives, main, tool

MIDDLE = "some:200"  # of a name server: a chunk of 100 domains has some 300 questions
KILLER = """#!/bin/bash
if [[ " $* " == *" --first-index={first} "* ]]; then
	echo "2026-11-28T00:00:00.000Z [error] {said}" >&2
	kill -KILL {whom}
	sleep 60
fi
exec '{stsurvey}' "$@"
"""


class Done(Case):
    def test_one_worker_does_all_chunks_and_keeps_the_files_until_they_are_fetched(self):
        self.submit(250, 50)
        worker = self.work("one")
        self.wait_done(process=worker)
        self.assert_whole()
        for chunk in range(self.chunks):
            attempt, done = self.value(f"attempt.{chunk}"), self.value(f"done.{chunk}")
            self.assertEqual((attempt["worker"], attempt["why"]), ("one", ""))
            self.assertEqual((done["worker"], done["domains"]), ("one", 50))
            self.assertEqual([self.path(f"one/{JOB}-{chunk:06}.msgpack.zst")], [self.path("one/" + name) for name in os.listdir(self.path("one"))
                                                                              if f"{chunk:06}" in name])
        self.assertEqual(self.js.state(QUEUE)["messages"], 0)
        self.js.put(BOOK, "have.3", b"{}")
        self.wait_until(lambda: not os.path.exists(self.path(f"one/{JOB}-000003.msgpack.zst")), worker)
        self.assertTrue(os.path.exists(self.path(f"one/{JOB}-000002.msgpack.zst")))
        self.wait_until(lambda: self.word("one")["state"] == "waiting for a chunk", worker)
        self.assertEqual((self.word("one")["domains"], self.word("one")["chunk"], self.word("one")["last"]), (250, -1, ""))
        self.js.put(BOOK, "collected", b"{}")
        _, err = self.finish(worker, 0)
        self.assertIn("is done, and collected", err)
        self.assertEqual(os.listdir(self.path("one")), ["lock"])

    def test_four_workers_share_the_chunks(self):
        self.submit(800, 50, rate=4000)
        workers = [self.work(f"w{n}", "-q") for n in range(4)]
        self.wait_done()
        self.assert_whole()
        for chunk, files in self.results().items():
            self.assertEqual((len(files), self.value(f"attempt.{chunk}")["number"]), (1, 1))
        for worker in workers:
            self.assert_one_line(self.dismiss(worker), "signal 15")

    def test_what_it_is_at_is_known_long_before_its_share_has_to_be_renewed(self):
        self.submit(20, 20)
        worker = self.work("one")
        self.wait_until(lambda: self.word("one")["state"] == "waiting for a chunk", worker)
        out, _ = self.finish(self.fleet("status"), 0)
        self.assertRegex(out, r"one +- .* waiting for a chunk\n")

    def test_a_worker_without_a_chunk_leaves_when_it_is_told_to(self):
        self.submit(20, 10)
        _, err = self.finish(self.work("one", "--max-idle", "1"), 0)
        self.assertIn("no chunk for 1 s", err)
        self.assert_whole()

    def test_files_that_options_name_travel_with_the_job(self):
        never = self.put("never", "mx0.test\n")
        self.submit(20, 20, "--domain-blocklist-file", never)
        os.unlink(never)  # as it is on other machines
        worker = self.work("one")
        self.wait_done(process=worker)
        records = self.assert_whole(truth=False)
        self.assertEqual([record["name"] for record in records.values() if record["status"] == "blocklisted"], ["mx0.test"])

    def test_lanes_are_worked_on_by_one_worker_each(self):
        zone = "".join(f"{name.removesuffix('.test')} NS ns.operator{number % 7}.example.\n" for number, name in enumerate(tool.names(140)))
        path = self.put("zone", "$ORIGIN test.\n$TTL 3600\n@ SOA a b 1 2 3 4 5\n" + zone)
        self.submit_file(path, 10, "--direct", "--audit", "0", "--dns-port", self.dns.port)
        chunks = self.js.state(QUEUE)["messages"]
        self.assertGreater(chunks, 10)
        workers = [self.work(f"w{n}", "--max-idle", "3", "-q") for n in range(3)]
        for worker in workers:
            self.finish(worker, 0)
        self.assertTrue(all(self.is_done(chunk) for chunk in range(chunks)))
        self.assertEqual({self.value(f"attempt.{chunk}")["number"] for chunk in range(chunks)}, {1})


class Killed(Case):
    def test_a_worker_that_is_killed_loses_nothing_to_another(self):
        self.submit(200, 100, ack_wait=ACK_WAIT)
        self.dns.become(MIDDLE)
        first = self.work("first")
        self.wait_until_begun("first", first)
        self.kill_worker(first)
        self.dns.become("well")
        second = self.work("second")
        self.wait_done(process=second)
        self.assert_whole()
        self.assertEqual(self.value("done.0")["worker"], "second")
        self.assertGreaterEqual(self.value("attempt.0")["number"], 2)
        # and what the first one has begun is of no use to it any more
        again = self.work("first")
        self.wait_until(lambda: not any("000000" in name for name in os.listdir(self.path("first"))), again)

    def test_a_worker_that_is_killed_goes_on_where_it_was(self):
        self.submit(100, 100, ack_wait=ACK_WAIT)
        self.dns.become(MIDDLE)
        first = self.work("first")
        self.wait_until_begun("first", first)
        self.kill_worker(first)
        self.dns.become("well")
        with open(self.path(f"first/{JOB}-000000.begun.msgpack.zst"), "rb") as file:
            begun = file.read(BEGUN)
        again = self.work("first")
        self.wait_done(process=again)
        self.assertEqual(len(self.assert_whole()), 100)
        self.assertGreaterEqual(self.value("attempt.0")["number"], 2)
        with open(self.path(f"first/{JOB}-000000.msgpack.zst"), "rb") as file:
            self.assertEqual(file.read(BEGUN), begun, self.said(again))  # with the time when the scan began, and its first domains

    def test_a_file_that_is_whole_is_sent_by_the_worker_that_comes_back(self):
        self.submit(100, 100, ack_wait=ACK_WAIT)
        worker = self.work("one")
        self.wait_done(process=worker)
        self.kill_worker(worker)
        # as if it had been killed before it could send it
        for message in self.js.messages(RESULTS):
            self.js.delete(RESULTS, message.sequence)
        self.js.api(f"STREAM.PURGE.KV_{BOOK}", filter=f"$KV.{BOOK}.done.0")
        self.js.api(f"STREAM.DELETE.{RESULTS}")
        self.submit_file(self.path("list"), 100, ack_wait=ACK_WAIT)
        worker = self.work("one")
        self.wait_done(process=worker)
        self.assert_whole()

    def test_sigterm_gives_the_chunk_back_at_once(self):
        """While its scan ends what is in flight, another worker has the chunk; its share it gets when that has ended."""
        self.submit(100, 100, rate=SLOW / 3)
        first = self.work("first")
        self.wait_until_begun("first", first)
        second = self.work("second")
        self.wait_until(lambda: self.word("second")["state"], second)
        first.send_signal(signal.SIGTERM)
        self.wait_until(lambda: self.value("attempt.0")["worker"] == "second", first)
        self.wait_done(process=second)
        self.finish(first, 128 + signal.SIGTERM)
        self.assertEqual((self.value("done.0")["worker"], self.value("attempt.0")["number"]), ("second", 2))
        self.assert_whole()

    def test_the_server_is_killed_and_comes_back(self):
        self.submit(400, 100, rate=4 * SLOW, ack_wait=ACK_WAIT)
        workers = [self.work(f"w{n}") for n in range(2)]
        for moment in range(3):
            self.wait_until(lambda: self.is_done(moment) or any(children(worker.pid) for worker in workers))
            self.nats.kill()
            self.nats.start()
            self.reconnect()
        self.wait_done()
        self.assert_whole()
        for worker in workers:
            self.assertIsNone(worker.poll())


class Twice(Case):
    """What the queue gave to two workers, since one was thought dead."""

    def foreign(self):
        return json.dumps({"worker": "another", "sha256": "ab" * 32, "size": 1, "domains": 100, "unknown": 0, "seconds": 1}).encode()

    def test_a_chunk_that_is_done_is_not_begun_and_one_that_was_given_up_may_be_done_after_all(self):
        self.submit(200, 100)
        self.js.put(BOOK, "done.1", self.foreign())
        self.dns.become(MIDDLE)
        worker = self.work("one")
        self.wait_until_begun("one", worker)
        self.js.put(BOOK, "dead.0", b'{"first":0,"entries":100,"worker":"one","number":5,"why":"thought so","round":0}')
        self.dns.become("well")
        self.wait_until(lambda: self.js.state(QUEUE)["messages"] == 0, worker)
        self.assert_whole([0])
        self.assertIsNone(self.value("dead.0"))
        self.assertIsNone(self.value("attempt.1"))

    def test_the_first_whole_file_counts_and_the_other_goes(self):
        self.submit(100, 100)
        self.dns.become(MIDDLE)
        worker = self.work("one")
        self.wait_until_begun("one", worker)
        self.js.put(BOOK, "done.0", self.foreign())
        self.dns.become("well")
        self.wait_until(lambda: self.js.state(QUEUE)["messages"] == 0, worker)
        self.wait_until(lambda: not [name for name in os.listdir(self.path("one")) if JOB in name], worker)
        self.assertEqual(self.value("done.0")["worker"], "another")
        self.assertEqual(self.js.messages(RESULTS), [])


class Full(Case):
    def test_full_results_make_the_worker_wait_with_its_file(self):
        self.submit(200, 100, results="1M")
        while True:  # until nothing more fits but a header
            try:
                self.js.publish(f"stsurvey.{JOB}.result.9.0123456789abcdef", b"x" * 100000)
            except RuntimeError:
                break
        while True:
            try:
                self.js.publish(f"stsurvey.{JOB}.result.9.0123456789abcdef", b"x" * 500)
            except RuntimeError:
                break
        worker = self.work("one")
        self.wait_until(lambda: self.word("one")["state"] == "results are full", worker)
        self.assertFalse(self.is_done(0))
        self.wait_until(lambda: self.js.get(BOOK, "ledger").decode().splitlines()[1].split()[2] == "-", worker)  # no share
        self.wait_until(lambda: self.word("one")["share"] == 0, worker)
        for message in self.js.messages(RESULTS):
            if message.subject.endswith("result.9.0123456789abcdef"):
                self.js.delete(RESULTS, message.sequence)
        self.wait_done(process=worker)
        self.assert_whole()

    def test_a_disk_that_is_full_is_told_and_waited_for(self):
        """It gives the chunk back, and keeps what it has begun."""
        self.submit(2000, 1000, "--deliveries", 2)  # so that it would keep what it gets once more
        limit = 4096  # octets of a file: more than the job's certificate has, less than results
        worker = self.work("one", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
        self.wait_until(lambda: "cannot be written" in self.word("one").get("last", ""), worker)
        other = self.work("other")
        self.wait_done(process=other)
        self.assert_whole()
        self.assertEqual({self.value(f"done.{chunk}")["worker"] for chunk in range(self.chunks)}, {"other"})


    def test_a_worker_without_room_begins_nothing_until_there_is_some(self):
        disk, resize = self.small_disk("32m")
        self.submit(40, 20)
        worker = self.work(f"{disk}/one", "--worker", "one")
        self.wait_until(lambda: self.word("one")["state"] == "the disk is full", worker)
        self.assertIn("MiB are left on the disk", self.word("one")["last"])
        self.assertIsNone(self.value("attempt.0"))
        resize("200m")
        self.wait_done(process=worker)
        self.assert_whole()
        self.dismiss(worker)


class Poisoned(Case):
    def poisoned(self, chunk, whom):
        """One chunk kills its scan, or its worker."""
        return self.beside(KILLER.format(first=chunk * 20, said="the poison works", whom=whom, stsurvey=tool.STSURVEY))

    def test_a_chunk_that_kills_its_scan_is_dead_after_its_deliveries_and_stops_nobody(self):
        self.submit(100, 20)
        program = self.poisoned(2, "$$")
        workers = [self.work(f"w{n}", "-q", program=program) for n in range(2)]
        self.wait_until(lambda: self.value("dead.2"))
        dead = self.value("dead.2")
        self.assertEqual((dead["first"], dead["entries"]), (40, 20))
        self.assertLessEqual(dead["number"], 5)
        self.assertRegex(dead["why"], "the scan was ended by signal 9 .*: the poison works")
        rest = [chunk for chunk in range(self.chunks) if chunk != 2]
        self.wait_done(rest)
        self.assertEqual(len(self.assert_whole(rest)), 80)
        self.wait_until(lambda: self.js.state(QUEUE)["messages"] == 0)
        self.assertTrue(all(worker.poll() is None for worker in workers))

    def test_a_chunk_that_kills_its_workers_is_dead_too(self):
        self.submit(60, 20, "--deliveries", 4, ack_wait=ACK_WAIT)  # so many that a slow machine kills no other chunk
        program = self.poisoned(1, "$PPID")
        deaths = 0
        while not self.value("dead.1"):
            worker = self.work("one", program=program)
            self.wait_until(lambda: worker.poll() is not None or self.value("dead.1"))
            deaths += worker.poll() == -signal.SIGKILL
        self.assertIn(deaths, (1, 2, 3, 4))  # a delivery that comes too late for who asked counts, too
        dead = self.value("dead.1")
        self.assertEqual(dead["worker"], "one")
        self.assertIn("killed", dead["why"])
        self.wait_done([0, 2], worker)
        self.assertEqual(len(self.assert_whole([0, 2])), 40)
        self.wait_until(lambda: self.js.state(QUEUE)["messages"] == 0, worker)

    def test_a_scan_that_ends_in_failure_tells_why(self):
        """Of a program that is not as it should be, with this chunk."""
        self.submit(20, 20, "--deliveries", 2)
        folder = self.path("bin")
        os.mkdir(folder)
        shutil.copy(os.environ["STSURVEY_FLEET"], folder)
        with open(os.path.join(folder, "stsurvey"), "w", encoding="ascii") as file:
            file.write(f"""#!/bin/bash\n[[ " $* " == *" --first-index=0 "* ]] || exec '{tool.STSURVEY}' "$@"\necho 'stsurvey scan: no luck' >&2\nexit 1\n""")
        os.chmod(file.name, 0o755)
        worker = self.work("one", program=os.path.join(folder, "stsurvey-fleet"))
        self.wait_until(lambda: self.value("dead.0"), worker)
        self.assertEqual(self.value("dead.0")["why"], "the scan ended with exit status 1: stsurvey scan: no luck")


class Still(Case):
    def test_the_scan_of_a_worker_that_stands_still_ends_before_another_has_its_share(self):
        self.submit(1000, 1000, rate=20, ack_wait=ACK_WAIT)
        worker = self.work("one")
        scan, = self.wait_until_begun("one", worker, records=False)
        worker.send_signal(signal.SIGSTOP)
        other = self.work("other", "-q")
        self.wait_until(lambda: b"\none " not in self.js.get(BOOK, "ledger"), other)
        self.assertFalse(lives(scan))
        worker.send_signal(signal.SIGCONT)
        self.wait_until(lambda: "stood still" in self.said(worker), worker)
        self.wait_until(lambda: len(all_children(worker.pid)) == 0, worker)  # nobody is left behind


class Starved(Case):
    def test_a_worker_that_can_scan_nothing_leaves_the_chunks_to_others(self):
        self.submit(100, 10)
        cases = (("descriptors", {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (30, 30))}, (), "30 file descriptors are allowed"),
                 ("resolver", {}, ("--name-servers", "127.0.0.1:9"), "name server 127.0.0.1:9"))
        for name, options, more, why in cases:
            worker = self.work(name, *more, **options)
            _, err = self.finish(worker, 1)
            self.assertIn("can scan nothing at all", err)
            self.assertIn(why, err)
            # started again it sees so before it takes a chunk
            attempts = [self.value(f"attempt.{chunk}") for chunk in range(self.chunks)]
            self.assertEqual(sum(1 for attempt in attempts if attempt and attempt["worker"] == name), 1)
            self.finish(self.work(name, *more, **options), 1)
            self.assertEqual([self.value(f"attempt.{chunk}") for chunk in range(self.chunks)], attempts)
        self.assertEqual(self.js.state(QUEUE)["messages"], self.chunks)
        well = self.work("resolver", "--max-idle", "1", "-q")
        self.wait_done(process=well)
        self.assert_whole()
        self.finish(well, 0)


class Suspect(Case):
    def test_who_fails_with_one_chunk_after_the_other_rests(self):
        """Its scans of nothing go well, as where there is too little memory for a list."""
        program = self.beside(f"""#!/bin/sh
case "$*" in *probe.msgpack*|*--version*) exec {tool.STSURVEY} "$@";; esac
kill -9 $$
""")
        self.submit(50, 10, "--deliveries", 1)
        bad = self.work("bad", program=program)
        self.wait_until(lambda: self.word("bad")["state"] == "resting after a chunk that came to nothing", bad)
        self.finish(self.work("good", "--max-idle", "1", "-q"), 0)
        self.dismiss(bad)
        self.assertEqual([self.is_done(chunk) for chunk in range(5)], [False, False, False, True, True])


class Blameless(Case):
    """What fails through its workers is not the chunk's fault: it is never dead of it, however often."""

    def test_a_chunk_outlives_more_workers_than_it_has_deliveries(self):
        self.submit(60, 60, "--deliveries", 2, rate=SLOW)
        for _ in range(5):
            worker = self.work("one")
            self.wait_until_begun("one", worker, records=False)
            self.dismiss(worker)
        self.assertEqual(self.js.state(QUEUE)["messages"], 1)
        worker = self.work("one")
        self.wait_until(lambda: self.is_done(0), worker)
        self.assert_whole()
        self.assertIsNone(self.value("dead.0"))

    def test_a_chunk_outlives_workers_that_can_scan_nothing(self):
        self.submit(20, 20, "--deliveries", 1)
        for name in ("one", "two"):
            self.finish(self.fleet("work", "-d", self.path(name), "--worker", name, "--name-servers", "127.0.0.1:9", *tool.LAB), 1)
        self.wait_done(process=self.work("three"))
        self.assert_whole()


class Damaged(Case):
    def test_a_list_that_is_damaged_is_dead_and_stops_nobody(self):
        self.submit(60, 20, "--deliveries", 2)
        old = next(message for message in self.js.messages(LIST) if ".list.1." in message.subject)
        self.js.delete(LIST, old.sequence)
        self.js.publish(old.subject, old.data[:-9] + b"damaged!!")
        worker = self.work("one")
        self.wait_until(lambda: self.value("dead.1"), worker)
        self.assertIn("damaged", self.value("dead.1")["why"])
        self.wait_done([0, 2], worker)
        self.assert_whole([0, 2])

    def test_a_message_that_is_no_chunk_is_told_and_stops_nobody(self):
        self.submit(40, 20, "--deliveries", 2)
        self.js.publish(f"stsurvey.{JOB}.queue.0", b'{"number":')
        worker = self.work("one")
        self.wait_done(process=worker)
        self.wait_until(lambda: self.js.state(QUEUE)["messages"] == 0, worker)
        self.assert_whole()
        self.assertIn("is no chunk", self.said(worker))


class Refused(Case):
    def test_what_is_not_ours(self):
        self.submit(20, 20)
        manifest = self.js.get(BOOK, "manifest")
        _, err = self.finish(self.fleet("work", "--job", "weak", "-d", self.path("one")), 1)
        self.assert_one_line(err, "there is no job 'weak'")
        # another version
        self.js.put(BOOK, "manifest", manifest.replace(b'"stsurvey 0.', b'"stsurvey 99.'))
        _, err = self.finish(self.work("one"), 1)
        self.assert_one_line(err, "stsurvey 99.", "this is stsurvey 0.")
        self.js.put(BOOK, "manifest", manifest)
        # one folder, two workers
        worker = self.work("one", "-q")
        self.wait_done(process=worker)
        _, err = self.finish(self.work("one"), 1)
        self.assert_one_line(err, "another worker works in it")
        # one name, two folders
        _, err = self.finish(self.fleet("work", "-d", self.path("two"), "--worker", "one", "--name-servers", self.dns.address, *tool.LAB), 1)
        self.assert_one_line(err, "one")
        # a job that is cancelled
        for stream in (QUEUE, LIST, RESULTS, "KV_" + BOOK, "KV_" + ALIVE):
            self.js.api("STREAM.DELETE." + stream)
        _, err = self.finish(worker, 0)
        self.assertEqual(sorted(os.listdir(self.path("one"))), ["lock", f"{JOB}-000000.msgpack.zst", "worker"])

    def test_a_job_that_is_cancelled_stops_the_scan(self):
        self.submit(100, 100, rate=1, ack_wait=ACK_WAIT)  # the worker is told so often that it has a job
        worker = self.work("one")
        self.wait_until_begun("one", worker, records=False)
        scans = children(worker.pid)
        for stream in (QUEUE, LIST, RESULTS, "KV_" + BOOK, "KV_" + ALIVE):
            self.js.api("STREAM.DELETE." + stream)
        _, err = self.finish(worker, 0)
        self.assertIn("was cancelled", err)
        self.assertFalse(any(lives(scan) for scan in scans))

    def test_a_job_of_which_some_is_gone_may_be_just_being_cancelled(self):
        """Its book goes last."""
        self.submit(20, 20)
        self.js.api("STREAM.DELETE." + RESULTS)
        worker = self.work("one")
        self.wait_until(lambda: self.word("one")["state"] == "sending", worker)
        for stream in (QUEUE, LIST, "KV_" + ALIVE, "KV_" + BOOK):
            self.js.api("STREAM.DELETE." + stream)
        _, err = self.finish(worker, 0)
        self.assertIn("was cancelled", err)

    def test_a_folder_of_another_job(self):
        self.submit(20, 20)
        self.finish(self.work("one", "--max-idle", "1", "-q"), 0)
        with open(self.path("one/worker"), encoding="ascii") as file:
            text = file.read()
        self.put("one/worker", text.replace("job week", "job month"))
        _, err = self.finish(self.work("one"), 1)
        self.assert_one_line(err, "a worker of job 'month'")


if __name__ == "__main__":
    main()
