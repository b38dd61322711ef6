#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""findings.py - is datasets/findings.csv still the table that others rely on?

    findings.py FINDINGS.csv REFERENCE.csv

Its first six columns must be those of REFERENCE.csv, row by row; only the remedies are this project's own. Exit status 1
where they differ, 77 where there is no REFERENCE.csv.
"""

import csv
import os
import sys

COLUMNS = 6
SKIP = 77


def rows(path):
    with open(path, newline="", encoding="utf-8") as file:
        return [row[:COLUMNS] for row in csv.reader(file)]


def main():
    ours, reference = sys.argv[1:]
    if not os.path.exists(reference):
        print("findings.py: skipped, there is no %s" % reference)
        return SKIP
    mine, theirs = rows(ours), rows(reference)
    if mine == theirs:
        print("%d rows agree" % len(mine))
        return 0
    for number, (a, b) in enumerate(zip(mine, theirs), 1):
        if a != b:
            print("row %d: %s, not %s" % (number, a, b))
    print("%d rows here, %d there" % (len(mine), len(theirs)))
    return 1


if __name__ == "__main__":
    sys.exit(main())
