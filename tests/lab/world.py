#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""world.py - what the lab serves, and what a survey of it must find.

Reads datasets/world/*.toml (format: README.md beside this file) into Domain objects: the special ones with
a truth written by hand, then the plain ones and the real ones of plain.py. Everything else in this folder
works on the list that `load` returns.
"""

import csv
import os
import re
import tomllib

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
WORLD = os.path.join(ROOT, "datasets", "world")

# Addresses of the lab. Labs running side by side differ in their ports alone.
RESOLVER = "127.53.0.1"
AUTHORITY = "127.53.0.2"
SIGNER = "127.53.0.3"
FAULT_DNS = "127.53.0.4"
TROUBLE = "127.53.0.5"  # faultd's relay to the resolver
DOT = "127.53.1.6"
DOT_NAME = "dns.lab-servers.net"  # an Unbound's that speaks DNS over TLS
WEB = ["127.80.0.%d" % n for n in range(1, 17)]  # several, as --per-host is a limit for one address
ADDRESS = {
    "web": WEB[0],
    "plain-http": "127.80.0.80",     # nginx speaking HTTP without TLS
    "fault": "127.80.1.1",           # faultd, behaviour chosen by SNI
    "accept-reset": "127.80.1.2",    # faultd, RST at once
    "accept-close": "127.80.1.3",    # faultd, FIN at once
    "backlog": "127.80.1.4",         # faultd, a listener whose queue is full
    "tripwire": "127.80.1.5",        # faultd, on the blocklist: every visit is written down
    "refused": "127.80.2.1",         # nobody listens
    "refused2": "127.80.2.2",
    "unreachable": "127.255.255.255",  # loopback's broadcast address: ENETUNREACH, no packet
    "v6": "::1",
}

SERVE_KEYS = {"name", "input", "mx", "sts", "tlsrpt", "sts_cname", "tlsrpt_cname", "host_cname", "a", "aaaa",
              "rr", "zone", "cert", "policy", "mode", "max_age", "patterns", "http", "fault", "latin1",
              "absent", "pad_to", "mx_serve", "mx_cert", "mx_default", "tlsa", "hosts"}
TRUTH_KEYS = {"findings", "has", "status", "component", "verdict", "sts_state", "tlsrpt_state", "policy_state",
              "policy_status", "mx_status", "sts_status", "tlsrpt_status", "ad", "body_sha256", "http_status",
              "cname", "null_mx", "direct", "body", "unknown", "mx_tls", "dane", "delivery",
              "roles", "orphan"}
RANGE = re.compile(r"\{(\d+)\.\.(\d+)\}")
REPEAT = re.compile(r"\{(\d+)\*(.)\}")


class Domain:
    """One domain of the world: `serve` is what the lab publishes, `truth` what a survey must say."""

    __slots__ = ("name", "input", "serve", "truth", "kind", "lab")

    def __init__(self, name, serve, truth, kind, line=None, lab=True):
        self.name = name      # as asked in DNS; None for an illegal input
        self.input = line if line is not None else name.encode()  # the line of the list, octets
        self.serve = serve
        self.truth = truth
        self.kind = kind      # special, plain, real or published
        self.lab = lab        # False: input only, nothing is served

    def get(self, key, default=None):
        return self.serve.get(key, default)

    @property
    def host(self):
        return "mta-sts." + self.name

    def text(self, value):
        """A string of the world file with {d} filled in, as octets."""
        filled = value.replace("{d}", self.name)
        return filled.encode("latin-1" if self.get("latin1") else "utf-8")

    def addresses(self, family):
        """The policy host's addresses as texts; symbolic names are looked up."""
        chosen = self.get("a" if family == 4 else "aaaa", [])
        return [self.web_address() if name == "web" else ADDRESS.get(name, name) for name in chosen]

    def web_address(self):
        return WEB[sum(self.name.encode()) % len(WEB)]

    def policy(self):
        """The policy's octets, or None where nothing is served."""
        body = self.get("policy")
        if body is None or body is False:
            return None
        body = body if isinstance(body, bytes) else self.text(body)
        pad = self.get("pad_to", 0) - len(body)
        for number in range(max(pad, 0) // 1000):  # extension fields of 1000 octets, the last one longer
            body += b"x-%04d: " % number + b"a" * (pad % 1000 if number == pad // 1000 - 1 else 0) + b"a" * 991 + b"\n"
        return body


def finding_codes():
    """number → code of datasets/findings.csv."""
    with open(os.path.join(ROOT, "datasets", "findings.csv"), newline="", encoding="utf-8") as file:
        return {int(row["number"]): row["code"] for row in csv.DictReader(file)}


def build_policy(serve):
    lines = ["version: STSv1", "mode: " + serve.get("mode", "enforce")]
    lines += ["mx: " + pattern for pattern in serve.get("patterns", ["mx.{d}"])]
    lines.append("max_age: %s" % serve.get("max_age", 1209600))
    return "\n".join(lines) + "\n"


def expand(items):
    """The list with "{1..64}" in an item made 64 items, and "{900*x}" made 900 x."""
    expanded = []
    for item in items:
        numbers = RANGE.search(item) if isinstance(item, str) else None
        if numbers:
            first, last = int(numbers[1]), int(numbers[2])
            expanded += [item.replace(numbers[0], str(number)) for number in range(first, last + 1)]
        elif isinstance(item, str):
            expanded.append(REPEAT.sub(lambda match: int(match[1]) * match[2], item))
        else:
            expanded.append(item)
    return expanded


def special(label, entry, where):
    """A Domain from one line of a world file, defaults already merged."""
    unknown = set(entry) - SERVE_KEYS - TRUTH_KEYS
    if unknown:
        raise SystemExit("%s: %s: unknown key %s" % (where, label, ", ".join(sorted(unknown))))
    serve = {key: expand(value) if isinstance(value, list) else value for key, value in entry.items() if key in SERVE_KEYS}
    truth = {key: value for key, value in entry.items() if key in TRUTH_KEYS}
    zone = {"signed": "signed.test", "bogus": "bogus.test", "fault": "fault.test", "secure": "secure"}.get(entry.get("zone"), "test")
    name = entry.get("name", label + "." + zone)
    line = entry.get("input")
    if line is not None:
        line = line.encode("latin-1" if entry.get("latin1") else "utf-8")
    if "policy" not in serve:
        serve["policy"] = build_policy(serve)
    if "has" in entry:
        truth.pop("findings", None)
    for number in truth.get("findings", []) + truth.get("has", []):
        if number not in CODES:
            raise SystemExit("%s: %s: no finding %s" % (where, label, number))
    return Domain(name, serve, truth, "special", line, not entry.get("absent"))


CODES = finding_codes()


def load_special(folder=WORLD):
    """Every domain of the world files, in their order."""
    domains, seen = [], set()
    with open(os.path.join(folder, "default.toml"), "rb") as file:
        defaults = tomllib.load(file)
    for file_name in sorted(os.listdir(folder)):
        if not file_name.endswith(".toml") or file_name == "default.toml":
            continue
        with open(os.path.join(folder, file_name), "rb") as file:
            data = tomllib.load(file)
        for group in data.get("group", []):
            base = dict(defaults, **group.get("default", {}))
            for label, entry in group.get("domain", {}).items():
                domain = special(label, dict(base, **entry), file_name)
                if (domain.name, domain.input) in seen:
                    raise SystemExit("%s: %s stands twice" % (file_name, domain.name))
                seen.add((domain.name, domain.input))
                domains.append(domain)
    return domains


def load(vectors=None, plain_count=10000, has_ipv6=True):
    """The whole world. @vectors: folder of the shared vectors or None."""
    import plain

    domains = load_special()
    if not has_ipv6:
        domains = [domain for domain in domains if "v6" not in domain.get("aaaa", [])]
    taken = {domain.name for domain in domains}
    if vectors:
        domains += plain.published(vectors, taken)
        domains += plain.real(vectors, taken)
    domains += plain.plain(plain_count, taken)
    return domains
