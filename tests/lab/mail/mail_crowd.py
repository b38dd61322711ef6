#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""mail_crowd.py - many MX hosts instead of the mail world: good ones, tarpits, and names behind one address that dies.

For what takes thousands of hosts: how many connections are opened, what waits for whom. The fault server plays them all, on every address
at once, and counts who comes. No policies: it takes `--smtp=all`.

Good hosts are mx.good-N.test on 127.82.0.0/16 (further addresses of each on 127.83.0.0/16 and 127.84.0.0/16), tarpits mx.slow-N.test on
127.85.0.0/16, all mx.dying-N.test on 127.86.0.1.
"""

import zones
from world import Domain

GOOD, SLOW, DYING = 0x7f520000, 0x7f550000, 0x7f560001
GROUP_BITS = 26  # 64 hosts share a line of smtp.conf and a certificate
GROUP = 1 << 32 - GROUP_BITS
NET = 1 << 16
ADDRESSES_MAX = 3
LIVES = 500  # connections of the play `dies`


def text_of(address):
    return ".".join(str(address >> shift & 255) for shift in (24, 16, 8, 0))


def domain(name, host):
    truth = {"findings": [], "component": None, "verdict": "no-policy", "sts_state": "none", "tlsrpt_state": "none"}
    return Domain(name, {"mx": ["10 " + host]}, truth, "mail")


class Crowd:
    """As mail_world.Mail."""

    crowd = True
    hosts = ()

    def __init__(self, good, slow, dying, domains, addresses):
        self.port = None
        self.good, self.slow, self.dying = good, slow, dying
        self.addresses = min(max(addresses, 1), ADDRESSES_MAX)
        if max(good, slow) >= NET:
            raise SystemExit("--mx and --mx-tarpits: at most %d" % (NET - 1))
        count = domains or good
        self.domains = [domain("good-%d.test" % n, "mx.good-%d.test" % (n % good)) for n in range(count if good else 0)]
        self.domains += [domain("slow-%d.test" % n, "mx.slow-%d.test" % n) for n in range(slow)]
        self.domains += [domain("dying-%d.test" % n, "mx.dying-%d.test" % n) for n in range(dying)]
        for one in self.domains[good and count:]:
            one.truth = {}

    def groups(self):
        """(label, number of the first host, how many) of each certificate."""
        return [(label, first, min(GROUP, count - first)) for label, count in (("good", self.good), ("slow", self.slow))
                for first in range(0, count, GROUP)]

    def certificates(self):
        named = [("mx.%s-%d.test" % (label, first), "crowd-%d" % count) for label, first, count in self.groups()]
        return named + [("mx.dying-0.test", "ok")]

    def zone_lines(self, _):
        lines = []
        for number in range(self.good):
            lines += ["mx.good-%d.test. A %s" % (number, text_of(GOOD + place * NET + number)) for place in range(self.addresses)]
        lines += ["mx.slow-%d.test. A %s" % (number, text_of(SLOW + number)) for number in range(self.slow)]
        lines += ["mx.dying-%d.test. A %s" % (number, text_of(DYING)) for number in range(self.dying)]
        return {".": lines, zones.SECURE: []}

    def lines(self, pems, _):
        made = []
        for label, first, count in self.groups():
            name = "mx.%s-%d.test" % (label, first)
            for place in range(self.addresses if label == "good" else 1):
                address = (GOOD + place * NET if label == "good" else SLOW) + first
                made.append("%s/%d %s %s %s -\n" % (text_of(address), GROUP_BITS, name, "good" if label == "good" else "tarpit",
                                                   pems[name, "crowd-%d" % count]))
        made.append("%s/32 mx.dying-0.test dies %s -\n" % (text_of(DYING), pems["mx.dying-0.test", "ok"]))
        made.append("127.87.0.0/16 nobody.test good %s -\n" % pems["mx.dying-0.test", "ok"])  # makes it listen everywhere
        return "".join(made)

    def answering(self):
        return ["127.87.0.1"]

    def variables(self):
        """How many there are, for DIR/env."""
        return {"MX_GOOD": self.good, "MX_ADDRESSES": self.addresses, "MX_SLOW": self.slow, "MX_DYING": self.dying, "MX_LIVES": LIVES}
