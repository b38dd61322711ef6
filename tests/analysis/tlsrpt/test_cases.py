#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What becomes of each kind of report that senders send, and of what is none: accepted, with which notes, rejected for
which reason. The rows of ../shared/cases/tlsrpt are here by the names of their files, and read where those are."""
import json
import os
import sys

import reports
from reports import REPORT, TEXT, mail, message, octets, packed, part, report, tool

SHARED = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "..", "shared", "cases", "tlsrpt")


class Outcome:
    def __init__(self, ok=0, fail=0, notes=(), accepted=1, rejected=(), duplicates=0, others=0):
        self.ok, self.fail, self.notes, self.accepted = ok, fail, notes, accepted
        self.rejected, self.duplicates, self.others = rejected, duplicates, others


def rejected(*words):
    return Outcome(accepted=0, rejected=words)


def other():
    return Outcome(accepted=0, others=1)


GIVEN = {
    "01-multipart-gzip.eml": Outcome(3),
    "03-dates-without-zone.json": Outcome(2, notes=("no-zone, read as UTC",) * 2),
    "04-details-exceed-summary.json": Outcome(0, 1, ("details-sum 2, summary 1",)),
    "05-mx-host-is-a-string.json": Outcome(5326, 303),
    "06-mx-host-pattern.json": Outcome(7, notes=("draft-key",)),
    "08-contact-null-empty-arrays.json": Outcome(1),
    "10-failure-details-null.json": Outcome(4),
    "11-no-policies.json": Outcome(notes=("no-policies",)),
    "12-counts-as-strings.json": Outcome(42, 7, ("count-as-string",) * 3),
    "14-bom-crlf.json": Outcome(8),
    "15-trailing-comma.json": rejected("not JSON", "line 1 column 184"),
    "16-offset-and-fraction.json": Outcome(6),
    "17a-same-report.json": Outcome(5),
    "17b-same-report-again.json.gz.eml": Outcome(5),
    "20-number-too-large.json": Outcome(notes=("bad-count: 123456789012345678901234567890",)),
    "21-gzip-label-plain-body.eml": Outcome(21, notes=("content-type-wrong: it is JSON",)),
    "22-octet-stream-mixed.eml": Outcome(22, notes=("content-type-wrong: it is gzip",)),
    "23-no-multipart.eml": Outcome(23),
    "25-plain-and-gzip-attached.eml": Outcome(25, notes=("duplicate",), duplicates=1),
    "26-dmarc-aggregate.eml": other(),
    "28-duplicate-policies.json": rejected("duplicate key policies"),
    "30-nul-and-formula.json": Outcome(1, 1, ("bad-address: mailer-7",)),
    "31-a-week.json": Outcome(70, notes=("range-of-7-days",)),
    "32-end-before-start.json": Outcome(3, notes=("end-before-start",)),
    "34-gzip-bomb.eml": rejected("over 1048576 octets in one string once unpacked"),
}


def dates(start, end="2026-08-03T23:59:59Z"):
    return report(date_range={"start-datetime": start, "end-datetime": end})


def detail(**members):
    return report(succeeded=0, failed=1, details=[{"failed-session-count": 1, "result-type": "validation-failure",
                                                    **{key.replace("_", "-"): value for key, value in members.items()}}])


def rows(*counts):
    """A report with a row for each type and its sessions, all of one domain."""
    return report(policies=[{"policy": {"policy-type": kind, "policy-domain": "quay.example"},
                             "summary": {"total-successful-session-count": succeeded, "total-failure-session-count": failed}}
                            for kind, succeeded, failed in counts])


def text(value):
    """A report, not all of whose JSON Python would write: from the text of its one row's count on."""
    return octets(REPORT).replace(b'"r-1"', value)


MICROSOFT = report(policies=[
    {"policy": {"policy-type": kind, "policy-domain": "harbour.example", "policy-string": lines},
     "summary": {"total-successful-session-count": 2, "total-failure-session-count": 0}}
    for kind, lines in (("sts", ["version: STSv1"]), ("tlsa", ['["3 1 1 0A0B", "2 1 1 0C0D"]']))])
HOSTS = report(policies=[
    {"policy": {"policy-type": kind, "policy-domain": domain},
     "summary": {"total-successful-session-count": count, "total-failure-session-count": 0}}
    for kind, domain, count in (("sts", "quay.example", 5), ("tlsa", "mx1.quay.example", 3), ("tlsa", "mx2.quay.example", 3))])
ZIP = b"PK\x03\x04" + bytes(22) + b"\x06\x00\x00\x00"
NESTED = b"[" * 100000 + b"]" * 100000

MADE = {
    # what it is in
    "plain.json": (REPORT, Outcome(5)),
    "packed.json.gz": (packed(REPORT), Outcome(5)),
    "packed-without-a-name": (packed(REPORT), Outcome(5)),
    "two-members.json.gz": (packed(octets(REPORT)[:100]) + packed(octets(REPORT)[100:]), Outcome(5)),
    "zeros-behind.json.gz": (packed(REPORT) + bytes(512), Outcome(5)),
    "cut.json.gz": (packed(REPORT)[:-20], rejected("gzip that ends too early")),
    "cut-checksum.json.gz": (packed(REPORT)[:-4], rejected("gzip that ends too early")),
    "bad-checksum.json.gz": (packed(REPORT)[:-8] + bytes(8), rejected("damaged gzip")),
    "twice-packed.json.gz": (packed(packed(REPORT)), rejected("gzip within gzip")),
    "two-texts.json": (octets(REPORT) + b"\n" + octets(report(report_id="r-2")), Outcome(10, accepted=2)),
    "array-of-reports.json": ([REPORT, report(report_id="r-2")], Outcome(10, accepted=2)),
    "something-behind.json": (octets(REPORT) + b"}", rejected("not JSON")),
    "cut.json": (octets(REPORT)[:-9], rejected("not JSON", "premature EOF")),
    "empty.json": (b"", rejected("empty")),
    "empty": (b"", other()),
    "utf-16.json": ("\ufeff".encode("utf-16-le") + json.dumps(REPORT).encode("utf-16-le"), rejected("UTF-16")),
    "dmarc.xml": (b"<?xml version='1.0'?><feedback/>", other()),
    "dmarc.zip": (ZIP + b"a!b.xml", other()),
    "zip-of-json.zip": (ZIP + b"r.json" + b"PK", rejected("zip")),
    "other.json": ({"error": "no such page"}, other()),
    # mail
    "mail.eml": (mail(REPORT), Outcome(5)),
    "no-report-type.eml": (message(part(packed(REPORT)), kind="multipart/mixed", header=""), Outcome(5)),
    "tlsrpt-alone.eml": (message(part(octets(REPORT), kind="application/tlsrpt")), Outcome(5, notes=("content-type-wrong: it is JSON",))),
    "quoted-printable.eml": (message(part(octets(REPORT).replace(b"=", b"=3D"), kind="application/tlsrpt+json", encoding="quoted-printable")),
                             Outcome(5)),
    "html-first.eml": (message(b"Content-Type: text/html\r\n\r\n<p>{}</p>", part(packed(REPORT), name="")), Outcome(5)),
    "forwarded.eml": (message(TEXT, b"Content-Type: message/rfc822\r\n\r\n" + mail(REPORT), kind="multipart/mixed", header=""),
                      Outcome(5)),
    "digest.eml": (message(b"\r\n" + mail(REPORT), b"\r\n" + mail(report(report_id="r-2")), kind="multipart/digest", header="", boundary="d"),
                   Outcome(10, accepted=2)),
    "forwarded-in-base64.eml": (message(TEXT, part(mail(REPORT), kind="message/rfc822", name="a.eml"), kind="multipart/mixed", header=""),
                                Outcome(5)),
    "attached-as-octets.eml": (message(TEXT, part(mail(REPORT), kind="application/octet-stream", name="a.eml"), kind="multipart/mixed",
                                       header=""), Outcome(5)),
    "text-that-begins-as-mail.eml": (message(part(b"Note: nothing", kind="text/plain"), kind="multipart/mixed", header=""), other()),
    "never-closed.eml": (mail(REPORT)[:-len("\r\n--=_b--\r\n")], Outcome(5)),
    "lost-attachment.eml": (message(TEXT), rejected("calls itself a TLS report")),
    "cut-attachment.eml": (message(TEXT, part(packed(REPORT)[:60])), rejected("part 2", "gzip that ends too early")),
    "broken-json.eml": (message(part(b'{"organization-name":', kind="application/tlsrpt+json")), rejected("not JSON")),
    "no-keys.eml": (message(part(b"{}", kind="application/tlsrpt+json")), rejected("no TLS report")),
    "newsletter.eml": (message(TEXT, kind="multipart/mixed", header=""), other()),
    "picture.eml": (message(part(b"\x89PNG" * 100, kind="image/png", name="a.png"), kind="multipart/mixed", header=""), other()),
    "zip-of-dmarc.eml": (message(part(ZIP + b"a!b.xml", kind="application/zip", name="a.zip"), kind="multipart/mixed", header=""), other()),
    "zip-of-json.eml": (message(part(ZIP + b"r.json", kind="application/zip", name="r.json.zip")), rejected("zip archive", "unpack it")),
    "zip-called-tlsrpt.eml": (message(part(ZIP + b"report", kind="application/tlsrpt+zip", name=""), header=""), rejected("zip archive")),
    # JSON
    "latin-1.json": (octets(report(organization_name="BOJE"), ensure_ascii=False).replace(b"BOJE", b"B\xf6je"), Outcome(5, notes=("latin-1",))),
    "lone-surrogate.json": (text(rb'"\ud800"'), Outcome(5, notes=("lone-surrogate",))),
    "lone-surrogates.json": (text(rb'"\ud800\ud800a\udc00\ud83d\ude00\udc00\ud800"'), Outcome(5, notes=("lone-surrogate",))),
    "lone-low-surrogate.json": (text(rb'"a\udc00b"'), Outcome(5, notes=("lone-surrogate",))),
    "pair.json": (text(rb'"\ud83d\ude00"'), Outcome(5)),
    "duplicate-in-extension.json": (octets(REPORT)[:-1] + b',"x":{"a":1,"\\u0061":2}}', rejected("duplicate key a")),
    "nested.json": (octets(REPORT)[:-1] + b',"x":' + NESTED + b"}", rejected("too deep")),
    "extensions.json": (report(x={"y": [1, {"z": None}]}, policy={"x-more": [["a"]]}), Outcome(5)),
    "nan.json": (octets(REPORT)[:-1] + b',"x":NaN}', rejected("not JSON")),
    "huge-exponent.json": (octets(REPORT)[:-1] + b',"x":1e400}', Outcome(5)),
    # dates
    "no-zone.json": (dates("2026-08-03T00:00:00"), Outcome(5, notes=("no-zone, read as UTC",))),
    "space.json": (dates("2026-08-03 00:00:00Z"), Outcome(5)),
    "no-colon.json": (dates("2026-08-03T02:00:00+0200"), Outcome(5)),
    "day-alone.json": (dates("2026-08-03"), Outcome(5, notes=("no-time, read as midnight UTC",))),
    "epoch.json": (dates(1785715200), Outcome(5, notes=("not-a-string", "bad-date: 1785715200", "no-date"))),
    "no-such-day.json": (dates("2026-02-30T00:00:00Z"), Outcome(5, notes=("bad-date: 2026-02-30T00:00:00Z", "no-date"))),
    "no-range.json": (report(date_range=None), Outcome(5, notes=("no-date", "no-date"))),
    # counts
    "negative.json": (report(succeeded=-1), Outcome(notes=("bad-count: -1",))),
    "fraction.json": (report(succeeded=1.5), Outcome(notes=("bad-count: 1.5",))),
    "point-zero.json": (report(succeeded=5.0), Outcome(5)),
    "exponent.json": (octets(report(succeeded=77)).replace(b"77", b"1e3"), Outcome(1000)),
    "exponent-with-point.json": (octets(report(succeeded=77)).replace(b"77", b"1.250E+02"), Outcome(125)),
    "exponent-that-ends-whole.json": (octets(report(succeeded=77)).replace(b"77", b"700e-2"), Outcome(7)),
    "exponent-with-a-rest.json": (octets(report(succeeded=77)).replace(b"77", b"75e-1"), Outcome(notes=("bad-count: 75e-1",))),
    "exponent-too-large.json": (octets(report(succeeded=77)).replace(b"77", b"1e400"), Outcome(notes=("bad-count: 1e400",))),
    "exponent-endless.json": (octets(report(succeeded=77)).replace(b"77", b"1e99999999999999999999"),
                              Outcome(notes=("bad-count: 1e99999999999999999999",))),
    "nothing-thousandfold.json": (octets(report(succeeded=77)).replace(b"77", b"0e999"), Outcome(0)),
    "too-many.json": (report(succeeded=10**12 + 1), Outcome(notes=("bad-count: 1000000000001",))),
    "word.json": (report(succeeded="five"), Outcome(notes=("bad-count: five",))),
    "true.json": (report(succeeded=True), Outcome(notes=("bad-count: true",))),
    "no-count.json": (report(failed=None), Outcome(5, notes=("no-count: total-failure-session-count",))),
    # policies
    "microsoft.json": (MICROSOFT, Outcome(2, notes=("nested-json",))),
    "hosts.json": (HOSTS, Outcome(6)),
    "larger-row-last.json": (rows(("sts", 3, 1), ("tlsa", 9, 0)), Outcome(9)),
    "larger-row-first.json": (rows(("sts", 9, 2), ("tlsa", 9, 1)), Outcome(9, 2)),
    "larger-row-between.json": (rows(("sts", 1, 0), ("sts", 7, 0), ("tlsa", 2, 4)), Outcome(7)),
    "bare-policy-string.json": (report(policy={"policy-string": "version: STSv1\nmode: none"}), Outcome(5, notes=("not-an-array",))),
    "one-policy.json": (report(policies=REPORT["policies"][0]), Outcome(5, notes=("not-an-array",))),
    "policies-are-a-word.json": (report(policies="none"), Outcome(notes=("not-an-object", "no-policies"))),
    "no-domain.json": (report(policy={"policy-domain": None}), Outcome(5, notes=("no-policy-domain",))),
    "bad-domain.json": (report(policy={"policy-domain": "a b"}), Outcome(5, notes=("bad-name: a b",))),
    "both-keys.json": (report(policy={"mx-host": ["a.example"], "policy-type": "sts", "mx-host-pattern": ["b.example"]}),
                       Outcome(5, notes=("draft-key",))),
    "unknown-type.json": (report(policy={"policy-type": "dnssec"}), Outcome(5, notes=("unknown-policy-type: dnssec",))),
    "no-type.json": (report(policy={"policy-type": None}), Outcome(5, notes=("no-policy-type",))),
    "no-organization.json": (report(organization_name=None), Outcome(5, notes=("no-organization",))),
    "no-id.json": (report(report_id=None), Outcome(5, notes=("no-report-id",))),
    "number-as-id.json": (report(report_id=12), Outcome(5, notes=("not-a-string",))),
    "contact-is-an-array.json": (report(contact_info=["a@b.example"]), Outcome(5, notes=("is-an-array",))),
    # details
    "empty-address.json": (detail(sending_mta_ip="", receiving_ip=""), Outcome(0, 1)),
    "address-in-brackets.json": (detail(sending_mta_ip="[2001:db8::1]"), Outcome(0, 1)),
    "unknown-result.json": (detail(result_type="smtp-sadness"), Outcome(0, 1, ("unknown-result-type: smtp-sadness",))),
    "no-result.json": (detail(result_type=None), Outcome(0, 1, ("no-result-type",))),
    "draft-keys.json": (detail(failure_error_code="x", additional_info_uri="https://a.example/"), Outcome(0, 1, ("draft-key",) * 2)),
    "one-detail.json": (report(failed=1, details={"result-type": "validation-failure", "failed-session-count": 1}),
                        Outcome(5, 1, ("not-an-array",))),
}


class Cases(reports.Case):
    def check(self, path, name, outcome):
        err = self.tlsrpt(path, status=1 if outcome.rejected else 0)
        lines = err.splitlines()
        summary = (f"{outcome.accepted} reports; {outcome.duplicates} duplicate; {1 if outcome.rejected else 0} rejected; "
                   f"{outcome.others} files and messages without a TLS report")
        self.assertIn(summary, lines[-1], name)
        self.assertEqual(len(lines), 2 if outcome.rejected else 1, err)
        self.assertEqual("what is read are" in err, not (outcome.accepted or outcome.duplicates or outcome.rejected), err)
        self.assertEqual(len(self.tables["reports"]), outcome.accepted, name)
        self.assertEqual(self.sums(), (outcome.ok, outcome.fail), name)
        notes = self.notes()
        if not outcome.rejected:
            self.assertEqual(sorted(notes), sorted(outcome.notes), name)
            return
        self.assertEqual(len(notes), 1, name)
        self.assertIn("rejected: ", notes[0])
        for word in (name, *outcome.rejected):
            self.assertIn(word, lines[0])

    def test_each_made_one(self):
        for name, (content, outcome) in MADE.items():
            with self.subTest(name):
                self.check(self.put(name, octets(content)), name, outcome)

    def test_each_given_one(self):
        if not os.path.isdir(SHARED):
            self.skipTest("no ../shared/cases/tlsrpt here")
        for name in sorted(os.listdir(SHARED)):
            if name == "expected.md":
                continue
            with self.subTest(name):
                self.assertIn(name, GIVEN, "a case without its row here")
                self.check(os.path.join(SHARED, name), name, GIVEN[name])


class Tables(reports.Case):
    def test_the_same_as_file_and_as_mail_counts_once(self):
        first = self.put("a.json", octets(report(policies=HOSTS["policies"])))
        again = self.put("b.eml", mail(report(policies=list(reversed(HOSTS["policies"])))))
        self.assertIn("1 reports; 1 duplicate", self.tlsrpt(first, again))
        self.assertEqual(self.tables["by_reporter"][0]["duplicates"], "1")

    def test_one_in_the_name_of_another_is_told_apart(self):
        forged = self.put("1", octets(report(succeeded=0)))
        self.assertIn("1 reports; 2 duplicate", self.tlsrpt(forged, self.put("2", octets(REPORT)), self.put("3", octets(report(succeeded=0)))))
        self.assertEqual([row["note"] for row in self.tables["notes"]], ["duplicate, but not the same: see who sent both", "duplicate"])

    def test_one_id_and_another_range_is_another_report(self):
        later = dates("2026-08-04T00:00:00Z", "2026-08-04T23:59:59Z")
        self.assertIn("2 reports; 0 duplicate", self.tlsrpt(self.put("a", octets(REPORT)), self.put("b", octets(later))))

    def test_without_an_id_what_differs_is_another_report(self):
        made = [octets(report(report_id=None, succeeded=count)) for count in (5, 6, 5)]
        self.assertIn("2 reports; 1 duplicate", self.tlsrpt(*[self.put(str(i), each) for i, each in enumerate(made)]))

    def test_policies_of_one_report_are_not_added(self):
        self.tlsrpt(self.put("a", octets(MICROSOFT)), self.put("b", octets(HOSTS)))
        rows = {(row["domain"], row["policy_type"]): row["successful"] for row in self.tables["by_domain"]}
        self.assertEqual(rows[("harbour.example", "all")], "2")
        self.assertEqual(rows[("harbour.example", "tlsa")], "2")
        self.assertEqual(rows[("mx1.quay.example", "all")], "3")
        self.assertEqual(self.tables["by_reporter"][0]["successful"], "8")

    def test_results_are_those_of_the_details_and_the_difference_is_shown(self):
        self.tlsrpt(self.put("a", octets(report(failed=5, details=[
            {"result-type": "certificate-expired", "failed-session-count": 3, "receiving-mx-hostname": "MX1.Quay.Example."}]))))
        self.assertEqual([(row["result_type"], row["sessions"]) for row in self.tables["by_result"]], [("certificate-expired", "3")])
        self.assertEqual([(row["mx"], row["sessions"]) for row in self.tables["by_mx"]], [("mx1.quay.example", "3")])
        for table in ("reports", "by_domain", "by_reporter", "by_day"):
            row = self.tables[table][0]
            self.assertEqual((row["failed"], row["details_failed"], row["difference"]), ("5", "3", "2"), table)

    def test_a_range_is_not_spread_over_its_days(self):
        week, odd = dates("2026-08-03T00:00:00Z", "2026-08-09T23:59:59Z"), dates("2026-08-03T23:59:59Z", "2026-08-03T00:00:00Z")
        self.tlsrpt(self.put("a", octets(week)), self.put("b", octets(odd)), self.put("c", octets(report(report_id="r-3"))))
        self.assertEqual([(row["day"], row["days"], row["reports"]) for row in self.tables["by_day"]],
                         [("2026-08-03", "1", "1"), ("2026-08-03", "7", "1")])
        self.assertEqual(self.sums(), (15, 0))

    def test_an_offset_moves_the_day(self):
        self.tlsrpt(self.put("a", octets(dates("2026-08-03T02:00:00.5+02:00", "2026-08-04T01:59:59.999+02:00"))))
        self.assertEqual([row["day"] for row in self.tables["by_day"]], ["2026-08-03"])

    def test_who_sends_one_success_a_day_is_marked(self):
        for day in (3, 4):
            self.put(f"{day}.json", octets(report(organization_name="Echo", report_id=str(day), succeeded=1)))
            self.put(f"more{day}.json", octets(report(organization_name="Mill", report_id=str(day), succeeded=day)))
        self.tlsrpt(*[self.path(name) for name in ("3.json", "4.json", "more3.json", "more4.json")])
        self.assertEqual({row["organization"]: row["one_a_day"] for row in self.tables["by_reporter"]}, {"Echo": "yes", "Mill": "no"})

    def test_addresses_have_one_form_and_texts_stay_in_their_cell(self):
        self.tlsrpt(self.put("a", octets(detail(receiving_ip="2001:0DB8::0001", sending_mta_ip="mailer-7",
                                                failure_reason_code='bad\u0000<b>\r\nx,"y"', receiving_mx_helo="=1+1"))))
        row = self.tables["failures"][0]
        self.assertEqual((row["receiving_ip"], row["sending_ip"], row["helo"]), ("2001:db8::1", "mailer-7", "'=1+1"))
        self.assertEqual(row["reason"], 'bad\\x00<b>  x,"y"')

    def test_a_long_text_is_cut_between_characters(self):
        for shift in range(3):
            self.tlsrpt(self.put("a", octets(detail(failure_reason_code="x" * shift + "\u20ac" * 3000), ensure_ascii=False)))
            self.assertEqual(self.tables["failures"][0]["reason"], "x" * shift + "\u20ac" * ((4096 - shift) // 3))

    def test_the_order_of_the_files_does_not_change_the_sums(self):
        many = [report(report_id=str(i), succeeded=i, organization_name=f"Buoy {i % 2}") for i in range(6)]
        many += [report(report_id="d", succeeded=0, failed=3, details=detail(receiving_mx_hostname=f"mx{i}.quay.example")["policies"][0][
            "failure-details"], date_range=dates(f"2026-08-0{i}T00:00:00Z")["date-range"]) for i in (1, 2, 3)]
        files = [self.put(str(i), octets(each)) for i, each in enumerate(many)]
        found = []
        for order in (files, files[::-1]):
            self.tlsrpt(*order)
            found.append({name: rows for name, rows in self.tables.items() if name.startswith("by_")})
        self.assertEqual(*found)

    def test_a_name_of_a_table_may_be_there_already_and_a_folder_that_is_a_file_may_not(self):
        path = self.put("a", octets(REPORT))
        self.tlsrpt(path)
        self.tlsrpt(path)
        self.assertEqual(len(self.tables["reports"]), 1)
        _, err = self.run_tool("tlsrpt", path, "-d", self.put("file", b""), status=1)
        self.assert_one_line(err, "choose another with -d")


if __name__ == "__main__":
    sys.exit(tool.main())
