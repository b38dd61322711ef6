#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""test_vantage.py - the self-test of port 25 before the first probe: what it says of a way that is open, shut, or answered by somebody else.

Started by `lab run DIR --mail`, with STSURVEY and OUT in the environment. Ends with `N passed, N failed`.
"""

import json
import os
import shutil
import subprocess
import sys
import time

ENV = os.environ
SETTLE = 0.6  # seconds; the counts are as new as a fifth of one, and nobody comes later than the scan's end
WRITTEN_S = 30  # until what must be counted is, on a slow machine
NAME = "scanner.lab-servers.net"  # leads to our address, and back
QUICK = ("smtp-no-", "smtp-alert-", "smtp-starttls-5")  # domains whose hosts are the fault server's, and say at once what they say

# canaries, exit status, what is said, what the metadata say of IPv4
CASES = [
    (ENV["CANARIES"], 0, None, "open"),
    (ENV["CANARIES_INTERCEPTED"], 1, "somebody else answers", "intercepted"),
    (ENV["CANARIES_BLOCKED"], 1, "is shut to this machine", "blocked"),
    (ENV["CANARIES"] + "," + ENV["CANARIES_BLOCKED"], 0, "mx.canaries-blocked-0.test", "partial"),
]


def scan(canaries, folder):
    """(exit status, what was said, metadata or None)"""
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    with open(ENV["MAIL_LIST"], encoding="utf-8") as file:
        names = [line for line in file if line.startswith(QUICK)]
    with open(folder + "/list", "w", encoding="utf-8") as file:
        file.writelines(names)
    metadata = folder + "/metadata.json"
    done = subprocess.run([ENV["STSURVEY"], "scan", "-f", folder + "/list", "-o", folder + "/scan.msgpack.zst", "-m", metadata, "-q",
                           "--name-servers", ENV["RESOLVER"], "--allow-reserved", ENV["ALLOW_RESERVED"], "--ca-file", ENV["CA_FILE"],
                           "--https-port", ENV["HTTPS_PORT"], "--smtp=all", "--smtp-port", ENV["SMTP_PORT"], "--smtp-timeout", "10",
                           "--smtp-canaries", canaries, "--ehlo-domain", NAME], stderr=subprocess.PIPE, text=True, check=False)
    told = None
    if os.path.exists(metadata):
        with open(metadata, encoding="utf-8") as file:
            told = json.load(file)
    return done.returncode, done.stderr, told


def places(path):
    """address → host, of the fault server's that are no canaries."""
    with open(path, encoding="utf-8") as file:
        return {line.split()[0]: line.split()[1] for line in file if ".canaries" not in line}


def read_counts():
    hosts = places(ENV["LAB"] + "/smtp.conf")
    with open(ENV["SMTP_COUNTS"], encoding="ascii") as file:
        rows = [line.split() for line in file]
    return {row[0]: row[1] for row in rows if row[0] in hosts}


def visited(before=None):
    """How often somebody has come to whom, canaries aside, once nothing is added any more; waits for another answer than @before."""
    end, last, now = time.monotonic() + WRITTEN_S, None, before
    while now != last or (now == before and time.monotonic() < end):
        last = now
        time.sleep(SETTLE)
        now = read_counts()
    return now


def main():
    passed = failed = 0
    before = visited()
    for number, (canaries, status, said, state) in enumerate(CASES):
        code, text, told = scan(canaries, "%s/%d" % (ENV["OUT"], number))
        problems = []
        if code != status:
            problems.append("exit %d, not %d" % (code, status))
        if said and said not in text:
            problems.append("does not say %s" % said)
        if status == 0 and (not told or told["smtp"]["self_test"]["ipv4"] != state):
            problems.append("metadata: %s" % (told and told["smtp"]["self_test"]))
        if status == 0 and not (told and told["smtp"]["own_name"]["ipv4"]["ptr_confirmed"]):
            problems.append("does not find our name")
        now = visited(before if status == 0 else None)
        if (now != before) != (status == 0):
            problems.append("probed all the same" if status else "nobody was probed")
        before = now
        print("%s %s%s" % ("FAILED:" if problems else "ok", state, "".join("; " + problem for problem in problems)))
        if problems:
            print(text)
        passed += not problems
        failed += bool(problems)
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
