#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Compare what we say senders make of inputs with what they made of them.

usage: matrix.py PROBE SHARED-MATRIX OUR-MATRIX…

PROBE is senders_probe (probe.c). The matrix has a JSON object a line: id, kind (record, policy, match), the input, and the
outcome of each profile, of which every member counts. It is the file that STSURVEY_SENDERS names, else SHARED-MATRIX where that
exists, else the first OUR-MATRIX; the further OUR-MATRIX files are read beside it. not_modelled.csv (id,profile,reason) excuses a
cell, and at most NOT_MODELLED of all; each excused cell must be a cell that fails.
"""
import csv
import json
import os
import re
import struct
import subprocess
import sys

NOT_MODELLED = 0.02  # of the cells


def octets(text, latin=False):
    return text if isinstance(text, bytes) else text.encode("latin-1" if latin else "utf-8")


def request(kind, items):
    return kind + struct.pack(">I", len(items)) + b"".join(struct.pack(">I", len(item)) + item for item in items)


def items(row):
    if row["kind"] == "record":
        strings = [[octets(string) for string in record] for record in row["txt"]]
        return b"r", [item for record in strings for item in (bytes(map(len, record)), b"".join(record))]
    if row["kind"] == "policy":
        return b"p", [octets(row["body"], row.get("bytes", False))]
    return b"m", [octets(row["mx"])] + [octets(pattern) for pattern in row["patterns"]]


def pattern(text, latin):
    """A pattern, out of how the profile's language prints it."""
    equals = re.fullmatch(r'Equals\("(.*)"\)', text)
    starts = re.fullmatch(r'StartsWith\("(.*)"\)', text)
    if text == "(NULL)":
        return b""
    return octets("*." + starts[1] if starts else equals[1] if equals else text, latin)


def patterns(field):
    return [bytes.fromhex(text) for text in field.split("<")[1:]]


def outcome(kind, answer):
    """What the probe said, in the members of the matrix."""
    if answer[0] not in ("yes", "no"):
        return {"accept": answer[0]}
    got = {"accept": answer[0] == "yes"}
    if not got["accept"] or kind == "match":
        return got
    if kind == "record":
        return got | {"id": None if answer[1] == "-" else bytes.fromhex(answer[1])}
    return got | {"mode": answer[1], "max_age": float(answer[2]) if "." in answer[2] else int(answer[2]), "mx": patterns(answer[4])}


def differs(want, got):
    for name, value in want.items():
        if name == "mx":
            same = any([pattern(text, latin) for text in value] == got.get(name) for latin in (False, True) if latin is False or
                       all(ord(c) < 256 for text in value for c in text))
        elif name == "id":
            same = octets(value) == got.get(name)
        else:
            same = value == got.get(name)
        if not same:
            return f"{name}: {value!r}, not {got.get(name)!r}"
    return None


def read_rows(paths):
    for path in paths:
        with open(path, encoding="utf-8") as file:
            for line in file:
                row = json.loads(line)
                yield from ((row, profile, want) for profile, want in row["outcomes"].items())


def main():
    probe, shared, ours, *further = sys.argv[1:]
    named = os.environ.get("STSURVEY_SENDERS")
    cells = list(read_rows([named or (shared if os.path.exists(shared) else ours), *further]))
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "not_modelled.csv"), newline="", encoding="utf-8") as file:
        excused = {(row["id"], row["profile"]) for row in csv.DictReader(file)}
    requests = []
    for row, profile, _ in cells:
        kind, rest = items(row)
        requests.append(request(kind, [octets(profile), *rest]))
    run = subprocess.run([probe], input=b"".join(requests), stdout=subprocess.PIPE, check=False)
    answers = run.stdout.decode("ascii").splitlines()
    if run.returncode != 0 or len(answers) != len(cells):
        sys.exit(f"{probe}: exit status {run.returncode} after {len(answers)} of {len(cells)} answers")
    wrong, used = [], set()
    for (row, profile, want), answer in zip(cells, answers):
        problem = differs(want, outcome(row["kind"], answer.split("\t")))
        if problem and (row["id"], profile) in excused:
            used.add((row["id"], profile))
        elif problem:
            wrong.append(f"{row['id']}: {profile}: {problem}")
    print("\n".join(wrong))
    print(f"{len(cells)} cells, {len(wrong)} wrong, {len(used)} not modelled")
    return 1 if wrong or not cells or len(used) > NOT_MODELLED * len(cells) else 0


if __name__ == "__main__":
    sys.exit(main())
