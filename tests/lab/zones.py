#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""zones.py - the world as DNS: zone files, and the configurations of NSD, Knot DNS and Unbound.

NSD serves the whole unsigned world as one flat root zone, Knot DNS the two signed zones, faultd everything that
misbehaves; Unbound validates and recurses over them by stub zones and knows no other internet.
"""

import os

from world import AUTHORITY, FAULT_DNS, RESOLVER, SIGNER

TTL = 300
SIGNED = "signed.test"   # Unbound has its trust anchor
SECURE = "secure"        # as SIGNED, with each domain a registrable one; where MX hosts are served
CUT_BOGUS = "_tcp.mx.tlsa-bogus.secure"        # a zone with a DS that fits no key of it
CUT_INSECURE = "_tcp.mx.tlsa-insecure.secure"  # a zone without DS
SCANNER = "scanner.lab-servers.net"            # what our own address is called
BOGUS = "bogus.test"     # Unbound has a wrong one: SERVFAIL
FAULT = "fault.test"     # faultd's; every domain below is a stub of its own, see unbound()
WRONG_DS = "4711 13 2 " + "ab" * 32  # BOGUS has no such key
STRING_MAX = 255         # octets, RFC 1035 3.3.14


def quote(octets):
    """One TXT string in zone file form."""
    text = "".join(chr(c) if 0x20 <= c < 0x7f and c not in b'"\\' else "\\%03d" % c for c in octets)
    return '"%s"' % text


def txt(domain, record):
    """A TXT record's RDATA: @record is one string, cut where it is too long, or a list of strings as they are."""
    strings = [domain.text(text) for text in (record if isinstance(record, list) else [record])]
    if not isinstance(record, list):
        whole = strings[0]
        strings = [whole[i:i + STRING_MAX] for i in range(0, len(whole), STRING_MAX)] or [b""]
    return " ".join(map(quote, strings))


def chain(owner, targets):
    """CNAME lines from @owner through @targets; where the last one leads is returned too."""
    lines = []
    for target in targets:
        lines.append("%s CNAME %s." % (owner, target))
        owner = target + "."
    return lines, owner


def records(domain):
    """The zone lines of one domain, names absolute."""
    lines, name = [], domain.name + "."
    for mx in domain.get("mx", []):
        preference, target = domain.text(mx).decode("latin-1").split(" ", 1)
        lines.append("%s MX %s %s" % (name, preference, target if target == "." else target + "."))
    for key, label in (("sts", "_mta-sts."), ("tlsrpt", "_smtp._tls.")):
        more, owner = chain(label + name, [t.replace("{d}", domain.name) for t in domain.get(key + "_cname", [])])
        lines += more
        lines += ["%s TXT %s" % (owner, txt(domain, record)) for record in domain.get(key, [])]
    more, owner = chain("mta-sts." + name, [t.replace("{d}", domain.name) for t in domain.get("host_cname", [])])
    lines += more
    lines += ["%s A %s" % (owner, address) for address in domain.addresses(4)]
    lines += ["%s AAAA %s" % (owner, address) for address in domain.addresses(6)]
    for line in domain.get("rr", []):
        owner, rest = line.replace("{d}", domain.name).split(" ", 1)
        lines.append("%s. %s" % (owner, rest))
    return lines


def zone_of(name):
    for zone in (CUT_BOGUS, CUT_INSECURE, SECURE, SIGNED, BOGUS, FAULT):
        if name == zone or name.endswith("." + zone):
            return zone
    return "."


def signed(mail):
    """The zones with trust anchors that fit. @mail: MX hosts are served."""
    return [SIGNED, SECURE] if mail else [SIGNED]


def on_signer(mail):
    """All zones of Knot DNS."""
    return signed(mail) + [BOGUS] + ([CUT_BOGUS, CUT_INSECURE] if mail else [])


def head(origin):
    dot = "" if origin == "." else "."
    return ["$TTL %d" % TTL, "%s%s SOA ns.lab-servers.net. hostmaster.lab-servers.net. 1 7200 900 1209600 300" % (origin, dot),
            "%s%s NS ns.lab-servers.net." % (origin, dot)]


def shared_records():
    """Names several domains point at."""
    from plain import POLICY_PROVIDERS
    from world import WEB

    lines = ["ns.lab-servers.net. A %s" % AUTHORITY]
    lines += ["%s. A %s" % (name, WEB[-1 - i]) for i, name in enumerate(POLICY_PROVIDERS)]
    return lines


def mail_cuts():
    """The delegations within SECURE."""
    return ["%s. NS ns.lab-servers.net." % cut for cut in (CUT_BOGUS, CUT_INSECURE)] + ["%s. DS %s" % (CUT_BOGUS, WRONG_DS)]


def write_zones(domains, folder, mail_lines=None, cuts=None):
    """Write FOLDER/zones/*.zone. CNAME targets shared by several domains stand once. @mail_lines: zone → lines of MX hosts.
    @cuts: takes what is delegated (cuts.py)."""
    zones = {zone: head(zone) for zone in [".", *on_signer(mail_lines is not None)]}
    zones["."] += shared_records()
    if mail_lines is not None:
        zones[SECURE] += mail_cuts()
        zones["."] += ["1.0.0.127.in-addr.arpa. PTR %s." % SCANNER, "%s. A 127.0.0.1" % SCANNER]
    for domain in domains:
        zone = zone_of(domain.name) if domain.lab else None
        if zone in zones:
            zones[zone] += records(domain)
    for zone, lines in (mail_lines or {}).items():
        zones.get(zone, []).extend(lines)
    if cuts:
        zones["."] = cuts.put(zones["."])
    os.makedirs(os.path.join(folder, "zones"), exist_ok=True)
    for zone, lines in zones.items():
        path = os.path.join(folder, "zones", ("root" if zone == "." else zone) + ".zone")
        with open(path, "w", encoding="utf-8") as file:
            file.write("\n".join(dict.fromkeys(lines)) + "\n")


def nsd_server(folder, name, addresses):
    """What an NSD's configuration begins with. @addresses: lines of its `server:`."""
    return """server:
{addresses}	server-count: 1
	do-ip6: no
	username: ""
	chroot: ""
	zonesdir: "{folder}/zones"
	pidfile: "{folder}/{name}.pid"
	xfrdfile: "{folder}/{name}.xfrd"
	zonelistfile: "{folder}/{name}.zonelist"
	logfile: "{folder}/{name}.log"
	receive-buffer-size: 4194304
	send-buffer-size: 4194304
	rrl-ratelimit: 0
	rrl-whitelist-ratelimit: 0
	minimal-responses: yes
	ipv4-edns-size: 1232
	database: ""
remote-control:
	control-enable: no
""".format(folder=folder, name=name, addresses=addresses)


def nsd(folder, port):
    return nsd_server(folder, "nsd", "\tip-address: %s@%d\n" % (AUTHORITY, port)) + 'zone:\n\tname: "."\n\tzonefile: "root.zone"\n'


def knot(folder, port, mail):
    zones = "".join("  - domain: %s\n    file: %s.zone\n%s" % (zone, zone, "    dnssec-signing: off\n" if zone == CUT_INSECURE else "")
                    for zone in on_signer(mail))
    return """server:
    rundir: "{folder}/knot"
    listen: {ip}@{port}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
log:
  - target: "{folder}/knot.log"
    any: info
database:
    storage: "{folder}/knot"
policy:
  - id: lab
    algorithm: ecdsap256sha256
    single-type-signing: on
    nsec3: off
template:
  - id: default
    storage: "{folder}/zones"
    zonefile-sync: -1
    zonefile-load: whole
    journal-content: none
    dnssec-signing: on
    dnssec-policy: lab
zone:
{zones}""".format(ip=SIGNER, port=port, folder=folder, zones=zones)


def stub(name, address, port):
    return 'stub-zone:\n\tname: "%s"\n\tstub-addr: %s@%d\n\tstub-prime: no\n' % (name, address, port)


def fault_stubs(domains, port):
    """One stub zone for each name faultd answers. Unbound remembers how a server behaved for each zone apart, so
    silence about one name does not make it give up on another."""
    lines = [stub(FAULT, FAULT_DNS, port)]
    for domain in domains:
        if domain.name and domain.name.endswith("." + FAULT):
            lines += [stub(prefix + domain.name, FAULT_DNS, port) for prefix in ("", "_mta-sts.", "_smtp._tls.", "mta-sts.")]
    return "".join(lines)


def internet(domains, port, anchors, cuts=None):
    """What makes an Unbound see the lab's internet and no other. @anchors: the DNSKEY line of each zone of `signed`."""
    trust = "".join('\ttrust-anchor: "%s"\n' % anchor for anchor in [*anchors, "%s. DS %s" % (BOGUS, WRONG_DS)])
    local = "".join('\tlocal-zone: "%s." nodefault\n' % zone for zone in ("test", "10.in-addr.arpa", "127.in-addr.arpa"))
    signer = "".join(stub(zone, SIGNER, port) for zone in on_signer(len(anchors) > 1))
    return """server:
	do-ip6: no
	do-not-query-localhost: no
{trust}	discard-timeout: 0
	unknown-server-time-limit: 376
{local}{root}{signer}{faults}""".format(trust=trust, local=local, root=stub(".", AUTHORITY, port), signer=signer,
                                faults=fault_stubs(domains, port) + (cuts.stubs(port) if cuts else ""))


def unbound(domains, folder, port, anchors, name="unbound", address=RESOLVER, more="", cuts=None):
    """@more: further lines of its `server:`."""
    return """server:
	interface: {ip}@{port}
	username: ""
	chroot: ""
	directory: "{folder}"
	pidfile: "{folder}/{name}.pid"
	logfile: "{folder}/{name}.log"
	use-syslog: no
	verbosity: 1
	num-threads: 1
	outgoing-range: 8192
	num-queries-per-thread: 4096
	msg-cache-size: 64m
	rrset-cache-size: 128m
	key-cache-size: 4m
	so-rcvbuf: 4m
	so-sndbuf: 4m
	edns-buffer-size: 1232
	max-udp-size: 1232
	incoming-num-tcp: 256
	access-control: 127.0.0.0/8 allow
	module-config: "validator iterator"
	qname-minimisation: no
	rrset-roundrobin: no
	minimal-responses: yes
	target-fetch-policy: "0 0 0 0 0"
	infra-cache-numhosts: 100000
{more}remote-control:
	control-enable: no
{internet}""".format(ip=address, port=port, folder=folder, name=name, more=more, internet=internet(domains, port, anchors, cuts))
