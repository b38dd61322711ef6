#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Compare the parsers with shared test vectors, one JSON object a line.

usage: vectors.py PROBE VECTORS-DIRECTORY

PROBE is parsers_probe (tests/parsers/probe.c). Exits with 77 where the directory does not exist.
The vectors speak of the standards' grammar; where this project decides otherwise or says more,
the functions below translate, and nothing else is excused.
"""
import collections
import json
import os
import re
import struct
import subprocess
import sys


def octets(text):
    return text if isinstance(text, bytes) else text.encode("utf-8")


def request(kind, items):
    out = kind + struct.pack(">I", len(items))
    for item in items:
        out += struct.pack(">I", len(octets(item))) + octets(item)
    return out


def ask(probe, requests):
    run = subprocess.run([probe], input=b"".join(requests), stdout=subprocess.PIPE, check=False)
    answers = run.stdout.decode("ascii").splitlines()
    if run.returncode != 0 or len(answers) != len(requests):
        sys.exit(f"{probe}: exit status {run.returncode} after {len(answers)} of {len(requests)} answers")
    return [answer.split("\t") for answer in answers]


def values(field):
    return [bytes.fromhex(value).decode("utf-8") for value in field.split(",") if value]


def records(case):
    return [b"".join(octets(string) for string in strings) for strings in case["txt"]]


def expected_state(case, meant):
    """`none` to a sender; the survey sets apart the domain that meant to publish a record."""
    is_meant = any(text.lstrip(b" \t").lower().startswith(meant) for text in records(case))
    return "invalid" if case["expect"] == "none" and is_meant else case["expect"]


def judge_sts(case, answer):
    state, _, policy_id = answer
    if state != expected_state(case, b"v=sts"):
        return f"state {state}"
    got = values(policy_id)[0] if policy_id else None
    return None if got == case["policy_id"] else f"id {got}"


def judge_tlsrpt(case, answer):
    state, findings, uris = answer
    expect = expected_state(case, b"v=tlsrpt")
    if expect == "invalid" and findings == "tlsrpt-unencoded":
        expect = "valid"  # an unencoded `!` is a warning here
    supported = re.search(rb"[=,][ \t]*(mailto|https):", b"".join(records(case)), re.IGNORECASE)
    if expect == "valid" and findings == "tlsrpt-bad-scheme" and not supported:
        expect = "invalid"  # no supported scheme: nobody can report
        case = dict(case, rua=None)
    usable = re.search(rb"[=,][ \t]*(mailto:[^@,;/?]+@[^@,;/?.]+(\.[^@,;/?.]+)*([?,; \t]|$)|https://[^/,;])", b"".join(records(case)),
                       re.IGNORECASE)
    if expect == "valid" and findings == "tlsrpt-bad-uri" and not usable:
        expect = "invalid"  # nothing but the scheme was looked at
        case = dict(case, rua=None)
    if state != expect:
        return f"state {state}"
    got = [values(uri.split(":")[1])[0] for uri in uris.split(",") if uri and not uri.startswith("other:")]
    return None if case["rua"] is None or got == case["rua"] else f"rua {got}"


def judge_policy(case, answer):
    state, _, mode, max_age, mx = answer
    if ("valid" if state == "valid" else "invalid") != case["expect"]:
        return f"state {state}"
    got = {"mode": mode, "max_age": None if max_age == "-" else int(max_age), "mx": values(mx)}
    for key, value in got.items():
        if case[key] is not None and case[key] != value:
            return f"{key} {value}"
    return None


def judge_match(case, answer):
    return None if (answer[0] == "true") == case["expect"] else answer[0]


def a_label(host):
    """A host arrives from DNS in A-labels."""
    try:
        return host if host.isascii() else host.encode("idna")
    except UnicodeError:
        return host


def body(case):
    return case["body"].encode(case.get("encoding", "utf-8"), "surrogatepass")


FILES = {
    "sts_record": (lambda case: request(b"s", records(case)), judge_sts),
    "tlsrpt_record": (lambda case: request(b"t", records(case)), judge_tlsrpt),
    "policy": (lambda case: request(b"p", [body(case)]), judge_policy),
    "mx_match": (lambda case: request(b"m", [a_label(case["mx"]), *case["patterns"]]), judge_match),
}


def load(directory, name):
    with open(os.path.join(directory, name + ".jsonl"), encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def summarise(probe, directory):
    """Nothing says what the published policies are worth: no crash, and a look at the counts."""
    cases = load(directory, "real_policies")
    answers = ask(probe, [request(b"p", [body(case)]) for case in cases])
    states = collections.Counter(answer[0] for answer in answers)
    codes = collections.Counter(code for answer in answers for code in answer[1].split(",") if code)
    print(f"real_policies: {len(answers)} read; " + ", ".join(f"{n} {state}" for state, n in states.most_common()))
    for code, n in codes.most_common():
        print(f"    {n:4} {code}")
    return sum(states[state] for state in ("valid", "tolerated", "invalid")) == len(cases)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    probe, directory = sys.argv[1:]
    directory = os.environ.get("STSURVEY_VECTORS", directory)
    if not os.path.isdir(directory):
        print(f"{directory}: not there; shared vectors skipped")
        sys.exit(77)
    passed = failed = 0
    for name, (to_request, judge) in FILES.items():
        cases = load(directory, name)
        right = 0
        for case, answer in zip(cases, ask(probe, [to_request(case) for case in cases])):
            wrong = judge(case, answer)
            right += wrong is None
            if wrong is not None:
                print(f"{name} {case['id']}: {wrong} instead of {case['expect']}; {answer[1:2]}")
                print("    " + json.dumps(case)[:400])
        print(f"{name}: {right} of {len(cases)} agree")
        passed += right
        failed += len(cases) - right
    if summarise(probe, directory):
        passed += 1
    else:
        failed += 1
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


main()
