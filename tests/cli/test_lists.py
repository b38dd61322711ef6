#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Lists as others write them: registrars' exports, spreadsheets, dumps that broke off, files that are no list. Each is read
as it was meant, or refused in one line with the way out; and a list that changes is not taken for the one it was."""
import gzip
import json
import os
import shutil
import signal
import subprocess
import time

import tool

WINDOWS = """;
;  Database file corp.example.dns for Default zone scope in zone corp.example.
;

@                       IN  SOA dc1.host.example. hostmaster.corp.example. (
                        \t\t41           ; serial number
                        \t\t900          ; refresh
                        \t\t600          ; retry
                        \t\t86400        ; expire
                        \t\t3600       ) ; default TTL

@                       NS\tdc1.host.example.
@                       600\tA\t192.0.2.10
@                       MX\t10\tmail.corp.example.
;  Delegated sub-zone:  child.corp.example.
child                   NS\tdc1.child.corp.example.
mail                    A\t192.0.2.25
"""
REGISTRAR = """; Domain: shop.example
$TTL 3600
; SOA Record
@\t3600\t IN \tSOA\tns01.host.example.\tdns.host.example. (
\t\t\t\t2024041900
\t\t\t\t28800
\t\t\t\t7200
\t\t\t\t604800
\t\t\t\t600
\t\t\t\t)
; NS Records
@\t3600\t IN \tNS\tns01.host.example.
team\t3600\t IN \tNS\tns1.team.example.
lab\t3600\t IN \tNS\tns1.lab.example.
"""
SOA = "zone.\t3600\tin\tsoa\ta.nic.zone. host.nic.zone. 1 2 3 4 5\nzone.\t3600\tin\tns\ta.nic.zone.\n"
MORE_S = 1   # until a scan is told once more to be faster
LONG = 4000  # names, more than a feed runs ahead of a scan that is slow


class Read(tool.Case):
    """List → its names, and what is illegal input in them."""

    def setUp(self):
        super().setUp()
        self.dns = self.server()
        self.out = self.path("out.msgpack.zst")

    def scan(self, content, *more, status=0, name="list"):
        """(name, rank, status) of each record, and what was said."""
        path = content if content == "-" else self.put(name, content)
        _, err = self.run_tool(*self.scan_options(path, self.out, self.dns, "--force", *more), status=status)
        found = self.records(self.out, whole=status == 0) if os.path.exists(self.out) else {}
        self.assertEqual(list(found), list(range(len(found))))
        return [(r["name"], r["rank"], r["status"]) for r in found.values()], err

    def assert_names(self, content, expected, *more):
        found, _ = self.scan(content, *more)
        self.assertEqual(found, [(*name, "complete") if isinstance(name, tuple) else (name, None, "complete")
                                 for name in expected])

    def test_zones_with_an_origin(self):
        self.assert_names(WINDOWS, ["child.corp.example"], "--origin", "corp.example")
        self.assert_names(REGISTRAR, ["team.shop.example", "lab.shop.example"], "--origin", "shop.example.")
        self.assert_names("$ORIGIN corp.example.\n" + WINDOWS, ["child.corp.example"])
        self.assert_names(WINDOWS + "$ORIGIN sub\n@ NS x\n", ["child.corp.example", "sub.corp.example"], "--origin",
                          "corp.example")

    def test_names_without_the_last_dot(self):
        self.assert_names("one.example 3600 IN NS ns.x.\ntwo.example 3600 IN NS ns.x.\n", ["one.example", "two.example"])

    def test_other_first_types(self):
        rest = "".join(f"{name}.zone. 3600 IN NS ns1.host.example.\n" for name in ("one", "two"))
        for first in ("_25._tcp.mx.zone. 3600 IN TLSA 3 1 1 abcd", "zone. IN 1h TYPE65534 \\# 1 00",
                      "zone. 3600 CLASS1 NEWTYPE x", "$DATE 20240101000000", "x.zone. HTTPS 1 . alpn=h2"):
            if first.endswith("h2"):
                first = "$TTL 1\n" + first
            with self.subTest(first=first):
                self.assert_names(first + "\n" + rest, ["one.zone", "two.zone"])

    def test_headers(self):
        self.assert_names('Domain name,Domain type,Organization name\nABERDEEN.example,City,"City of Aberdeen, SD"\n'
                          'adams.example,County,"Adams ""north"""\n', ["aberdeen.example", "adams.example"])
        self.assert_names('Domain,Organisation\none.example,Org\ntwo.example,"Org, Two"\nthree.example,x\n',
                          ["one.example", "two.example", "three.example"])
        self.assert_names("domain\none.example\ntwo.example\nthree.example\n",
                          ["one.example", "two.example", "three.example"])
        self.assert_names("domains.dotgov.example\ndomain.example\n", ["domains.dotgov.example", "domain.example"])
        self.assert_names("rank;domain\n1;a.test\n", [("a.test", 1)])
        self.assert_names('"Rank"\t"Domain"\n"1"\t"a.test"\n', [("a.test", 1)])

    def test_white_space_and_comments(self):
        self.assert_names("one.example\u00a0\n\u00a0two.example\nthree.example # x\n",
                          ["one.example", "two.example", "three.example"])

    def test_a_url_among_names(self):
        found, err = self.scan("a.test\nhttps://b.test/\n")
        self.assertEqual(found, [("a.test", None, "complete"), ("https://b.test/", None, "illegal-input")])
        self.assertIn("[warning] " + self.path("list"), err)
        self.assertIn("is a URL", err)


class Refused(Read):
    def assert_refused(self, content, *words, more=(), left=None):
        """@left: the names that were surveyed before it showed; None: there must be no file."""
        found, err = self.scan(content, "-q", *more, status=1)
        self.assert_one_line(err, self.path("list"), *words)
        self.assertEqual([name for name, *_ in found], left or [])
        self.assertEqual(os.path.exists(self.out), left is not None)
        if left is not None:
            self.assertIn("interrupted", self.run_tool("verify", self.out, status=None)[0])
            os.unlink(self.out)

    def test_zones_without_origin(self):
        self.assert_refused(WINDOWS, "line 5: `@` without an origin", "--origin", "$ORIGIN")
        self.assert_refused(REGISTRAR, "line 4: `@` without an origin")
        self.assert_refused(SOA + "alpha.zone. NS a.\nchild NS b.\n", "line 4: `child`", left=["alpha.zone"])

    def test_zones_that_broke_off(self):
        alpha, rest = "alpha.zone.\t3600\tin\tns\tns1.host.example.\n", "gamma.zone.\t3600\tin\tns\tns1.host.example.\n"
        for more, *words in (("beta.zone.\t3600\tin\ttxt\tnote (opened\n" + rest, "line 4", "parenthesis"),
                             ('beta.zone.\t3600\tin\ttxt\t"opened\n' + rest, "line 4", "quotation"),
                             ("; Transfer failed.\n", "line 4", "transfer failed"),
                             ("beta.zone.\t3600\tin\tsoa\ta. b. (\n1 2\n", "line 4", "parenthesis"),
                             ("beta.zone.\t3600\tin", "line 4", "without a type"),
                             ("$INCLUDE other\n", "line 4", "$INCLUDE", "named-compilezone")):
            with self.subTest(more=more):
                self.assert_refused(SOA + alpha + more, *words, left=["alpha.zone"])

    def test_what_is_no_list(self):
        for content, *words in (('{"name":"a.test"}\n', "JSON", "jq"), ("<html>\n", "HTML"), ("", "no domain"),
                                ("1.2.3.4 a.test\n", "hosts file"), ("https://a.test\n", "URLs"),
                                (SOA, "no domain in it", "NS records"), ("a.test. A 192.0.2.1\n", "massdns"),
                                ("a.test\nb.test\n".encode("utf-16"), "UTF-16", "iconv"), (b"\x7fELF\2\1", "program"),
                                ("# a\n\ufeff\n", "no domain")):
            with self.subTest(content=content):
                self.assert_refused(content, *words)
                self.assert_refused(gzip.compress(content if isinstance(content, bytes) else content.encode()), *words)

    def test_a_list_that_is_long_and_none(self):
        """The scan has begun when it shows; the lines are recorded, and it is no success."""
        found, err = self.scan('{"name":"a.test"}\n' * LONG, status=1)
        self.assertIn("no line of it is a domain name", err)
        self.assertEqual({status for *_, status in found}, {"illegal-input"})
        self.assertIn("interrupted", self.run_tool("verify", self.out, status=None)[0])
        _, err = self.run_tool(*self.scan_options(self.path("list"), self.out, self.dns, "--resume"), status=1)
        self.assertIn("no line of it is a domain name", err)

    def test_a_scan_file_and_a_tar(self):
        self.scan("a.test\n")
        os.rename(self.out, self.path("scan"))
        with open(self.path("scan"), "rb") as file:
            self.assert_refused(file.read(), "is a scan file", "stsurvey export")
        tar = subprocess.run(["tar", "-C", self.folder, "-cf", "-", "list"], check=True, stdout=subprocess.PIPE).stdout
        self.assert_refused(tar, "is a tar archive", "tar -xOf")

    def test_standard_input(self):
        process = self.start(*self.scan_options("-", self.out, self.dns), stdin=subprocess.PIPE)
        process.stdin.write(b'{"name":"a.test"}\n')
        _, err = self.finish(process, 1)
        self.assert_one_line(err, "standard input", "JSON")
        self.assertFalse(os.path.exists(self.out))

    def test_origins(self):
        for origin in ("", "a b", "..", "192.0.2.1"):
            _, err = self.run_tool(*self.scan_options(self.put("list", WINDOWS), self.out, self.dns, "--origin", origin),
                                   status=2)
            self.assert_one_line(err, "--origin")


class Changing(tool.Case):
    """A list is what it was when the scan began, also for --resume; content decides."""

    def setUp(self):
        super().setUp()
        self.dns = self.server()
        self.out = self.path("out.msgpack.zst")
        self.names = tool.names(LONG, kinds=("nx",))
        self.list = self.put("list", tool.lines(self.names))

    def options(self, *more, list_path=None):
        return self.scan_options(list_path or self.list, self.out, self.dns, "-q", "--sync-interval", "0", *more)

    def begun(self, *more, stdin=None):
        """A scan in the middle of its list."""
        process = self.start(*self.options("-r", "100", "--concurrency", "20", *more,
                                           list_path="-" if stdin else None), stdin=stdin or subprocess.DEVNULL)
        self.wait_until(lambda: os.path.exists(self.out) and os.path.getsize(self.out) > 1000, process)
        return process

    def hurry(self, process):
        """It was slow so that it was caught in its middle; nobody waits for the rest."""
        for _ in range(20):  # a quarter faster each time: a hundred times, before a quarter of the list is done
            process.send_signal(signal.SIGUSR1)
            time.sleep(tool.POLL_S)
        while process.poll() is None:  # those that came while another one waited to be heard are lost
            process.send_signal(signal.SIGUSR1)
            time.sleep(MORE_S)

    def interrupted(self, **how):
        process = self.begun(**how)
        process.send_signal(signal.SIGINT)
        self.finish(process, 130)

    def through_a_pipe(self, content):
        process = self.start(*self.options("--resume", list_path="-"), stdin=subprocess.PIPE)
        try:
            process.stdin.write(content.encode())
            process.stdin.close()
        except BrokenPipeError:
            pass
        process.stdin = None
        return process

    def assert_whole(self):
        self.assertEqual(self.verify(self.out), ("complete", LONG))
        self.assertEqual([r["name"] for r in self.records(self.out).values()], self.names)

    def assert_changed(self, change):
        process = self.begun("-m", self.path("meta"))
        change()
        self.hurry(process)
        _, err = self.finish(process, 1)
        self.assert_one_line(err, self.list, "changed while it was read")
        with open(self.path("meta"), encoding="utf-8") as file:
            about = json.load(file)
        self.assertEqual(about["state"], "failed")
        self.assertIn("changed while it was read", about["error"])
        self.assertIn("interrupted", self.run_tool("verify", self.out, status=None)[0])

    def test_truncated(self):
        self.assert_changed(lambda: os.truncate(self.list, os.path.getsize(self.list) // 2))

    def test_rewritten_in_place(self):
        def rewrite():
            with open(self.list, "r+b") as file:
                file.write(tool.lines(name.replace("nx", "mx") for name in self.names).encode())
        self.assert_changed(rewrite)

    def test_appended_to(self):
        def append():
            with open(self.list, "ab") as file:
                file.write(b"more.test\n")
        self.assert_changed(append)

    def test_touched_or_replaced(self):
        """Whoever puts another file in its place leaves the scan the one it reads."""
        process = self.begun()
        os.utime(self.list, (1, 1))
        os.rename(self.put("other", "other.test\n"), self.list)
        self.hurry(process)
        self.finish(process, 0)
        self.assert_whole()

    def test_a_copy_is_the_same(self):
        self.interrupted()
        os.utime(shutil.copyfile(self.list, self.path("copy")), (1, 1))
        self.run_tool(*self.options("--resume", list_path=self.path("copy")))
        self.assert_whole()

    def test_a_letter_that_no_sample_has(self):
        """Size and time may be the same, too."""
        self.list = self.put("list", tool.lines(self.names) + "# " + "x" * 1000000 + "\n")
        self.interrupted()
        about = os.stat(self.list)
        with open(self.list, "r+b") as file:
            file.seek(300001)
            file.write(b"y")
        os.utime(self.list, ns=(about.st_atime_ns, about.st_mtime_ns))
        _, err = self.run_tool(*self.options("--resume"), status=1)
        self.assert_one_line(err, self.list, "is not the list", "content")

    def test_from_a_pipe(self):
        with open(self.list, "rb") as file, subprocess.Popen(["cat"], stdin=file, stdout=subprocess.PIPE) as cat:
            self.interrupted(stdin=cat.stdout)
            cat.stdout.close()
        with open(self.out, "rb") as file:
            before = file.read()
        recorded = self.verify(self.out)[1]
        for other in (["other.test", *self.names], self.names[:recorded // 2], [f"o{name}" for name in self.names],
                      self.names[1:]):
            _, err = self.finish(self.through_a_pipe(tool.lines(other)), 1)
            self.assert_one_line(err, "standard input", "is not the list", "resume with that list")
            with open(self.out, "rb") as file:
                self.assertEqual(file.read()[:len(before)], before)
            self.assertLessEqual({r["name"] for r in self.records(self.out, whole=False).values()}, set(self.names))
        self.finish(self.through_a_pipe(tool.lines(self.names)), 0)
        self.assert_whole()
        _, err = self.finish(self.through_a_pipe(tool.lines([*self.names, "more.test"])), 1)
        self.assert_one_line(err, "standard input", "is not the list")
        self.assert_whole()

    def test_a_file_from_a_pipe_and_the_other_way_round(self):
        self.interrupted()
        process = self.through_a_pipe(tool.lines(self.names))
        self.finish(process, 0)
        self.assert_whole()

    def test_a_limit_of_one_run_is_none_of_the_file(self):
        self.interrupted()
        self.run_tool(*self.options("--resume", "--max-domains", LONG // 2, "-m", self.path("meta")))
        with open(self.path("meta"), encoding="utf-8") as file:
            self.assertIn("--max-domains ended it", json.load(file)["note"])
        self.assertIn("interrupted", self.run_tool("verify", self.out, status=None)[0])
        self.run_tool(*self.options("--resume"))
        self.assert_whole()


if __name__ == "__main__":
    tool.main()
