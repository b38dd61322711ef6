# SPDX-License-Identifier: BSD-2-Clause
"""What each call of the bus (scanner/bus/bus.h) comes to, with a real nats-server."""
import re
import time
import unittest

import nats
import relay
from probe import LIMIT_S, Case, Probe

# A command, and what its answer is (Case.expect).
CALLS = [
    ("data_max", "ok 1047552"),
    # streams
    ("stream S s.> limits 0", "ok"),
    ("stream S s.> limits 0", "ok"),
    ("stream S s.> limits 100000", "refused …with other settings"),
    ("stream S2 s.> limits 0", "refused …takes these subjects"),
    ("look S", "ok messages=0 first=0 last=0 max=0 consumers=0"),
    ("look X", "missing"),
    ("stream STX x.> limits 0", "ok"),
    ("names ST", "names STX"),
    ("names Z", "names"),
    # messages
    ("publish s.a id1 5 hello", "ok"),
    ("publish s.a id1 5 hello", "ok duplicate"),
    ("publish s.b - 0 @1047552", "ok"),
    ("publish s.b - 0 @1047553", "refused …more than a message may have"),
    ("publish none.b - 0 x", "missing …no stream takes none.b"),
    ("publish s.* - 0 x", "refused …no subject"),
    ("next S s.> 1", "ok seq=1 subject=s.a offset=5 …n=5 data=hello"),
    ("next S s.* 2", "ok seq=2 subject=s.b offset=0 …n=1047552"),
    ("next S s.b 1", "ok seq=2"),
    ("next S s.> 3", "missing"),
    ("next X s.> 1", "missing"),
    ("at S 1", "ok seq=1"),
    ("at S 9", "missing"),
    ("delete_at S 1", "ok"),
    ("delete_at S 1", "missing"),
    ("at S 1", "missing"),
    ("publish s.a id1 5 hello", "ok duplicate"),
    ("publish s.a id2 0 hello", "ok"),
    ("publish s.b id3 0 hello", "ok"),
    ("publish s.a id4 0 hello", "ok"),
    ("purge S s.a 4", "ok"),
    ("next S s.> 1", "ok seq=2 subject=s.b"),
    ("next S s.> 3", "ok seq=4 subject=s.b"),
    ("purge S - 4", "ok"),
    ("next S s.> 1", "ok seq=4"),
    ("purge S s.b 0", "ok"),
    ("next S s.> 1", "ok seq=5 subject=s.a"),
    ("purge S - 0", "ok"),
    ("look S", "ok messages=0"),
    # a queue
    ("stream Q q.> queue 0", "ok"),
    ("consumer Q lane-0 q.0 30 3", "ok"),
    ("consumer Q lane-0 q.0 30 3", "ok"),
    ("consumer Q other q.0 30 3", "refused …another consumer takes these messages"),
    ("consumer X lane-0 q.0 30 3", "missing"),
    ("pull 0 Q lane-0 0.05", "missing"),
    ("publish q.0 j/0 0 task0", "ok"),
    ("pull 0 Q lane-0 30", "ok seq=1 deliveries=1 data=task0"),
    ("consumer_look Q lane-0", "ok waiting=0 in_flight=1 redelivered=0"),
    ("consumer_look Q none", "missing"),
    ("progress 0", "ok"),
    ("ack 0", "ok"),
    ("pull 0 Q lane-0 0.05", "missing"),
    ("publish q.0 j/0 0 task0", "ok duplicate"),
    ("publish q.0 j/1 0 task1", "ok"),
    ("pull 0 Q lane-0 30", "ok seq=2 deliveries=1 data=task1"),
    ("nak 0 0", "ok"),
    ("pull 0 Q lane-0 30", "ok seq=2 deliveries=2 data=task1"),
    ("ack 0", "ok"),
    ("look Q", "ok messages=0"),
    ("pull 0 Q nobody 0.05", "refused …consumer not found"),
    ("pull 0 X nobody 0.05", "refused …stream not found"),
    # buckets
    ("bucket 0 B 0", "ok"),
    ("bucket 0 B 5", "ok"),
    ("open_bucket 1 Z", "missing"),
    ("get 0 a", "missing"),
    ("create 0 a one", "ok"),
    ("create 0 a two", "exists"),
    ("create 0 a one", "exists"),
    ("get 0 a", "ok revision=1 …data=one"),
    ("update 0 a two 1", "ok revision=2"),
    ("update 0 a three 1", "exists"),
    ("update 0 none x 1", "exists"),
    ("get 0 a", "ok revision=2 …data=two"),
    ("put 0 a three", "ok"),
    ("get 0 a", "ok revision=3 …data=three"),
    ("remove 0 a", "ok"),
    ("get 0 a", "missing …was removed"),
    ("keys 0 -", "keys count=0"),
    ("update 0 a x 3", "exists"),
    ("create 0 a again", "ok"),
    ("get 0 a", "ok revision=5 …data=again"),
    ("put 0 b.1 x", "ok"),
    ("put 0 b.2 x", "ok"),
    ("put 0 bad x", "ok"),
    ("put 0 b$d x", "refused …no key"),
    ("put 0 b..d x", "refused …no key"),
    ("remove 0 b.1", "ok"),
    ("keys 0 -", "keys a b.2 bad count=3"),
    ("keys 0 b.", "keys b.2 count=1"),
    ("keys 0 b", "keys b.2 bad count=2"),
    ("keys 0 none.", "keys count=0"),
    ("delete_bucket B", "ok"),
    ("get 0 a", "missing"),
    ("put 0 a x", "missing"),
    ("keys 0 -", "keysmissing"),
    ("delete_bucket B", "missing"),
    ("delete Q", "ok"),
    ("delete S", "ok"),
    ("delete S", "missing"),
]


class Bus(Case):
    def test_each_call_tells_how_it_ended(self):
        with nats.Server() as server, Probe(server.url) as probe:
            self.assertEqual(probe.opened, "ok")
            self.expect(probe, CALLS)

    def test_messages_and_values_have_the_servers_time(self):
        with nats.Server() as server, Probe(server.url) as probe:
            self.expect(probe, [("stream S s.> limits 0", "ok"), ("bucket 0 B 0", "ok"), ("publish s.a - 0 x", "ok"), ("put 0 a x", "ok")])
            for call in ("next S s.> 1", "at S 1", "get 0 a"):
                age = int(re.search(r"age=(-?\d+)", probe(call))[1])
                self.assertLess(abs(age), LIMIT_S * 1000)

    def test_a_bucket_of_many_keys_tells_all_of_them(self):
        """More than it asks for at a time."""
        with nats.Server() as server, Probe(server.url) as probe:
            self.expect(probe, [("bucket 0 B 0", "ok"), ("put_many 0 key. 2345", "ok ms"), ("put_many 0 other. 10", "ok ms"), ("put 0 key x", "ok")])
            for prefix, count in [("key.", 2345), ("other.", 10), ("-", 2356), ("key", 2346), ("key.1", 1111), ("none.", 0)]:
                self.expect(probe, [(f"keys 0 {prefix}", f"keys …count={count}")])

    def test_many_messages_come_each_once_in_their_order(self):
        with nats.Server() as server, Probe(server.url) as probe:
            self.expect(probe, [("stream S s.> limits 0", "ok")])
            for number in range(1, 61):
                self.expect(probe, [(f"publish s.{number % 2} - 0 {number}", "ok")])
            gone = [1, 5, 6, 7, 40]
            for number in gone:
                self.expect(probe, [(f"delete_at S {number}", "ok")])
            for subject, wanted in (("s.>", range(1, 61)), ("s.1", range(1, 61, 2))):
                there = " ".join(f"{number}={number}" for number in wanted if number not in gone)
                self.assertEqual(probe(f"next_many S {subject} 1 100"), f"ok {there} missing")
            self.expect(probe, [("next_many X s.> 1 1", "ok missing"), ("next_many S ..bad 1 1", "ok refused"), ("next_many S s.> 61 1", "ok missing")])

    def test_many_messages_are_asked_for_before_the_first_has_come(self):
        with nats.Server() as server, relay.Relay(server.port) as way, Probe(way.url) as probe:
            self.expect(probe, [("stream S s.> limits 0", "ok"), ("bucket 0 B 0", "ok"), ("put_many 0 key. 40", "ok ms")])
            for number in range(100):
                self.expect(probe, [(f"publish s.a - 0 {number}", "ok")])
            self.assertIn(" 31=30 ok", probe("next_many S s.> 1 5"))  # 1 and 2 and 4 and 8 and 16, so the next are 32
            for line, most, behind in (("next_many S s.> 32 1", 32, "63=62"), ("get_each 0 key. 40", 32, "39={}")):
                asked = way.asked.count(b"DIRECT.GET")
                server.freeze()
                probe.send(line)
                end = time.monotonic() + LIMIT_S
                while way.asked.count(b"DIRECT.GET") < asked + most and time.monotonic() < end:
                    time.sleep(0.01)
                self.assertEqual(way.asked.count(b"DIRECT.GET"), asked + most)
                server.thaw()
                self.assertIn(behind, probe.read())

    def test_many_values_come_each_to_its_key(self):
        with nats.Server() as server, Probe(server.url) as probe:
            self.expect(probe, [("bucket 0 B 0", "ok"), ("put_many 0 key. 100", "ok ms"), ("put 0 key.7 seven", "ok"), ("remove 0 key.8", "ok")])
            there = " ".join(f"{i}={'seven' if i == 7 else '{}'}" for i in range(100) if i != 8)
            self.assertEqual(probe("get_each 0 key. 102"), f"ok {there} ok")
            self.expect(probe, [("get_each 0 bad..key. 2", "ok refused")])

    def test_what_is_done_to_many_is_done_to_each(self):
        with nats.Server() as server, Probe(server.url) as probe:
            self.expect(probe, [("bucket 0 B 0", "ok"), ("stream S s.> limits 0", "ok"), ("put_each 0 key. 70 x", "ok"), ("put_each 0 a..b 2 x", "refused …no key")])
            for number in range(70):
                self.expect(probe, [(f"publish s.{number} - 0 x", "ok"), (f"publish s.{number} - 0 x", "ok")])
            self.expect(probe, [("get_each 0 key. 70", "ok 0=x …69=x ok"), ("keys 0 -", "keys …count=70"), ("purge_each S s. 50", "ok"),
                                ("look S", "ok messages=40"), ("purge_each X s. 2", "missing"), ("delete_bucket B", "ok"),
                                ("put_each 0 key. 2 x", "missing")])

    def test_a_server_that_is_killed_meanwhile_is_waited_for(self):
        with nats.Server() as server, Probe(server.url) as probe:
            self.expect(probe, [("stream S s.> limits 0", "ok")])
            for number in range(100):
                self.expect(probe, [(f"publish s.a - 0 {number}", "ok")])
            probe("next_many S s.> 1 5")
            server.freeze()
            probe.send("next_many S s.> 32 3")
            server.kill()
            server.start()
            there = probe.read()
            self.assertTrue(there.startswith("ok 32=31 33=32"), there)
            self.expect(probe, [("bucket 0 B 0", "ok")])
            server.freeze()
            probe.send("put_each 0 key. 50 x")
            server.kill()
            server.start()
            self.assertEqual(probe.read(), "ok")
            self.expect(probe, [("keys 0 -", "keys …count=50")])


if __name__ == "__main__":
    unittest.main()
