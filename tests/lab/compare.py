#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""compare.py - does a scan say of every domain of the world what is true?

    compare.py SCAN.jsonl TRUTH.jsonl [--only WORD] [--limit N] [--resolver NAME] [--slow] [-- STSURVEY scan OPTIONS]

SCAN.jsonl is what `stsurvey export --format jsonl` writes, TRUTH.jsonl what the lab wrote beside its list. Prints a line
for each difference, how components and verdicts were confused, and `N passed, N failed`. Exit status 1 on any failure.
What the resolver NAME may tell otherwise stands in rights.toml. A truth with `unknown` may also not have been found out:
every part of such a record is as it should be or unknown, and so is its status. With the scan's own command behind --, less its list and
file, domains that time may have decided are scanned once more (again.py); --slow: those whose policy took long alone.
"""

import argparse
import collections
import fnmatch
import hashlib
import json
import os
import sys
import tomllib

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True

import again  # noqa: E402

NULL = ("", None)
CROWD_KNOWN = 8  # one in so many of a crowd is found out through any resolver, or the comparison says nothing
UNKNOWN_FINDINGS = {"sts-record-unknown", "tlsrpt-unknown", "mx-unknown", "policy-dns-unknown", "mxtls-unknown", "dane-unknown"}
# What stands where a part was not found out, or could not be asked for then.
UNKNOWN = {"status": "unknown", "component": "unknown", "verdict": "unknown", "sts_state": "unknown", "tlsrpt_state": "unknown",
           "policy_state": "", "policy_status": "skipped", "http_status": "", "body_sha256": "", "null_mx": False, "ad": False, "cname": [],
           "mx_tls": "unknown", "dane": "unknown", "delivery": "unknown",
           "mx_status": ["SERVFAIL", "TIMEOUT", "TRUNCATED", "ERROR", "REFUSED"]}
UNKNOWN["sts_status"] = UNKNOWN["tlsrpt_status"] = UNKNOWN["mx_status"]


def dig(record, *path):
    for key in path:
        record = record.get(key) if isinstance(record, dict) else None
    return record


def body_hash(record):
    stated = dig(record, "results", "POLICY", "data", "body_sha256")
    body = dig(record, "results", "POLICY", "data", "body")
    if body is None:
        return stated
    latin = dig(record, "results", "POLICY", "data", "encoding") or dig(record, "results", "POLICY", "data", "body_encoding")
    computed = hashlib.sha256(body.encode("latin-1" if latin else "utf-8")).hexdigest()
    return computed if stated in (None, computed) else "stated %s, computed %s" % (stated, computed)


def policy_status(record):
    return dig(record, "results", "POLICY", "status") or "skipped"


def dns_status(step):
    return lambda record: dig(record, "results", step, "status") or "SKIPPED"


def cname(record):
    return dig(record, "results", "STS", "data", "cname") or []


FACTS = {
    "status": lambda record: record.get("status"),
    "component": lambda record: record.get("component"),
    "verdict": lambda record: record.get("verdict"),
    "sts_state": lambda record: dig(record, "results", "STS", "state"),
    "tlsrpt_state": lambda record: dig(record, "results", "TLSRPT", "state"),
    "policy_state": lambda record: dig(record, "results", "POLICY", "data", "state"),
    "policy_status": policy_status,
    "mx_status": dns_status("MX"),
    "sts_status": dns_status("STS"),
    "tlsrpt_status": dns_status("TLSRPT"),
    "null_mx": lambda record: bool(dig(record, "results", "MX", "data", "null_mx")),
    "ad": lambda record: bool(dig(record, "results", "STS", "ad")),
    "http_status": lambda record: dig(record, "results", "POLICY", "data", "http", "status"),
    "body_sha256": body_hash,
    "cname": cname,
    "mx_tls": lambda record: record.get("mx_tls"),
    "dane": lambda record: record.get("dane"),
    "delivery": lambda record: record.get("delivery"),
}


def same(want, got):
    """A list of texts in the truth means: any of these. "" means null."""
    if isinstance(want, list):
        return any(same(one, got) for one in want)
    return (want in NULL and got in NULL) or want == got


def read_rights(resolver):
    """The entries of rights.toml for @resolver."""
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "rights.toml"), "rb") as file:
        return [right for right in tomllib.load(file)["right"] if resolver in right["resolvers"]]


def with_rights(expect, name, rights):
    """What must be said of @name where the resolver takes its rights."""
    for right in rights:
        if any(fnmatch.fnmatchcase(name or "", pattern) for pattern in right["domains"]):
            expect = dict(expect, **right.get("expect", {}))
            if right.get("unknown"):
                expect["unknown"] = True
    return expect


def differences(expect, record):
    """Texts, one for each thing that is not as it should be."""
    found = []
    got = set(record.get("findings") or [])
    unknown = expect.get("unknown") and record.get("status") == "unknown"
    if unknown:
        extra = got - set(expect.get("findings", got)) - UNKNOWN_FINDINGS
        found += ["findings" + "".join(" +" + code for code in sorted(extra))] if extra else []
    elif "findings" in expect and got != set(expect["findings"]):
        missing, extra = sorted(set(expect["findings"]) - got), sorted(got - set(expect["findings"]))
        found.append("findings%s%s" % ("".join(" -" + code for code in missing), "".join(" +" + code for code in extra)))
    missing = sorted(set(expect.get("has", [])) - got)
    if missing and not unknown:
        found.append("findings" + "".join(" -" + code for code in missing))
    for key, look in FACTS.items():
        if key not in expect:
            continue
        value = look(record)
        good = expect[key] == value if key == "cname" else same(expect[key], value)
        good = good or unknown and same(UNKNOWN[key], value)
        if not good:
            found.append("%s %s, not %s" % (key, json.dumps(value), json.dumps(expect[key])))
    return found


def read_lines(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def confusion(title, pairs):
    """How often each expected value became each other one."""
    print("\n%s: expected (rows) and found (columns)" % title)
    rows = sorted({want for want, _ in pairs})
    columns = sorted({want for want, _ in pairs} | {got for _, got in pairs})
    width = max([len(text) for text in rows + columns] + [7]) + 1
    print("".ljust(width) + "".join(text.rjust(width) for text in columns))
    counts = collections.Counter(pairs)
    for row in rows:
        print(row.ljust(width) + "".join((str(counts[row, column]) if counts[row, column] else ".").rjust(width) for column in columns))


def crowd_is_known(records, truth):
    crowd = {fact["index"] for fact in truth if fact["kind"] == "crowd"}
    known = sum(record.get("index") in crowd and record.get("status") == "complete" for record in records)
    if crowd:
        print("%d of a crowd of %d were found out" % (known, len(crowd)))
    return known * CROWD_KNOWN >= len(crowd)


def compare(records, truth, only, limit, rights=()):
    by_index, shown, failed, passed = collections.defaultdict(list), 0, 0, 0
    pairs = {"component": [], "verdict": []}
    for record in records:
        by_index[record.get("index")].append(record)
    for fact in truth:
        name, got = fact["name"], by_index.pop(fact["index"], [])
        expect = with_rights(fact["expect"], name, rights)
        if only and only not in (name or ""):
            continue
        problems = [] if len(got) == 1 else ["%d records" % len(got)]
        for record in got[:1]:
            if expect.get("status") != "illegal-input" and record.get("name") != name:
                problems.append("name %s" % json.dumps(record.get("name")))
            problems += differences(expect, record)
            for key, pair in pairs.items():
                if key in expect and not isinstance(expect[key], list):
                    pair.append((expect[key] or "null", record.get(key) or "null"))
        failed += bool(problems)
        passed += not problems
        if problems and shown < limit:
            shown += 1
            print("%s (%s): %s" % (name, fact["kind"], "; ".join(problems)))
    if by_index and not only:
        failed += len(by_index)
        print("%d records of entries that are not in the list, for example %s" % (len(by_index), list(by_index.values())[0][0].get("name")))
    failed += not only and not crowd_is_known(records, truth)
    for key, pair in pairs.items():
        if pair:
            confusion(key, pair)
    return passed, failed


def wrong_places(records, truth, rights):
    """Where in @records those stand that are not as they should be."""
    facts = {fact["index"]: fact for fact in truth}
    known = [(i, record, facts[record.get("index")]) for i, record in enumerate(records) if record.get("index") in facts]
    return [i for i, record, fact in known if differences(with_rights(fact["expect"], fact["name"], rights), record)]


def main():
    arguments, command = sys.argv[1:], []
    if "--" in arguments:
        command = arguments[arguments.index("--") + 1:]
        arguments = arguments[:arguments.index("--")]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scan")
    parser.add_argument("truth")
    parser.add_argument("--only", help="only domains with this in their name")
    parser.add_argument("--limit", type=int, default=100, help="differences shown")
    parser.add_argument("--resolver", help="the resolver asked, where it is not the lab's Unbound")
    parser.add_argument("--slow", action="store_true", help="of domains that are not as they should be, scan those again whose policy took long")
    arguments = parser.parse_args(arguments)
    records, truth, rights = read_lines(arguments.scan), read_lines(arguments.truth), read_rights(arguments.resolver)
    if command:
        records = again.settle(records, wrong_places(records, truth, rights), len(truth), command, arguments.slow)
    passed, failed = compare(records, truth, arguments.only, arguments.limit, rights)
    print("\n%d passed, %d failed" % (passed, failed))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
