#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""roles.py TABLES TRUTH.jsonl SCAN.jsonl - do the tables of `stsurvey stats` tell who does what for the domains whose truth says it?

Each provider of a role has at least as many domains as the truth gives it, since others may be its customers, too, and
each orphan likewise. Domains of which time may have decided (again.py) are not counted on. Exit status 1 where one has
fewer.
"""

import collections
import csv
import json
import os
import sys

sys.dont_write_bytecode = True

import again  # noqa: E402


def rows(folder, name, *key):
    with open(os.path.join(folder, name + ".csv"), newline="", encoding="utf-8") as file:
        return collections.Counter({tuple(row[k] for k in key): int(row["domains"]) for row in csv.DictReader(file)})


def main():
    folder, path, scanned = sys.argv[1:]
    with open(scanned, encoding="utf-8") as file:
        doubtful = {record["index"] for record in map(json.loads, file) if record["status"] == "unknown" or again.was_cut_off(record)}
    want = {"providers": collections.Counter(), "orphans": collections.Counter()}
    with open(path, encoding="utf-8") as file:
        for line in file:
            fact = json.loads(line)
            if fact["index"] in doubtful:
                continue
            expect = fact["expect"]
            want["providers"].update(expect.get("roles", {}).items())
            if "orphan" in expect:
                want["orphans"][expect["roles"]["policy-host"], expect["orphan"]] += 1
    got = {"providers": rows(folder, "providers", "role", "provider"), "orphans": rows(folder, "orphans", "provider", "reason")}
    wrong = ["%s.csv: %s: %d domains, not %d or more" % (name, " ".join(key), got[name][key], count)
             for name, counter in want.items() for key, count in counter.items() if got[name][key] < count]
    print("\n".join(wrong + ["%d roles, %d wrong" % (sum(map(len, want.values())), len(wrong))]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
