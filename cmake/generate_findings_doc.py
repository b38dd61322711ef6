#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Turn datasets/findings.csv into docs/findings.md.

usage: generate_findings_doc.py [--check] FINDINGS.csv FINDINGS.md

With --check nothing is written: exit status 1 where the page is not what would be written.
"""
import csv
import itertools
import sys

TITLES = {
    "record": "The `_mta-sts` TXT record", "dns": "DNS of the policy host", "tcp": "Connecting to the policy host",
    "tls": "TLS and the certificate of the policy host", "http": "The HTTP answer", "syntax": "The policy's syntax",
    "mx": "Policy against MX", "mxtls": "TLS of the mail servers", "tlsrpt": "The `_smtp._tls` TXT record",
    "dane": "DANE",
}
HEAD = """<!-- SPDX-License-Identifier: BSD-2-Clause -->
# Findings

<!-- Generated from datasets/findings.csv by cmake/generate_findings_doc.py. Edit that. -->

What stsurvey can say about a domain. Numbers and codes are stable for ever: a scan made today can be judged again by a
later version, and a later version adds numbers, but never gives an old one a new meaning. `stsurvey findings` prints
this table.

Severities: *error* breaks a sender's way; *tolerated* breaks the grammar, but deployed senders read on; *warning* and
*info* break nothing; *transient* means that it could not be found out.

Those about TLS of the mail servers and DANE (801 to 860), and what 712 says of a CNAME, are drawn where mail servers
were probed: `scan --smtp`. They are facts about the way that mail takes, and are drawn whatever the record and the
policy.
"""


def cell(text):
    return text.replace("|", "\\|")


def page(path):
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    lines = [HEAD]
    for component, group in itertools.groupby(rows, key=lambda row: row["component"]):
        lines += ["## %s" % TITLES[component], "", "| number | code | severity | means | rule | what to do |",
                  "|---|---|---|---|---|---|"]
        lines += ["| %s | `%s` | %s | %s | %s | %s |" % tuple(cell(row[key]) for key in ("number", "code", "severity", "meaning", "rule", "fix"))
                  for row in group]
        lines.append("")
    return "\n".join(lines)


def main():
    check = sys.argv[1:2] == ["--check"]
    table, target = sys.argv[1 + check:]
    text = page(table)
    if not check:
        with open(target, "w", encoding="utf-8") as file:
            file.write(text)
        return 0
    with open(target, encoding="utf-8") as file:
        if file.read() == text:
            return 0
    print("%s is not up to date: cmake/generate_findings_doc.py %s %s" % (target, table, target))
    return 1


sys.exit(main())
