#!/usr/bin/python3
"""test_authorities.py - what a name server of Debian answers to direct questions, and what of it counts.

usage: test_authorities.py SERVER ASK_DIRECT DIR    SERVER: a name of authorities.ADDRESS

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


def answers(name, program, folder, port):
    os.makedirs(os.path.join(folder, "answers"))
    done = subprocess.run([program, authorities.ADDRESS[name], str(port), os.path.join(folder, "answers")], text=True, capture_output=True,
                          input="".join("%s %s %s\n" % case[:3] for case in CASES), check=False)
    if done.returncode != 0:
        sys.exit("%s: %s" % (program, done.stderr))
    return done.stdout.splitlines()


def judge(name, program, folder):
    """How much came otherwise."""
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    running, (port, held) = servers.Servers(folder), servers.reserve_port()
    try:
        running.start(name, *authorities.command(name, folder, port), environment=authorities.environment())
        servers.wait_until(lambda: (servers.dns_query("data.test", 15, authorities.ADDRESS[name], port) or (0, 0, 0))[2] == 1, name,
                           running.check)
        said = answers(name, program, folder, port)
    finally:
        running.stop()
        for sock in held:
            sock.close()
    due = [(question, others.get(name, all_say) + ":") for question, _, _, all_say, others in CASES]
    due += [(question, words) for server, question, words in ODD if server == name]
    told = {case[0]: line for case, line in zip(CASES, said, strict=True)}
    wrong = [(question, words) for question, words in due if words not in told[question]]
    for question, words in wrong:
        print("%s, %s: %s; not %s" % (name, question, told[question], words))
    print("%s: %d passed, %d failed" % (name, len(due) - len(wrong), len(wrong)))
    return len(wrong)


def main():
    name, program, folder = sys.argv[1:]
    if not authorities.path_of(name):
        print("test_authorities: no %s, skipped; this gets it: bash -c '. cmake/setup.sh && packages_unpack build/resolvers unpack'" % name)
        return SKIPPED
    return 1 if judge(name, program, os.path.abspath(folder)) else 0


if __name__ == "__main__":
    sys.exit(main())
