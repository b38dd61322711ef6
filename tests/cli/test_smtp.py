#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""scan --smtp and --mx-hosts as a whole: each mail server is probed once, whatever happens to the scan; what they show is
tests/lab's matter."""
import collections
import datetime
import io
import json
import os
import random
import re
import signal
import subprocess
import time
import unittest

import smtp_server
import tool

try:
    import msgpack
except ImportError:
    msgpack = None

KILLS = 12           # of one scan
MOMENT_MAX_S = 0.4   # it is killed between its start and so much later
HOST, VANTAGE = 6, 7  # kinds of records (SCHEMA.md)


@unittest.skipUnless(msgpack, "python3-msgpack is not installed")
class Probes(tool.Case):
    def setUp(self):
        super().setUp()
        self.dns = self.server()
        self.mail = smtp_server.Server()
        self.addCleanup(self.mail.stop)
        self.out = self.path("out.msgpack.zst")
        self.random = random.Random(1)

    def options(self, names, *more):
        return self.scan_options(self.put("list", tool.lines(names)), self.out, self.dns, "-q", "--sync-interval", "0",
                                 "--smtp-port", self.mail.port, "-m", self.path("meta"), "--host-rate", "0", *more,
                                 *(("--ehlo-domain", "scan.example.org") if "smtp" in str(more) or "mx" in str(more) else ()))

    def hosts(self):
        """Records of hosts by name: [passes, …], one for each."""
        plain = subprocess.run(["zstd", "-dcq", self.out], check=False, capture_output=True).stdout
        found = collections.defaultdict(list)
        for record in msgpack.Unpacker(io.BytesIO(plain), strict_map_key=False):
            if record[0] == HOST:
                found[record[1]].append(record[4])
        return dict(found)

    def metadata(self):
        with open(self.path("meta"), encoding="utf-8") as file:
            return json.load(file)


class Once(Probes):
    def test_one_host_of_many_domains_is_probed_once(self):
        names = [f"one{i}.test" for i in range(300)] + ["sts1.test", "sts2.test"]
        self.run_tool(*self.options(names, "--smtp"), status=0)
        self.assertEqual(self.hosts(), {"mail.one.test": [1], "mail.sts1.test": [1], "mail.sts2.test": [1]})
        self.assertEqual((self.mail.connections, self.mail.quits), (3, 3))
        self.assertEqual(set(self.mail.names), {"scan.example.org"})
        self.assertEqual(self.mail.most_at_once, 1, "all of them are at one address")
        smtp = self.metadata()["smtp"]
        self.assertEqual((smtp["of"], smtp["hosts"], smtp["hosts_unknown"], smtp["probes"], smtp["joined"], smtp["lost"]),
                         ("sts", 3, 0, 3, 299, 0))
        self.assertEqual(self.verify(self.out), ("complete", 302))
        self.assertEqual(len(self.records(self.out)), 302)

    def test_hosts_that_cannot_be_kept_are_told_and_probed_by_resume(self):
        names = [f"sts{i}.test" for i in range(5)]
        out, err = self.run_tool(*self.options(names, "--smtp"), status=3, env=dict(os.environ, TMPDIR=self.path("nowhere")))
        self.assertIn("5 mail servers were not probed", err)
        self.assertIn("5 of 5 mail servers (100.0 %) could not be measured, more than 1 %: exit status 3", err)
        self.assertEqual(self.hosts(), {})
        self.run_tool(*self.options(names, "--smtp", "--resume"), status=0)
        self.assertEqual(self.hosts(), {f"mail.sts{i}.test": [1] for i in range(5)})

    def test_whose_hosts_are_probed(self):
        names = ["mx1.test", "rpt2.test", "null3.test", "none4.test", "nx5.test", "sts6.test", "sf7.test", "not a name"]
        for more, hosts in (((), []), (("--smtp",), ["mail.sts6.test"]),
                            (("--smtp=all",), ["mail.mx1.test", "mail.rpt2.test", "mail.sts6.test"])):
            before = self.mail.connections
            self.run_tool(*self.options(names, "--force", *more), status=3)
            self.assertEqual(sorted(self.hosts()), hosts)
            self.assertEqual(self.mail.connections - before, len(hosts))
            self.assertEqual("smtp" in self.metadata(), bool(more))

    def test_a_lab_that_has_signed_nothing_says_nothing_of_its_resolver(self):
        for mode in ("well", "noad"):
            self.dns.become(mode)
            _, err = self.run_tool(*self.options(["sts1.test"], "--force", "--smtp"), status=0)
            self.assertNotIn("DANE is not looked at", err)
            self.assertTrue(self.metadata()["smtp"]["ad_believed"])
            record, = self.records(self.out).values()
            self.assertEqual(record["dane"], "none")

    def test_a_host_that_stays_silent_is_looked_at_twice_and_warned_of(self):
        self.mail.silent = True
        options = self.options(["sts1.test"], "--smtp", "--smtp-timeout", "1")
        _, err = self.run_tool(*options, status=3)
        self.assertEqual(self.hosts(), {"mail.sts1.test": [2]})
        self.assertIn("1 of 1 mail servers (100.0 %) could not be measured, more than 1 %: exit status 3", err)
        self.assertEqual(self.metadata()["smtp"]["hosts_unknown"], 1)
        page, _ = self.run_tool("report", self.out, "-o", "-", status=0)
        begun, ended = (datetime.datetime.fromisoformat(moment.replace("Z", "+00:00"))
                        for moment in re.search(r"Scanned from <time>(.*?)</time> to <time>(.*?)</time>", page).groups())
        self.assertGreaterEqual((ended - begun).seconds, 2, "the second look of 3 s is a part of the scan")


class Resumed(Probes):
    def test_a_scan_killed_over_and_over_has_each_host_once(self):
        names = [f"sts{i}.test" for i in range(60)] + [f"one{i}.test" for i in range(60)]
        expected = {f"mail.sts{i}.test": [1] for i in range(60)} | {"mail.one.test": [1]}
        self.mail.delay = 0.01
        killed = 0
        for _ in range(KILLS):
            process = self.start(*self.options(names, "--smtp", "--resume"))
            time.sleep(self.random.uniform(0, MOMENT_MAX_S))
            process.kill()
            self.finish(process)
            killed += process.returncode == -signal.SIGKILL
            if process.returncode == 0:
                break
            self.assertTrue(all(passes == [1] for passes in self.hosts().values()))
        self.assertGreater(killed, 2)
        self.run_tool(*self.options(names, "--smtp", "--resume"), status=0)
        self.assertEqual(self.hosts(), expected)
        self.assertEqual(self.verify(self.out), ("complete", 120))
        smtp = self.metadata()["smtp"]
        self.assertEqual((smtp["hosts"], smtp["hosts_left"]), (61, 0))
        before = self.mail.connections
        _, err = self.run_tool(*self.options(names, "--smtp", "--resume", "-v"), status=0)
        self.assertEqual(self.mail.connections, before, "nothing was left to do")

    def test_a_scan_told_to_stop_leaves_silent_hosts_to_resume(self):
        self.mail.silent = True
        names = [f"sts{i}.test" for i in range(5)]
        process = self.start(*self.options(names, "--smtp"))
        self.wait_until(lambda: self.mail.connections > 0, process)
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGTERM)
        self.finish(process, 143)
        self.assertIn("interrupted", self.verify(self.out)[0])
        self.assertEqual(self.hosts(), {})
        self.mail.silent = False
        self.run_tool(*self.options(names, "--smtp", "--resume"), status=0)
        self.assertEqual(self.hosts(), {f"mail.{name}": [1] for name in names})

    def test_what_is_measured_may_not_change(self):
        self.run_tool(*self.options(["sts1.test"], "--smtp"), status=0)
        _, err = self.run_tool(*self.options(["sts1.test"], "--smtp=all", "--resume"), status=1)
        self.assert_one_line(err, "was begun with --smtp yes, not all")
        _, err = self.run_tool(*self.options(["sts1.test"], "--mx-hosts", "--resume"), status=1)
        self.assert_one_line(err, "was begun with")


class ListOfHosts(Probes):
    NAMES = ["mail.a1.test", "MAIL.A1.test.", "mail.b2.test", "not a host", "mail.a1.test", "nx3.test", "192.0.2.1"]

    def test_each_line_is_a_host(self):
        _, err = self.run_tool(*self.options(self.NAMES, "--mx-hosts"), status=0)
        self.assertEqual(err, "")
        self.assertEqual(self.hosts(), {"mail.a1.test": [1], "mail.b2.test": [1], "nx3.test": [1]})
        self.assertEqual(self.mail.connections, 2)
        self.assertEqual(self.verify(self.out), ("complete", 2))
        self.assertEqual(self.metadata()["counts"]["illegal"], 2)
        smtp = self.metadata()["smtp"]
        self.assertEqual((smtp["of"], smtp["hosts"]), ("mx-hosts", 3))
        _, err = self.run_tool(*self.options(self.NAMES, "--mx-hosts", "--resume"), status=0)
        self.assertEqual(self.mail.connections, 2)

    def test_alone_they_are_no_survey_and_that_is_said(self):
        self.run_tool(*self.options(self.NAMES, "--mx-hosts"), status=0)
        out, err = self.run_tool("export", self.out, status=0)
        self.assertEqual(out, "")
        self.assert_one_line(err, "mail servers alone, 3 of them")
        page, err = self.run_tool("report", self.out, "-o", "-", status=0)
        self.assertIn("mail servers alone", err)
        self.assertNotIn("were not contacted", page)
        _, err = self.run_tool("stats", self.out, "-d", self.path("tables"), status=0)
        self.assertIn("0 domains and 3 mail servers", err)
        domains = self.path("domains.msgpack.zst")
        self.run_tool(*self.scan_options(self.put("list", tool.lines(["sts1.test"])), domains, self.dns, "-q"))
        _, err = self.run_tool("export", self.out, domains, status=0)
        self.assertEqual(err, "")

    def test_killed_over_and_over(self):
        names = [f"mail.h{i}.test" for i in range(150)] + ["not a host"] * 3
        self.mail.delay = 0.01
        for _ in range(KILLS):
            process = self.start(*self.options(names, "--mx-hosts", "--resume"))
            time.sleep(self.random.uniform(0, MOMENT_MAX_S))
            process.kill()
            self.finish(process)
        self.run_tool(*self.options(names, "--mx-hosts", "--resume"), status=0)
        self.assertEqual(self.hosts(), {name: [1] for name in names[:150]})
        self.assertEqual(self.verify(self.out), ("complete", 3))

    def test_max_domains_ends_it_and_resume_goes_on(self):
        names = [f"mail.h{i}.test" for i in range(20)]
        self.run_tool(*self.options(names, "--mx-hosts", "--max-domains", "5"), status=0)
        self.assertEqual(len(self.hosts()), 5)
        self.run_tool(*self.options(names, "--mx-hosts", "--resume"), status=0)
        self.assertEqual(self.hosts(), {name: [1] for name in names})
        self.assertEqual(self.verify(self.out)[0], "complete")


class Check(Probes):
    """One domain, without a test of the way to port 25."""

    def check(self):
        out, err = self.run_tool("check", "--smtp", "sts1.test", "--name-servers", self.dns.address, "--allow-reserved", "127.0.0.0/8",
                                 "--https-port", "9", "--ca-file", tool.a_certificate(), "--smtp-port", self.mail.port,
                                 "--smtp-timeout", "2", "--ehlo-domain", "scan.example.org", status=1)
        self.assertIn("mail server mail.sts1.test", out)
        return err

    def test_where_nobody_can_be_connected_to_it_may_be_our_way(self):
        self.assertEqual(self.check(), "")
        self.mail.close()
        self.assertIn(f"perhaps port {self.mail.port} is shut to this machine", self.check())


class SelfTest(Probes):
    """Port 25 that is not open to us; one that is needs certificates, and tests/lab."""

    CANARIES = "mail.c1.test,mail.c2.test,mail.c3.test"

    def refused(self, canaries, *words):
        _, err = self.run_tool(*self.options(["sts1.test"], "--smtp", "--smtp-canaries", canaries), status=1)
        self.assert_one_line(err, *words)
        self.assertFalse(os.path.exists(self.out), "nothing is begun")

    def test_nobody_listens(self):
        self.mail.close()
        self.refused(self.CANARIES, f"port {self.mail.port} is shut to this machine (IPv4: blocked, IPv6: untested)",
                     "leave --smtp away")

    def test_somebody_else_answers_for_all(self):
        self.refused(self.CANARIES, "somebody else answers for well-known mail servers (IPv4: intercepted, IPv6: untested)",
                     "leave --smtp away")
        self.assertEqual(self.mail.connections, self.mail.quits)

    def test_canaries_that_do_not_exist(self):
        self.refused("nx1.test,nx2.test", "none of the well-known mail servers could be asked", "--smtp-canaries")

    def test_addresses_that_may_not_be_contacted(self):
        options = [word for word in self.options(["sts1.test"], "--smtp", "--smtp-canaries", self.CANARIES)
                   if word not in ("--allow-reserved", "127.0.0.0/8")]
        _, err = self.run_tool(*options, status=1)
        self.assert_one_line(err, "none of the well-known mail servers could be asked")
        self.assertEqual(self.mail.connections, 0)


    def test_canaries_that_the_user_wants_no_question_for(self):
        options = self.options(["sts1.test"], "--smtp", "--smtp-canaries", self.CANARIES, "--domain-blocklist-file",
                               self.put("blocked", "c1.test\nc2.test\nmail.c3.test\n"))
        _, err = self.run_tool(*options, status=1)
        self.assert_one_line(err, "none of the well-known mail servers could be asked")
        self.assertEqual(self.mail.connections, 0)


if __name__ == "__main__":
    tool.main()
