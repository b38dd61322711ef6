# SPDX-License-Identifier: BSD-2-Clause
"""sort_join.py - what diff counts, by the way it does not go: export, GNU sort and join. For the test and the benchmark."""

import os
import subprocess
from collections import Counter

KINDS = ["status", "sts", "tlsrpt", "component", "mode", "verdict"]

# status sts tlsrpt component mode verdict of each domain, behind its name and how often it stood before; with a tab
WORDS = r"""
NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
{
    asked = $at["status"] == "complete" || $at["status"] == "unknown"
    below = $at["mx_status"] == "NXDOMAIN" ? "none" : "not-asked"
    sts = $at["sts_state"]; if (sts == "") sts = below
    rpt = $at["tlsrpt_state"]; if (rpt == "") rpt = below
    component = $at["component"]; if (component == "") component = asked ? "no-record" : "not-asked"
    mode = $at["policy_state"] == "valid" || $at["policy_state"] == "tolerated" ? $at["mode"] : "no-policy"
    if (mode == "no-policy" && component == "unknown") mode = "unknown"
    verdict = $at["verdict"]; if (verdict == "") verdict = "not-asked"
    name = $at["name"]
    print name "#" seen[name]++ "\t" $at["status"] " " sts " " rpt " " component " " mode " " verdict
}
"""


def export(stsurvey, scan):
    """The words of a scan, in the order of its domains."""
    return "%s export %s --format csv | awk -F, '%s'" % (stsurvey, scan, WORDS)


def sorted_words(stsurvey, scan, out, memory="64M"):
    command = "(%s) | sort -t '\t' -k 1,1 -S %s -o %s" % (export(stsurvey, scan), memory, out)
    subprocess.run(["bash", "-o", "pipefail", "-c", command], check=True, env={**os.environ, "LC_ALL": "C"})


JOIN = ["join", "-t", "\t", "-a", "1", "-a", "2", "-e", "absent absent absent absent absent absent", "-o", "1.2,2.2"]


def transitions(old, new):
    """Counts by (kind, old, new) of two sorted files."""
    joined = subprocess.run(JOIN + [old, new], check=True, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"})
    counts = Counter()
    for line, number in Counter(joined.stdout.splitlines()).items():
        sides = [side.split(" ") for side in line.split("\t")]
        for kind, before, after in zip(KINDS, *sides):
            counts[kind, before, after] += number
    return counts
