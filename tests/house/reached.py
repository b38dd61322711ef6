#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""reached.py - has each finding a domain of the lab that must draw it?

    reached.py FINDINGS.csv WORLD-DIR

Looks at `findings` and `has` of every *.toml below WORLD-DIR. Exit status 1 where a finding has no domain, or a domain a finding that is not in the table.
"""

import csv
import pathlib
import sys
import tomllib


def numbers_in(part):
    """Every number under a key `findings` or `has`, however deep."""
    found = set()
    if isinstance(part, dict):
        for key, value in part.items():
            found |= set(value) if key in ("findings", "has") and isinstance(value, list) else numbers_in(value)
    elif isinstance(part, list):
        for value in part:
            found |= numbers_in(value)
    return found


def main():
    table, world = sys.argv[1:]
    with open(table, newline="", encoding="utf-8") as file:
        codes = {int(row["number"]): row["code"] for row in csv.DictReader(file)}
    drawn = set()
    for path in pathlib.Path(world).rglob("*.toml"):
        drawn |= numbers_in(tomllib.loads(path.read_text(encoding="utf-8")))
    unreached = [number for number in sorted(codes) if number not in drawn]
    unheard_of = sorted(drawn - codes.keys())
    for number in unreached:
        print("%d %s: no domain of the lab must draw it" % (number, codes[number]))
    for number in unheard_of:
        print("%s: a domain of the lab must draw it, but there is no such finding" % number)
    print("%d findings, %d without a domain" % (len(codes), len(unreached)))
    return 1 if unreached or unheard_of else 0


if __name__ == "__main__":
    sys.exit(main())
