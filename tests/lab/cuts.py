#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""cuts.py - the unsigned world as zones of their own, for scans that ask each domain's own name servers (`lab --cuts`).

Without it NSD serves one flat root zone, in which no domain is delegated. With it a second NSD has a zone for each, on the
addresses of a few operators, the root zone delegates to them, and Unbound has a stub zone for each, as it would ask port 53
otherwise. FOLDER/zone_list.txt delegates them as a registry's file does: these, the domains of faultd, and such as go wrong.
"""

import os
import re

import zones
from world import FAULT_DNS, SIGNER

OPERATORS = 3
HOSTS = {"ns%d.operator-%d.net" % (host, operator): "127.54.%d.%d" % (operator, host) for operator in range(1, OPERATORS + 1) for host in (1, 2)}
LAME = {"ns1.lame-servers.net": SIGNER, "ns2.lame-servers.net": "127.54.250.1"}  # REFUSED for what they do not serve
SILENT = {"ns1.silent-servers.net": "127.54.251.1", "ns2.silent-servers.net": "127.54.251.2"}  # nobody there
FAULTY = {"ns1.fault-servers.net": FAULT_DNS}
ADDRESSES = {**HOSTS, **LAME, **SILENT, **FAULTY}
GONE = 20  # domains of each kind of those that go wrong
PLAIN_NAME = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)+")  # what needs no escape in a zone file, nor in Unbound's


def owner_of(line):
    return line.split(" ", 1)[0].rstrip(".").lower()


class Cuts:
    def __init__(self, domains):
        self.lines = {}  # of each domain with a zone of its own
        for domain in domains:
            served = domain.lab and domain.name and zones.zone_of(domain.name) == "." and PLAIN_NAME.fullmatch(domain.name)
            if served and not any(line.startswith(domain.name + ". CNAME") for line in zones.records(domain)):
                self.lines[domain.name] = []
        self.hosts = {name: self.hosts_of(i) for i, name in enumerate(self.lines)}
        self.gone = {}
        for i in range(GONE):
            self.gone["lame-%d.test" % i] = list(LAME)
            self.gone["half-lame-%d.test" % i] = ["ns1.lame-servers.net", "ns1.operator-1.net"]
            self.gone["silent-%d.test" % i] = list(SILENT)
        for name, hosts in self.gone.items():
            if "ns1.operator-1.net" in hosts:
                self.hosts[name], self.lines[name] = hosts, ["%s. MX 10 mx.%s." % (name, name)]
        self.faulty = [domain.name for domain in domains if domain.name and domain.name.endswith("." + zones.FAULT)
                       and PLAIN_NAME.fullmatch(domain.name)]

    @staticmethod
    def hosts_of(i):
        return [host for host in HOSTS if ".operator-%d." % (i % OPERATORS + 1) in host]

    def zone_of(self, name):
        """The zone of its own that holds @name, or None: the root's."""
        while name and name not in self.lines:
            name = name.partition(".")[2]
        return name or None

    def put(self, lines):
        """Take of the root zone's @lines those that belong to a cut; what stays there, with the delegations."""
        stays = []
        for line in lines:
            zone = self.zone_of(owner_of(line))
            (self.lines[zone] if zone else stays).append(line)
        for name, hosts in self.hosts.items():
            above = self.zone_of(name.partition(".")[2])
            (self.lines[above] if above else stays).extend("%s. NS %s." % (name, host) for host in hosts)
        return stays + ["%s. A %s" % item for item in ADDRESSES.items()]

    def write(self, folder):
        """The zones' files, and the list."""
        os.makedirs(os.path.join(folder, "cuts"), exist_ok=True)
        for i, (name, lines) in enumerate(self.lines.items()):
            head = ["$TTL %d" % zones.TTL, "%s. SOA %s. hostmaster.%s. 1 7200 900 1209600 300" % (name, self.hosts[name][0], name)]
            own = ["%s. NS %s." % (name, host) for host in self.hosts[name]]
            with open(os.path.join(folder, "cuts", "%d.zone" % i), "w", encoding="utf-8") as file:
                file.write("\n".join(dict.fromkeys(head + own + lines)) + "\n")
        delegated = {**self.hosts, **self.gone, **{name: list(FAULTY) for name in self.faulty}}
        with open(os.path.join(folder, "zone_list.txt"), "w", encoding="utf-8") as file:
            file.write("$TTL 3600\n" + "".join("%s. IN NS %s.\n" % (name, host) for name, hosts in delegated.items() for host in hosts))
        with open(os.path.join(folder, "cut_list.txt"), "w", encoding="utf-8") as file:
            file.writelines(name + "\n" for name in delegated)

    def nsd(self, folder, port):
        addresses = "".join("\tip-address: %s@%d\n" % (address, port) for address in [*HOSTS.values(), LAME["ns2.lame-servers.net"]])
        return zones.nsd_server(folder, "nsd-cuts", addresses) + "".join(
            'zone:\n\tname: "%s"\n\tzonefile: "../cuts/%d.zone"\n' % (name, i) for i, name in enumerate(self.lines))

    def stubs(self, port):
        text = []
        for name, hosts in {**self.hosts, **self.gone}.items():
            text.append('stub-zone:\n\tname: "%s"\n\tstub-prime: no\n' % name)
            text += ["\tstub-addr: %s@%d\n" % (ADDRESSES[host], port) for host in hosts]
        return "".join(text)
