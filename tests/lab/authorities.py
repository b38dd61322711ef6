#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""authorities.py - six authoritative name servers of Debian, and zones in which everything is that a direct question may meet.

BIND, PowerDNS, yadifa and gdnsd run from the folder their packages were unpacked into (`unpack` of cmake/debian-packages.txt), never
from an installation, which would start by itself; NSD and Knot are the lab's own. Each is as it comes, NSD with the rate limit that
Debian builds in: what is configured is where it listens and which zones it has.
"""

import json
import os
import shutil
import subprocess
import sys

import resolvers
import servers
from resolvers import put

# BIND listens on addresses an interface has, and no other.
ADDRESS = {"bind": "127.0.0.1", "nsd": "127.53.2.2", "knot": "127.53.2.3", "powerdns": "127.53.2.4", "yadifa": "127.53.2.5",
           "gdnsd": "127.53.2.6"}
ROOT_ADDRESS, RESOLVER = "127.53.2.7", "127.53.2.8"
PROGRAM = {"bind": "named", "nsd": "nsd", "knot": "knotd", "powerdns": "pdns_server", "yadifa": "yadifad", "gdnsd": "gdnsd"}

STS = 'TXT "v=STSv1; id=1;"'
RPT = 'TXT "v=TLSRPTv1; rua=mailto:tls@example.test"'
BIG = 'TXT "%s"' % ("v=STSv1; id=" + 180 * "x" + "%02d;")  # 13 of them are 2.9 kB
SERVERS = "servers.test"
BROKEN = "broken.test"  # its file is none a server can read
# zone → "OWNER TYPE RDATA", beside SOA and NS; BIND refuses one with an address below `_mta-sts`, which is no host name
ZONES = {
    "data.test": ["@ MX 10 mx", "mx A 127.0.0.1", "_mta-sts " + STS, "_smtp._tls " + RPT],
    "empty.test": ["www A 127.0.0.1"],
    "wild.test": ["* " + STS, "* MX 10 mx.data.test."],
    "wild-other.test": ["* A 127.0.0.1"],
    # empty non-terminals: something is below, nothing at the name
    "ent.test": ["x._mta-sts " + STS, "x._smtp._tls " + STS],
    "ent-above.test": ["x._tls " + STS],
    "alias.test": ["_mta-sts CNAME sts", "sts " + STS, "_smtp._tls CNAME rpt", "rpt " + RPT],
    "alias-gone.test": ["_mta-sts CNAME gone"],
    "alias-out.test": ["_mta-sts CNAME sts.nobody.example."],
    "alias-zone.test": ["_mta-sts CNAME _mta-sts.data.test."],
    "dname.test": ["_tls DNAME _tls.data.test."],
    "cut.test": ["_mta-sts NS ns.elsewhere.test.", "_tls NS ns.elsewhere.test."],
    "child.test": ["_mta-sts NS ns.elsewhere.test.", "_tls NS ns.elsewhere.test."],
    "_mta-sts.child.test": [],
    "_tls.child.test": [],
    "up.test": ["www A 127.0.0.1"],
    "big.test": ["_mta-sts " + BIG % i for i in range(13)],
    BROKEN: [],
    SERVERS: ["ns1 A {address}", "ns2 A {address}"],
}
# What gdnsd does not start with; yadifa answers SERVFAIL for what it can't read.
UNREADABLE = {"gdnsd": (BROKEN, "dname.test", "_mta-sts.child.test", "_tls.child.test")}


def zone_text(lines):
    """Absolute but for what stands below the zone."""
    head = ["@ SOA ns1.servers.test. root.servers.test. 1 3600 900 86400 300", "@ NS ns1.servers.test.", "@ NS ns2.servers.test."]
    return "$TTL 300\n" + "".join(line + "\n" for line in head + lines)


def write_zones(name, folder, zones):
    for zone, lines in zones.items():
        put(folder, zone, "this is no zone\n" if zone == BROKEN else zone_text([line.replace("{address}", ADDRESS[name]) for line in lines]))


def path_of(name):
    """Its program, or None: it is not to be had."""
    folder, program = resolvers.unpacked(), PROGRAM.get(name, name)
    unpacked = os.path.join(folder, "usr/sbin", program) if folder else ""
    return unpacked if os.path.exists(unpacked) else shutil.which(program, path=servers.SBIN)


def missing(program):
    return "no %s; this gets it: bash -c '. cmake/setup.sh && packages_unpack build/resolvers unpack'" % program


def environment():
    return resolvers.environment() if resolvers.unpacked() else dict(os.environ)


def bind(folder, ip, port, zones, more=""):
    """@more: of its options."""
    config = put(folder, "named.conf", """options {{
	directory "{folder}";
	listen-on port {port} {{ {ip}; }};
	listen-on-v6 {{ none; }};
	pid-file none;
	session-keyfile none;
	recursion no;
	max-cache-size 8m;
	dnssec-validation no;
{more}}};
controls {{ }};
{zones}""".format(folder=folder, ip=ip, port=port, more=more, zones="".join('zone "%s" { type primary; file "%s"; };\n' % (zone, zone) for zone in zones)))
    return ["-g", "-n", "1", "-c", config]


NSD_CONF = """server:
	ip-address: {ip}@{port}
	username: ""
	zonesdir: "{folder}"
	database: ""
	zonelistfile: "{folder}/nsd.{ip}.zones"
	xfrdfile: "{folder}/nsd.{ip}.xfrd"
	pidfile: ""
	xfrdir: "{folder}"
remote-control:
	control-enable: no
{zones}"""


def nsd(folder, ip, port, zones):
    config = put(folder, "nsd.conf", NSD_CONF.format(folder=folder, ip=ip, port=port, zones="".join("zone:\n\tname: %s\n\tzonefile: %s\n" % (zone, zone) for zone in zones)))
    return ["-d", "-c", config]


def knot(folder, ip, port, zones):
    config = put(folder, "knot.conf", """server:
    listen: {ip}@{port}
    rundir: {folder}
log:
  - target: stderr
    any: info
database:
    storage: {folder}/knot
template:
  - id: default
    storage: {folder}
    file: "%s"
zone:
{zones}""".format(folder=folder, ip=ip, port=port, zones="".join("  - domain: %s\n" % zone for zone in zones)))
    return ["-c", config]


def powerdns(folder, ip, port, zones):
    """Its modules are looked for where the package would have put them, unless told."""
    place = os.path.join("usr/lib", os.uname().machine + "-linux-gnu", "pdns")
    modules = os.path.join(resolvers.unpacked() or "/", place)
    named = put(folder, "pdns.zones", "".join('zone "%s" { type native; file "%s/%s"; };\n' % (zone, folder, zone) for zone in zones))
    put(folder, "pdns.conf", """launch=bind
bind-config={named}
module-dir={modules}
socket-dir={folder}
local-address={ip}
local-port={port}
daemon=no
guardian=no
security-poll-suffix=
""".format(folder=folder, named=named, modules=modules, ip=ip, port=port))
    return ["--config-dir=" + folder]


def yadifa(folder, ip, port, zones):
    os.makedirs(os.path.join(folder, "keys"), exist_ok=True)
    os.makedirs(os.path.join(folder, "xfr"), exist_ok=True)
    config = put(folder, "yadifad.conf", """<main>
	daemonize off
	chroot off
	data-path "{folder}"
	keys-path "{folder}/keys"
	xfr-path "{folder}/xfr"
	log-path "{folder}"
	pid-file "{folder}/yadifad.pid"
	listen {ip} port {port}
</main>
<loggers>
	server * stdout
	database * stdout
	zone * stdout
</loggers>
<channels>
	stdout STDOUT
</channels>
{zones}""".format(folder=folder, ip=ip, port=port,
                  zones="".join('<zone>\n\tdomain %s\n\tfile %s\n\ttype primary\n</zone>\n' % (zone, zone) for zone in zones)))
    return ["-c", config]


def gdnsd(folder, ip, port, zones):
    here = os.path.join(folder, "gdnsd")
    os.makedirs(os.path.join(here, "zones"), exist_ok=True)
    for zone in zones:
        shutil.copy(os.path.join(folder, zone), os.path.join(here, "zones", zone))
    put(here, "config", 'options => {{\n\tlisten => "{ip}:{port}"\n\trun_dir => "{here}/run"\n\tstate_dir => "{here}/state"\n}}\n'.format(
        here=here, ip=ip, port=port))
    return ["-c", here, "start"]


ARGUMENTS = {"bind": bind, "nsd": nsd, "knot": knot, "powerdns": powerdns, "yadifa": yadifa, "gdnsd": gdnsd}


def command(name, folder, port, zones=None, **more):
    """Write zones, as ZONES has them, and configuration; the command line."""
    zones = zones or {zone: lines for zone, lines in ZONES.items() if zone not in UNREADABLE.get(name, ())}
    os.makedirs(os.path.join(folder, "knot"), exist_ok=True)
    write_zones(name, folder, zones)
    return [path_of(name), *ARGUMENTS[name](folder, ADDRESS[name], port, list(zones), **more)]


def root_command(folder, port):
    """A root that knows no name at all: whatever a resolver asks beyond the server's zones ends there."""
    put(folder, "root", zone_text([]))
    config = put(folder, "root.conf", NSD_CONF.format(folder=folder, ip=ROOT_ADDRESS, port=port, zones="zone:\n\tname: .\n\tzonefile: root\n"))
    return [servers.program("nsd"), "-d", "-c", config]


def unbound_command(name, folder, port, delegated):
    """A resolver to which each of the zones @delegated is the server's."""
    stubs = "".join('stub-zone:\n\tname: "%s"\n\tstub-addr: %s@%d\n' % (zone, ADDRESS[name], port) for zone in delegated)
    config = put(folder, "unbound.conf", """server:
	interface: {ip}@{port}
	username: ""
	chroot: ""
	directory: "{folder}"
	pidfile: "{folder}/unbound.pid"
	logfile: "{folder}/unbound.log"
	use-syslog: no
	access-control: 127.0.0.0/8 allow
	module-config: "iterator"
	do-not-query-localhost: no
	rrset-roundrobin: no
	local-zone: "test." nodefault
remote-control:
	control-enable: no
stub-zone:
	name: "."
	stub-addr: {root}@{port}
{stubs}""".format(ip=RESOLVER, port=port, folder=folder, root=ROOT_ADDRESS, stubs=stubs))
    return [servers.program("unbound"), "-d", "-c", config]


def start(running, name, folder, port, delegated, zones=None, **more):
    """The server with @zones and configuration as `command` has them, and the resolver."""
    running.start(name, *command(name, folder, port, zones, **more), environment=environment())
    running.start("root", *root_command(folder, port))
    running.start("unbound", *unbound_command(name, folder, port, delegated))
    for server, address in ((name, ADDRESS[name]), ("unbound", RESOLVER)):
        servers.wait_until(lambda address=address: (servers.dns_query("data.test", 15, address, port) or (0, 0, 0))[2] == 1, server,
                           running.check)


def scan(stsurvey, folder, port, delegated, label, *options):
    """Its records: name → results."""
    path = os.path.join(folder, label)
    with open(path + ".zone", "w", encoding="utf-8") as file:
        file.write("$ORIGIN test.\n@ 300 IN SOA ns1.servers hostmaster 1 3600 900 86400 300\n")
        file.writelines("%s. 300 IN NS ns%d.servers.test.\n" % (zone, i) for zone in delegated for i in (1, 2))
    words = [stsurvey, "scan", "-f", path + ".zone", "-o", path + ".scan", "--force", "-q", "--rate", "0", "--retries", "0", "--threads", "1",
             "--name-servers", "%s:%d" % (RESOLVER, port), "--allow-reserved", "127.0.0.0/8",
             "--https-port", "9", *options]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 3):  # SERVFAIL of many is as it should be
        sys.exit("%s: %s" % (" ".join(words), done.stderr))
    lines = subprocess.run([stsurvey, "export", path + ".scan", "--format", "jsonl"], capture_output=True, text=True, check=True).stdout
    return {record["name"]: record for record in map(json.loads, lines.splitlines())}
