#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""test_polite.py STSURVEY - rates hold across threads, order is shuffled and repeatable, strangers learn whom to ask.

Times are only compared with what a rate forbids: a slow machine can't fail these tests.
"""

import os
import sys
import tempfile

sys.dont_write_bytecode = True
import places  # noqa: E402
from places import domain  # noqa: E402

HOSTS = "127.88.0.1", "127.88.0.2"
RATE, RATED = 600, 300            # questions a second; domains of three questions each
RESOLVER_RATE = 300
HOST_RATE, PROVIDER_RATE, FETCHED = 20, 30, 40
SLACK = 1.1                       # clocks tick in steps


def pace(times):
    """Events a second after the first."""
    return (len(times) - 1) / max(times[-1] - times[0], 1e-9)


def dns_rate(checks, stsurvey, folder):
    servers = [places.NameServer({}, address, all_exist=True) for address in ("127.53.66.2", "127.53.66.3")]
    names = ["rated%d.test" % i for i in range(RATED)]
    places.Scan(stsurvey, folder, names, ["--name-servers", ",".join(s.at for s in servers), "--rate", str(RATE), "--threads", "2",
                                          "--timeout", "10"])
    asked = [[query.when for query in server.queries if "rated" in query.name] for server in servers]
    times = sorted(sum(asked, []))
    checks.that(len(times) >= 3 * RATED, "%d questions of %d" % (len(times), 3 * RATED))
    checks.that(len(times) / (times[-1] - times[0]) <= RATE * SLACK, "--rate %d: %.0f a second" % (RATE, pace(times)))
    for server, mine in zip(servers, asked):
        checks.that(len(mine) < 0.75 * len(times), "%s got %d of %d" % (server.at, len(mine), len(times)))


def resolver_rate(checks, stsurvey, folder):
    """Each resolver has its own, and --rate more than both together; the other one can't take what this one may not."""
    servers = [places.NameServer({}, address, all_exist=True) for address in ("127.53.66.4", "127.53.66.5")]
    names = ["each%d.test" % i for i in range(RATED)]
    scan = places.Scan(stsurvey, folder, names, ["--name-servers", ",".join(s.at for s in servers), "--rate", str(10 * RATE),
                                                 "--resolver-rate", str(RESOLVER_RATE), "--threads", "2", "--timeout", "10"])
    total = 0
    for server in servers:
        times = sorted(query.when for query in server.queries if "each" in query.name)
        total += len(times)
        checks.that(len(times) / (times[-1] - times[0]) <= RESOLVER_RATE * SLACK,
                    "--resolver-rate %d: %.0f a second at %s" % (RESOLVER_RATE, pace(times), server.at))
    checks.that(total >= 3 * RATED, "%d questions of %d" % (total, 3 * RATED))
    checks.that("more than the name servers get together" in scan.log, "nothing said of a --rate that can't be reached")


def fetch_rates(checks, stsurvey, folder):
    """One address has its rate; behind CNAMEs into one registrable domain, two addresses together have theirs."""
    zone, own, shared = {}, ["own%d.test" % i for i in range(FETCHED)], ["shared%d.test" % i for i in range(FETCHED)]
    for i in range(FETCHED):
        zone.update(domain(own[i], [HOSTS[0]]))
        zone.update(domain(shared[i], [HOSTS[i % 2]], cname="c%d.provider.example" % i))
    pem = places.certificate(folder, ["mta-sts." + name for name in own + shared])
    first = places.PolicyServer(HOSTS[0], places.free_port(HOSTS), pem, places.policy)
    second = places.PolicyServer(HOSTS[1], first.port, pem, places.policy)
    resolver = places.NameServer(zone, "127.53.66.4")
    common = ["--name-servers", resolver.at, "--allow-reserved", "127.88.0.0/16", "--https-port", str(first.port), "--ca-file",
              pem + ".crt", "--threads", "2", "--http-timeout", "10"]
    for names, option, rate in ((own, "--host-rate", HOST_RATE), (shared, "--provider-rate", PROVIDER_RATE)):
        first.came.clear(), second.came.clear()
        other = "--provider-rate" if option == "--host-rate" else "--host-rate"
        scan = places.Scan(stsurvey, folder, names, common + [option, str(rate), other, "0"])
        times = sorted(first.came + second.came)
        checks.that([scan.records[name]["verdict"] for name in names] == ["enforce-ok"] * FETCHED, "%s: verdicts" % option)
        checks.that(len(times) == FETCHED, "%s: %d connections" % (option, len(times)))
        checks.that((FETCHED - 1) / (times[-1] - times[0]) <= rate * SLACK,
                    "%s %d: %.0f a second" % (option, rate, pace(times)))


def longest_run(names):
    longest = run = 1
    for previous, name in zip(names, names[1:]):
        run = run + 1 if previous[0] == name[0] else 1
        longest = max(longest, run)
    return longest


def order(checks, stsurvey, folder):
    """The first question of each domain, one domain at a time."""
    names = ["a%d.test" % i for i in range(300)] + ["b%d.test" % i for i in range(300)]
    seen = []
    for number, seed in enumerate((["--seed", "1"], ["--seed", "1"], ["--seed", "2"], [])):
        resolver = places.NameServer({("test", places.SOA): []}, "127.53.66.%d" % (10 + number))
        places.Scan(stsurvey, folder, names, ["--name-servers", resolver.at, "--concurrency", "1", "--threads", "1", "--timeout", "10"] + seed)
        # the checks before a scan may ask for some of the list's names: the last time counts
        last = {query.name: i for i, query in enumerate(resolver.queries) if query.name in set(names)}
        seen.append(sorted(last, key=last.get))
    checks.that(seen[0] == seen[1], "the same seed gives another order")
    checks.that(seen[0] != seen[2], "another seed gives the same order")
    checks.that(seen[3] == names, "without a seed the order is not the list's")
    checks.that(sorted(seen[0]) == sorted(names), "a name is missing")
    checks.that(longest_run(seen[0]) < 30, "%d names of one block stand together" % longest_run(seen[0]))


def contact(checks, stsurvey, folder):
    resolver = places.NameServer({("test", places.SOA): []}, "127.53.66.5")
    for count, options, warned in ((1001, [], True), (1000, [], False), (1001, ["--contact", "mailto:us@survey.example"], False),
                                   (1001, ["--allow-reserved", "127.0.0.0/8"], False)):
        names = ["n%d.test" % i for i in range(count)]
        scan = places.Scan(stsurvey, folder, names, ["--name-servers", resolver.at, "--timeout", "10"] + options)
        checks.that(("--contact" in scan.log) == warned, "%d domains, %s: %s" % (count, options, scan.log))


def main(stsurvey):
    checks = places.Checks()
    for test in (dns_rate, resolver_rate, fetch_rates, order, contact):
        with tempfile.TemporaryDirectory() as folder:
            test(checks, stsurvey, folder)
    return checks.end()


if __name__ == "__main__":
    sys.exit(main(os.path.realpath(sys.argv[1])))
