#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What reports are kept in: files, mbox, maildir, folders, standard input; and that nothing in them stops the rest."""
import gzip
import os
import subprocess
import sys

import reports
from reports import REPORT, TEXT, mail, mbox, message, octets, packed, part, report, tool

FROM = b"From tls@buoy.example Tue Aug  4 10:11:12 2026\n"


def numbered(count, first=1):
    return [report(report_id=f"r-{i}", succeeded=i) for i in range(first, first + count)]


class Mbox(reports.Case):
    def test_each_message_of_an_mbox(self):
        self.tlsrpt(self.put("box", mbox(*[mail(each) for each in numbered(5)])))
        self.assertEqual(self.sums(), (15, 0))

    def test_an_mbox_in_gzip(self):
        self.tlsrpt(self.put("box.gz", gzip.compress(mbox(*[mail(each) for each in numbered(5)]))))
        self.assertEqual(self.sums(), (15, 0))

    def test_lines_that_were_quoted_come_back(self):
        text = octets(report(contact_info="x")).replace(b'"x"', b'"x=\n>From here"')
        self.tlsrpt(self.put("box", mbox(message(part(text, kind="application/tlsrpt+json", encoding="quoted-printable")))))
        self.assertEqual(self.tables["reports"][0]["contact"], "xFrom here")

    def test_a_line_in_a_text_that_begins_with_from_begins_no_message(self):
        text = b"Content-Type: text/plain\r\n\r\nHello\r\n\r\nFrom now on we report.\r\nAt night\r\nFrom 10:11 on.\r\n"
        self.assertIn("1 reports; 0 duplicate; 0 rejected; 0 files", self.tlsrpt(self.put("box", mbox(message(text, part(packed(REPORT)))))))

    def test_a_message_of_an_mbox_has_its_number(self):
        box = mbox(mail(REPORT), message(part(b"{", kind="application/tlsrpt+json")), mail(report(report_id="r-2")))
        err = self.tlsrpt(self.put("box", box), status=1)
        self.assertIn("box (message 2, part 1): not JSON", err)
        self.assertIn("2 reports", err)
        self.assertTrue(self.tables["notes"][0]["file"].endswith("box (message 2)"))

    def test_lines_above_a_message_that_are_no_fields(self):
        box = mbox(b"no field\n" + mail(REPORT), b">From x\nX: y\n" + mail(report(report_id="r-2")))
        self.assertIn("2 reports; 0 duplicate; 0 rejected; 0 files", self.tlsrpt(self.put("box", box)))

    def test_a_message_forwarded_in_base64_is_told_of_as_others_are(self):
        inner = message(TEXT, part(b"nothing", kind="application/octet-stream", name="x"))
        box = mbox(message(part(inner, kind="message/rfc822", name=""), kind="multipart/mixed", header=""))
        err = self.tlsrpt(self.put("box", box), status=1)
        self.assertIn("box (message 1, part 1): a message that calls itself a TLS report", err)

    def test_a_large_report_forwarded_in_base64(self):
        inner = message(part(octets(REPORT) + b"\n" * (1 << 20), kind="application/tlsrpt+json"))
        box = mbox(message(part(inner, kind="message/rfc822", name=""), kind="multipart/mixed", header=""))
        self.assertIn("1 reports; 0 duplicate; 0 rejected; 0 files", self.tlsrpt(self.put("box", box)))

    def test_what_else_lies_in_a_mailbox_is_counted_and_no_more(self):
        large = message(TEXT, part(b"x" * (33 << 20), kind="image/png", name="a.png"), kind="multipart/mixed", header="")
        box = mbox(message(TEXT, kind="multipart/mixed", header=""), large, mail(REPORT))
        self.assertIn("1 reports; 0 duplicate; 0 rejected; 2 files and messages", self.tlsrpt(self.put("box", box)))

    def test_one_too_large_does_not_stop_the_others(self):
        large = message(part(b"x" * (33 << 20), kind="application/tlsrpt+json"))
        err = self.tlsrpt(self.put("box", mbox(mail(REPORT), large, mail(report(report_id="r-2")))), status=1)
        self.assertIn("box (message 2): a message of over 32 MiB", err)
        self.assertIn("2 reports", err)

    def test_an_mbox_that_is_cut(self):
        box = mbox(mail(REPORT), mail(report(report_id="r-2")))
        self.assertIn("1 reports; 0 duplicate; 1 rejected", self.tlsrpt(self.put("box", box[:-200]), status=1))

    def test_without_an_empty_line_between_them(self):
        box = b"".join(FROM + mail(each).replace(b"\r\n", b"\n").rstrip(b"\n") + b"\n" for each in numbered(3))
        self.tlsrpt(self.put("box", box))
        self.assertEqual(self.sums(), (6, 0))

    def test_a_sentence_with_a_time_begins_no_message(self):
        text = b"Content-Type: text/plain\r\n\r\nHello\r\nFrom Monday 10:00 to 12:00 we report.\r\n"
        self.assertIn("1 reports; 0 duplicate; 0 rejected; 0 files", self.tlsrpt(self.put("box", mbox(message(text, part(packed(REPORT)))))))

    def test_what_may_stand_in_front(self):
        one = mail(REPORT)
        for front in (b"\xef\xbb\xbf", b"\r\n\r\n", b">" + FROM, b"\xef\xbb\xbf" + FROM, b"\n" + FROM, b"\n>" + FROM):
            with self.subTest(front=front):
                self.assertIn("1 reports; 0 duplicate; 0 rejected; 0 files", self.tlsrpt(self.put("mail", front + one)))

    def test_without_a_time_it_is_an_mbox_all_the_same(self):
        self.tlsrpt(self.put("box", b"From somebody\n" + mail(REPORT)))
        self.assertEqual(self.sums(), (5, 0))


class Maildir(reports.Case):
    def maildir(self, **files):
        for folder in ("new", "cur", "tmp"):
            os.makedirs(os.path.join(self.folder, "box", folder), exist_ok=True)
        for folder, names in files.items():
            for name, content in names.items():
                self.put(os.path.join("box", folder, name), content)
        return self.path("box")

    def test_new_and_cur_are_read_and_tmp_is_not(self):
        one, two, three = [mail(each) for each in numbered(3)]
        box = self.maildir(new={"1.a.h": one}, cur={"2.b.h:2,S": two}, tmp={"3.c.h": three[:100]})
        self.assertIn("2 reports; 0 duplicate; 0 rejected", self.tlsrpt(box))
        self.assertEqual(self.sums(), (3, 0))

    def test_its_own_folders_and_not_its_index(self):
        box = self.maildir(new={"1.a.h": mail(REPORT)})
        for folder in ("new", "cur", "tmp"):
            os.makedirs(os.path.join(box, ".Reports", folder))
        self.put("box/.Reports/cur/9.z.h:2,", mail(report(report_id="r-9")))
        self.put("box/dovecot.index.json", b"{broken")
        self.assertIn("2 reports; 0 duplicate; 0 rejected; 0 files", self.tlsrpt(box))

    def test_what_is_delivered_read_and_expunged_meanwhile(self):
        """Somebody delivers, marks as read, changes flags and expunges while we read: what stays for the whole time is
        read, nothing twice, and nothing is an error."""
        many = numbered(300)
        box = self.maildir(new={f"{i}.a.h": mail(each) for i, each in enumerate(many)})
        writer = subprocess.Popen([sys.executable, "-c", f"""
import os, itertools, time
os.chdir({box!r})
print(flush=True)
for i in itertools.count():
    time.sleep(0.0001)
    if i < 300: os.rename(f'new/{{i}}.a.h', f'cur/{{i}}.a.h:2,')
    elif os.path.exists(f'cur/{{i % 300}}.a.h:2,'): os.rename(f'cur/{{i % 300}}.a.h:2,', f'cur/{{i % 300}}.a.h:2,S')
    open(f'tmp/x{{i}}', 'w').write('Subject: tlsrpt'); os.rename(f'tmp/x{{i}}', f'new/x{{i}}.h'); os.unlink(f'new/x{{i}}.h')
"""], stdout=subprocess.PIPE)
        writer.stdout.readline()
        try:
            err = self.tlsrpt(box)
        finally:
            writer.kill()
            writer.wait()
            writer.stdout.close()
        self.assertIn("0 duplicate; 0 rejected", err)
        self.assertEqual(len({row["report_id"] for row in self.tables["reports"]}), 300)


class Folders(reports.Case):
    def test_all_files_of_a_folder_in_order(self):
        os.makedirs(self.path("in/deeper"))
        self.put("in/b.json", octets(report(report_id="b")))
        self.put("in/a.eml", mail(report(report_id="a")))
        self.put("in/deeper/c.json.gz", packed(report(report_id="c")))
        self.put("in/readme.txt", b"nothing\n")
        self.put("in/.hidden.json", b"{broken")
        os.symlink(self.path("in"), self.path("in/round"))
        os.mkfifo(self.path("in/fifo"))
        self.assertIn("3 reports; 0 duplicate; 0 rejected; 1 files", self.tlsrpt(self.path("in")))
        self.assertEqual([row["report_id"] for row in self.tables["reports"]], ["a", "b", "c"])

    def test_a_folder_that_lies_too_deep_is_one_line(self):
        folder = "in" + "/f" * 17
        os.makedirs(self.path(folder))
        self.put("in/a.json", octets(REPORT))
        self.put(folder + "/b.json", octets(report(report_id="r-2")))
        err = self.tlsrpt(self.path("in"), status=1)
        self.assertIn("too deep", err)
        self.assertIn("1 reports; 0 duplicate; 1 rejected", err)

    def test_files_put_one_behind_the_other_with_their_byte_order_marks(self):
        mark = b"\xef\xbb\xbf"
        self.tlsrpt(self.put("a.json", b"\r\n".join(mark + octets(each) for each in numbered(3))))
        self.assertEqual(self.sums(), (6, 0))
        for broken in (mark[:2], octets(REPORT) + mark[:1], octets(REPORT) + mark[:2] + b"\n"):
            self.assertIn("not JSON", self.tlsrpt(self.put("tlsrpt.json", octets(REPORT) + b"\n" + broken), status=1))

    def test_the_tables_may_lie_in_the_folder_that_is_read(self):
        os.makedirs(self.path("tables"))
        self.put("tables/a.json", octets(REPORT))
        self.run_tool("tlsrpt", self.path("tables"), "-d", self.path("tables"))
        _, err = self.run_tool("tlsrpt", self.path("tables"), "-d", self.path("tables"))
        self.assertIn("1 reports; 0 duplicate; 0 rejected", err)

    def test_a_file_that_is_not_there_is_one_line_and_the_others_go_on(self):
        err = self.tlsrpt(self.path("none.json"), self.put("a.json", octets(REPORT)), status=1)
        self.assertIn("none.json: No such file or directory", err)
        self.assertIn("1 reports; 0 duplicate; 1 rejected", err)

    def test_a_pipe(self):
        for content in (octets(REPORT), packed(REPORT), mail(REPORT), mbox(mail(REPORT))):
            path = self.put("content", content)
            with open(path, "rb") as file:
                self.assertIn("1 reports; 0 duplicate; 0 rejected", self.tlsrpt("-", stdin=file))
            self.assertTrue(self.tables["reports"][0]["file"].startswith("standard input"))

    def test_a_folder_of_thousands(self):
        os.makedirs(self.path("in"))
        for i in range(3000):
            self.put(f"in/{i}.json", octets(report(report_id=str(i), organization_name=f"o{i % 7}")))
        self.assertIn("3000 reports", self.tlsrpt(self.path("in")))
        self.assertEqual(self.sums(), (15000, 0))
        self.assertEqual(len(self.tables["by_reporter"]), 7)


class Floods(reports.Case):
    """One report may make so many rows; what is more stands in the sums."""

    def test_failures_beyond_are_counted_and_told(self):
        details = [{"result-type": "starttls-not-supported", "failed-session-count": 2}] * 65540
        self.tlsrpt(self.put("a.json", octets(report(failed=131080, details=details))))
        self.assertEqual(len(self.tables["failures"]), 65536)
        self.assertEqual(self.tables["by_result"][0]["sessions"], "131080")
        self.assertIn("more-failures: 4", [row["note"] for row in self.tables["notes"]])

    def test_what_is_new_beyond_is_other_and_what_is_known_is_not(self):
        details = [{"result-type": "validation-failure", "receiving-mx-hostname": f"m{i % 5000}.example", "failed-session-count": 1} for i in range(10000)]
        last = [{"result-type": "validation-failure", "receiving-mx-hostname": f"n{i}.example", "failed-session-count": 1} for i in range(5)]
        self.tlsrpt(self.put("a.json", octets(report(failed=10000, details=details))), self.put("b.json", octets(report(report_id="r-2", failed=5, details=last))))
        rows = {row["mx"]: int(row["sessions"]) for row in self.tables["by_mx"]}
        self.assertEqual(len(rows), 4096 + 1 + 5)
        self.assertEqual((rows["m0.example"], rows["(other)"], sum(rows.values())), (2, 2 * 904, 10005))


class Faults(reports.Case):
    def test_no_room_for_a_message_is_ours_and_no_table_is_left(self):
        large = self.put("a.eml", message(part(octets(REPORT) + b" " * (2 << 20), kind="application/tlsrpt+json")))
        environment = dict(os.environ, TMPDIR=self.path("nowhere"))
        _, err = self.run_tool("tlsrpt", large, "-d", self.path("tables"), status=1, env=environment)
        self.assert_one_line(err, "nowhere", "set TMPDIR")
        self.assertEqual(os.listdir(self.path("tables")), [])

    def test_a_table_that_cannot_be_written_is_one_line(self):
        os.makedirs(self.path("tables/by_mx.csv"))
        _, err = self.run_tool("tlsrpt", self.put("a.json", octets(REPORT)), "-d", self.path("tables"), status=1)
        self.assert_one_line(err, "by_mx.csv")

    def test_no_table_takes_the_place_of_what_is_read(self):
        os.makedirs(self.path("tables"))
        path, read = self.put("tables/notes.csv", octets(REPORT)), self.put("a.json", octets(REPORT))
        for arguments in ([path], [read, "--scan", path]):
            _, err = self.run_tool("tlsrpt", *arguments, "-d", self.path("tables"), status=1)
            self.assert_one_line(err, "notes.csv is a file to be read")
            self.assertEqual(os.listdir(self.path("tables")), ["notes.csv"])
            with open(path, "rb") as file:
                self.assertEqual(file.read(), octets(REPORT))

    def test_what_has_to_be_given(self):
        path = self.put("a.json", octets(REPORT))
        for arguments, words in ((["tlsrpt"], "no report given"), (["tlsrpt", path], "-d"), (["tlsrpt", path, "-d", self.path("t"), "--scan", ""], "empty")):
            _, err = self.run_tool(*arguments, status=2)
            self.assertIn(words, err)
        _, err = self.run_tool("tlsrpt", path, "-d", self.path("t"), "--scan", self.path("none.scan"), status=1)
        self.assertIn("none.scan", err)


if __name__ == "__main__":
    sys.exit(tool.main())
