#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""test_never.py STSURVEY - a scan sends nothing to where it does not belong.

Zones lead to listeners that must hear nothing: reserved addresses in every disguise, targets of redirects, proxies of the environment,
blocklisted networks, policy hosts that are aliases into a blocklisted domain; and the name server must not be asked for a blocklisted domain.
"""

import os
import re
import sys
import tempfile

sys.dont_write_bytecode = True
import places  # noqa: E402
from places import domain  # noqa: E402

ALLOWED, SERVER, BLOCKED = "127.88.0.0/16", "127.88.0.1", "127.88.0.9"
OPEN = "127.88.0.8"  # allowed, but for a name that must not be contacted
SECRET = "127.66.0.1"  # reserved, and not in ALLOWED
PROXY = "127.66.0.3"
CONTACT = "https://probing.example/"

# What AAAA and A records can say to reach a loopback listener.
DISGUISES = {
    "plain": [SECRET], "two": [SECRET, "127.66.0.2"], "loopback": ["127.0.0.1"], "this-host": ["0.0.0.0"],
    "v6-loopback": ["::1"], "v6-this-host": ["::"], "mapped": ["::ffff:127.66.0.1"], "mapped-this-host": ["::ffff:0.0.0.0"],
    "compatible": ["::127.66.0.1"], "six-to-four": ["2002:7f42:1::1"], "nat64": ["64:ff9b::7f42:1"],
    "nat64-local": ["64:ff9b:1::7f42:1"], "teredo": ["2001:0:7f42:1::80bd:fffe"], "translated": ["::ffff:0:127.66.0.1"],
    "link-local": ["fe80::1", "169.254.169.254"], "unique-local": ["fd00::1"], "private": ["10.0.0.1", "192.168.0.1", "172.16.0.1"],
    "shared": ["100.64.0.1"], "multicast": ["224.0.0.1", "ff02::1"], "broadcast": ["255.255.255.255"],
    "documentation": ["192.0.2.1", "2001:db8::1"],
}
REDIRECTS = {
    "redirect-http": "http://127.66.0.1:%d/", "redirect-https": "https://127.66.0.1:%d/.well-known/mta-sts.txt",
    "redirect-file": "file:///etc/passwd", "redirect-allowed": "https://127.88.0.1:%d/elsewhere", "redirect-name": "https://ok.test:%d/",
}
# The policy host is, or is an alias that leads through, a name of the domain blocklist.
ALIASES = ("into-blocked.test", "through-blocked.test", "host-blocked.test")


def world():
    zone = domain("ok.test", [SERVER])
    for name, addresses in DISGUISES.items():
        zone.update(domain(name + ".test", addresses))
        zone.update(domain(name + "-alias.test", addresses, cname=name + ".elsewhere.test"))
    for name in REDIRECTS:
        zone.update(domain(name + ".test", [SERVER]))
    zone.update(domain("mixed.test", [SECRET, SERVER, "::ffff:127.66.0.1"]))
    zone.update(domain("net-blocked.test", [BLOCKED]))
    for name in ("blocked.test", "below.blocked.test", "tree.blocked.test"):
        zone.update(domain(name, [SERVER]))
    zone.update(domain("into-blocked.test", [OPEN], cname="policies.blocked.test"))
    zone.update(domain("through-blocked.test"))
    zone["mta-sts.through-blocked.test", places.CNAME] = ["link.blocked.test"]
    zone["link.blocked.test", places.CNAME] = ["node.elsewhere.test"]
    zone["node.elsewhere.test", places.A] = [OPEN]
    zone.update(domain("host-blocked.test", [OPEN]))
    zone.update(domain("record-alias.test", [SERVER]))
    del zone["_mta-sts.record-alias.test", places.TXT]
    zone["_mta-sts.record-alias.test", places.CNAME] = ["records.blocked.test"]
    zone["records.blocked.test", places.TXT] = ["v=STSv1; id=1;"]
    zone["chain.test", places.MX] = ["10 mx.chain.test"]
    zone["_mta-sts.chain.test", places.TXT] = ["v=STSv1; id=1;"]
    zone["mta-sts.chain.test", places.CNAME] = ["a.chain.test"]
    zone["a.chain.test", places.CNAME] = ["b.chain.test"]
    zone["b.chain.test", places.A] = [SECRET]
    return zone


def surveyed(zone):
    return sorted(name for name, kind in zone if kind == places.MX)


def write(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, 0o600)
    return path


def environment(folder, proxy):
    write(folder, ".netrc", "default login surveyor password secret\n")
    write(folder, ".curlrc", "proxy = %s\n" % proxy)
    names = ("http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "ftp_proxy")
    return dict({name: proxy for name in names}, HOME=folder, CURL_HOME=folder, NETRC=os.path.join(folder, ".netrc"), no_proxy="")


def has_ipv6():
    try:
        places.listen("::1", 0).close()
        return True
    except OSError:
        return False


def check_records(checks, scan):
    def said(name, *path):
        value = scan.records.get(name)
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        return value

    def status(name):
        return said(name, "results", "POLICY", "status")

    checks.that(scan.status == 0 and len(scan.records) == len(scan.names),
                "status %d, %d records of %d" % (scan.status, len(scan.records), len(scan.names)))
    for name in list(DISGUISES) + [name + "-alias" for name in DISGUISES] + ["chain"]:
        checks.that(status(name + ".test") == "blocklisted-target" and "policy-address-reserved" in said(name + ".test", "findings"),
                    "%s: %s %s" % (name, status(name + ".test"), said(name + ".test", "findings")))
    for name in REDIRECTS:
        checks.that("policy-http-redirect" in (said(name + ".test", "findings") or []), "%s: %s" % (name, said(name + ".test", "findings")))
    for name in ("ok.test", "mixed.test", "record-alias.test"):
        checks.that(said(name, "verdict") == "enforce-ok", "%s: %s" % (name, said(name, "findings")))
    for name in ("net-blocked.test",) + ALIASES:
        checks.that((status(name), said(name, "status"), said(name, "component")) == ("blocklisted-target", "complete", "unknown"),
                    "%s: %s %s" % (name, status(name), said(name, "component")))
    for name in ("blocked.test", "below.blocked.test", "tree.blocked.test"):
        checks.that(said(name, "status") == "blocklisted", "%s: %s" % (name, said(name, "status")))


def main(stsurvey):
    checks, zone = places.Checks(), world()
    names = surveyed(zone)
    with tempfile.TemporaryDirectory() as folder:
        pem = places.certificate(folder, sorted("mta-sts." + name for name in names))
        moved = {}
        addresses = [SECRET, "127.66.0.2", "127.0.0.1", BLOCKED, OPEN] + (["::1"] if has_ipv6() else [])
        port = places.free_port(addresses + [SERVER, PROXY])
        server = places.PolicyServer(SERVER, port, pem, lambda host: moved.get(host) or places.policy(host))
        for name, target in REDIRECTS.items():
            location = target % port if "%d" in target else target
            moved["mta-sts.%s.test" % name] = ("HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n" % location).encode()
        wires = [places.Tripwire(address, port) for address in addresses]
        proxy = places.Tripwire(PROXY, port)
        resolver = places.NameServer(zone)
        options = ["--name-servers", resolver.at, "--allow-reserved", ALLOWED, "--https-port", str(port), "--ca-file", pem + ".crt",
                   "--blocklist-file", write(folder, "networks", "# never\n%s\n" % BLOCKED), "--contact", CONTACT,
                   "--domain-blocklist-file", write(folder, "domains", "# never\nBLOCKED.test\nmta-sts.host-blocked.test\n"), "--http-timeout", "5"]
        scan = places.Scan(stsurvey, folder, names, options, environment(folder, "http://%s:%d" % (PROXY, port)))
        check_records(checks, scan)
        for wire in wires + [proxy]:
            checks.that(not wire.heard, "%s heard %d: %s" % (wire.address, len(wire.heard), wire.heard[:3]))
        for name in ("blocked.test", "mta-sts.host-blocked.test"):
            checks.that(not resolver.asked(name), "the name server was asked: %s" % resolver.asked(name)[:3])
        checks.that(not [q for q in resolver.queries if q.name.startswith("mx.")], "MX hosts were asked for")
        checks.that(len(server.came) == 3 + len(REDIRECTS), "%d connections to the policy server" % len(server.came))
        for request in server.requests:
            head = request.split("\r\n")
            checks.that(head[0] == "GET /.well-known/mta-sts.txt HTTP/1.1", head[0])
            checks.that(not re.search("(?im)^(authorization|proxy-|cookie|accept-encoding: (?!identity))", request), "fields: %s" % head)
            checks.that(re.search(r"(?m)^User-Agent: stsurvey/\d+\.\d+\.\d+ \(%s\)\r$" % re.escape(CONTACT), request), "agent: %s" % head)
    return checks.end()


if __name__ == "__main__":
    sys.exit(main(os.path.realpath(sys.argv[1])))
