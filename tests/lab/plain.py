#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""plain.py - the ordinary domains around the special ones, and the real ones of the shared vectors.

Deterministic: the same count gives the same names, records and truth. Shares follow what surveys of the mail
internet report, with more STS and TLSRPT than there is, so that a small world exercises them.
"""

import hashlib
import json
import os
import random
import re

from world import Domain

SEED = 8461
TLDS = [("com", 46), ("de", 9), ("net", 7), ("org", 6), ("co.uk", 5), ("nl", 4), ("fr", 4), ("com.br", 3), ("eu", 3),
        ("io", 2), ("info", 2), ("it", 2), ("pl", 2), ("ch", 2), ("com.au", 2), ("xyz", 1)]
SYLLABLES = ("ba be bo da de do fa fi fo ga go ha he ka ke ki ko la le li lo ma me mi mo na ne ni no pa pe po ra "
             "re ri ro sa se si so ta te ti to va ve vi wa we za zo").split()
HOSTERS = ["mx1.hoster-alpha.net", "mx2.hoster-alpha.net", "in.mailbarn.de", "mx.post-haus.org", "smtp.carrier-pigeon.eu"]
GOOGLE = ["1 aspmx.l.google.com", "5 alt1.aspmx.l.google.com", "5 alt2.aspmx.l.google.com",
          "10 alt3.aspmx.l.google.com", "10 alt4.aspmx.l.google.com"]
MX_KINDS = [("google", 24), ("outlook", 26), ("own", 22), ("own2", 6), ("hoster", 13), ("none", 5), ("null", 3), ("nxdomain", 1)]
POLICY_PROVIDERS = ["policies.sts-keeper.net", "mta-sts.report-barn.com", "edge.hoster-alpha.net"]

STRICT_POLICY = re.compile(
    rb"(?:[A-Za-z0-9][A-Za-z0-9_.-]{0,31}:[ \t]*[\x21-\x7e\x80-\xff]+(?: +[\x21-\x7e\x80-\xff]+)*[ \t]*(?:\r?\n|$))+")
STRICT_HOST = re.compile(r"(?:\*\.)?(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$", re.I)


def pick(rng, weighted):
    return rng.choices([value for value, _ in weighted], [weight for _, weight in weighted])[0]


def mx_of(kind, name, rng):
    """(MX lines, host names a policy would list)"""
    if kind == "google":
        return GOOGLE, ["aspmx.l.google.com", "*.aspmx.l.google.com"]
    if kind == "outlook":
        host = name.replace(".", "-") + ".mail.protection.outlook.com"
        return ["0 " + host], [host]
    if kind == "own":
        host = rng.choice(["mail.", "mx.", "smtp.", ""]) + name
        return ["10 " + host], [host]
    if kind == "own2":
        return ["10 mx1." + name, "20 mx2." + name], ["*." + name]
    if kind == "hoster":
        host = rng.choice(HOSTERS)
        return ["10 " + host], [host]
    return ({"null": ["0 ."], "none": []}[kind]), ["mail." + name]


def strict_policy(mode, patterns, max_age, term="\n"):
    lines = ["version: STSv1", "mode: " + mode] + ["mx: " + pattern for pattern in patterns] + ["max_age: %d" % max_age]
    return (term.join(lines) + term).encode()


def mode_truth(mode, max_age, findings):
    """component, verdict and findings of a usable policy all of whose MX match."""
    if max_age < (1209600 if mode == "enforce" else 86400):
        findings.add(620)
    if mode != "enforce":
        findings.add(621 if mode == "none" else 622)
    verdict = {"enforce": "enforce-ok", "testing": "testing-ok", "none": "none"}[mode]
    return {"component": "ok", "verdict": verdict}


def with_sts(serve, truth, findings, kind, patterns, rng):
    """Publish STS: record, policy host, policy."""
    mode = pick(rng, [("enforce", 45), ("testing", 45), ("none", 10)])
    max_age = rng.choice([86400, 604800, 1209600, 2419200, 31557600])
    serve["sts"] = ["v=STSv1; id=%d%s" % (rng.randrange(20200101, 20261122), rng.choice(["", ";", "T000000Z;"]))]
    serve["policy"] = strict_policy(mode, patterns if mode != "none" or rng.random() < 0.5 else [], max_age,
                                    rng.choice(["\n", "\n", "\r\n"]))
    if rng.random() < 0.4:
        serve["host_cname"] = [rng.choice(POLICY_PROVIDERS)]
        findings.add(206)
    else:
        serve["a"] = ["web"]
    truth.update(mode_truth(mode, max_age, findings), sts_state="valid", policy_state="valid", policy_status="success")
    if kind == "none":
        findings.add(709)
    if kind == "null":
        findings.add(710)


def one_plain(name, rng):
    kind = pick(rng, MX_KINDS)
    if kind == "nxdomain":
        return Domain(name, {}, {"findings": [], "status": "complete", "component": None, "verdict": "no-policy",
                                 "mx_status": "NXDOMAIN"}, "plain", None, False)
    mx, patterns = mx_of(kind, name, rng)
    serve = {"mx": mx}
    truth = {"status": "complete", "component": None, "verdict": "no-policy", "sts_state": "none", "tlsrpt_state": "none",
             "mx_status": "NOERROR" if mx else "NO_ANSWER", "null_mx": kind == "null"}
    findings = set()
    dice = rng.random()
    if dice < 0.03:
        with_sts(serve, truth, findings, kind, patterns, rng)
    elif dice < 0.04:
        serve["rr"] = ["*.{d} TXT \"v=spf1 include:_spf.google.com ~all\"", "{d} TXT \"v=spf1 include:_spf.google.com ~all\""]
        findings |= {108, 109, 909}
    if "rr" not in serve:
        if rng.random() < (0.6 if "sts" in serve else 0.02):
            serve["tlsrpt"] = ["v=TLSRPTv1; rua=mailto:tls-reports@%s" % name]
            truth["tlsrpt_state"] = "valid"
        if "sts" in serve and "tlsrpt" not in serve:
            findings.add(912)
        if "tlsrpt" in serve and "sts" not in serve:
            findings.add(913)
        serve["rr"] = ["{d} A 192.0.2.25", "{d} TXT \"v=spf1 mx -all\""]
    truth["findings"] = sorted(findings)
    return Domain(name, serve, truth, "plain")


def plain(count, taken):
    rng = random.Random(SEED)
    domains = []
    while len(domains) < count:
        name = "".join(rng.choices(SYLLABLES, k=rng.randrange(2, 6)))
        if rng.random() < 0.2:
            name += "-" + rng.choice(SYLLABLES) + str(rng.randrange(1, 100))
        name += "." + pick(rng, TLDS)
        if name in taken:
            continue
        taken.add(name)
        domains.append(one_plain(name, rng))
    return domains


def lines_of(folder, file_name):
    with open(os.path.join(folder, file_name), encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def real(folder, taken):
    """The 926 real mail domains: their mode and patterns, MX hosts that fit the patterns."""
    rng = random.Random(SEED + 1)
    domains = []
    for entry in lines_of(folder, "real_domains.jsonl"):
        name = entry["domain"].lower()
        if name in taken:
            continue
        taken.add(name)
        hosts = ["mx1" + pattern[1:] if pattern.startswith("*.") else pattern for pattern in entry["mx"]]
        max_age = rng.choice([86400, 604800, 2419200, 31557600])
        findings = set()
        truth = dict(mode_truth(entry["mode"], max_age, findings), status="complete", sts_state="valid",
                     policy_status="success", policy_state="valid")
        serve = {"mx": ["%d %s" % (10 * (i + 1), host) for i, host in enumerate(dict.fromkeys(hosts))],
                 "sts": ["v=STSv1; id=20200101000000Z;"], "a": ["web"],
                 "policy": strict_policy(entry["mode"], entry["mx"], max_age)}
        if rng.random() < 0.5:
            serve["tlsrpt"] = ["v=TLSRPTv1;rua=mailto:tlsrpt@" + name]
        else:
            findings.add(912)
        truth["tlsrpt_state"] = "valid" if "tlsrpt" in serve else "none"
        truth["findings"] = sorted(findings)
        if not all(STRICT_HOST.match(pattern) for pattern in entry["mx"]):
            truth = {"status": "complete", "sts_state": "valid", "policy_status": "success"}
        truth["body_sha256"] = hashlib.sha256(serve["policy"]).hexdigest()
        domains.append(Domain(name, serve, truth, "real"))
    return domains


def judge(body):
    """(mode, max_age, patterns) of a policy that is valid beyond doubt, or None."""
    if not STRICT_POLICY.fullmatch(body):
        return None
    fields = [line.split(b":", 1) for line in body.replace(b"\r\n", b"\n").split(b"\n") if line]
    fields = [(key.decode(), value.strip(b" \t").decode("utf-8", "replace")) for key, value in fields]
    keys = [key for key, _ in fields]
    values = dict(reversed(fields))
    patterns = [value for key, value in fields if key == "mx"]
    if any(keys.count(key) != 1 for key in ("version", "mode", "max_age")) or set(keys) - {"version", "mode", "max_age", "mx"}:
        return None
    if values["version"] != "STSv1" or values["mode"] not in ("enforce", "testing", "none"):
        return None
    if not re.fullmatch(r"\d{1,10}", values["max_age"]) or int(values["max_age"]) > 31557600:
        return None
    if not all(STRICT_HOST.match(pattern) for pattern in patterns) or not (patterns or values["mode"] == "none"):
        return None
    return values["mode"], int(values["max_age"]), patterns


def published(folder, taken):
    """Every version of every published policy, octet for octet; older ones under made-up names."""
    domains, versions = [], {}
    for entry in lines_of(folder, "real_policies.jsonl"):
        owner = (entry["domain"] or re.sub(r"[^a-z0-9-]", "-", entry["repo"].split("/")[0].lower()).strip("-") + ".published.test").lower()
        versions[owner] = versions.get(owner, 0) + 1
        name = owner if entry["head"] and owner not in taken else "v%d.%s" % (versions[owner], owner)
        taken.add(name)
        body = entry["body"].encode("utf-8")
        verdict = judge(body)
        hosts = [m for m in re.findall(r"^mx:[ \t]*([^ \t\r\n]+?)\.?[ \t\r]*$", entry["body"], re.M) if STRICT_HOST.match(m)]
        hosts = ["mx1" + host[1:] if host.startswith("*.") else host for host in hosts] or ["mx." + name]
        serve = {"mx": ["10 " + host for host in dict.fromkeys(hosts)], "sts": ["v=STSv1; id=1"], "a": ["web"],
                 "policy": body, "tlsrpt": ["v=TLSRPTv1;rua=mailto:tlsrpt@" + name]}
        truth = {"status": "complete", "sts_state": "valid", "tlsrpt_state": "valid", "policy_status": "success"}
        if body:
            truth["body_sha256"] = hashlib.sha256(body).hexdigest()
        if verdict:
            findings = set()
            truth.update(mode_truth(verdict[0], verdict[1], findings), policy_state="valid", findings=None)
            truth["findings"] = sorted(findings)
        domains.append(Domain(name, serve, truth, "published"))
    return domains
