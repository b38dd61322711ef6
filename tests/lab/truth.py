#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""truth.py - the list a scanner is given, and for each of its entries what it must say."""

import hashlib
import random

from world import CODES


def is_direct(domain):
    """Does this domain belong into the list that is asked straight from faultd?"""
    return bool(domain.name) and domain.name.endswith(".fault.test") and not domain.truth.get("direct", {}).get("skip")


def expectation(domain, direct):
    """The truth of one domain, finding numbers turned into codes. @direct: asked without a resolver between."""
    fact = {key: value for key, value in domain.truth.items() if key != "direct"}
    if direct:
        fact.update(domain.truth.get("direct", {}))
    if fact.pop("body", False):
        fact["body_sha256"] = hashlib.sha256(domain.policy()).hexdigest()
    for key in ("findings", "has"):
        if key in fact:
            fact[key] = sorted(CODES[number] for number in fact[key])
    return fact


def lists(domains, direct, seed):
    """(octets of the list, truth entries in the list's order). Blank lines and comments are strewn in."""
    rng = random.Random(seed)
    order = list(domains)
    rng.shuffle(order)
    # the first lines are ordinary names, so that whoever looks at the beginning sees a list
    first = [domain for domain in order if domain.kind == "plain"][:10]
    order = first + [domain for domain in order if domain not in first]
    lines, facts = [b"# the lab's world, shuffled", b""], []
    for index, domain in enumerate(order):
        if rng.random() < 0.001:
            lines.append(rng.choice([b"", b"   ", b"# a comment"]))
        lines.append(domain.input)
        facts.append({"index": index, "name": domain.name, "kind": domain.kind, "expect": expectation(domain, direct)})
    return b"\n".join(lines) + b"\n", facts
