#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""formats.py JSONL CSV AVRO - do the exports of one scan say the same of each domain, and as docs/domain.schema.json has it?

The name of each column's place in the JSON line is told below; a column that has none there is a difference, too. The apostrophe
with which the CSV guards what a spreadsheet would take for a formula is taken away first; control characters are written as \\x0a
there. Lines that differ in name, number and times alone are held against the schema once. Avro has the domains of which holds what
`formats.py --where` prints: not the plain ones, which are the most by far. Exit status 1 where they differ, or hold nothing.
"""
import csv
import json
import os
import re
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(ROOT, "tests", "formats"))
import same  # noqa: E402

PLACE = {
    "mx_status": ("results", "MX", "status"), "null_mx": ("results", "MX", "data", "null_mx"), "ad": ("results", "MX", "ad"),
    "sts_state": ("results", "STS", "state"), "sts_id": ("results", "STS", "data", "id"),
    "tlsrpt_state": ("results", "TLSRPT", "state"), "policy_status": ("results", "POLICY", "status"),
    "http_status": ("results", "POLICY", "data", "http", "status"), "tls_verify": ("results", "POLICY", "data", "tls", "verify"),
    "mode": ("results", "POLICY", "data", "policy", "mode"), "max_age": ("results", "POLICY", "data", "policy", "max_age"),
    "policy_state": ("results", "POLICY", "data", "state"), "mx": ("results", "MX", "data", "records"),
}
WHERE = "sts_state != none or tlsrpt_state != none or status != complete"
TEXT = {None: "", True: "true", False: "false"}


def word(line, column):
    value = line
    for key in PLACE.get(column, (column,)):
        value = value.get(key) if isinstance(value, dict) else None
    if column == "mx":
        return " ".join(record["name"] or "." for record in value or [])
    if isinstance(value, list):
        return " ".join(value)
    return TEXT[value] if value is None or isinstance(value, bool) else re.sub(r"[\0-\x1f\x7f-\x9f]", lambda match: "\\x%02x" % ord(match[0]), str(value))


def main():
    if sys.argv[1:] == ["--where"]:
        print(WHERE)
        return 0
    with open(sys.argv[1], encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    with open(sys.argv[2], encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    wrong = ["%d lines, %d rows" % (len(lines), len(rows))] if len(lines) != len(rows) else []
    for line, row in zip(lines, rows):
        row = {column: text.removeprefix("'") for column, text in row.items()}
        wrong += ["%r: %s %r in CSV, %r in JSON" % (line["name"], column, text, word(line, column))
                  for column, text in row.items() if text != word(line, column)]
    records, _, _ = same.avro(sys.argv[3])
    told = [line for line in lines if line["status"] != "complete"
            or any(line["results"][name]["state"] != "none" for name in ("STS", "TLSRPT"))]
    wrong += ["%d lines, %d records" % (len(told), len(records))] if len(told) != len(records) else []
    for line, record in zip(told, records):
        found = same.difference(same.bare(line), same.bare(record))
        wrong += ["%r: Avro: %s" % (line["name"], found)] if found else []
    shapes = {json.dumps({**line, "name": "", "index": 0, "rank": None, "timestamp": None, "duration": 0}): line for line in lines}
    wrong += same.complaints(same.validator(os.path.join(ROOT, "docs", "domain.schema.json")), shapes.values())
    print("\n".join(wrong[:20]) + "\n" * bool(wrong) + "%d domains in three forms, %d differences" % (len(rows), len(wrong)))
    return 1 if wrong or not rows else 0


if __name__ == "__main__":
    sys.exit(main())
