#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Turn datasets/smtp_canaries.csv into smtp_canaries.inc.

usage: generate_smtp_canaries.py SMTP_CANARIES.csv OUTPUT.inc
"""
import csv
import re
import sys

COLUMNS = ["host", "operator"]
OPERATORS_LEAST = 3  # one of them may be the one that is down
HOST = re.compile(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]+")


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def main():
    path, target = sys.argv[1:]
    lines, operators, seen = ["/* Generated from datasets/smtp_canaries.csv. Edit that. */\n"], set(), {}
    with open(path, newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        if reader.fieldnames != COLUMNS:
            sys.exit(f"{path}:1: columns must be {','.join(COLUMNS)}")
        for row in reader:
            if not HOST.fullmatch(row["host"]) or not row["operator"]:
                sys.exit(f"{path}:{reader.line_num}: a host name in lower case and an operator are needed")
            if row["host"] in seen:
                sys.exit(f"{path}:{reader.line_num}: {row['host']} stands on line {seen[row['host']]}, too")
            seen[row["host"]] = reader.line_num
            operators.add(row["operator"])
            lines.append(f"{{ {quoted(row['host'])}, {quoted(row['operator'])} }},\n")
    if len(operators) < OPERATORS_LEAST:
        sys.exit(f"{path}: hosts of {OPERATORS_LEAST} operators at least are needed")
    with open(target, "w", encoding="utf-8") as out:
        out.writelines(lines)


main()
