#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Turn datasets/findings.csv into finding_enum.h and finding_table.inc.

usage: generate_findings.py FINDINGS.csv OUTPUT-DIR
"""
import csv
import os
import sys

COLUMNS = ["number", "code", "component", "severity", "meaning", "rule", "fix"]


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def constant(code):
    return "FINDING_" + code.replace("-", "_").upper()


def read(path):
    with open(path, newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        if reader.fieldnames != COLUMNS:
            sys.exit(f"{path}:1: columns must be {','.join(COLUMNS)}")
        rows = list(reader)
    numbers = [int(row["number"]) for row in rows]
    if numbers != sorted(set(numbers)):
        sys.exit(f"{path}: numbers must be unique and ascending")
    if len({row["code"] for row in rows}) != len(rows):
        sys.exit(f"{path}: codes must be unique")
    return rows


def main():
    path, directory = sys.argv[1:]
    rows = read(path)
    os.makedirs(directory, exist_ok=True)
    note = "/* Generated from datasets/findings.csv. Edit that. */\n"
    with open(os.path.join(directory, "finding_enum.h"), "w", encoding="utf-8") as out:
        out.write(note + "enum finding {\n")
        for row in rows:
            out.write(f"\t{constant(row['code'])}, /* {row['number']} */\n")
        out.write("\tFINDING_COUNT\n};\n")
    with open(os.path.join(directory, "finding_table.inc"), "w", encoding="utf-8") as out:
        out.write(note)
        for row in rows:
            texts = ", ".join(quoted(row[c]) for c in ("meaning", "rule", "fix"))
            out.write(
                f"[{constant(row['code'])}] = {{ {row['number']}, {quoted(row['code'])}, "
                f"COMPONENT_{row['component'].upper()}, SEVERITY_{row['severity'].upper()}, {texts} }},\n"
            )


main()
