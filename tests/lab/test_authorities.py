#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""test_authorities.py - what a name server of Debian answers to direct questions, and what of it counts.

usage: test_authorities.py SERVER ASK_DIRECT STSURVEY DIR    SERVER: a name of authorities.ADDRESS

Then its zones are scanned with --direct and without: the same is told of each domain, and who answered is as the table has it.

Exit status 77: the server is not to be had.
"""

import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "mail")]
sys.dont_write_bytecode = True

import authorities  # noqa: E402
import servers  # noqa: E402

SKIPPED = 77

# name, type, the delegated zone, what all say, and who says otherwise
STS, RPT = "_mta-sts.", "_smtp._tls."
CASES = [
    ("data.test", "MX", "data.test", "NOERROR", {}),
    (STS + "data.test", "TXT", "data.test", "NOERROR", {}),
    (RPT + "data.test", "TXT", "data.test", "NOERROR", {}),
    ("empty.test", "MX", "empty.test", "NO_ANSWER", {}),
    (STS + "empty.test", "TXT", "empty.test", "NXDOMAIN", {}),
    (RPT + "empty.test", "TXT", "empty.test", "NXDOMAIN", {}),
    (STS + "wild.test", "TXT", "wild.test", "NOERROR", {}),
    (RPT + "wild.test", "TXT", "wild.test", "NOERROR", {}),
    (STS + "wild-other.test", "TXT", "wild-other.test", "NO_ANSWER", {}),
    (STS + "ent.test", "TXT", "ent.test", "NO_ANSWER", {}),
    (RPT + "ent.test", "TXT", "ent.test", "NO_ANSWER", {}),
    (RPT + "ent-above.test", "TXT", "ent-above.test", "NXDOMAIN", {}),
    (STS + "alias.test", "TXT", "alias.test", "alias", {}),
    (RPT + "alias.test", "TXT", "alias.test", "alias", {}),
    (STS + "alias-gone.test", "TXT", "alias-gone.test", "alias", {}),
    (STS + "alias-out.test", "TXT", "alias-out.test", "alias", {}),
    (STS + "alias-zone.test", "TXT", "alias-zone.test", "alias", {}),
    (RPT + "dname.test", "TXT", "dname.test", "alias", {"powerdns": "NXDOMAIN", "yadifa": "servfail", "gdnsd": "refused"}),
    (STS + "cut.test", "TXT", "cut.test", "not-authoritative", {}),
    (RPT + "cut.test", "TXT", "cut.test", "not-authoritative", {}),
    (STS + "child.test", "TXT", "child.test", "NO_ANSWER", {"gdnsd": "not-authoritative"}),
    (RPT + "child.test", "TXT", "child.test", "NXDOMAIN", {"gdnsd": "not-authoritative"}),
    ("gone.up.test", "MX", "gone.up.test", "no-soa", {}),
    (STS + "gone.up.test", "TXT", "gone.up.test", "no-soa", {}),
    ("unserved.test", "MX", "unserved.test", "refused", {}),
    (STS + "unserved.test", "TXT", "unserved.test", "refused", {}),
    ("broken.test", "MX", "broken.test", "servfail", {"gdnsd": "refused"}),
    (STS + "big.test", "TXT", "big.test", "truncated", {}),
]
# In what they differ, so that the cases are there that the rule is for.
ODD = [
    ("bind", "data.test", "answers 1, octets 121"),  # NS, which is no referral
    ("nsd", "data.test", "answers 1, octets 117"),
    ("knot", "data.test", "answers 1, octets 73"),
    ("nsd", STS + "alias-zone.test", "aa 1, tc 0, answers 2"),  # somebody else's record, with AA
    ("powerdns", STS + "alias-zone.test", "aa 1, tc 0, answers 2"),
    ("knot", STS + "alias-zone.test", "aa 1, tc 0, answers 1"),
    ("bind", STS + "alias-gone.test", "rcode 3, aa 1, tc 0, answers 1"),  # an alias, and NXDOMAIN of what it leads to
    ("gdnsd", STS + "alias-gone.test", "rcode 0, aa 1, tc 0, answers 1"),
    ("gdnsd", STS + "alias.test", "answers 1"),
    ("powerdns", "broken.test", "rcode 2, aa 1"),  # the code goes before AA
    ("bind", "broken.test", "rcode 2, aa 0"),
    ("yadifa", STS + "big.test", "tc 1, answers 5"),
    ("bind", STS + "big.test", "tc 1, answers 0"),
]


QUESTIONS = {"": "MX", STS: "STS", RPT: "TLSRPT"}
# What a scan with --direct may tell otherwise (docs/direct.md), and what no two scans have in common.
APART = ("timestamp", "duration", "tries", "ttl", "ad", "source", "fall_back", "audit", "ede")
# Of name servers that no domain before had, as the first ones of a list; of what the resolver could not tell in the first pass.
PASSED_OVER = ("unseen", "no-address", "second-pass")


class Checks:
    passed = failed = 0

    def that(self, good, what):
        self.passed += bool(good)
        self.failed += not good
        if not good:
            print(what)


def put_questions(name, program, folder, port):
    """What it answers: question → line."""
    os.makedirs(os.path.join(folder, "answers"))
    done = subprocess.run([program, authorities.ADDRESS[name], str(port), os.path.join(folder, "answers")], text=True, capture_output=True,
                          input="".join("%s %s %s\n" % case[:3] for case in CASES), check=False)
    if done.returncode != 0:
        sys.exit("%s: %s" % (program, done.stderr))
    return {case[0]: line for case, line in zip(CASES, done.stdout.splitlines(), strict=True)}


def judge_answers(checks, name, told):
    due = [(question, others.get(name, all_say) + ":") for question, _, _, all_say, others in CASES]
    due += [(question, words) for server, question, words in ODD if server == name]
    for question, words in due:
        checks.that(words in told[question], "%s, %s: %s; not %s" % (name, question, told[question], words))


def bare(value):
    """Without what may be told otherwise; NXDOMAIN and NO_ANSWER are one."""
    if isinstance(value, dict):
        return {key: bare(part) for key, part in value.items() if key not in APART}
    if isinstance(value, list):
        return [bare(part) for part in value]
    return "absent" if value in ("NXDOMAIN", "NO_ANSWER") else value


def judge_scans(checks, name, plain, direct):
    for domain in plain:
        checks.that(bare(plain[domain]) == bare(direct.get(domain)),
                    "%s, %s: %s without --direct, %s with it" % (name, domain, plain[domain], direct.get(domain)))
    asked = 0
    for question, _, zone, all_say, others in CASES:
        due = others.get(name, all_say)
        answer = direct[zone]["results"][QUESTIONS[question[:-len(zone)]]]
        said = answer.get("source"), answer.get("fall_back")
        if answer["status"] == "SKIPPED" or said[1] in PASSED_OVER:
            continue
        asked += 1
        if due in ("NXDOMAIN", "NO_ANSWER"):
            good = said == ("direct", None)
        elif due == "NOERROR":
            good = said == ("resolver", "confirmed")
        else:
            good = said == ("resolver", due)
        checks.that(good, "%s, %s: %s answered, fall_back %s; the server's own answer is %s" % (name, question, *said, due))
    checks.that(2 * asked > len(CASES), "%s: only %d of %d questions were put to it" % (name, asked, len(CASES)))


def test(name, ask_direct, stsurvey, folder):
    """How much came otherwise."""
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    delegated = list(dict.fromkeys([authorities.SERVERS, *(case[2] for case in CASES)]))
    checks, running, (port, held) = Checks(), servers.Servers(folder), servers.reserve_port()
    try:
        authorities.start(running, name, folder, port, delegated)
        judge_answers(checks, name, put_questions(name, ask_direct, folder, port))
        plain = authorities.scan(stsurvey, folder, port, delegated, "plain")
        judge_scans(checks, name, plain, authorities.scan(stsurvey, folder, port, delegated, "direct", "--direct", "--dns-port", str(port)))
    finally:
        running.stop()
        for sock in held:
            sock.close()
    print("%s: %d passed, %d failed" % (name, checks.passed, checks.failed))
    return checks.failed


def main():
    name, ask_direct, stsurvey, folder = sys.argv[1:]
    for program in (name, "nsd", "unbound"):
        if not authorities.path_of(program):
            print("%s, skipped" % authorities.missing(program))
            return SKIPPED
    return 1 if test(name, ask_direct, stsurvey, os.path.abspath(folder)) else 0


if __name__ == "__main__":
    sys.exit(main())
