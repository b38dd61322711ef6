#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A machine short of sockets, ports or routes: what it can't do for a while is a fact about no domain.

faulty_net.c makes one system call fail while the test says so. Afterwards each record must be that of a scan without a
fault, and the metadata must say how it was dealt with."""
import errno
import json
import mmap
import os
import signal
import struct

import tool

FAULTY = os.environ.get("STSURVEY_FAULTY_NET", "")  # the preloaded faulty_net.c
COUNT = 160
PLACE_RATE = 1200    # questions a second: a scan that lasts until its fault has begun
HTTPS_PORT = 9       # of tool.scan_options

# What becomes of it. The domain is begun again: no question of it is answered by us (fault); the name server is
# looked at, and the question asked again (server); the packet is sent again (packet); the domain is asked again at
# the scan's end (later).
SHORT = ("EMFILE", "ENFILE", "ENOMEM", "ENOBUFS")
FORBIDDEN = ("ENETUNREACH", "EHOSTUNREACH", "EPERM", "EACCES")
PLACES = {
    # place: (call, port, kinds of domains, {what becomes of it: errnos})
    "DNS socket": ("udp-socket", 0, ("mx", "sts", "nx", "rpt"), {"fault": SHORT, "server": ("EPERM", "EACCES", "EAFNOSUPPORT")}),
    "DNS connect": ("udp-connect", "dns", ("mx", "sts", "nx", "rpt"),
                    {"fault": ("EADDRNOTAVAIL", "EAGAIN", "ENOBUFS", "ENOMEM"), "server": FORBIDDEN}),
    "DNS send": ("sendmmsg", 0, ("mx", "sts", "nx", "rpt"), {"packet": ("ENOBUFS", "ENOMEM") + FORBIDDEN}),
    "DNS over TCP socket": ("tcp-socket", 0, ("big", "mx"), {"fault": SHORT, "server": ("EPERM",)}),
    "DNS over TCP connect": ("tcp-connect", "dns", ("big", "mx"),
                             {"fault": ("EADDRNOTAVAIL", "EAGAIN", "ENOMEM"), "server": FORBIDDEN}),
    "HTTPS socket": ("tcp-socket", 0, ("sts", "mx"), {"fault": SHORT, "later": ("EPERM", "EACCES")}),
    "HTTPS connect": ("tcp-connect", HTTPS_PORT, ("sts", "mx"),
                      {"fault": ("EADDRNOTAVAIL", "ENOBUFS", "ENOMEM"), "later": FORBIDDEN}),
}


class Fault:
    """The switch that faulty_net.c looks at."""

    def __init__(self, path, call, error, port=0, every=1, after=""):
        with open(path, "wb+") as file:
            file.write(struct.pack("=II", 1, 0))
            file.flush()
            self.memory = mmap.mmap(file.fileno(), 8)
        asan = os.environ.get("ASAN_OPTIONS", "")
        self.environment = dict(os.environ, LD_PRELOAD=FAULTY,
                                FAULTY_NET=f"{call}:{getattr(errno, error)}:{port}:{every}:{path}:{after}",
                                ASAN_OPTIONS=asan + (":" if asan else "") + "verify_asan_link_order=0")

    def failed(self):
        return struct.unpack_from("=I", self.memory, 4)[0]

    def end(self):
        struct.pack_into("=I", self.memory, 0, 0)


class Net(tool.Case):
    def setUp(self):
        super().setUp()
        if not FAULTY:
            self.skipTest("STSURVEY_FAULTY_NET names no library to preload")
        self.dns = self.server()
        self.out = self.path("out.msgpack.zst")

    def options(self, *more, out=None):
        return self.scan_options(self.list, out or self.out, self.dns, "--force", "--threads", 1, "--timeout", tool.OUTAGE_ANSWER_S, "-m", self.path("meta"),
                                 "-u", self.path("status"), *more)

    def survey(self, kinds, rate=0):
        """A list of these, and its scan without a fault."""
        self.list, self.rate = self.put("list", tool.lines(tool.names(COUNT, kinds))), ("-r", rate)
        self.run_tool(*self.options(out=self.path("right.msgpack.zst")))
        self.right = tool.without_times(self.records(self.path("right.msgpack.zst")))

    def begin(self, fault, *more):
        return self.start(*self.options(*self.rate, *more), env=fault.environment)

    def metadata(self):
        with open(self.path("meta"), encoding="utf-8") as file:
            return json.load(file)

    def assert_right(self):
        self.assertEqual(self.verify(self.out), ("complete", COUNT))
        self.assertEqual(tool.without_times(self.records(self.out)), self.right)

    def assert_dealt_with(self, how, log):
        about = self.metadata()
        with open(log, encoding="utf-8") as file:
            lines = file.read()
        self.assertEqual(lines.count(": to be begun again\n"), about["local_faults"])
        self.assertEqual(lines.count(": deferred\n"), about["deferred"])
        self.assertEqual(lines.count(": recorded\n"), COUNT)
        self.assertEqual(about["local_faults"] > 0, how == "fault", about)
        self.assertEqual(about["deferred"] > 0, how == "later", about)
        self.assertEqual(about["counts"]["unknown"], 0, about)
        if how == "server":
            self.assertGreater(about["servers"][0]["failed"], 0, about)

    def try_place(self, place):
        call, port, kinds, becomes = PLACES[place]
        self.survey(kinds, PLACE_RATE)
        for how, errors in becomes.items():
            for number, error in enumerate(errors):
                with self.subTest(place=place, error=error):
                    if os.path.exists(self.out):
                        os.unlink(self.out)
                    every = 1 + number % 2
                    fault = Fault(self.path("switch"), call, error, self.dns.port if port == "dns" else port, every, after=self.out)
                    log = self.path(f"{place}-{error}.log")
                    process = self.begin(fault, "-v", "-l", log)
                    # where the server is looked at, which is done over UDP, that is to fail, too
                    enough = 10 if how == "server" and call.startswith("udp") else 5
                    # where every second call does not fail, a scan may come to its end first: the slower the machine, the more questions
                    # a connection has
                    self.wait_until(lambda: fault.failed() >= (1 if every > 1 and process.poll() is not None else enough), process)
                    fault.end()
                    self.finish(process, 0)
                    self.assert_right()
                    self.assert_dealt_with(how, log)


class Places(Net):
    """While a fault lasts, for every place and errno."""

    def test_dns_socket(self):
        self.try_place("DNS socket")

    def test_dns_connect(self):
        self.try_place("DNS connect")

    def test_dns_send(self):
        self.try_place("DNS send")

    def test_dns_over_tcp_socket(self):
        self.try_place("DNS over TCP socket")

    def test_dns_over_tcp_connect(self):
        self.try_place("DNS over TCP connect")

    def test_https_socket(self):
        self.try_place("HTTPS socket")

    def test_https_connect(self):
        self.try_place("HTTPS connect")


class Ends(Net):
    """A fault from the start, and one that never ends."""

    def test_one_that_passes_while_name_servers_are_looked_at(self):
        self.survey(tool.KINDS)
        for call in ("udp-socket", "tcp-socket", "udp-connect"):
            with self.subTest(call=call):
                fault = Fault(self.path("switch"), call, "ENOBUFS")
                process = self.begin(fault)
                self.wait_until(lambda: fault.failed() >= 1, process)
                fault.end()
                _, err = self.finish(process, 0)
                self.assertNotIn("[warning] name server", err)
                self.assert_right()

    def test_none_can_be_asked(self):
        self.list, self.rate = self.put("list", tool.lines(tool.names(COUNT))), ()
        for error, words in (("EMFILE", "ulimit -n"), ("EADDRNOTAVAIL", "ip_local_port_range"), ("EPERM", self.dns.address)):
            with self.subTest(error=error):
                process = self.begin(Fault(self.path("switch"), "udp-connect", error))
                _, err = self.finish(process, 1)
                self.assert_one_line(err, words)
                self.assertFalse(os.path.exists(self.out))

    def wait_and_go_on(self, call, error, note, port=0):
        """It waits, and says so; interrupted, it ends; resumed without the fault, nothing is missing or false."""
        self.survey(tool.KINDS)
        process = self.begin(Fault(self.path("switch"), call, error, port, after=self.out), "--concurrency", 8)
        self.wait_for_note(self.path("status"), note, process)
        process.send_signal(signal.SIGINT)
        self.finish(process, 130)
        self.assertIn("interrupted", self.verify(self.out)[0])
        self.assertEqual(self.metadata()["counts"]["unknown"], 0)
        self.run_tool(*self.scan_options(self.list, self.out, self.dns, "--resume"))
        self.assert_right()

    def test_no_descriptors_any_more(self):
        self.wait_and_go_on("udp-socket", "EMFILE", "waiting: this machine is out of sockets or memory")

    def test_no_ports_for_https_any_more(self):
        self.wait_and_go_on("tcp-connect", "EADDRNOTAVAIL", "waiting: this machine is out of sockets or memory", HTTPS_PORT)

    def test_no_way_to_the_name_server_any_more(self):
        self.wait_and_go_on("udp-connect", "ENETUNREACH", "paused: no name server answers")

    def test_nothing_can_be_sent_any_more(self):
        self.wait_and_go_on("sendmmsg", "EPERM", "paused: no name server answers")

    def test_a_firewall_of_ours_forbids_https(self):
        self.survey(("sts", "mx", "mx", "mx"))
        process = self.begin(Fault(self.path("switch"), "tcp-connect", "EPERM", HTTPS_PORT))
        self.finish(process, 3)
        for record in self.records(self.out).values():
            if record["name"].startswith("sts"):
                self.assertEqual((record["status"], record["component"]), ("unknown", "unknown"), record)
                self.assertFalse([code for code in record["findings"] if code.startswith("policy-tcp")], record)
            else:
                self.assertEqual(tool.without_times(record), self.right[record["index"]])

    def survey_with_two(self, call, kinds=tool.KINDS):
        """The metadata of a scan with a second name server, to which there is no way by @call."""
        other = self.server()
        self.survey(kinds, 370)
        fault = Fault(self.path("switch"), call, "ENETUNREACH", other.port, after=self.out)
        options = list(self.options(*self.rate))
        options[options.index("--name-servers") + 1] += "," + other.address
        self.finish(self.start(*options, env=fault.environment), 0)
        self.assert_right()
        self.assertGreater(fault.failed(), 0)
        self.assertFalse([row for row in self.rows(self.path("status")) if "paused" in row["note"]])
        about = self.metadata()
        self.assertEqual(about["deferred"], 0)
        return about

    def test_no_way_to_one_of_two_name_servers(self):
        about = self.survey_with_two("udp-connect")
        self.assertEqual([server["times_down"] > 0 for server in about["servers"]], [False, True], about["servers"])

    def test_no_way_to_one_of_two_name_servers_over_tcp(self):
        # of one kind: questions of two that take turns may go to the two servers in step
        self.survey_with_two("tcp-connect", ("big",))


if __name__ == "__main__":
    tool.main()
