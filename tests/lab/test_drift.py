#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""test_drift.py - two scans of the lab, between which zones and policies change, and what diff tells of them.

Started by test_lab.sh in the lab. Each scan asks an Unbound of its own, which remembers nothing of the other's. Ends with
`N passed, N failed`.
"""

import csv
import os
import re
import signal
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "mail")]
sys.dont_write_bytecode = True

import servers  # noqa: E402
import tally  # noqa: E402
import world  # noqa: E402
from tally import that  # noqa: E402

ENV = os.environ
AGE = "1209600"  # of the policies, unless their line in datasets/world says otherwise
BOTH = ["simple-enforce", "simple-crlf", "simple-no-tlsrpt", "simple-longest-age", "simple-testing", "simple-none", "simple-two-addresses",
        "simple-first-refused", "simple-dual-stack"]
EXPECTED = [
    ("simple-enforce", "policy-changed-id-same", "mode enforce", "mode testing"),
    ("simple-enforce", "weakened", "enforce " + AGE, "testing " + AGE),
    ("simple-first-refused", "mx-changed-policy-same", "mx.simple-first-refused.test", "mx.elsewhere.test"),
    ("simple-first-refused", "outdated-policy", "mx.simple-first-refused.test", "mx.elsewhere.test"),
    ("simple-first-refused", "broken", "ok", "mx"),
    ("simple-longest-age", "id-changed-policy-same", "20260101000000Z", "2"),
    ("simple-mx-upper-case", "new", "absent", "ok"),
    ("simple-none", "removed", "none " + AGE, "none"),
    ("simple-testing", "removed-without-none", "testing " + AGE, "none"),
    ("simple-three-mx", "gone", "ok", "absent"),
    ("simple-two-addresses", "broken", "ok", "http"),
]

def run(*words):
    done = subprocess.run([ENV["STSURVEY"], *words], capture_output=True, text=True, check=False)
    that(done.returncode == 0, "%s: %d: %s" % (" ".join(words), done.returncode, done.stderr))


def scan(name, domains):
    base = os.path.join(ENV["OUT"], name)
    with open(base + ".txt", "w", encoding="utf-8") as file:
        file.writelines("%s.test\n" % domain for domain in domains)
    run("scan", "-f", base + ".txt", "-o", base + ".scan", "--force", "--resolver", "unbound", "--resolver-config", ENV["RESOLVER_CONFIG"],
        "--allow-reserved", ENV["ALLOW_RESERVED"], "--https-port", ENV["HTTPS_PORT"], "--ca-file", ENV["CA_FILE"], "--rate", "0", "-q")
    return base + ".scan"


def policy_path(domain):
    return os.path.join(ENV["LAB"], "www", "mta-sts.%s.test" % domain, ".well-known", "mta-sts.txt")


def change_policies():
    with open(policy_path("simple-enforce"), "r+", encoding="ascii") as file:
        body = file.read().replace("mode: enforce", "mode: testing")
        file.seek(0)
        file.truncate()
        file.write(body)
    with open(policy_path("simple-crlf"), "r+", newline="", encoding="ascii") as file:
        lines = file.read().split("\r\n")
        file.seek(0)
        file.truncate()
        file.write("\n".join([lines[0], "x-comment: hello", *reversed(lines[1:4])]) + "\n")
    os.unlink(policy_path("simple-two-addresses"))


def change_zone():
    """NSD reads a zone file anew that has changed, when it is told to."""
    path = os.path.join(ENV["LAB"], "zones", "root.zone")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    for pattern, instead in ((r"(?m)^(_mta-sts\.simple-longest-age\.test\. .*)id=20260101000000Z", r"\1id=2"),
                             (r"(?m)^_mta-sts\.simple-testing\.test\. .*TXT.*\n", ""),
                             (r"(?m)^_mta-sts\.simple-none\.test\. .*TXT.*\n", ""),
                             (r"(?m)^(simple-first-refused\.test\. .*MX .*)mx\.simple-first-refused\.test\.", r"\1mx.elsewhere.test.")):
        text, times = re.subn(pattern, instead, text)
        that(times == 1, "%s stands %d times in the zone" % (pattern, times))
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    with open(os.path.join(ENV["LAB"], "pids"), encoding="ascii") as file:
        pids = dict(line.split() for line in file)
    os.kill(int(pids["nsd"]), signal.SIGHUP)
    gone = lambda: servers.dns_query("_mta-sts.simple-testing.test", 16, world.AUTHORITY, int(ENV["HTTPS_PORT"])) in NOTHING
    servers.wait_until(gone, "the zone as it is now", lambda: None)


NOTHING = [(rcode, ad, 0) for rcode in (0, 3) for ad in (False, True)]


def main():
    os.makedirs(ENV["OUT"], exist_ok=True)
    old = scan("old", BOTH + ["simple-three-mx"])
    change_policies()
    change_zone()
    new = scan("new", ["simple-mx-upper-case"] + BOTH[::-1])
    tables = os.path.join(ENV["OUT"], "drift.tables")
    run("diff", old, new, "-d", tables)
    with open(os.path.join(tables, "changes.csv"), newline="", encoding="utf-8") as file:
        told = [(row["name"].removesuffix(".test"), row["change"], row["old"], row["new"]) for row in csv.DictReader(file)]
    for row in EXPECTED:
        that(row in told, "not told: %s" % (row,))
    for row in told:
        that(row in EXPECTED, "told, and not so: %s" % (row,))
    that(told == sorted(told, key=lambda row: row[0]), "changes stand in order of the names")
    return tally.end()


if __name__ == "__main__":
    sys.exit(main())
