# SPDX-License-Identifier: BSD-2-Clause
"""again.py - domains of which a slow machine decided, scanned once more.

Time-outs of ours run against real servers, and a machine that is slow all the time is told from a peer that is silent by nobody. So a domain
that is not as it should be, where time had its say, is scanned again with a few others like it, by the same command: what it is then counts.
A fault of the scanner's stays one. Where many are so it is not the machine.
"""

import json
import os
import subprocess
import sys
import tempfile

SLOW_MS = 1000       # a policy host on loopback answers in a few; whose fetch took so long may have been cut off by time
SHARE, LEAST = 10, 20  # no more than one domain in SHARE, or LEAST
SCAN_S = 240         # a scan that takes longer hangs
UNASKED = ("mx_tls", "dane")  # what may be unknown in a record that is complete
ONE_RUN = ("--resume",)       # of the scan's command, and of no other's


def policy_of(record):
    return (record.get("results") or {}).get("POLICY") or {}


def was_slow(record):
    return ((policy_of(record).get("data") or {}).get("fetch_ms") or 0) >= SLOW_MS


def was_cut_off(record):
    """Perhaps."""
    return was_slow(record) and policy_of(record).get("status") != "success"


def is_unknown(record):
    """Nobody answered in time, perhaps."""
    return record.get("status") == "unknown" or any(record.get(key) == "unknown" for key in UNASKED)


def scan(command, names):
    """Records by name. @command: a scan's, without list and file."""
    with tempfile.TemporaryDirectory() as folder:
        listed, out = os.path.join(folder, "list"), os.path.join(folder, "scan.msgpack.zst")
        with open(listed, "w", encoding="utf-8") as file:
            file.writelines(name + "\n" for name in names)
        subprocess.run([*(word for word in command if word not in ONE_RUN), "-f", listed, "-o", out], stdout=subprocess.DEVNULL, timeout=SCAN_S,
                       check=False)
        lines = subprocess.run([command[0], "export", out, "--format", "jsonl"], stdout=subprocess.PIPE, check=True).stdout
    return {record["name"]: record for record in map(json.loads, lines.splitlines())}


def settle(records, wrong, whole, command, slow_alone):
    """@records, in which those at the places @wrong are replaced by what they are now where time decided. @whole: of how many domains.
    @slow_alone: fetches that took long; one that is unknown is as it is."""
    doubtful = [i for i in wrong if records[i].get("name") and (was_slow(records[i]) or (not slow_alone and is_unknown(records[i])))]
    if not doubtful or len(doubtful) > max(whole // SHARE, LEAST):
        return records
    names = [records[i]["name"] for i in doubtful]
    print("scanned again, since time may have decided: " + ", ".join(names))
    sys.stdout.flush()
    found, settled = scan(command, names), list(records)
    for i in doubtful:
        settled[i] = {**found[records[i]["name"]], "index": records[i]["index"]}
    return settled
