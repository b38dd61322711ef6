#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Which files a command may touch: those its options name for writing, and no other. What it reads is never written, by
whatever name; what is no regular file stays what it is."""
import hashlib
import itertools
import json
import os
import stat
import subprocess

import tool

WRITTEN = ("-o", "-m", "-u", "-l")
LIST = tool.lines(tool.names(20))


class Files(tool.Case):
    def setUp(self):
        super().setUp()
        self.dns = self.server()
        self.list = self.put("list", LIST)
        self.out = self.path("out.msgpack.zst")

    def options(self, *more, out=None):
        return self.scan_options(self.list, out or self.out, self.dns, *more)

    def scan(self, *more, out=None, status=0, **options):
        return self.run_tool(*self.options(*more, out=out), status=status, **options)

    def snapshot(self, *without):
        """Everything below the test's folder but what a test of ours writes there itself: type, mode, inode, content."""
        found = {}
        for folder, folders, files in os.walk(self.folder):
            for name in folders + files:
                path = os.path.join(folder, name)
                if name.startswith("stderr.") or path in without:
                    continue
                info = os.lstat(path)
                content = None
                if stat.S_ISREG(info.st_mode):
                    with open(path, "rb") as file:
                        content = hashlib.sha256(file.read()).hexdigest()
                elif stat.S_ISLNK(info.st_mode):
                    content = os.readlink(path)
                found[path] = (oct(info.st_mode), info.st_ino, content)
        return found


class Clashes(Files):
    """What is written must be no other file of the command: refused before anything is touched."""

    def setUp(self):
        super().setUp()
        self.inputs = {
            "--input-file": self.list,
            "--blocklist-file": self.put("networks", "198.51.100.0/24\n"),
            "--domain-blocklist-file": self.put("domains", "blocked.example\n"),
            "--name-servers": self.put("servers", self.dns.address + "\n"),
            "--ca-file": self.put("ca.pem", open(tool.a_certificate(), encoding="ascii").read()),
            "--resolver-config": self.put("unbound.conf", "server:\n"),
            "--config": self.put("config", "retries = 2\n"),
        }

    def command(self, written):
        """A scan that reads all of them, and writes @written: option → path."""
        read = []
        for option, path in self.inputs.items():
            if option == "--resolver-config":
                continue
            read += [option, ("@" if option == "--name-servers" else "") + path]
        if "-o" not in written:
            written = {"-o": self.out, **written}
        return ["scan", "--force", "--allow-reserved", "127.0.0.0/8", *read, *itertools.chain(*written.items())]

    def assert_refused(self, command, *words, **options):
        before = self.snapshot()
        _, err = self.run_tool(*command, status=2, **options)
        self.assert_one_line(err, "same file", *words)
        self.assertEqual(self.snapshot(), before)

    def test_it_works_without_a_clash(self):
        self.run_tool(*self.command({"-m": self.path("m"), "-u": self.path("u"), "-l": self.path("l")}))

    def test_an_input_is_never_an_output(self):
        for option, path in self.inputs.items():
            os.link(path, path + ".hard")
            os.symlink(os.path.basename(path), path + ".soft")
            for written in WRITTEN:
                for name in (path, os.path.join(self.folder, ".", os.path.basename(path)), path + ".hard", path + ".soft"):
                    with self.subTest(option=option, written=written, name=name):
                        command = self.command({written: name})
                        if option == "--resolver-config":
                            i = command.index("--name-servers")
                            command[i:i + 2] = ["--resolver", "unbound", option, path]
                        self.assert_refused(command, option)

    def test_no_output_is_another(self):
        os.symlink("new", self.path("link"))
        os.symlink("made", self.path("link-to-made"))
        self.put("made", "")
        for one, other in itertools.combinations(WRITTEN, 2):
            for name, again in (("new", "new"), ("new", "../" + os.path.basename(self.folder) + "/new"), ("made", "made"),
                                ("made", "link-to-made")):
                with self.subTest(options=(one, other), names=(name, again)):
                    self.assert_refused(self.command({one: self.path(name), other: self.path(again)}))

    def test_standard_output_twice(self):
        for other in ("-", "/dev/stdout"):
            self.assert_refused(self.command({"-o": "-", "-u": other}))

    def test_every_configuration_and_blocklist_counts(self):
        for option, content in (("--blocklist-file", "203.0.113.0/24\n"), ("--domain-blocklist-file", "x.example\n"),
                                ("--config", "retries = 1\n")):
            second = self.put("second", content)
            for command in (self.command({"-m": second}) + [option, second],
                            self.command({"-m": self.inputs[option]}) + [option, second]):
                with self.subTest(command=command):
                    self.assert_refused(command, option)

    def test_a_configuration_names_files_too(self):
        self.put("config", f"metadata-file = {self.inputs['--blocklist-file']}\n")
        self.assert_refused(self.command({}), "--metadata-file", "--blocklist-file")

    def test_a_link_to_nothing_is_refused(self):
        os.symlink("absent", self.path("link"))
        before = self.snapshot()
        for written in WRITTEN:
            _, err = self.run_tool(*self.command({written: self.path("link")}), status=2)
            self.assert_one_line(err, "link", "leads to no file")
            self.assertEqual(self.snapshot(), before)

    def test_standard_streams_that_are_an_input(self):
        """scan >>list, 2>>list: each message would be one more domain."""
        for stream in ("stdout", "stderr"):
            before = self.snapshot()
            with open(self.list, "ab") as file:
                process = self.start("scan", "-f", self.list, *(() if stream == "stdout" else ("-o", self.out)),
                                     "--name-servers", self.dns.address, **{stream: file})
                self.finish(process)
            self.assertEqual(process.returncode, 2)
            after = self.snapshot()
            if stream == "stdout":
                self.assertEqual(after, before)
            else:  # the message itself, once
                with open(self.list, encoding="ascii") as file:
                    self.assertTrue(file.read().startswith(LIST + "stsurvey scan: "))
                del before[self.list], after[self.list]
                self.assertEqual(after, before)

    def test_standard_input_that_is_an_output(self):
        for option in WRITTEN:
            more = (option, self.list) if option != "-o" else ()
            with open(self.list, "rb") as file:
                self.assert_refused(("scan", "-f", "-", "-o", self.out if more else self.list, "--force", *more,
                                     "--name-servers", self.dns.address), "--input-file", stdin=file)

    def test_check_keeps_its_inputs(self):
        for option in ("--blocklist-file", "--ca-file", "--config"):
            path = self.inputs[option]
            self.assert_refused(["check", "--name-servers", self.dns.address, option, path, "-l", path, "mx1.test"], option)


class Readers(Files):
    """Commands that read scan files."""

    def setUp(self):
        super().setUp()
        self.scan()
        with open(self.out, "rb") as file:
            self.content = file.read()

    def assert_kept(self, path=None):
        with open(path or self.out, "rb") as file:
            self.assertEqual(file.read(), self.content)

    def test_no_output_is_a_scan_file(self):
        os.link(self.out, self.path("hard"))
        os.symlink(self.out, self.path("soft"))
        for name in (self.out, self.path("hard"), self.path("soft")):
            for command in (("export", "--format", "csv", "-o", name), ("report", "-o", name)):
                _, err = self.run_tool(command[0], self.out, *command[1:], status=2)
                self.assert_one_line(err, self.out, "same file")
                self.assert_kept()

    def test_no_table_is_a_scan_file(self):
        for name in ("overview.csv", "misconfigured.csv", "providers.csv"):
            table = self.put(name, self.content)
            os.mkdir(self.path("links"))
            os.symlink(table, self.path("links/" + name))
            for folder in (self.folder, self.path("links")):
                for scan, stdin in ((table, subprocess.DEVNULL), ("-", open(table, "rb"))):
                    before = self.snapshot()
                    _, err = self.run_tool("stats", scan, "-d", folder, status=1, stdin=stdin)
                    self.assert_one_line(err, name, "a file to be read")
                    self.assertEqual(self.snapshot(), before)
            os.unlink(table)
            os.unlink(self.path("links/" + name))
            os.rmdir(self.path("links"))

    def test_standard_output_that_is_a_scan_file(self):
        for command in (("export", "--format", "jsonl"), ("export", "--format", "csv"), ("verify",), ("report", "-o", "-")):
            with open(self.out, "ab") as file:
                _, err = self.run_tool(command[0], self.out, *command[1:], status=2, stdout=file)
            self.assert_one_line(err, "same file")
            self.assert_kept()

    def test_standard_input_that_is_an_output(self):
        for command in (("export", "--format", "csv"), ("report",)):
            with open(self.out, "rb") as file:
                _, err = self.run_tool(command[0], "-", *command[1:], "-o", self.out, status=2, stdin=file)
            self.assert_one_line(err, "same file")
            self.assert_kept()

    def test_links_stay_and_lead_to_what_was_written(self):
        for folder in ("tables", "elsewhere"):
            os.mkdir(self.path(folder))
        for name in ("tables/overview.csv", "page", "lines"):
            target = self.put("elsewhere/" + os.path.basename(name), "before")
            os.symlink(target, self.path(name))
        for command in (("report", "-o", self.path("page")), ("export", "--format", "csv", "-o", self.path("lines")),
                        ("stats", "-d", self.path("tables"))):
            self.run_tool(command[0], self.out, *command[1:])
        for name in ("tables/overview.csv", "page", "lines"):
            self.assertTrue(os.path.islink(self.path(name)))
            self.assertGreater(os.path.getsize(self.path(name)), 100)
        self.assertEqual(sorted(os.listdir(self.path("elsewhere"))), ["lines", "overview.csv", "page"])

    def test_a_failure_leaves_what_was_there(self):
        precious = self.put("precious", "precious")
        damaged = bytearray(self.content)
        damaged[len(damaged) // 2] ^= 0x55
        for scan in (self.path("TYPO"), self.list, self.put("damaged", bytes(damaged)), self.folder):
            for command in (("export", "--format", "csv"), ("export", "--format", "jsonl"), ("report",)):
                with self.subTest(scan=scan, command=command):
                    before = self.snapshot()
                    self.run_tool(command[0], scan, *command[1:], "-o", precious, status=1)
                    self.assertEqual(self.snapshot(), before)

    def test_what_is_replaced_keeps_its_mode(self):
        os.mkdir(self.path("tables"))
        for mode in (0o600, 0o640, 0o664):
            for name, command in (("page", ("report", "-o", self.path("page"))),
                                  ("lines", ("export", "--format", "csv", "-o", self.path("lines"))),
                                  ("tables/overview.csv", ("stats", "-d", self.path("tables")))):
                os.chmod(self.put(name, "before"), mode)
                self.run_tool(command[0], self.out, *command[1:])
                self.assertEqual(stat.S_IMODE(os.stat(self.path(name)).st_mode), mode)
                self.assertNotEqual(os.path.getsize(self.path(name)), len("before"))


class Written(Files):
    """What the files of a scan may be."""

    def test_devices_and_fifos_stay(self):
        if os.geteuid() == 0:  # a device of the test's own: a break must not cost the machine
            os.mknod(self.path("null"), 0o666 | stat.S_IFCHR, os.makedev(1, 3))
        os.symlink(self.path("null") if os.geteuid() == 0 else "/dev/null", self.path("link"))
        os.mkfifo(self.path("fifo"))
        reader = os.open(self.path("fifo"), os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, reader)
        for name in ("null", "link", "fifo"):
            if not os.path.lexists(self.path(name)):
                continue
            for option in WRITTEN:
                with self.subTest(name=name, option=option):
                    before = self.snapshot(self.out)
                    more = (option, self.path(name)) if option != "-o" else ()
                    try:
                        self.scan(*more, "--force", "-v", out=None if more else self.path(name))
                    except AssertionError as error:
                        if "Permission denied" in str(error):
                            self.skipTest("devices made here cannot be opened")
                        raise
                    self.assertEqual(self.snapshot(self.out), before)

    def test_metadata_keeps_mode_and_link(self):
        for mode in (0o600, 0o644):
            os.chmod(self.put("meta", "before"), mode)
            if not os.path.lexists(self.path("link")):
                os.symlink("meta", self.path("link"))
            self.scan("--force", "-m", self.path("link"))
            self.assertTrue(os.path.islink(self.path("link")))
            self.assertEqual(stat.S_IMODE(os.stat(self.path("meta")).st_mode), mode)
            with open(self.path("meta"), encoding="utf-8") as file:
                self.assertEqual(json.load(file)["state"], "complete")

    def test_names_beside_are_left_alone(self):
        """.tmp, .part: another's, or planted to be followed."""
        victim = self.put("victim", "precious")
        for name in ("out.msgpack.zst", "meta", "status", "log"):
            for ending in ("tmp", "part", "new", "bak"):
                self.put(f"{name}.{ending}", "precious")
                os.symlink(victim, self.path(f".{name}.{ending}"))
        written = {self.path(name) for name in ("meta", "status", "log")} | {self.out}
        before = self.snapshot(*written)
        self.scan("-m", self.path("meta"), "-u", self.path("status"), "-l", self.path("log"))
        self.assertEqual(self.snapshot(*written), before)

    def test_the_scan_file_may_be_called_as_metadata_once_were(self):
        out = self.path("meta.tmp")
        self.scan("-m", self.path("meta"), out=out)
        self.assertEqual(self.verify(out), ("complete", 20))

    def test_a_folder_that_is_closed_is_told_before_the_scan(self):
        """The file may be written, but not be replaced."""
        as_nobody = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
        try:
            self.finish(self.start("--version", **as_nobody), 0)
        except PermissionError:
            self.skipTest("the program lies where only root can run it")
        os.mkdir(self.path("closed"))
        for name in ("closed/meta", "out.msgpack.zst"):
            os.chmod(self.put(name, "before"), 0o666)
        os.chmod(self.path("closed"), 0o555)
        os.chmod(self.folder, 0o755)
        tool.a_certificate()
        before = self.snapshot()
        _, err = self.scan("--force", "-m", self.path("closed/meta"), status=1, **as_nobody)
        self.assert_one_line(err, "closed/meta", "Permission denied", "--metadata-file")
        self.assertEqual(self.snapshot(), before)

    def test_a_resumed_scan_adds_to_its_status_updates(self):
        status = self.path("status")
        self.scan("--max-domains", "5", "-u", status)
        first = self.rows(status)
        self.scan("--resume", "-u", status)
        rows = self.rows(status)
        self.assertEqual(rows[:len(first)], first)
        self.assertGreater(len(rows), len(first))
        self.assertEqual(rows[-1]["domains"], "20")
        with open(status, encoding="ascii") as file:
            self.assertEqual(file.read().count("real-time"), 1)

    def test_a_log_on_a_full_disk_is_told_and_goes_on(self):
        _, err = self.scan("-l", "/dev/full", "-v")
        self.assertEqual(err.count("/dev/full: No space left on device; from here on the log is on standard error"), 1, err)
        self.assertIn("mx0.test", err)
        _, err = self.scan("--force", "-l", "/dev/full", "-m", self.path("absent/meta"), status=1)
        self.assertIn("absent/meta", err)


class Touched(Files):
    """A snapshot before and after: nothing but what is named."""

    def setUp(self):
        super().setUp()
        for name in ("cwd", "home", "temporary", "config", "cache"):
            os.mkdir(self.path(name))
        self.environment = dict(os.environ, HOME=self.path("home"), TMPDIR=self.path("temporary"),
                                XDG_CONFIG_HOME=self.path("config"), XDG_CACHE_HOME=self.path("cache"))

    def assert_touches(self, command, *names, status=0):
        before = self.snapshot()
        self.run_tool(*command, status=status, env=self.environment, cwd=self.path("cwd"))
        after = self.snapshot()
        changed = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
        self.assertEqual({os.path.relpath(path, self.folder) for path in changed}, set(names), command)

    def test_a_scan(self):
        self.assert_touches(self.options("-q"), "out.msgpack.zst")
        self.assert_touches(self.options("--force", "-m", self.path("meta"), "-u", self.path("status"), "-l", self.path("log")),
                            "out.msgpack.zst", "meta", "status", "log")
        self.assert_touches(self.options("--force", out="cwd-relative"), "cwd/cwd-relative")
        self.assert_touches(self.options(out="-"))
        self.assert_touches(self.options(), status=1)
        self.assert_touches(self.options("--resume", "-m", self.path("other"), "-u", self.path("another")))
        self.put("list", tool.lines(["sf1.test"]))
        self.assert_touches(self.options(out=self.path("deferred")), "deferred", status=3)

    def test_what_a_scan_gives_up(self):
        """scanner/base/confine.h: tests/scanner/base/test_confine.c tells what it means."""
        meta = self.path("meta")
        process = self.start(*self.options("-r", "2", "-m", meta))
        self.wait_until(lambda: os.path.exists(meta) and os.path.getsize(meta), process)
        with open(f"/proc/{process.pid}/status", encoding="ascii") as file:
            self.assertIn("NoNewPrivs:\t1\n", file.read())
        with open(meta, encoding="utf-8") as file:
            self.assertIn(json.load(file)["confined"], (True, False))
        process.kill()

    def test_files_in_another_process(self):
        """Linux looks into none from within Landlock: there it is left out."""
        root = f"/proc/{os.getpid()}/root{self.folder}/"
        self.scan("-m", root + "meta", out=root + "out")
        self.scan("-m", root + "meta", out=root + "out", status=1)
        with open(self.path("meta"), encoding="utf-8") as file:
            self.assertFalse(json.load(file)["confined"])
        _, err = self.scan(out=f"/proc/{os.getpid()}/root{self.list}", status=2)
        self.assert_one_line(err, "same file")
        self.run_tool("export", root + "out", "--format", "csv", "-o", root + "lines")
        self.assertGreater(os.path.getsize(self.path("lines")), 100)

    def test_the_others(self):
        self.scan()
        self.assert_touches(("verify", self.out))
        self.assert_touches(("export", self.out, "--format", "csv"))
        self.assert_touches(("export", self.out, "--format", "jsonl", "-o", self.path("lines")), "lines")
        self.assert_touches(("report", self.out, "-o", "page.html"), "cwd/page.html")
        self.assert_touches(("findings", "-o", "table"), "cwd/table")
        self.assert_touches(("help", "scan"))
        check = ("check", "--name-servers", self.dns.address, "--ca-file", tool.a_certificate(), "mx1.test")
        self.assert_touches(check, status=1)
        self.assert_touches((*check, "-l", self.path("log")), "log", status=1)
        tables = [f"t/{name}.csv" for name in ("overview", "funnel", "by_tld", "by_rank", "by_label", "components", "findings", "tls", "http", "syntax",
                                               "mode_max_age", "mx_consistency", "tlsrpt", "providers", "misconfigured",
                                               "sender_outcome", "senders_differ", "mx_tls", "mx_hosts", "dane", "delivery",
                                               "interplay", "expiry", "first_break", "dnssec", "managed", "inconsistency", "orphans", "concentration",
                                               "direct", "audit")]
        self.assert_touches(("stats", self.out, "-d", self.path("t")), "t", *tables)
        for command in (("stats", self.list, "-d", self.path("t2")), ("stats", self.path("absent"), "-d", self.path("t"))):
            self.assert_touches(command, *(("t2",) if "t2" in command[-1] else ()), status=1)


if __name__ == "__main__":
    tool.main()
