#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""test_dead_operator.py STSURVEY - name servers that fall silent for a while draw no more questions than their operator's rate allows.

Their domains rest, and after --server-patience, here two seconds, the resolver is asked, which would ask the same servers from the same
network: so what counts is the sum of both. The rates hold however long they are silent; nothing is lost when they are back.
"""

import bisect
import os
import sys
import tempfile

sys.dont_write_bytecode = True
import places  # noqa: E402

SERVERS = "127.53.67.1", "127.53.67.2"
DOMAINS = 300           # of three questions each
RATE = 100              # --operator-rate
AFTER, SILENT_S = 150, 8  # questions, then silence for so many seconds; rests are longer, so that all else goes to the resolver
BURST_S, SLACK = 0.1, 1.1  # what SERVER_BOOKS_BURST_S lets through at once; clocks tick in steps
# A domain takes its three tokens before it begins. What it asks beyond that, a second try and the resolver, is charged when it is asked: as
# much as may be in flight when the silence begins.
OVERDRAWN = 100


class Server(places.Authority):
    """Silent, but counting, from the AFTERth question on."""

    state = {"asked": 0, "until": None}

    def answer(self, packet):
        reply = super().answer(packet)
        self.state["asked"] += 1
        if self.state["asked"] == AFTER:
            self.state["until"] = self.now + SILENT_S
        return b"" if self.state["until"] and self.now < self.state["until"] else reply


def most_within(times, seconds):
    """The most events of any so long a time."""
    return max(bisect.bisect_right(times, start + seconds) - i for i, start in enumerate(times))


def test(checks, stsurvey, folder):
    names = ["d%d.test" % i for i in range(DOMAINS)]
    port = places.free_port(SERVERS)
    servers = [Server({}, address, port) for address in SERVERS]
    zone = {(name, places.MX): ["10 mx." + name] for name in names}
    zone.update({("ns%d.dead.test" % (i + 1), places.A): [address] for i, address in enumerate(SERVERS)})
    resolver = places.NameServer(zone)
    listed = os.path.join(folder, "zone")
    with open(listed, "w", encoding="ascii") as file:
        file.write("$ORIGIN .\n@ 60 IN SOA a. b. 1 1 1 1 1\n")
        file.writelines("%s 60 IN NS ns%d.dead.test\n" % (name, i) for name in names for i in (1, 2))
    scan = places.Scan(stsurvey, folder, names, ["--name-servers", resolver.at, "--allow-reserved", "127.0.0.0/8", "--direct", "--dns-port",
                                                 str(port), "--operator-rate", str(RATE), "--server-rate", "0", "--server-patience", "2",
                                                 "--timeout", "1", "--rate", "0", "--threads", "1", "--audit", "0"], listed=listed)
    mine = set(names)
    direct = [query.when for server in servers for query in server.queries]
    indirect = [query.when for query in resolver.queries if ".".join(query.name.split(".")[-2:]) in mine][8:]  # of the preflight
    times = sorted(direct + indirect)
    silent = [when for when in direct if Server.state["until"] and when < Server.state["until"]]
    checks.that(scan.status == 0 and sorted(scan.records) == sorted(names), "status %d, %d records" % (scan.status, len(scan.records)))
    for name in names:
        results = scan.records.get(name, {}).get("results", {})
        said = [results.get(key, {}).get("status") for key in ("MX", "STS", "TLSRPT")]
        if said != ["NOERROR", "NXDOMAIN", "NXDOMAIN"]:
            checks.that(False, "%s: %s" % (name, said))
    checks.that(len(silent) > AFTER and len(indirect) > DOMAINS, "%d questions in silence, %d to the resolver: nothing was tested"
                % (len(silent) - AFTER, len(indirect)))
    for seconds in (2, 5, 10):
        most, may = most_within(times, seconds), RATE * (seconds + BURST_S) * SLACK + OVERDRAWN
        checks.that(most <= may, "%d questions within %d s, %d may be" % (most, seconds, may))
    total = (len(times) - RATE * BURST_S) / (times[-1] - times[0])
    checks.that(total <= RATE * SLACK, "%.0f questions a second in all, %d are allowed" % (total, RATE))
    print("%d direct, %d to the resolver, %.0f a second, most within 5 s %d" % (len(direct), len(indirect), total, most_within(times, 5)))


def main(stsurvey):
    checks = places.Checks()
    with tempfile.TemporaryDirectory() as folder:
        test(checks, stsurvey, folder)
    return checks.end()


if __name__ == "__main__":
    sys.exit(main(os.path.realpath(sys.argv[1])))
