#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""crowd.py - domains with more records than anyone keeps: other TXT around the record, MX and addresses by the dozen.

What did not fit is not absent: the truth says what each part is, and that it may be unknown where more was published
than the scanner keeps (parsers/observation.h) and what it keeps first does not decide. No other answer is right,
whichever way a resolver turned the records.
"""

import random

from plain import strict_policy
from world import WEB, Domain
from zones import STRING_MAX

TXT_MOST = 120            # other records at one name
ANSWER_OCTETS = 65000     # of an answer, as far as others fill it: one over TCP holds 65,535 octets
HUGE = 17000              # octets of one TXT record
MX_MOST, ADDRESSES_MOST = 120, 40
MX_KEPT, ADDRESSES_KEPT = 64, 16  # the most preferred ones, those that may be contacted
STS = {"valid": 6, "none": 1, "multiple": 2, "invalid": 1}
TLSRPT = {"valid": 5, "none": 2, "multiple": 2, "invalid": 1}
RECORDS = {"sts": ("v=STSv1; id=%d;", "v=STSv1; id=;"), "tlsrpt": ("v=TLSRPTv1; rua=mailto:r%d@{d}", "v=TLSRPTv1; rua=;")}


def pick(rng, weights):
    return rng.choices(list(weights), list(weights.values()))[0]


def few_or_many(rng, most):
    return rng.choice([0, 1, rng.randrange(most // 2), rng.randrange(most + 1), most])


def wire_octets(record):
    """Of a TXT record in an answer: a pointer, type, class, TTL, length, and strings of 255 octets."""
    return 12 + len(record) + len(record) // STRING_MAX + 1


def texts(rng, kind, state):
    """The records of one name, shuffled: those that @state says among others."""
    good, bad = RECORDS[kind]
    records = {"valid": [good % 1], "none": [], "invalid": [bad], "multiple": [good % (n + 1) for n in range(rng.randrange(2, 5))]}[state]
    left = ANSWER_OCTETS - sum(map(wire_octets, records))
    for number in range(few_or_many(rng, TXT_MOST)):
        record = "other-%d %s" % (number, "x" * rng.choice([0, 30, 200, 400, 1000, HUGE if rng.random() < 0.1 else 60]))
        if left > wire_octets(record):
            records.append(record)
            left -= wire_octets(record)
    rng.shuffle(records)
    return records


def hosts(rng, name):
    """(MX lines, verdict, does what is kept decide it?): all fit the policy, some, or none."""
    count = max(1, few_or_many(rng, MX_MOST))
    stray = min(count, rng.choice([0, 0, 1, 2, count - 1, count]))
    fits = [False] * stray + [True] * (count - stray)
    rng.shuffle(fits)
    preferences = rng.sample(range(60000), count)
    lines = ["%d m%d.%s" % (preferences[n], n, name if fits[n] else "elsewhere.example") for n in range(count)]
    kept = [fits[n] for n in sorted(range(count), key=lambda n: preferences[n])[:MX_KEPT]]
    verdict = "enforce-partial" if len(set(fits)) == 2 else "enforce-ok" if fits[0] else "enforce-fail"
    return lines, verdict, count <= MX_KEPT or len(set(kept)) == 2


def addresses(rng):
    """(A, AAAA, what comes of them, is every address kept that may be contacted?)"""
    count = max(1, few_or_many(rng, ADDRESSES_MOST))
    refusing = rng.choice([0, 0.2, 0.5, 0.9])
    kinds = ["refused" if rng.random() < refusing else rng.choice(["private", "private6"]) for _ in range(count)]
    if rng.random() < 0.8:
        kinds[rng.randrange(count)] = "web"
    form = {"private": "10.0.1.%d", "refused": "127.80.2.%d", "private6": "fd00::%x"}
    made = [rng.choice(WEB) if kind == "web" else form[kind] % (number + 1) for number, kind in enumerate(kinds)]
    come = "success" if "web" in kinds else "connection-refused" if "refused" in kinds else "blocklisted-target"
    kept = kinds.count("refused") + kinds.count("web") <= ADDRESSES_KEPT
    return [text for text in made if ":" not in text], [text for text in made if ":" in text], come, kept


def one(name, rng):
    sts, tlsrpt = pick(rng, STS), pick(rng, TLSRPT)
    mx, fit, decided = hosts(rng, name)
    a, aaaa, come, kept = addresses(rng)
    serve = {"mx": mx, "sts": texts(rng, "sts", sts), "tlsrpt": texts(rng, "tlsrpt", tlsrpt), "a": a, "aaaa": aaaa,
             "policy": strict_policy("enforce", ["*." + name], 1209600)}
    truth = {"status": "complete", "sts_state": sts, "tlsrpt_state": tlsrpt, "mx_status": "NOERROR"}
    if sts != "valid":
        truth.update(component="" if sts == "none" else "record", verdict="no-policy", policy_status="skipped")
    elif come != "success":
        truth.update(component="tcp" if come == "connection-refused" else "dns", verdict="no-policy", policy_status=come)
    else:
        truth.update(component="ok" if fit == "enforce-ok" else "mx", verdict=fit, policy_status=come, policy_state="valid")
    if sts == "valid" and not (kept and (decided or come != "success")):
        truth.update(unknown=True, policy_status=come if kept else [come, "connection-refused"])
    return Domain(name, serve, truth, "crowd")


def crowd(count, seed):
    rng = random.Random(seed)
    return [one("crowd-%d.test" % number, rng) for number in range(count)]
