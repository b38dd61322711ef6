#!/usr/bin/python3
"""Do the metadata of two scans of the same domains agree on what is in the files?

usage: same_counts.py METADATA METADATA
"""
import json
import sys

# What a resolver's bad moment can change is left out.
COUNTS = ("domains", "sts", "fetched", "blocklisted", "illegal")


def counts(path):
    with open(path, encoding="utf-8") as file:
        about = json.load(file)["counts"]
    return {name: about[name] for name in COUNTS}


def main():
    found = [counts(path) for path in sys.argv[1:]]
    print(*found)
    return 0 if found[0] == found[1] and min(found[0]["sts"], found[0]["fetched"]) > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
