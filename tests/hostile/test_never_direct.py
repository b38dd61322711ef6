#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""test_never_direct.py STSURVEY - a scan with --direct asks no name server that must not be contacted, whatever a zone file names.

Name servers' hosts lead to listeners that must hear nothing: reserved addresses in every disguise, a blocklisted network, hosts below a
blocklisted domain, which the resolver is not asked for either. Their domains have their answers of the resolver; a host that has one address
that may be asked beside others is asked there.
"""

import os
import sys
import tempfile

sys.dont_write_bytecode = True
import places  # noqa: E402
from test_never import ALLOWED, BLOCKED, DISGUISES, OPEN, SECRET, SERVER, has_ipv6, write  # noqa: E402

DOMAINS = 4  # of each host, which the first makes known
MAY = {"good": [SERVER], "mixed": [SECRET, SERVER, "::ffff:127.66.0.1"]}
MAY_NOT = dict(DISGUISES, net_blocked=[BLOCKED])
BLOCKED_HOSTS = ("ns.blocked.test", "ns.below.blocked.test")
PASSED_OVER = ("unseen", "no-address")  # the first domain of a host; a host all of whose addresses are of a family without a route


def world():
    """(zone of the resolver, name servers of each domain)"""
    hosts = {"ns.%s.test" % name: addresses for name, addresses in (*MAY.items(), *MAY_NOT.items())}
    hosts.update((host, [OPEN]) for host in BLOCKED_HOSTS)
    zone, served = {}, {}
    for host, addresses in hosts.items():
        for address in addresses:
            zone.setdefault((host, places.AAAA if ":" in address else places.A), []).append(address)
        for i in range(DOMAINS):
            name = "d%d-%s.test" % (i, host.split(".", 1)[1].replace(".", "-").replace("_", "-"))
            served[name] = host
            zone[name, places.MX] = ["10 mx." + name]
    return zone, served


def check(checks, scan, served):
    seen = {}
    for name, host in served.items():
        answer = scan.records.get(name, {}).get("results", {}).get("MX", {})
        checks.that(answer.get("status") == "NOERROR", "%s: %s" % (name, answer))
        seen.setdefault(host, []).append(answer.get("fall_back") or answer.get("source"))
    for host, said in seen.items():
        if host.split(".")[1] in MAY:
            checks.that(said.count("direct") >= DOMAINS - 2, "%s: %s" % (host, said))
        else:
            checks.that(set(said) <= {"forbidden", *PASSED_OVER}, "%s: %s" % (host, said))
    for host in ("ns.plain.test", "ns.net_blocked.test"):
        checks.that("forbidden" in seen[host], "%s: %s" % (host, seen[host]))


def main(stsurvey):
    checks, (zone, served) = places.Checks(), world()
    names = sorted(served)
    with tempfile.TemporaryDirectory() as folder:
        addresses = [SECRET, "127.66.0.2", "127.0.0.1", BLOCKED, OPEN] + (["::1"] if has_ipv6() else [])
        port = places.free_port(addresses + [SERVER])
        wires = [places.Tripwire(address, port) for address in addresses]
        own, resolver = places.Authority({}, SERVER, port), places.NameServer(zone)
        listed = write(folder, "zone", "$ORIGIN .\n@ 60 IN SOA a. b. 1 1 1 1 1\n"
                       + "".join("%s 60 IN NS %s.\n" % (name, served[name]) for name in names))
        scan = places.Scan(stsurvey, folder, names, [
            "--name-servers", resolver.at, "--allow-reserved", ALLOWED, "--direct", "--dns-port", str(port), "--rate", "0", "--audit", "0",
            "--blocklist-file", write(folder, "networks", BLOCKED + "\n"),
            "--domain-blocklist-file", write(folder, "domains", "blocked.test\n")], listed=listed)
        checks.that(scan.status == 0, "status %d" % scan.status)
        check(checks, scan, served)
        checks.that(len(own.queries) >= len(MAY), "%d questions where they may be asked" % len(own.queries))
        for wire in wires:
            checks.that(not wire.heard, "%s heard %d: %s" % (wire.address, len(wire.heard), wire.heard[:3]))
        checks.that(not resolver.asked("blocked.test"), "the resolver was asked: %s" % resolver.asked("blocked.test")[:3])
    return checks.end()


if __name__ == "__main__":
    sys.exit(main(os.path.realpath(sys.argv[1])))
