#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""test_crowd.py - many MX hosts: how often each is gone to, and who waits for whom (mail_crowd.py). Nothing of it is timed.

    test_crowd.py WHAT      shared: many domains on few hosts · tarpits: as many tarpits as good hosts · dying: one address behind many names

Started by `lab run DIR --mx …`, with STSURVEY and OUT in the environment. Ends with `N passed, N failed`.
"""

import collections
import datetime
import json
import os
import shutil
import subprocess
import sys
import time

AT_ONCE = 1500    # hosts: on two busy processors a good one of ten thousand begun together may take longer than a probe has
SETTLE = 30       # seconds until the fault server has written its last counts
SMTP_TIMEOUT = 10  # seconds of one probe, three times as many when it is tried once more: a slow machine makes no good host silent


def scan(out, *more):
    """The records of one scan, name → record."""
    env, path = os.environ, os.path.join(out, "crowd.msgpack.zst")
    command = [env["STSURVEY"], "scan", "-f", env["MAIL_LIST"], "-o", path, "-m", os.path.join(out, "crowd.json"), "-q", "--force",
               "--name-servers", env["RESOLVER"], "--allow-reserved", env["ALLOW_RESERVED"], "--ca-file", env["CA_FILE"], "--rate", "0",
               "--smtp=all", "--smtp-port", env["SMTP_PORT"], "--ehlo-domain", "scanner.lab-servers.net", *more]
    status = subprocess.run(command, check=False).returncode
    if status not in (0, 3):  # 3: over 1 % is unknown, as it must be
        raise SystemExit("the scan ended with status %d" % status)
    exported = subprocess.run([env["STSURVEY"], "export", path], stdout=subprocess.PIPE, check=True)
    return {record["name"]: record for record in map(json.loads, exported.stdout.splitlines())}


def counts(least, quits=0):
    """address → (connections, quits, most at once); waits until there are @least connections, and so many @quits."""
    end = time.monotonic() + SETTLE
    while True:
        try:
            with open(os.environ["SMTP_COUNTS"], encoding="ascii") as file:
                rows = {address: tuple(map(int, numbers)) for address, *numbers in map(str.split, file)}
        except FileNotFoundError:
            rows = {}
        if (sum(row[0] for row in rows.values()) >= least and sum(row[1] for row in rows.values()) >= quits) or time.monotonic() > end:
            return {address: row for address, row in rows.items() if not address.startswith("127.87.")}
        time.sleep(0.1)


def env_number(name):
    return int(os.environ[name])


def shared(out):
    """10,000 domains on 50 hosts of two addresses: a connection for each address, and no more."""
    hosts = env_number("MX_GOOD") * env_number("MX_ADDRESSES")
    records = scan(out)
    time.sleep(0.5)  # a second connection would be counted by then
    seen = counts(hosts, hosts)
    connections = collections.Counter(row[0] for row in seen.values())
    yield "connections to an address: %s, %d addresses" % (dict(connections), len(seen)), len(seen) == hosts and set(connections) == {1}
    yield "each says QUIT", all(row[1] == row[0] for row in seen.values())
    bad = [name for name, record in records.items() if record["status"] != "complete" or record["findings"]]
    yield "each domain has its host's facts: %s" % bad[:3], not bad and len(records) == env_number("MAIL_DOMAINS")


def tarpits(out):
    """Good hosts are all found out while tarpits wait; each is gone to once, a tarpit once more at the end."""
    records = scan(out, "--smtp-timeout", str(SMTP_TIMEOUT), "--smtp-concurrency", str(AT_ONCE))
    seen = counts(env_number("MX_GOOD") + 2 * env_number("MX_SLOW"))
    good = [record for name, record in records.items() if name.startswith("good-")]
    slow = [record for name, record in records.items() if name.startswith("slow-")]
    yield "good hosts: all found out", good and all(record["status"] == "complete" and not record["findings"] for record in good)
    yield "tarpits: all unknown", slow and all(record["status"] == "unknown" and record["findings"] == ["mxtls-greeting"] for record in slow)
    yield "a good host once", all(row[0] == 1 for address, row in seen.items() if address.startswith("127.82."))
    yield "a tarpit twice at most", all(row[0] <= 2 for address, row in seen.items() if address.startswith("127.85."))
    # the first to be done with waiting is done later than the last of the good
    yield "no good host waited for a tarpit", max(map(ended, good)) < min(map(ended, slow))


def ended(record):
    """When the MX host of a domain was done with, milliseconds."""
    smtp = record["results"]["MX"]["data"]["records"][0]["smtp"]
    return datetime.datetime.fromisoformat(smtp["timestamp"]).timestamp() * 1000 + sum(smtp["ms"].values())


def dying(out):
    """One address behind many names, dead after the first few hundred: what came before is known, the rest is not, and each name is
    tried once, and once more at the end."""
    records = scan(out, "--smtp-timeout", str(SMTP_TIMEOUT))
    names = env_number("MX_DYING")
    seen = counts(1)
    connections = sum(row[0] for row in seen.values())
    known = sum(record["status"] == "complete" for record in records.values())
    unknown = sum(record["status"] == "unknown" for record in records.values())
    lives = env_number("MX_LIVES")
    yield "%d known, %d unknown" % (known, unknown), known == lives and known + unknown == names
    yield "%d connections" % connections, connections <= lives + 2 * (names - lives)
    yield "one at a time: %s" % list(seen.values())[:1], all(row[2] <= 1 for row in seen.values())


def main():
    out = os.environ["OUT"]
    shutil.rmtree(out, ignore_errors=True)
    os.makedirs(out)
    passed = failed = 0
    for text, good in globals()[sys.argv[1] if len(sys.argv) > 1 else os.environ["CROWD"]](out):
        print("%s %s" % ("ok" if good else "FAILED:", text))
        passed += bool(good)
        failed += not good
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
