#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Bad input, bad options, bad places to write: each says in one line what is wrong and what to do, with the right exit
status, and never looks like success."""
import fcntl
import gzip
import json
import os
import pty
import re
import socket
import stat
import struct
import subprocess
import termios
import time
import unittest

import tool


class Lists(tool.Case):
    def setUp(self):
        super().setUp()
        self.dns = self.server()
        self.out = self.path("out.msgpack.zst")

    def scan(self, list_path, *more, status=0, **options):
        return self.run_tool(*self.scan_options(list_path, self.out, self.dns, *more), status=status, **options)

    def assert_refused(self, list_path, *words, **options):
        _, err = self.scan(list_path, status=1, **options)
        self.assert_one_line(err, *words)
        self.assertFalse(os.path.exists(self.out), "a failure left a scan file")

    def statuses(self):
        return {i: (r["name"], r["status"]) for i, r in self.records(self.out).items()}

    def test_empty_list(self):
        self.assert_refused(self.put("list", ""), self.path("list"), "no domain", "one name a line")

    def test_comments_alone(self):
        self.assert_refused(self.put("list", "# nothing\n\n   \n#here\n"), self.path("list"), "no domain")

    def test_empty_standard_input(self):
        self.assert_refused("-", "no domain")

    def test_standard_input_that_ends_late_and_empty(self):
        """The list's first line may be slow to come: its absence is noticed all the same."""
        process = self.start(*self.scan_options("-", self.out, self.dns), stdin=subprocess.PIPE)
        time.sleep(1.5)
        _, err = self.finish(process, 1)
        self.assertIn("no domain", err)

    def test_missing_list(self):
        self.assert_refused(self.path("absent"), self.path("absent"), "No such file", "--input-file")

    def test_directory_as_list(self):
        self.assert_refused(self.folder, self.folder, "is a directory", "give a file")

    def test_list_below_a_file(self):
        path = os.path.join(self.put("file", "x"), "list")
        self.assert_refused(path, path, "Not a directory")

    def test_utf16(self):
        for order in ("\ufeff".encode("utf-16-le"), "\ufeff".encode("utf-16-be")):
            self.assert_refused(self.put("list", order + b"a\0\n\0"), self.path("list"), "UTF-16", "iconv")

    def test_truncated_gzip(self):
        whole = gzip.compress(tool.lines(tool.names(5000)).encode())
        for size in (5, 30, len(whole) // 2, len(whole) - 3):
            with self.subTest(size=size):
                path = self.put("list.gz", whole[:size])
                _, err = self.scan(path, "--force", status=1)
                self.assert_one_line("".join(l + "\n" for l in err.splitlines() if "[error]" in l), path, "truncated")
                if os.path.exists(self.out):
                    said, _ = self.verify(self.out)
                    self.assertIn("interrupted", said)
                    os.unlink(self.out)

    def test_damaged_gzip(self):
        octets = bytearray(gzip.compress(tool.lines(tool.names(5000)).encode()))
        octets[len(octets) // 2] ^= 0x55
        path = self.put("list.gz", bytes(octets))
        _, err = self.scan(path, status=1)
        self.assertIn(path, err)

    def test_gzip_of_nothing(self):
        self.assert_refused(self.put("list.gz", gzip.compress(b"")), "no domain")

    def test_a_line_of_a_megabyte(self):
        self.scan(self.put("list", b"mx1.test\n" + b"a" * 1000000 + b"\nmx2.test\n"))
        found = self.statuses()
        self.assertEqual([found[i][1] for i in range(3)], ["complete", "illegal-input", "complete"])
        self.assertEqual(found[2][0], "mx2.test")

    def test_a_line_of_a_megabyte_without_end(self):
        self.scan(self.put("list", b"mx1.test\n" + b"a" * 1000000))
        self.assertEqual([s for _, s in self.statuses().values()], ["complete", "illegal-input"])

    def test_nul_octets(self):
        self.scan(self.put("list", b"mx1.test\nmx\0x.test\n\0\0\0\nmx2.test\n"))
        self.assertEqual([s for _, s in self.statuses().values()],
                         ["complete", "illegal-input", "illegal-input", "complete"])

    def test_octets_that_are_not_utf8(self):
        self.scan(self.put("list", b"mx1.test\nb\xfc\xdfer.test\n\xff\xfe\n\xc3.test\nmx2.test\n"))
        found = self.records(self.out)
        self.assertEqual([found[i]["status"] for i in range(5)],
                         ["complete", "illegal-input", "illegal-input", "illegal-input", "complete"])
        self.assertEqual((found[1]["name"], found[1].get("encoding")), ("b\xfc\xdfer.test", "latin-1"))

    def test_cr_lf(self):
        self.scan(self.put("list", b"mx1.test\r\nnx2.test\r\n\r\nsts3.test\r\n"))
        self.assertEqual([n for n, _ in self.statuses().values()], ["mx1.test", "nx2.test", "sts3.test"])
        self.assert_truth(self.records(self.out))

    def test_no_line_end_at_the_end(self):
        self.scan(self.put("list", b"mx1.test\nmx2.test"))
        self.assertEqual(len(self.records(self.out)), 2)

    def test_only_bad_lines(self):
        self.assert_refused(self.put("list", "-\n!\n192.0.2.1\n"), self.path("list"), "no line of it is a domain name")
        self.scan(self.put("list", "-\n!\nmx1.test\n"))
        self.assertEqual([s for _, s in self.statuses().values()], ["illegal-input", "illegal-input", "complete"])

    def test_list_whose_name_is_no_utf8(self):
        path = os.path.join(os.fsencode(self.folder), b"l\xff\n.txt")
        with open(path, "wb") as file:
            file.write(b"mx1.test\n")
        self.run_tool(*self.scan_options(os.fsdecode(path), self.out, self.dns, "-m", self.path("meta")))
        with open(self.path("meta"), encoding="utf-8") as file:
            self.assertEqual(json.load(file)["state"], "complete")


class Places(tool.Case):
    def setUp(self):
        super().setUp()
        self.dns = self.server()
        self.list = self.put("list", tool.lines(tool.names(50)))

    def scan(self, out, *more, status, **options):
        return self.run_tool(*self.scan_options(self.list, out, self.dns, *more), status=status, **options)

    def test_output_in_a_folder_that_is_not_there(self):
        path = self.path("absent/out")
        self.assert_one_line(self.scan(path, status=1)[1], path, "No such file or directory")

    def test_output_below_a_file(self):
        path = os.path.join(self.list, "out")
        for more in ((), ("--resume",), ("--force",)):
            self.assert_one_line(self.scan(path, *more, status=1)[1], path, "Not a directory")

    def test_output_is_a_directory(self):
        self.assert_one_line(self.scan(self.folder, status=1)[1], self.folder)
        self.assert_one_line(self.scan(self.folder, "--force", status=1)[1], self.folder, "directory")

    def test_output_in_a_folder_not_ours(self):
        os.mkdir(self.path("closed"), 0o500)
        os.chmod(self.folder, 0o755)
        as_nobody = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
        if as_nobody and not os.path.isabs(tool.STSURVEY):
            self.skipTest("root may write anywhere")
        tool.a_certificate()
        try:
            process = self.start("--version", **as_nobody)
        except PermissionError:
            self.skipTest("the program lies where only root can run it")
        self.finish(process, 0)
        for out in (self.path("closed/out"), self.path("out")) if as_nobody else (self.path("closed/out"),):
            self.assert_one_line(self.scan(out, status=1, **as_nobody)[1], out, "Permission denied")

    def test_existing_output_is_kept(self):
        path = self.put("out", "precious")
        self.assert_one_line(self.scan(path, status=1)[1], path, "exists", "--resume", "--force")
        with open(path, encoding="ascii") as file:
            self.assertEqual(file.read(), "precious")
        self.assert_one_line(self.scan(path, "--resume", status=1)[1], path)
        with open(path, encoding="ascii") as file:
            self.assertEqual(file.read(), "precious")
        self.scan(path, "--force", status=0)
        self.assertEqual(self.verify(path), ("complete", 50))

    def test_no_file_is_written_over_by_another_name(self):
        os.symlink(self.list, self.path("symbolic"))
        os.link(self.list, self.path("hard"))
        with open(self.list, "rb") as file:
            before = file.read()
        for name in ("symbolic", "hard"):
            for option in ("-o", "-m", "-u", "-l"):
                more = (option, self.path(name)) if option != "-o" else ()
                _, err = self.scan(self.path("out" if more else name), "--force", *more, status=2)
                self.assert_one_line(err, "--input-file", "same file")
        with open(self.list, "rb") as file:
            self.assertEqual(file.read(), before)

    def test_closed_standard_descriptors(self):
        """The scan file must not become descriptor 2, and be what messages are written to."""
        def start(*closed):
            return {"preexec_fn": lambda: [os.close(fd) for fd in closed]}

        # nothing is captured: what Python would put in their place must not be there
        for closed in ((0,), (1,), (2,), (0, 1, 2)):
            with self.subTest(closed=closed):
                process = self.start(*self.scan_options(self.list, self.path("out"), self.dns, "--force", "-v"),
                                     stdin=None, stdout=None, stderr=None, **start(*closed))
                self.assertEqual(process.wait(tool.TIMEOUT_S), 0)
                self.assertEqual(self.verify(self.path("out")), ("complete", 50))
        _, err = self.scan("-", status=1, **start(1))
        self.assert_one_line(err, "standard output", "Bad file descriptor")
        options = ("--name-servers", self.dns.address, "--ca-file", tool.a_certificate())
        _, err = self.run_tool("check", "-q", *options, "mx1.test", status=1, **start(1))
        self.assert_one_line(err, "standard output")
        for command in (("help",), ("--version",), ("help", "scan"), ("help", "stats")):
            _, err = self.run_tool(*command, status=1, **start(1))
            self.assert_one_line(err, "standard output")

    def test_full_disk_from_the_start(self):
        self.assert_one_line(self.scan("/dev/full", "--force", status=1)[1], "/dev/full", "disk full", "free space")
        self.assertTrue(stat.S_ISCHR(os.stat("/dev/full").st_mode))

    def test_standard_output_full(self):
        with open("/dev/full", "wb") as full:
            self.assertIn("disk full", self.scan("-", status=1, stdout=full)[1])

    def test_metadata_that_cannot_be_written(self):
        _, err = self.scan(self.path("out"), "-m", self.path("absent/meta"), status=1)
        self.assert_one_line(err, "absent/meta", "--metadata-file")
        self.assertFalse(os.path.exists(self.path("out")), "a scan that could not begin left a scan file")

    def test_a_scan_that_cannot_begin_replaces_nothing(self):
        self.scan(self.path("out"), status=0)
        for option in ("-m", "-u"):
            for path in (self.path("absent/file"), self.folder):
                self.scan(self.path("out"), "--force", option, path, status=1)
                self.assertEqual(self.verify(self.path("out")), ("complete", 50))

    def test_status_updates_that_cannot_be_written(self):
        _, err = self.scan(self.path("out"), "-u", self.path("absent/status"), status=1)
        self.assert_one_line(err, "absent/status", "--status-updates-file")
        self.assertFalse(os.path.exists(self.path("out")), "a scan that could not begin left a scan file")

    def test_metadata_on_a_full_disk_costs_no_result(self):
        _, err = self.scan(self.path("out"), "-u", "/dev/full", status=0)
        self.assertIn("/dev/full", err)
        self.assertEqual(self.verify(self.path("out")), ("complete", 50))

    def test_log_that_cannot_be_written(self):
        _, err = self.scan(self.path("out"), "-l", self.path("absent/log"), status=1)
        self.assert_one_line(err, "absent/log", "--log-file")
        self.assertFalse(os.path.exists(self.path("out")))

    def test_results_of_a_scan_to_a_full_disk(self):
        self.scan(self.path("out"), status=0)
        for command in (("export", self.path("out"), "--format", "jsonl"), ("export", self.path("out"), "--format", "csv"),
                        ("verify", self.path("out")), ("findings",)):
            with open("/dev/full", "wb") as full:
                _, err = self.run_tool(*command, status=1, stdout=full)
            self.assert_one_line(err)
        _, err = self.run_tool("stats", self.path("out"), "-d", os.path.join(self.list, "dir"), status=1)
        self.assert_one_line(err, self.list)
        _, err = self.run_tool("report", self.path("out"), "-o", self.path("absent/page.html"), status=1)
        self.assert_one_line(err, "absent/page.html")

    def test_a_name_that_promises_something_else(self):
        for name, told in (("a.json", ".json"), ("a.CSV", ".csv"), ("a.msgpack.gz", ".gz"), ("a.msgpack.zst", None), ("gz", None)):
            _, err = self.scan(self.path(name), status=0)
            self.assertEqual(f"what is written is no {told} but a scan file" in err, told is not None, err)
            self.assertEqual(self.verify(self.path(name)), ("complete", 50))
        _, err = self.scan(self.path("a.json"), "--resume", status=0)
        self.assertNotIn("what is written", err)
        for name, form, told in (("b.csv.gz", "csv", ".gz"), ("b.jsonl", "csv", ".jsonl"), ("b.csv", "jsonl", ".csv"),
                                 ("b.csv", "csv", None), ("b.json", "jsonl", None)):
            _, err = self.run_tool("export", self.path("gz"), "--format", form, "-o", self.path(name))
            self.assertEqual(f"what is written is no {told} but" in err, told is not None, err)

    def test_what_is_said_to_a_full_disk(self):
        dns = self.server()
        for command in (("help",), ("--version",), ("--help",), ("scan", "--help"), ("help", "export"),
                        ("check", "--name-servers", dns.address, "--ca-file", tool.a_certificate(), "-q", "mx1.test")):
            with open("/dev/full", "wb") as full:
                _, err = self.run_tool(*command, status=1, stdout=full)
            self.assert_one_line(err, "standard output: No space left on device")

    def test_nobody_hears_what_a_scan_says(self):
        with open("/dev/full", "wb") as full:
            self.scan(self.path("full"), status=0, stderr=full)
        self.scan(self.path("closed"), status=0, preexec_fn=lambda: os.close(2))
        for name in ("full", "closed"):
            self.assertEqual(self.verify(self.path(name)), ("complete", 50))

    def test_commands_on_what_is_no_scan(self):
        for path in (self.path("absent"), self.folder, self.list, self.put("empty", "")):
            for command in (("export", "--format", "jsonl"), ("stats", "-d", self.path("tables")), ("verify",),
                            ("report", "-o", self.path("page.html"))):
                with self.subTest(command=command, path=path):
                    _, err = self.run_tool(command[0], path, *command[1:], status=1)
                    self.assert_one_line(err, path)


class NameServers(tool.Case):
    def setUp(self):
        super().setUp()
        self.list = self.put("list", tool.lines(tool.names(50)))
        self.out = self.path("out")

    def scan(self, servers, *more, status):
        return self.run_tool("scan", "-f", self.list, "-o", self.out, "--name-servers", servers, "--ca-file",
                             tool.a_certificate(), *more, status=status)

    def refused(self, servers, *words):
        _, err = self.scan(servers, status=1)
        self.assert_one_line(err, *words)
        self.assertFalse(os.path.exists(self.out), "a scan that could not begin left a scan file")

    def test_nobody_listens(self):
        self.refused("127.0.0.1:9", "127.0.0.1:9", "no answer", "--name-servers")

    def test_somebody_listens_and_is_silent(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mute:
            mute.bind(("127.0.0.1", 0))
            port = mute.getsockname()[1]
            self.refused(f"127.0.0.1:{port}", f"127.0.0.1:{port}", "no answer")

    def test_every_one_refuses(self):
        servers = [self.server(), self.server()]
        for server in servers:
            server.become("refused")
        self.refused(",".join(s.address for s in servers), servers[0].address, "all others", "REFUSED")

    def test_one_of_two_is_enough(self):
        server = self.server()
        _, err = self.scan(f"127.0.0.1:9,{server.address}", status=0)
        self.assertIn("port 9 does not answer", err)
        self.assert_truth({i: r for i, r in self.records(self.out).items() if not r["name"].startswith("sts")})

    def test_servfail_for_everything_is_no_finding(self):
        server = self.server()
        server.become("servfail")
        _, err = self.scan(server.address, status=3)
        self.assertIn("SERVFAIL", err)
        _, err = self.scan(server.address, "--force", "-q", "-l", self.path("log"), status=3)
        self.assertRegex(err, r"^stsurvey scan: 50 of 50 domains \(100\.0 %\) could not be measured, more than 1 %.*\n$")
        records = self.records(self.out)
        self.assertEqual(len(records), 50)
        self.assertEqual({r["status"] for r in records.values()}, {"unknown"})
        self.assertEqual({r["results"]["MX"]["status"] for r in records.values()}, {"SERVFAIL"})
        self.assertEqual(self.verify(self.out), ("complete", 50))

    def test_a_server_that_rewrites_is_told(self):
        server = self.server()
        server.become("rewrite")
        _, err = self.scan(server.address, "-m", self.path("meta"), status=0)
        self.assertIn("invents addresses", err)
        with open(self.path("meta"), encoding="utf-8") as file:
            self.assertTrue(json.load(file)["servers"][0]["rewrites_nxdomain"])

    def test_bad_addresses(self):
        for servers in ("", "localhost", "1.2.3", "127.0.0.1:0", "127.0.0.1:99999", "[::1", "@" + self.path("absent")):
            with self.subTest(servers=servers):
                process = self.start("scan", "-f", self.list, "-o", self.out, "--name-servers", servers)
                _, err = self.finish(process)
                self.assertIn(process.returncode, (1, 2))
                self.assert_one_line(err)


class Usage(tool.Case):
    COMMANDS = ("scan", "check", "stats", "export", "report", "verify", "findings")

    def test_help_of_each_command(self):
        for command in self.COMMANDS:
            with self.subTest(command=command):
                out, err = self.run_tool(command, "--help")
                self.assertTrue(out.startswith(f"usage: stsurvey {command}"), out[:80])
                self.assertEqual(err, "")
                self.assertEqual(self.run_tool("help", command)[0], out)
        self.assertIn("Commands:", self.run_tool("help")[0])
        self.assertIn("Commands:", self.run_tool("--help")[0])
        self.assertRegex(self.run_tool("--version")[0], r"^stsurvey \d+\.\d+\.\d+\n(\S+ \d[\w.]*\n)+$")

    def test_unknown_words(self):
        for arguments in (("scam",), ("help", "scam")):
            self.assert_one_line(self.run_tool(*arguments, status=2)[1], "scam", "no such command")
        self.assertIn("usage:", self.run_tool(status=2)[1])

    def test_bad_options(self):
        table = (
            (("scan", "--rat", "x"), "rat"),
            (("scan", "--conurrency", "5"), "concurrency"),
            (("scan", "--rate", "fast"), "--rate"),
            (("scan", "--rate", "-1"), "--rate"),
            (("scan", "--rate", "nan"), "--rate"),
            (("scan", "--timeout", "0"), "--timeout"),
            (("scan", "--retries", "9999999999999999999999"), "--retries"),
            (("scan", "--shards", "0"), "--shards"),
            (("scan", "--shards", "3", "-f", "x", "-o", "y"), "--shard"),
            (("scan", "--shards", "3", "--shard", "3", "-f", "x", "-o", "y"), "--shard"),
            (("scan", "--resume", "--force", "-f", "x", "-o", "y"), "--resume and --force"),
            (("scan", "--resume", "-f", "x", "-o", "-"), "--output-file"),
            (("scan", "-f", "x", "-o", "x"), "same file"),
            (("scan", "example.com"), "-f LIST"),
            (("scan", "-f"), "needs a value"),
            (("scan", "--quiet=yes"), "takes no value"),
            (("scan", "--https-port", "70000"), "--https-port"),
            (("scan", "--allow-reserved", "10.0.0.0/33"), "--allow-reserved"),
            (("scan", "-Z"), "-Z"),
            (("check",), "no domain"),
            (("verify",), ""),
            (("export", "x", "--format", "xml"), "xml"),
            (("export", "--format", "jsonl"), "no scan file"),
            (("stats", "x"), "-d"),
            (("report", "x"), "-o"),
        )
        for arguments, word in table:
            with self.subTest(arguments=arguments):
                _, err = self.run_tool(*arguments, status=2)
                self.assertIn(word, err)
                self.assertLessEqual(len(err.splitlines()), 2, err)

    def test_configuration_errors_name_their_line(self):
        table = (
            ("# fine\nrate = 100\nconcurency = 5\n", ":3: ", "concurrency"),
            ("rate = fast\n", ":1: ", "rate"),
            ("rate =\n", ":1: ", "needs a value"),
            ("\n\nconfig = other\n", ":3: ", "no place"),
            ("name-servers = 127.0.0.1:x\n", ":1: ", ""),
        )
        for text, where, word in table:
            with self.subTest(text=text):
                path = self.put("config", text)
                _, err = self.run_tool("scan", "-C", path, "-f", "x", "-o", "y", status=2)
                self.assert_one_line(err, path + where, word)
        for path in (self.path("absent"), self.folder):
            self.assert_one_line(self.run_tool("scan", "-C", path, status=1)[1], path)
        for option in ("-b", "--domain-blocklist-file"):
            self.assert_one_line(self.run_tool("scan", option, self.path("absent"), status=1)[1], self.path("absent"))
        path = self.put("blocklist", "192.0.2.0/24\nnonsense\n")
        _, err = self.finish(self.start("scan", "-b", path, "-f", "x", "-o", "y"))
        self.assert_one_line(err, path + ":2: ")

    def test_configuration_is_used(self):
        dns = self.server()
        config = self.put("config", f"""# a survey
name-servers = {dns.address}
input-file = {self.put("list", tool.lines(tool.names(20)))}
output-file = {self.path("from-config")}
ca-file = {tool.a_certificate()}
rate = 5
""")
        self.run_tool("scan", "-C", config, "-o", self.path("out"), "--rate", "0", "-q")
        self.assertEqual(self.verify(self.path("out")), ("complete", 20))
        self.assertFalse(os.path.exists(self.path("from-config")))

    def test_ca_file_that_is_none(self):
        for path in (self.path("absent"), self.put("ca", "no certificate"), self.folder):
            _, err = self.run_tool("scan", "-f", "x", "-o", self.path("out"), "--name-servers", "127.0.0.1:9", "--ca-file",
                                   path, status=1)
            self.assert_one_line(err, path)

    def test_check_tells_by_its_exit_status(self):
        dns = self.server()
        options = ("--name-servers", dns.address, "--ca-file", tool.a_certificate(), "--allow-reserved", "127.0.0.0/8",
                   "--https-port", "9")
        out, _ = self.run_tool("check", *options, "mx1.test", status=1)
        self.assertIn("mx1.test", out)
        self.assertNotIn("\033", out)
        out, _ = self.run_tool("check", *options, "sts1.test", status=1)
        self.assertIn("connection", out.lower())
        self.run_tool("check", *options, "not a name", status=2)
        _, err = self.run_tool("check", "--name-servers", "127.0.0.1:9", "mx1.test", status=1)
        self.assertNotEqual(err, "")

    def check(self, *more, status, **options):
        dns = self.server()
        return self.run_tool("check", "--name-servers", dns.address, "--ca-file", tool.a_certificate(), "--allow-reserved",
                             "127.0.0.0/8", "--https-port", "9", *more, status=status, **options)

    def test_check_keeps_nothing_from_the_other_names(self):
        out, err = self.check("https://mx1.test/x", "mx2.test", "me@mx3.test", "not a name", " STS4.Test. ", "b\u00fccher.test",
                              status=2)
        self.assertEqual(re.findall(r"(?m)^\S+$", out), ["mx2.test", "sts4.test", "xn--bcher-kva.test"])
        self.assertEqual(err.splitlines(),
                         ["stsurvey check: https://mx1.test/x: is no domain name; did you mean mx1.test?",
                          "stsurvey check: me@mx3.test: is no domain name; did you mean mx3.test?",
                          "stsurvey check: not a name: is no domain name"])
        _, err = self.check("_mta-sts.mx1.test", "mx7.test.", status=1)
        self.assertIn("_mta-sts.mx1.test: is looked at as a mail domain; did you mean mx1.test?", err)
        listed = self.put("unasked", "mx5.test\n")
        out, err = self.check("--domain-blocklist-file", listed, "mx5.test", "mx6.test", status=1)
        self.assertIn("mx6.test\n", out)
        self.assert_one_line(err, "mx5.test", "--domain-blocklist-file")

    def test_check_of_bad_names_alone_asks_nobody(self):
        _, err = self.run_tool("check", "--name-servers", "127.0.0.1:9", "me@mx3.test", status=2)
        self.assert_one_line(err, "mx3.test?")

    def test_check_says_what_is_so(self):
        out, _ = self.check("nx1.test", status=1)
        self.assertIn("the domain does not exist", out)
        self.assertNotIn("deliver as if", out)
        out, _ = self.check("sts1.test", status=1)
        self.assertIn("connection-refused at 127.0.0.1 port 9,", out)
        self.assertIn("port 9 of mta-sts.sts1.test", out)
        self.assertNotIn("443", out)
        _, err = self.run_tool("check", "--name-servers", "127.0.0.1:9", "mx1.test", status=1)
        self.assert_one_line(err, "127.0.0.1:9", "no answer")

    def on_a_terminal(self, columns, run):
        """What is printed there by @run, which is called with the terminal."""
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        run(slave)
        os.close(slave)
        octets = b""
        try:
            while piece := os.read(master, 4096):
                octets += piece
        except OSError:
            pass
        os.close(master)
        return octets.decode("ascii").replace("\r\n", "\n")

    def check_on_a_terminal(self, columns, **environment):
        return self.on_a_terminal(columns, lambda terminal: self.check(
            "sts1.test", status=1, stdout=terminal, env={**os.environ, "NO_COLOR": "", **environment}))

    def test_help_on_a_terminal(self):
        for command in self.COMMANDS:
            for columns in (60, 80, 100):
                text = self.on_a_terminal(columns, lambda terminal, c=command: self.run_tool("help", c, stdout=terminal))
                self.assertLessEqual(max(map(len, text.splitlines()[1:])), columns, command)

    def test_check_on_a_terminal(self):
        text = self.check_on_a_terminal(60, TERM="xterm")
        self.assertIn("\033[", text)
        self.assertLessEqual(max(map(len, re.sub(r"\033\[[\d;]*m", "", text).splitlines())), 60)
        for environment in ({"TERM": "dumb"}, {"TERM": ""}, {"TERM": "xterm", "NO_COLOR": "1"}):
            text = self.check_on_a_terminal(80, **environment)
            self.assertNotIn("\033", text)
            self.assertLessEqual(max(map(len, text.splitlines())), 80)

    def test_check_warns_of_its_name_servers(self):
        """On standard error, in a log file instead, or not at all."""
        dns, log = self.server(), self.path("log")
        dns.become("rewrite")
        options = ("--name-servers", dns.address, "--ca-file", tool.a_certificate())
        self.assertIn("invents addresses", self.run_tool("check", *options, "mx1.test", status=1)[1])
        self.assertEqual(self.run_tool("check", *options, "-l", log, "mx1.test", status=1)[1], "")
        with open(log, encoding="utf-8") as file:
            self.assertRegex(file.read(), r"Z \[warning\] name server .* invents addresses")
        self.assertEqual(self.run_tool("check", *options, "-q", "mx1.test", status=1)[1], "")
        self.assertEqual(self.run_tool("check", *options, "-q", "-l", log, "mx1.test", status=1)[1], "")
        _, err = self.run_tool("check", *options, "-l", self.folder, "mx1.test", status=1)
        self.assert_one_line(err, "stsurvey check: ", self.folder)


if __name__ == "__main__":
    tool.main()
