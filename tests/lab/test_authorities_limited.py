#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""test_authorities_limited.py - name servers that limit their answers, asked of a list half of which they do not serve.

usage: test_authorities_limited.py STSURVEY DIR

BIND that answers ten a second of a kind, where all REFUSED are one kind and what is over it is dropped; NSD as Debian has it, two hundred. The
scan ends, and each good domain has its answers of the server itself: none is lost among the bad ones. It has to wait, as errors are asked for
five times a second. Exit status 77: a server is not to be had.
"""

import json
import os
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "mail")]
sys.dont_write_bytecode = True

import authorities  # noqa: E402
import servers  # noqa: E402

SKIPPED = 77
GOOD, LAME = [int(os.environ.get("STSURVEY_LIMITED", 30))] * 2
PATIENCE_S = 15  # once the good ones are answered, who drops every REFUSED is as good as dead: it rests, and those left wait so long
LIMITED = {"bind": {"more": "\trate-limit { responses-per-second 10; };\n"}, "nsd": {}}
DUE = {"MX": "NOERROR", "STS": "NXDOMAIN", "TLSRPT": "NXDOMAIN"}


def told(record):
    return {key: record["results"][key]["status"] for key in DUE}


def judge(name, records):
    """What is wrong."""
    wrong, direct = [], 0
    for i in range(GOOD):
        results = records["good%d.test" % i]["results"]
        fell_back = {results[key].get("fall_back") for key in DUE}
        direct += {results[key].get("source") for key in DUE} == {"direct"}
        if told(records["good%d.test" % i]) != DUE or fell_back - {None, "unseen"}:
            wrong.append("%s, good%d.test: %s" % (name, i, results))
    for i in range(LAME):
        if told(records["lame%d.test" % i])["MX"] not in ("SERVFAIL", "TIMEOUT"):
            wrong.append("%s, lame%d.test: %s" % (name, i, records["lame%d.test" % i]["results"]))
    if direct < GOOD - 2:
        wrong.append("%s: of %d good domains only %d were asked directly" % (name, GOOD, direct))
    return wrong


def test(name, stsurvey, folder):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    zones = {"data.test": ["@ MX 10 mx"], authorities.SERVERS: authorities.ZONES[authorities.SERVERS]}
    delegated = list(zones)
    for i in range(max(GOOD, LAME)):
        zones["good%d.test" % i] = ["@ MX 10 mx"]
        delegated += ["good%d.test" % i, "lame%d.test" % i]
    running, (port, held) = servers.Servers(folder), servers.reserve_port()
    metadata = os.path.join(folder, "metadata.json")
    try:
        authorities.start(running, name, folder, port, delegated, zones, **LIMITED[name])
        records = authorities.scan(stsurvey, folder, port, delegated, "direct", "--direct", "--dns-port", str(port), "--server-rate", "50",
                                   "--server-patience", str(PATIENCE_S), "-m", metadata)
    finally:
        running.stop()
        for sock in held:
            sock.close()
    with open(metadata, encoding="utf-8") as file:
        seen = json.load(file)["direct"]
    wrong = judge(name, records)
    if seen["servers"]["error_limits"] == 0 and seen["timeouts"] == 0:
        wrong.append("%s: neither its errors nor its silence were seen: %s" % (name, seen))
    return wrong


def main():
    stsurvey, folder = sys.argv[1:]
    for program in (*LIMITED, "unbound"):
        if not authorities.path_of(program):
            print("%s, skipped" % authorities.missing(program))
            return SKIPPED
    with ThreadPoolExecutor() as pool:
        wrong = sum(pool.map(lambda name: test(name, stsurvey, os.path.join(os.path.abspath(folder), name)), LIMITED), [])
    print("\n".join(wrong + ["%d servers, %d domains each, %d failed" % (len(LIMITED), GOOD + LAME, len(wrong))]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
