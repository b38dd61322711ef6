#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""direct_compare.py - do two scans of the same domains say the same, one with --direct and one without?

    direct_compare.py PLAIN.jsonl DIRECT.jsonl [--limit N]

Domain by domain, by name, but for what docs/direct.md says may differ: NXDOMAIN for NODATA where both are absent, TTL, AD, who answered and
how often it was asked, and who serves the zone where a zone file has told it. How a question failed (SERVFAIL, TIMEOUT) differs between any
two scans, and so do policy hosts that play with time, or whose addresses fail: where their outcome differs, what follows is not compared.
Prints a line for each difference, then `N passed, N failed`. Exit status 1 on any. As a module: differences(plain, direct).
"""

import argparse
import json
import sys

# Of no matter at any depth: when, how long, how often, who answered, for how long it holds, who vouches for it.
PASSING = {"index", "rank", "timestamp", "duration", "fetch_ms", "tries", "ttl", "ad", "source", "fall_back", "audit", "ede", "NS",
           "senders"}  # some of which look at how long the policy took
QUESTIONS = ("MX", "STS", "TLSRPT")
ABSENT = {"NXDOMAIN", "NO_ANSWER"}
FAILED = {"SERVFAIL", "TIMEOUT"}


def essence(value):
    """@value without what passes; how a question failed is not told apart."""
    if isinstance(value, dict):
        return {key: "failed" if key == "status" and item in FAILED else essence(item) for key, item in value.items() if key not in PASSING}
    return [essence(item) for item in value] if isinstance(value, list) else value


def essence_of(record):
    """Absent is absent, whichever word says so; below a name that does not exist nothing was asked."""
    kept = essence(record)
    results = kept.get("results") or {}
    gone = (results.get("MX") or {}).get("status") == "NXDOMAIN"
    for key in QUESTIONS:
        question = results.get(key) or {}
        if question.get("status") in ABSENT or (gone and question.get("status", "SKIPPED") == "SKIPPED"):
            results[key] = {**question, "status": "absent", "state": None if key == "MX" else "none"}
    return kept


def paths(plain, direct, at=""):
    if isinstance(plain, dict) and isinstance(direct, dict):
        for key in sorted(set(plain) | set(direct)):
            yield from paths(plain.get(key), direct.get(key), "%s.%s" % (at, key) if at else key)
    elif plain != direct:
        yield "%s: %s, with --direct %s" % (at, json.dumps(plain), json.dumps(direct))


def read(path):
    with open(path, encoding="utf-8") as file:
        return {record["name"]: record for record in map(json.loads, file)}


def policy_of(record):
    return (record.get("results") or {}).get("POLICY") or {}


def was_fetched(record):
    """Did it come to a connection?"""
    return policy_of(record).get("status", "skipped") not in ("skipped", "blocklisted-target")


def has_failed(record):
    """Did the resolver, which both ways ask, get no answer about its host's addresses?"""
    return "failed" in {(answer or {}).get("status") for answer in ((policy_of(record).get("data") or {}).get("dns") or {}).values()}


def is_by_chance(one, other):
    """Do their policies differ as those of any two scans may?"""
    return (was_fetched(one) and was_fetched(other)) or has_failed(one) or has_failed(other)


def differences(plain, direct):
    """name → what differs, of the records of two scans by name."""
    found = {}
    for name in sorted(set(plain) | set(direct)):
        if name not in plain or name not in direct:
            found[name] = ["is in one of them alone"]
            continue
        one, other = essence_of(plain[name]), essence_of(direct[name])
        if policy_of(one) != policy_of(other) and is_by_chance(one, other):
            one, other = ({key: record["results"].get(key) for key in QUESTIONS} for record in (one, other))
        differing = list(paths(one, other))
        if differing:
            found[name] = differing
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("plain")
    parser.add_argument("direct")
    parser.add_argument("--limit", type=int, default=30, help="differing domains that are shown")
    options = parser.parse_args()
    plain, direct = read(options.plain), read(options.direct)
    found = differences(plain, direct)
    for name in list(found)[:options.limit]:
        print("%s: %s" % (name, "; ".join(found[name])[:500]))
    print("%d passed, %d failed" % (len(set(plain) - set(found)), len(found)))
    return 1 if found or not plain else 0


if __name__ == "__main__":
    sys.exit(main())
