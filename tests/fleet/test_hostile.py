#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What a stranger with rights at the NATS server, or a server that lost some of what it had, can do to a job: it is told, and stops neither
collect nor status nor workers; nobody waits for what cannot come."""
import hashlib
import json
import os

from fleet_case import ALIVE, BOOK, DEAD, JOB, LIST, QUEUE, RESULTS, Case, main

DONE = {"worker": "liar", "sha256": "0" * 64, "size": 2 ** 60, "first": 0, "domains": 20, "unknown": 0, "seconds": 1}


class Hostile(Case):
    def collect(self, *more):
        return self.fleet("collect", "-o", self.path("all.msgpack.zst"), *more)

    def assert_collected(self, process, status=0):
        _, err = self.finish(process, status)
        records = self.records(self.path("all.msgpack.zst"))
        if status == 0:
            self.assertEqual([record["name"] for record in records.values()], self.names)
        self.assertFalse(os.path.exists(self.path("all.msgpack.zst.parts")))
        return err

    def drop_job(self):
        for stream in (QUEUE, LIST, RESULTS, DEAD, "KV_" + BOOK, "KV_" + ALIVE):
            self.js.api("STREAM.DELETE." + stream)

    def test_pieces_of_results_that_lie_are_passed_over(self):
        self.submit(40, 20)
        for chunk, offset in ((0, 2 ** 63), (0, 2 ** 62), (1, 2 ** 64 - 1), (1, 7), (999999, 0), (2, 0)):
            self.js.publish(f"stsurvey.{JOB}.result.{chunk}.0123456789abcdef", b"lie", {"Stsurvey-Offset": str(offset)})
        self.js.publish(f"stsurvey.{JOB}.result.1000000.0123456789abcdef", b"lie", {})
        self.js.publish(f"stsurvey.{JOB}.result.0.0123456789abcde/", b"lie", {})
        worker = self.work("one", "-q")
        self.assert_collected(self.collect("-q"))
        self.finish(worker, 0)

    def test_what_the_server_lost_of_the_results_is_sent_again(self):
        self.submit(40, 20)
        worker = self.work("one")
        self.wait_done(process=worker)
        lost = [message for message in self.js.messages(RESULTS) if ".result.0." in message.subject][1]
        self.js.delete(RESULTS, lost.sequence)
        err = self.assert_collected(self.collect())
        self.assertIn("chunk 0: a part of its results was lost", err)
        self.assertIn("chunk 0: some of its results was lost at the server; they are sent again", self.finish(worker, 0)[1])

    def test_a_chunk_that_is_done_and_does_not_come_is_dead_however_often_it_is_put_back(self):
        self.submit(60, 20)
        self.js.put(BOOK, "done.777777", json.dumps(DONE).encode())
        collect = self.collect("-q")
        for _ in range(2):
            self.js.put(BOOK, "done.0", json.dumps(DONE).encode())
            self.js.put(BOOK, "done.1", b'{"worker"')
            self.wait_until(lambda: self.value("dead.0") and self.value("dead.1"), collect)
            self.assertIn("was lost", self.value("dead.0")["why"])
            self.assertIn("is damaged", self.value("dead.1")["why"])
            self.js.purge(QUEUE)  # a worker that believed it
            self.submit(60, 20, "--retry-dead")
            self.assertEqual((self.js.state(QUEUE)["messages"], self.value("dead.0")), (2, None))
        self.js.put(BOOK, "dead.2", b"")
        self.js.put(BOOK, "dead.777778", b"")
        self.submit(60, 20, "--retry-dead", status=1)  # none of these
        self.assertIsNone(self.value("dead.2"))
        worker = self.work("one", "-q")
        self.assert_collected(collect)
        self.finish(worker, 0)

    def test_what_is_no_scan_file_of_the_job_counts_for_nothing(self):
        self.submit(120, 20)
        worker = self.work("one", "-q")
        self.wait_done(process=worker)
        frames = [message.data for message in self.js.messages(RESULTS) if ".result.0." in message.subject]
        scan = b"".join(frames)
        lies = {0: b"no scan" * 100, 1: scan[:len(scan) // 2][:40], 3: b"".join(frames[:-1]), 4: b"".join((frames[0], frames[1], *frames[1:])),
                5: b"".join(frames[:-1]) + b"\x28\xb5\x2f\xfd" * 20}
        self.js.purge(RESULTS)
        for chunk, octets in lies.items():
            sha256 = hashlib.sha256(octets).hexdigest()
            self.js.publish(f"stsurvey.{JOB}.result.{chunk}.{sha256[:16]}", octets, {"Stsurvey-Offset": "0"})
            self.js.put(BOOK, f"done.{chunk}", json.dumps({**DONE, "sha256": sha256, "size": len(octets)}).encode())
        self.js.put(BOOK, "done.2", json.dumps({**DONE, "worker": "one"}).encode())
        err = self.assert_collected(self.collect())
        for chunk in range(6):
            self.assertIn(f"chunk {chunk}: a part of its results was lost", err)
        self.finish(worker, 0)

    def test_a_chunk_with_the_records_of_another_ends_no_collecting(self):
        self.submit(60, 20)
        worker = self.work("one", "-q")
        self.wait_done(process=worker)
        frames = [message for message in self.js.messages(RESULTS) if ".result.0." in message.subject]
        done = self.value("done.0")
        for frame in frames:
            self.js.publish(f"stsurvey.{JOB}.result.1.{done['sha256'][:16]}", frame.data, {"Stsurvey-Offset": frame.headers["Stsurvey-Offset"]})
        self.js.put(BOOK, "done.1", json.dumps(done).encode())
        self.assertIn("20 records of chunks are those of another's", self.finish(self.collect("-q"), 3)[1])
        self.finish(worker, 0)
        self.run_tool(*self.scan_options(self.path("list"), self.path("all.msgpack.zst"), self.dns, "--resume", "-q"), status=0)
        self.assertEqual([record["name"] for record in self.records(self.path("all.msgpack.zst")).values()], self.names)

    def test_collect_ends_when_the_job_is_gone(self):
        self.submit(40, 20)
        collect = self.collect()
        self.wait_until(lambda: self.js.get(BOOK, "collector"), collect)
        self.drop_job()
        _, err = self.finish(collect, 1)
        self.assertIn("is not at the server any more", err)

    def test_a_server_that_lost_a_job_costs_no_results(self):
        self.submit(60, 20)
        self.finish(self.work("one", "--max-idle", "1", "-q"), 0)
        worker = self.work("one")
        self.wait_until(lambda: self.word("one")["state"] == "waiting for a chunk", worker)
        self.drop_job()
        _, err = self.finish(worker, 0)
        self.assertIn("3 finished chunks that nobody has fetched stay in it", err)
        self.submit(60, 20)
        self.dns.kill()  # nobody is asked anything
        worker = self.work("one", "-q")
        self.assert_collected(self.collect("-q"))
        self.finish(worker, 0)
        self.assertEqual(os.listdir(self.path("one")), ["lock"])

    def test_status_shows_lies_as_what_they_are(self):
        self.submit(60, 20, ack_wait=3600)  # as long as a word lives
        self.js.put(ALIVE, "evil", json.dumps({"state": "\x1b[31mred\nline", "tool": "x", "chunk": 2 ** 62, "share": 2 ** 32 - 1, "domains": 2 ** 64 - 1, "scanned": 2 ** 64 - 1,
                                               "per_second": 1e-300, "last": "\x1b[2J"}).encode())
        self.js.put(BOOK, "done.0", b"{")
        self.js.put(BOOK, "done.1", json.dumps({**DONE, "unknown": 2 ** 64 - 1}).encode())
        self.js.put(BOOK, "dead.0", b"[]")
        out, _ = self.finish(self.fleet("status"), 0)
        self.assertNotIn("\x1b", out)
        self.assertIn("\\x1b[31mred\\x0aline", out)
        self.assertIn("1 of 3 chunks done", out)
        self.assertIn("nobody knows how long it takes", out)
        self.assertIn("what the book says of it is damaged", out)
        json.loads(self.finish(self.fleet("status", "--json"), 0)[0])

    def far(self):
        """The same server, under an address that is not told to be of loopback."""
        return "nats://127.1:%d" % self.nats.port

    def test_a_manifest_leads_no_worker_into_its_own_networks(self):
        self.submit(40, 20)
        manifest = json.loads(self.js.get(BOOK, "manifest"))
        for options, why in (([("allow-reserved", "10.0.0.0/8")], "--allow-reserved 10.0.0.0/8"), ([("allow-reserved", "127.0.0.0/8,10.0.0.0/8")], "--allow-reserved")):
            told = [option for option in manifest["options"] if option["name"] != options[0][0]] + [{"name": name, "value": value} for name, value in options]
            self.js.put(BOOK, "manifest", json.dumps({**manifest, "options": told}).encode())
            self.assert_one_line(self.finish(self.work("one", "--nats", self.far()), 1)[1], why)
        self.js.put(BOOK, "manifest", json.dumps(manifest).encode())
        without = "-d", self.path("one"), "--name-servers", self.dns.address, "--worker", "one"
        _, err = self.finish(self.fleet("work", *without, "--nats", self.far()), 1)
        self.assert_one_line(err, "leads to what is not public")
        self.assertFalse(os.path.exists(self.path("one")))
        self.finish(self.fleet("work", *without, "--max-idle", "1"), 0)  # who writes to a server on loopback is on this machine

    def test_a_manifest_that_is_spoilt_is_refused(self):
        self.submit(40, 20)
        manifest = json.loads(self.js.get(BOOK, "manifest"))
        for change, why in (({"ack_wait_s": 1e300}, "'ack_wait_s'"), ({"ack_wait_s": 0}, "'ack_wait_s'"), ({"lanes": 2}, "'lanes'"), ({"name": "../x"}, "'../x'"),
                            ({"chunk": 0}, "'chunk'"), ({"tool": "st\x1b[31m"}, "st\\x1b[31m")):
            self.js.put(BOOK, "manifest", json.dumps({**manifest, **change}).encode())
            self.assert_one_line(self.finish(self.work("one", "--nats", self.far()), 1)[1], why)


if __name__ == "__main__":
    main()
