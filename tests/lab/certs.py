#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""certs.py - the lab's certificates: which kinds there are, and the orders that make mkcert mint them.

A domain's `cert` names a kind of KIND; a kind is a list of leaf fields for mkcert and the chain that is sent.
Hosts of kind "ok" share certificates of GROUP names each, as they do at hosters.
"""

import os
import subprocess

DAY = 86400
GROUP = 60  # names in a shared certificate; CDNs put up to 100 in one

AUTHORITIES = [
    "key\troot\tec", "key\tint\tec", "key\trogue\tec", "key\trogue-int\tec", "key\told-int\tec", "key\tnew-int\tec",
    "key\tleaf\tec", "key\tweak\trsa1024", "key\tfenced\tec", "key\tshort\tec", "key\tdeep\tec", "key\tnotca\tec",
    "cert\troot\tkey=root\tissuer=self\tcn=Lab Root\tca=1\tfrom=-%d\tto=%d" % (400 * DAY, 4000 * DAY),
    "cert\tint\tkey=int\tissuer=root\tcn=Lab Intermediate\tca=1\tpathlen=0\tto=%d" % (1000 * DAY),
    "cert\trogue\tkey=rogue\tissuer=self\tcn=Somebody's Root\tca=1\tto=%d" % (1000 * DAY),
    "cert\trogue-int\tkey=rogue-int\tissuer=rogue\tcn=Somebody's Intermediate\tca=1\tto=%d" % (1000 * DAY),
    "cert\told-int\tkey=old-int\tissuer=root\tcn=Lab Old Intermediate\tca=1\tfrom=-%d\tto=-%d" % (300 * DAY, DAY),
    "cert\tnew-int\tkey=new-int\tissuer=root\tcn=Lab Future Intermediate\tca=1\tfrom=%d\tto=%d" % (DAY, 300 * DAY),
    "cert\tfenced\tkey=fenced\tissuer=root\tcn=Lab Fenced Intermediate\tca=1\tpermit=elsewhere.example",
    "cert\tshort\tkey=short\tissuer=root\tcn=Lab Short Intermediate\tca=1\tpathlen=0",
    "cert\tdeep\tkey=deep\tissuer=short\tcn=Lab Too Deep Intermediate\tca=1",
    "cert\tnotca\tkey=notca\tissuer=int\tcn=not-a-ca.test\tsan=dns:not-a-ca.test",
]

MANY_SANS = 20000
MANY = ",".join("dns:n%d.filler.test" % i for i in range(MANY_SANS))

# kind: (issuer, fields of the leaf, what is sent besides the leaf). {h} is the policy host, {d} the domain, {p} its parent.
# `san` unless given is dns:{h}.
KIND = {
    "ok": ("int", {}, "int"),
    "wildcard": ("int", {"san": "dns:*.{d}"}, "int"),
    "case-mx": ("int", {"san": "dns:MX.{D}"}, "int"),
    "case": ("int", {"san": "dns:MTA-STS.{D}"}, "int"),
    "many-names": ("int", {"san": "dns:www.{d},dns:{d},dns:mail.{d},dns:{h}"}, "int"),
    "wrong-order": ("int", {}, "root,int"),
    "with-root": ("int", {}, "int,root"),
    "extra-certs": ("int", {}, "rogue-int,int,old-int"),
    "direct-root": ("root", {}, ""),
    "expires-soon": ("int", {"to": 3 * DAY}, "int"),
    "expires-tomorrow": ("int", {"to": DAY // 2}, "int"),
    "expires-in-5-days": ("int", {"to": 5 * DAY}, "int"),
    "expires-in-8-days": ("int", {"to": 8 * DAY}, "int"),
    "rsa": ("int", {"key": "leaf-rsa"}, "int"),
    "rsa-expired": ("int", {"key": "leaf-rsa", "from": -100 * DAY, "to": -DAY}, "int"),
    # names
    "other-name": ("int", {"san": "dns:www.{d}"}, "int"),
    "bare-domain": ("int", {"san": "dns:{d}"}, "int"),
    "wildcard-parent": ("int", {"san": "dns:*.{p}"}, "int"),
    "wildcard-deep": ("int", {"san": "dns:*.*.{p}"}, "int"),
    "wildcard-partial": ("int", {"san": "dns:mta-*.{d}"}, "int"),
    "wildcard-inner": ("int", {"san": "dns:mta-sts.*.{p}"}, "int"),
    "cn-and-other-san": ("int", {"cn": "{h}", "san": "dns:www.{d}"}, "int"),
    "nul-in-san": ("int", {"san": "dns:{h}%00.evil.test"}, "int"),
    "no-san-other-cn": ("int", {"cn": "www.{d}", "san": ""}, "int"),
    "cn-only": ("int", {"cn": "{h}", "san": ""}, "int"),
    "cn-and-ip-san": ("int", {"cn": "{h}", "san": "ip:192.0.2.1"}, "int"),
    "cn-and-mail-san": ("int", {"cn": "{h}", "san": "mail:postmaster@{d},uri:https://{h}/"}, "int"),
    # dates
    "expired": ("int", {"from": -100 * DAY, "to": -DAY}, "int"),
    "expired-years": ("int", {"from": -3000 * DAY, "to": -2000 * DAY}, "int"),
    "expired-intermediate": ("old-int", {}, "old-int"),
    "not-yet-valid": ("int", {"from": DAY, "to": 90 * DAY}, "int"),
    "not-yet-intermediate": ("new-int", {}, "new-int"),
    "expired-other-name": ("int", {"from": -100 * DAY, "to": -DAY, "san": "dns:www.{d}"}, "int"),
    # chain
    "self-signed": ("self", {"cn": "{h}"}, ""),
    "self-signed-other-name": ("self", {"cn": "localhost", "san": "dns:localhost"}, ""),
    "self-signed-expired": ("self", {"cn": "{h}", "from": -100 * DAY, "to": -DAY}, ""),
    "untrusted-root": ("rogue-int", {}, "rogue-int,rogue"),
    "untrusted-root-direct": ("rogue", {}, "rogue"),
    "untrusted-root-expired": ("rogue-int", {"from": -100 * DAY, "to": -DAY}, "rogue-int,rogue"),
    "unknown-issuer": ("rogue-int", {}, "rogue-int"),
    "incomplete": ("int", {}, ""),
    "incomplete-expired": ("int", {"from": -100 * DAY, "to": -DAY}, ""),
    # anything else OpenSSL refuses
    "wrong-purpose": ("int", {"eku": "client"}, "int"),
    "bad-signature": ("int", {"badsig": 1}, "int"),
    "weak-key": ("int", {"key": "weak"}, "int"),
    "sha1": ("int", {"md": "sha1"}, "int"),
    "fenced": ("fenced", {}, "fenced"),
    "too-deep": ("deep", {}, "deep,short"),
    "not-a-ca": ("notca", {}, "notca,int"),
    "unknown-critical": ("int", {"critical": 1}, "int"),
    # hostile sizes
    "10000-sans": ("int", {"san": MANY[:MANY.index(",dns:n10000.")] + ",dns:{h}"}, "int"),
    "many-sans": ("int", {"san": "MANY"}, "int"),
    "big-chain": ("int", {}, "int," + ",".join(["fat"] * 3)),
    "huge-chain": ("int", {}, "int," + ",".join(["fat"] * 12)),
    "long-chain": ("int", {}, "int," + ",".join(["rogue-int"] * 60)),
}
AUTHORITIES.append("cert\tfat\tkey=leaf\tissuer=int\tcn=Fat\tsan=" + MANY)  # 0.4 MB; a dozen make 5 MB


def leaf_order(name, host, kind):
    """The orders for one host's own certificate."""
    domain = host.partition(".")[2]
    if kind.startswith("crowd-"):  # mx.LABEL-N.test and the so many after it
        label, first = host.split(".")[1].rsplit("-", 1)
        names = ["mx.%s-%d.test" % (label, int(first) + n) for n in range(int(kind[6:]))]
        issuer, fields, chain = "int", {"san": ",".join("dns:" + one for one in names)}, "int"
    else:
        issuer, fields, chain = KIND[kind]
    fields = dict({"san": "dns:{h}", "key": "leaf"}, **fields)
    if fields["san"] == "MANY":
        fields["san"] = MANY + ",dns:{h}"
    values = {"h": host, "d": domain, "D": domain.upper(), "p": domain.partition(".")[2]}
    words = ["cert", name, "issuer=" + issuer]
    for key, value in fields.items():
        for letter, filled in values.items():
            value = str(value).replace("{%s}" % letter, filled)
        words.append("%s=%s" % (key, value))
    certs = ",".join(filter(None, [name, chain]))
    return "\t".join(words), certs, fields["key"]


def mint(mkcert, folder, single, shared, more=()):
    """Mint everything into @folder. @single: {host: kind}; @shared: hosts of kind ok; @more: (host, kind) of further ones.

    Returns {host: path of chain and key in one PEM}, with (host, kind) for those of @more.
    """
    os.makedirs(folder, exist_ok=True)
    orders, paths = AUTHORITIES + (["key\tleaf-rsa\trsa2048"] if more else []), {}
    orders += ["pem\t%s\t%s" % (os.path.join(folder, name + ".pem"), name) for name in ("root", "int", "rogue")]
    own = [(host, host, kind) for host, kind in sorted(single.items())] + [((host, kind), host, kind) for host, kind in more]
    for number, (key_of, host, kind) in enumerate(own):
        path = os.path.join(folder, "own-%d.pem" % number)
        order, certs, key = leaf_order("own-%d" % number, host, kind)
        orders += [order, "pem\t%s\t%s\t%s" % (path, certs, key)]
        paths[key_of] = path
    hosts = sorted(shared)
    for start in range(0, len(hosts), GROUP):
        group, name = hosts[start:start + GROUP], "shared-%d" % (start // GROUP)
        path = os.path.join(folder, name + ".pem")
        orders.append("cert\t%s\tissuer=int\tkey=leaf\tcn=%s\tsan=%s" % (name, name, ",".join("dns:" + host for host in group)))
        orders.append("pem\t%s\t%s,int\tleaf" % (path, name))
        paths.update({host: path for host in group})
    subprocess.run([mkcert], input="\n".join(orders).encode() + b"\n", check=True)
    return paths
