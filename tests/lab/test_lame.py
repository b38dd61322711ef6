#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""test_lame.py - what a domain whose name servers all fail costs the resolver: few questions, and it stays unknown.

Started by test_scans.sh in the lab: scans names below fault.test for which everything is SERVFAIL or REFUSED, through the lab's Unbound,
and counts the packets that the scanner sent. Exit 0: no more than MOST a domain, and each is as unknown as if all had been asked.
"""

import json
import os
import subprocess
import sys

BEHAVIOURS = ("servfail", "refused")  # of faultd, which Unbound tells as SERVFAIL both
DOMAINS = 50                          # of each
# In the first pass MX, twice; in the last MX, twice, TXT at _mta-sts and, whether it is an alias, CNAME there.
MOST = 6
PREFLIGHT = 20                        # what is asked before the first domain, or while the resolver is looked at


def main():
    stsurvey, base = os.environ["STSURVEY"], os.path.join(os.environ["OUT"], "lame")
    names = ["d%d.%s.all.fault.test" % (i, behaviour) for behaviour in BEHAVIOURS for i in range(DOMAINS)]
    with open(base + ".list", "w", encoding="utf-8") as file:
        file.write("".join(name + "\n" for name in names))
    done = subprocess.run([stsurvey, "scan", "-f", base + ".list", "-o", base + ".msgpack.zst", "--force", "-m", base + ".json", "-q",
                           "--name-servers", os.environ["RESOLVER"], "--allow-reserved", os.environ["ALLOW_RESERVED"],
                           "--timeout", "5", "--rate", "0"], check=False)
    with open(base + ".json", encoding="utf-8") as file:
        queries = json.load(file)["run"]["queries"]
    lines = subprocess.run([stsurvey, "export", base + ".msgpack.zst", "--format", "jsonl"], stdout=subprocess.PIPE, check=True).stdout
    records = [json.loads(line) for line in lines.splitlines()]
    told = {record["name"]: [record["status"]] + [record["results"][key]["status"] for key in ("MX", "STS", "TLSRPT")] for record in records}
    wrong = {name: told.get(name) for name in names if told.get(name) != ["unknown", "SERVFAIL", "SERVFAIL", "SERVFAIL"]}
    print("lame: %.1f questions a domain" % (queries / len(names)))
    if done.returncode != 3 or wrong or queries > MOST * len(names) + PREFLIGHT:
        print("exit status %d, %d questions, told otherwise: %s" % (done.returncode, queries, dict(list(wrong.items())[:5])))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
