#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""resolvers.py - other people's resolvers in front of the lab's world: BIND, Knot Resolver, PowerDNS, dnsmasq, stubby.

They run from a folder their Debian packages were unpacked into (`unpacked`), never from an installation: an installed
one would start by itself and take this machine's resolver away. Each is configured as its users have it, but for what
makes it see the lab's internet and no other. dnsmasq and stubby forward to Unbound, stubby over TLS.
"""

import glob
import os
import shutil

import zones
from world import AUTHORITY, DOT, DOT_NAME, FAULT_DNS, RESOLVER, ROOT, SIGNER

ADDRESS = {"bind": "127.0.0.1", "knot-resolver": "127.53.1.2", "powerdns": "127.53.1.3", "dnsmasq": "127.53.1.4", "stubby": "127.53.1.5"}
# All else is in the one flat zone. With --mail alone is anything asked of the last three.
CUTS = {zones.SIGNED: SIGNER, zones.BOGUS: SIGNER, zones.FAULT: FAULT_DNS,
        zones.SECURE: SIGNER, zones.CUT_BOGUS: SIGNER, zones.CUT_INSECURE: SIGNER}


def unpacked():
    """The folder the packages were unpacked into (packages_unpack of cmake/setup.sh), or None."""
    folder = os.environ.get("STSURVEY_RESOLVERS") or os.path.join(ROOT, "build", "resolvers")
    return folder if os.path.exists(os.path.join(folder, "complete")) else None


def variable(name):
    """What DIR/env calls its address."""
    return name.upper().replace("-", "_")


def environment():
    """Where the unpacked programs find their libraries."""
    libraries = [place for form in ("usr/lib/*-linux-gnu*", "lib/*-linux-gnu*") for place in glob.glob(os.path.join(unpacked(), form))]
    return dict(os.environ, LD_LIBRARY_PATH=":".join(libraries))


def program(name):
    return next(path for place in ("usr/sbin", "usr/bin") if os.path.exists(path := os.path.join(unpacked(), place, name)))


def put(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def bind(folder, port, anchors):
    """`port` is both the one named listens on and the one it asks. It would take nine tenths of the memory for its cache."""
    os.makedirs(os.path.join(folder, "bind"), exist_ok=True)
    stubs = "".join('zone "%s" { type static-stub; server-addresses { %s; }; };\n' % cut for cut in CUTS.items())
    tas = "".join('%s. static-ds %s %s %s "%s"; ' % (zone, *ds) for zone, ds in anchors.items())
    put(folder, "bind/hints", ". 3600 NS ns.lab-servers.net.\nns.lab-servers.net. 3600 A %s\n" % AUTHORITY)
    config = put(folder, "bind/named.conf", """options {{
	directory "{folder}/bind";
	port {port};
	listen-on {{ {ip}; }};
	listen-on-v6 {{ none; }};
	max-cache-size 64m;
	pid-file none;
	session-keyfile none;
	allow-query {{ any; }};
	allow-recursion {{ any; }};
	dnssec-validation yes;
	empty-zones-enable no;
}};
controls {{ }};
trust-anchors {{ {tas}}};
zone "." {{ type hint; file "hints"; }};
{stubs}""".format(folder=folder, port=port, ip=ADDRESS["bind"], tas=tas, stubs=stubs))
    return [program("named"), "-g", "-n", "1", "-c", config]


def knot_resolver(folder, port, anchors):
    """It asks port 53 wherever it recurses, another one only where a policy says so. The folder of its modules is built into
    the program: a copy looks for them in its working directory, and finds one that wants no root key of an installed package."""
    here = os.path.join(folder, "knot-resolver")
    os.makedirs(here, exist_ok=True)
    modules = glob.glob(os.path.join(unpacked(), "usr/lib/*/knot-resolver"))[0]
    built_in = modules[len(unpacked()):].encode()
    with open(program("kresd"), "rb") as file:
        octets = file.read().replace(built_in, b"./modules".ljust(len(built_in), b"/"))
    with open(os.path.join(here, "kresd"), "wb") as file:
        file.write(octets)
    os.chmod(os.path.join(here, "kresd"), 0o755)
    shutil.copytree(modules, os.path.join(here, "modules"))
    with open(os.path.join(here, "modules", "sandbox.lua"), "r+", encoding="utf-8") as file:
        lines = [line for line in file if "root.key" not in line]
        file.seek(0)
        file.truncate()
        file.writelines(lines)
    stubs = "".join("policy.add(policy.suffix(policy.FORWARD('%s@%d'), policy.todnames({'%s.'})))\n" % (address, port, cut)
                    for cut, address in CUTS.items())
    tas = "".join("trust_anchors.add('%s. DS %s')\n" % (zone, " ".join(ds)) for zone, ds in anchors.items())
    put(here, "kresd.conf", """net.listen('{ip}', {port}, {{ kind = 'dns' }})
net.ipv6 = false
modules = {{ 'hints > iterate' }}
hints.root({{ ['ns.lab-servers.net.'] = '{authority}' }})
modules.unload('ta_signal_query')
modules.unload('priming')
{tas}cache.size = 50*MB
{stubs}policy.add(policy.all(policy.FORWARD('{authority}@{port}')))
""".format(ip=ADDRESS["knot-resolver"], port=port, tas=tas, stubs=stubs, authority=AUTHORITY))
    return ["knot-resolver/kresd", "-n", "-c", "kresd.conf", here]


def powerdns(folder, port, anchors):
    """An NXDOMAIN of the root stands for the whole TLD with it, unless told: the lab's root is one flat zone. And where a server
    it forwards to is late, it answers NXDOMAIN, without an SOA: on a busy machine 1.5 s, the default, is not late."""
    here = os.path.join(folder, "powerdns")
    os.makedirs(here, exist_ok=True)
    tas = "".join("addTA('%s', '%s')\n" % (zone, " ".join(ds)) for zone, ds in anchors.items())
    put(here, "anchors.lua", "clearTA()\n" + tas)
    put(here, "forward", "".join("%s=%s:%d\n" % (zone, address, port) for zone, address in [(".", AUTHORITY), *CUTS.items()]))
    put(here, "recursor.conf", """config-dir={here}
socket-dir={here}
daemon=no
local-address={ip}
local-port={port}
dont-query=
forward-zones-file={here}/forward
lua-config-file={here}/anchors.lua
threads=1
root-nx-trust=no
network-timeout=8000
security-poll-suffix=
""".format(here=here, ip=ADDRESS["powerdns"], port=port))
    return [program("pdns_recursor"), "--config-dir=" + here]


def dnsmasq(folder, port, anchors):
    """The names nobody answers would soon fill the 150 places it has, and it would refuse every other question."""
    return [program("dnsmasq"), "--keep-in-foreground", "--log-facility=-", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--pid-file=",
            "--user=", "--group=", "--bind-interfaces", "--dns-forward-max=1500", "--listen-address=" + ADDRESS["dnsmasq"], "--port=%d" % port,
            "--server=%s#%d" % (RESOLVER, port)]


def stubby(folder, port, anchors):
    """To an Unbound that has the lab's own certificate."""
    config = put(folder, "stubby.yml", """resolution_type: GETDNS_RESOLUTION_STUB
dns_transport_list: [ GETDNS_TRANSPORT_TLS ]
tls_authentication: GETDNS_AUTHENTICATION_REQUIRED
tls_ca_file: "{folder}/certs/root.pem"
tls_query_padding_blocksize: 128
edns_client_subnet_private: 1
round_robin_upstreams: 1
idle_timeout: 10000
appdata_dir: "{folder}/stubby"
listen_addresses: [ {ip}@{port} ]
upstream_recursive_servers:
  - address_data: {dot}
    tls_port: {port}
    tls_auth_name: "{name}"
""".format(folder=folder, ip=ADDRESS["stubby"], port=port, dot=DOT, name=DOT_NAME))
    return [program("stubby"), "-C", config]


# Writes the configuration, returns the command line. @anchors: the four words of each zone's DS.
START = {"bind": bind, "knot-resolver": knot_resolver, "powerdns": powerdns, "dnsmasq": dnsmasq, "stubby": stubby}
