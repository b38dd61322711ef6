#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Do the metadata of a scan tell the counts that stand in its file?

usage: told.py METADATA TABLES
"""
import csv
import json
import os
import sys

# counts of the metadata: metrics of overview.csv
SAME = {"domains": "scanned", "sts": "sts_record", "fetched": "policy_fetched", "unknown": "unknown", "blocklisted": "blocklisted",
        "illegal": "illegal_input"}


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        metadata = json.load(file)
    told = metadata["counts"]
    with open(os.path.join(sys.argv[2], "overview.csv"), encoding="utf-8") as file:
        found = {row["metric"]: int(row["domains"]) for row in csv.DictReader(file)}
    wrong = {name: (told[name], found[metric]) for name, metric in SAME.items() if told[name] != found[metric]}
    # while it runs a scan counts domains without their MX hosts, of which it has counts apart
    if metadata.get("smtp") and told["unknown"] <= found["unknown"]:
        wrong.pop("unknown", None)
    if wrong:
        print("metadata and tables differ:", wrong)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
