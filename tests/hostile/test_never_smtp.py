#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""test_never_smtp.py STSURVEY - probes of MX hosts go nowhere where they do not belong.

MX hosts lead to listeners that must hear nothing: reserved addresses in every disguise, blocklisted networks, hosts that are on the domain
blocklist or are aliases into it, MX that are address literals; and the name server must not be asked for a blocklisted host.
"""

import os
import sys
import tempfile

sys.dont_write_bytecode = True
import places  # noqa: E402
from test_never import BLOCKED, DISGUISES, OPEN, SECRET, SERVER, ALLOWED, has_ipv6, write  # noqa: E402

LITERALS = {"literal": SECRET, "literal-open": SERVER, "literal-bracket": "[%s]" % SERVER, "literal-6": "::1", "localhost": "localhost",
            "number": "2134769665"}


def mail_domain(zone, name, host, addresses=(), cname=None):
    zone[name, places.MX] = ["10 " + host]
    if cname:
        zone[host, places.CNAME] = [cname]
    for address in addresses:
        zone.setdefault((cname or host, places.AAAA if ":" in address else places.A), []).append(address)


def world():
    zone = {}
    for name, addresses in DISGUISES.items():
        mail_domain(zone, name + ".test", "mx.%s.test" % name, addresses)
        mail_domain(zone, name + "-alias.test", "mx.%s-alias.test" % name, cname="mx.%s.test" % name)
    for name, host in LITERALS.items():
        mail_domain(zone, name + ".test", host)
    zone["localhost", places.A] = [SECRET]
    mail_domain(zone, "ok.test", "mx.ok.test", [SERVER])
    mail_domain(zone, "mixed.test", "mx.mixed.test", [SECRET, SERVER, "::ffff:127.66.0.1"])
    mail_domain(zone, "net-blocked.test", "mx.net-blocked.test", [BLOCKED])
    mail_domain(zone, "host-blocked.test", "mx.blocked.test", [OPEN])
    mail_domain(zone, "into-blocked.test", "mx.into-blocked.test", [OPEN], cname="mail.blocked.test")
    zone["through-blocked.test", places.MX] = ["10 mx.through-blocked.test"]
    zone["mx.through-blocked.test", places.CNAME] = ["link.blocked.test"]
    zone["link.blocked.test", places.CNAME] = ["node.elsewhere.test"]
    zone["node.elsewhere.test", places.A] = [OPEN]
    return zone


class Greeter:
    """Says 421 to who comes; counts them."""

    def __init__(self, address, port):
        self.came, self.socket = 0, places.listen(address, port)
        places.threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            connection, _ = self.socket.accept()
            self.came += 1
            connection.sendall(b"421 not now\r\n")
            connection.close()


def main(stsurvey):
    checks, zone = places.Checks(), world()
    names = sorted(name for name, kind in zone if kind == places.MX)
    with tempfile.TemporaryDirectory() as folder:
        addresses = [SECRET, "127.66.0.2", "127.0.0.1", BLOCKED, OPEN] + (["::1"] if has_ipv6() else [])
        port = places.free_port(addresses + [SERVER])
        server = Greeter(SERVER, port)
        wires = [places.Tripwire(address, port) for address in addresses]
        resolver = places.NameServer(zone)
        options = ["--name-servers", resolver.at, "--allow-reserved", ALLOWED, "--smtp=all", "--smtp-port", str(port), "--ehlo-domain", "probe.test",
                   "--blocklist-file", write(folder, "networks", "%s\n" % BLOCKED), "--contact", "https://probing.example/",
                   "--domain-blocklist-file", write(folder, "domains", "blocked.test\n"), "--smtp-timeout", "5"]
        scan = places.Scan(stsurvey, folder, names, options)
        checks.that(len(scan.records) == len(names), "%d records of %d" % (len(scan.records), len(names)))
        for wire in wires:
            checks.that(not wire.heard, "%s heard %d: %s" % (wire.address, len(wire.heard), wire.heard[:3]))
        checks.that(not resolver.asked("blocked.test"), "the name server was asked: %s" % resolver.asked("blocked.test")[:3])
        # two hosts, each once, and once more at the end
        checks.that(server.came == 4, "%d connections to the mail server" % server.came)

        def smtp(name):
            return scan.records[name]["results"]["MX"]["data"]["records"][0].get("smtp", {})

        for name in DISGUISES:
            for domain in (name + ".test", name + "-alias.test"):
                checks.that((smtp(domain).get("state"), smtp(domain).get("reason")) == ("fails", "mxtls-address-reserved"),
                            "%s: %s %s" % (domain, smtp(domain).get("state"), smtp(domain).get("reason")))
        for name in ("net-blocked.test", "host-blocked.test", "into-blocked.test", "through-blocked.test"):
            checks.that(smtp(name).get("state") == "unknown", "%s: %s" % (name, smtp(name).get("state")))
    return checks.end()


if __name__ == "__main__":
    sys.exit(main(os.path.realpath(sys.argv[1])))
