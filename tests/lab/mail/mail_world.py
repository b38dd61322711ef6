#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""mail_world.py - the MX hosts of the lab: which there are, where they listen, what certificates and TLSA records they have.

Reads datasets/world/mail/*.toml as world.py reads the rest. A domain's `hosts` has a line for each MX host; without it, it has the one
host mx.{d}, described by the domain's own mx_serve, mx_cert, mx_default and tlsa. Every host has an address of its own.
"""

import base64
import hashlib
import os
import re

import mail_servers
import world
import zones

FIRST = 0x7f510001  # 127.81.0.1
CLOSED = 0x7f510000 + (200 << 8)  # 127.81.200.0 and on: nobody listens
HOST_KEYS = {"serve", "cert", "default", "tlsa", "a", "also", "cname", "tlsa_cname", "tlsa_at"}
SHORT = {"mx_serve": "serve", "mx_cert": "cert", "mx_default": "default", "tlsa": "tlsa"}
PROXY = "proxy.lab-servers.net"  # whoever answers for everybody
# What a self-test of port 25 may be told to ask: three hosts each.
CANARIES = {"CANARIES": ("postfix", "exim", "good"), "CANARIES_INTERCEPTED": ("proxy",) * 3, "CANARIES_BLOCKED": ("closed",) * 3}


class Host:
    """One MX host: `places` are the (address, what is served there) of its addresses."""

    def __init__(self, name, spec):
        unknown = set(spec) - HOST_KEYS
        if unknown:
            raise SystemExit("%s: unknown key %s" % (name, ", ".join(sorted(unknown))))
        self.name = name
        self.spec = spec
        self.places = []

    @property
    def serve(self):
        return self.spec.get("serve", "postfix")

    @property
    def end(self):
        """Where its CNAMEs lead."""
        return (self.spec.get("cname") or [self.name])[-1]

    def kinds(self):
        """The kinds of its certificates."""
        cert = self.spec.get("cert", "ok")
        return cert if isinstance(cert, list) else [cert]

    def certificates(self):
        """(name, kind) of each certificate it needs."""
        default = self.spec.get("default")
        if self.serve == "proxy":
            return [(PROXY, "ok")]
        return [(self.name, kind) for kind in self.kinds() + ([default] if default else [])]


def hosts_of(domain):
    """The Hosts of one domain."""
    named = domain.get("hosts")
    if named is None:
        named = {"mx": {long: domain.get(short) for short, long in SHORT.items() if domain.get(short) is not None}}
    made = []
    for label, spec in named.items():
        spec = dict(spec)
        for key in ("cname", "tlsa_cname"):
            if key in spec:
                spec[key] = [target.replace("{d}", domain.name) for target in spec[key]]
        for one in world.expand([label]):
            made.append(Host((one if "." in one else one + ".{d}").replace("{d}", domain.name), spec))
    return made


def text_of(address):
    return ".".join(str(address >> shift & 255) for shift in (24, 16, 8, 0))


def place(hosts):
    """Give every host its addresses."""
    free, closed = FIRST, CLOSED
    for host in hosts:
        if host.serve == "none" or "a" in host.spec:
            continue
        for what in [host.serve] + host.spec.get("also", []):
            if what == "closed":
                host.places.append((text_of(closed), what))
                closed += 1
            else:
                host.places.append((text_of(free), what))
                free += 1


def canaries():
    return [Host("mx.%s-%d.test" % (group.lower().replace("_", "-"), number), {"serve": serve})
            for group, kinds in CANARIES.items() for number, serve in enumerate(kinds)]


class Mail:
    """The mail world: `domains`, `hosts`, and the port all of them listen on, set by whoever reserves it."""

    crowd = False

    def __init__(self):
        self.port = None
        self.domains = world.load_special(os.path.join(world.WORLD, "mail"))
        hosts, taken = {}, {domain.name for domain in world.load_special()}
        for domain in self.domains:
            if domain.name in taken:
                raise SystemExit("%s is a domain of the other world" % domain.name)
            domain.kind = "mail"
            for host in hosts_of(domain) if domain.lab else []:
                if host.name in hosts:
                    raise SystemExit("the MX host %s stands twice" % host.name)
                hosts[host.name] = host
        self.hosts = list(hosts.values()) + canaries()
        place(self.hosts)

    def certificates(self):
        """(name, kind) of each certificate that must be minted."""
        return list(dict.fromkeys(pair for host in self.hosts for pair in host.certificates()))

    def zone_lines(self, pems):
        """zone → lines, of all hosts."""
        made = {}
        for host in self.hosts:
            for owner, rest in records(host, pems):
                made.setdefault(zones.zone_of(owner), []).append("%s. %s" % (owner, rest))
        return made

    def lines(self, pems, stand_in):
        """The fault server's smtp.conf."""
        return mail_servers.smtp_conf(self.hosts, pems, stand_in)

    def answering(self):
        """An address of each server, to see that it is up."""
        first = {}
        for host in self.hosts:
            for address, what in host.places:
                if what != "closed":
                    first.setdefault(what if what in mail_servers.REAL else "faultd", address)
        return first.values()

    def variables(self):
        """What DIR/env says of the self-test's hosts."""
        made = {}
        for host in canaries():
            group = host.name.split(".")[1].rsplit("-", 1)[0].upper().replace("-", "_")
            made[group] = made[group] + "," + host.name if group in made else host.name
        return made


# ---- TLSA ----

def pem_certificates(path):
    """The DER of each certificate in a PEM file."""
    with open(path, encoding="ascii") as file:
        text = file.read()
    found = re.findall("-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", text, re.S)
    return [base64.b64decode(one) for one in found]


def der_parts(octets):
    """The elements of a DER SEQUENCE's content, each with its header."""
    at, parts = 0, []
    while at < len(octets):
        length, start = octets[at + 1], at + 2
        if length & 0x80:
            start += length & 0x7f
            length = int.from_bytes(octets[at + 2:start], "big")
        parts.append((octets[at:start + length], octets[start:start + length]))
        at = start + length
    return parts


def public_key(certificate):
    """SubjectPublicKeyInfo: the seventh element of a certificate that has a version."""
    whole = der_parts(certificate)[0][1]
    return der_parts(der_parts(whole)[0][1])[6][0]


def tlsa_data(record, host, pems):
    """RDATA of a `tlsa` entry, "USAGE SELECTOR MATCHING WHAT[:OCTETS]"."""
    usage, selector, matching, what = record.split(" ")
    what, _, cut = what.partition(":")
    own = pems[host.name, host.kinds()[0]]
    if what == "leaf":
        certificate = pem_certificates(own)[0]
    elif what == "second":
        certificate = pem_certificates(pems[host.name, host.kinds()[1]])[0]
    elif what in ("int", "root", "rogue"):
        certificate = pem_certificates(os.path.join(os.path.dirname(own), what + ".pem"))[0]
    else:  # of something nobody shows
        certificate = None
    chosen = what.encode() if certificate is None else certificate if selector == "0" else public_key(certificate)
    if matching == "2":
        chosen = hashlib.sha512(chosen).digest()
    elif matching != "0":
        chosen = hashlib.sha256(chosen).digest()
    return "%s %s %s %s" % (usage, selector, matching, chosen[:int(cut) if cut else None].hex())


def records(host, pems):
    """(owner, the rest of the line) of what stands in DNS for one host."""
    lines, owner = [], host.name
    for target in host.spec.get("cname", []):
        lines.append((owner, "CNAME %s." % target))
        owner = target
    for address in host.spec.get("a", [address for address, _ in host.places]):
        lines.append((owner, "%s %s" % ("AAAA" if ":" in address else "A", address)))
    owner = "_25._tcp." + (host.name if host.spec.get("tlsa_at") == "initial" else host.end)
    for target in host.spec.get("tlsa_cname", []):
        lines.append((owner, "CNAME %s." % target))
        owner = target
    lines += [(owner, "TLSA " + tlsa_data(record, host, pems)) for record in host.spec.get("tlsa", [])]
    return lines
