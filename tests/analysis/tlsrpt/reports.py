# SPDX-License-Identifier: BSD-2-Clause
"""Reports as senders make them, and the command that reads them: what the tests of analysis/tlsrpt share."""
import base64
import copy
import csv
import gzip
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "cli"))
import tool  # noqa: E402  (the folder has to be known first)

POLICY = ["version: STSv1", "mode: enforce", "mx: mx1.harbour.example", "max_age: 604800"]
REPORT = {
    "organization-name": "Buoy",
    "date-range": {"start-datetime": "2026-08-03T00:00:00Z", "end-datetime": "2026-08-03T23:59:59Z"},
    "contact-info": "tls@reports.example",
    "report-id": "r-1",
    "policies": [{
        "policy": {"policy-type": "sts", "policy-string": POLICY, "policy-domain": "quay.example"},
        "summary": {"total-successful-session-count": 5, "total-failure-session-count": 0},
    }],
}


def report(**changes):
    """REPORT with other members on top; "succeeded", "failed", "details", "policy" change its one row."""
    made = copy.deepcopy(REPORT)
    row = made["policies"][0]
    for name, place, key in (("succeeded", row["summary"], "total-successful-session-count"),
                             ("failed", row["summary"], "total-failure-session-count"), ("details", row, "failure-details")):
        if name in changes:
            place[key] = changes.pop(name)
    row["policy"].update(changes.pop("policy", {}))
    made.update({key.replace("_", "-"): value for key, value in changes.items()})
    return made


def octets(value, **how):
    return value if isinstance(value, bytes) else json.dumps(value, **how).encode()


def packed(value):
    return gzip.compress(octets(value), mtime=0)


def part(content, kind="application/tlsrpt+gzip", name="r.json.gz", encoding="base64"):
    disposition = f'Content-Disposition: attachment; filename="{name}"\r\n' if name else ""
    body = base64.encodebytes(content).replace(b"\n", b"\r\n") if encoding == "base64" else content
    return (f"Content-Type: {kind}\r\n{disposition}Content-Transfer-Encoding: {encoding}\r\n\r\n").encode() + body


def message(*parts, kind='multipart/report; report-type="tlsrpt"', header="TLS-Report-Domain: quay.example\r\n", boundary="=_b"):
    """A whole mail; of no kind: with the one part as its body."""
    top = f"From: tls@buoy.example\r\nSubject: Report Domain: quay.example Submitter: buoy.example\r\nMIME-Version: 1.0\r\n{header}"
    if not kind:
        return top.encode() + parts[0]
    body = b"".join(f"--{boundary}\r\n".encode() + each + b"\r\n" for each in parts)
    return f'{top}Content-Type: {kind}; boundary="{boundary}"\r\n\r\n'.encode() + body + f"--{boundary}--\r\n".encode()


TEXT = b"Content-Type: text/plain\r\n\r\nSessions of one day.\r\n"


def mail(value, **how):
    return message(TEXT, part(packed(value), **how))


def mbox(*messages):
    return b"".join(b"From tls@buoy.example Tue Aug  4 10:11:12 2026\n" + each.replace(b"\r\n", b"\n") + b"\n" for each in messages)


class Case(tool.Case):
    def tlsrpt(self, *paths, status=0, **options):
        """What the command says; the tables are in self.tables then."""
        _, err = self.run_tool("tlsrpt", *paths, "-d", self.path("tables"), status=status, **options)
        self.tables = {}
        for name in os.listdir(self.path("tables")):
            with open(os.path.join(self.path("tables"), name), "rb") as file:
                raw = file.read()
            for octet in raw:
                self.assertTrue(octet >= 32 and octet != 127 or octet == 10, f"{name} holds octet {octet}")
            rows = list(csv.DictReader(raw.decode("utf-8").splitlines()))
            self.assertEqual(raw.count(b"\n"), len(rows) + 1, f"{name}: a row is not one line")
            self.tables[name[:-len(".csv")]] = rows
        return err

    def sums(self):
        """(succeeded, failed) of all reports."""
        rows = self.tables["reports"]
        return sum(int(row["successful"]) for row in rows), sum(int(row["failed"]) for row in rows)

    def notes(self):
        return [row["note"] for row in self.tables["notes"]]
