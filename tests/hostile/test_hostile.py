#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""test_hostile.py STSURVEY - hostile peers among ordinary ones, in a lab: started by `lab run`, which sets the variables of its env file.

Each hostile domain gets the finding its truth says; memory stays below its bound (checked in builds without sanitizers); and ordinary
domains wait for no hostile one: they end before those that have to be waited for.
"""

import concurrent.futures
import datetime
import json
import os
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
import places  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
TIMEOUT, RETRIES, HTTP_TIMEOUT = 1, 1, 3
SCAN_MIB = 48       # scanner/base/limits.h SCAN_MEMORY
AT_ONCE = 0.9       # of the ordinary domains: where a machine stands still for a second, a few may fall behind

ATTACKS = {
    "a body without end": ["http-endless-body", "http-endless-chunks", "http-too-large"],
    "chunks that do not begin": ["http-endless-chunk-extension", "http-endless-chunk-size"],
    "an octet a second": ["http-drip-headers", "http-drip-body", "tls-flight-drip"],
    "headers of 100 MB": ["http-endless-headers", "http-endless-header-line", "http-endless-status-line", "http-endless-trailers"],
    "a gzip bomb": ["http-gzip-bomb"],
    "HTTP/0.9, other protocols": ["http-0-9", "http-binary", "http-smtp-inside", "tls-smtp", "tls-ssh", "tls-garbage", "tls-endless-garbage"],
    "HTTP/2 that nobody negotiated": ["http-h2-unasked"],
    "1xx without end": ["http-endless-100", "http-endless-103"],
    "a chain of 5 MB, of 60 certificates": ["cert-huge-chain", "cert-long-chain"],
    "20,000 SANs, NUL in a SAN": ["cert-many-sans", "cert-nul-in-san"],
    "renegotiation, key updates": ["tls-renegotiate", "tls-key-updates"],
    "records of one octet, of none, of 64 KB": ["tls-tiny-records", "tls-empty-records", "tls-huge-record"],
    "RST at every step": ["tcp-reset-at-accept", "tcp-reset-after-hello", "tls-flight-reset-early", "tls-flight-reset", "http-tls-reset",
                          "http-request-reset", "http-status-reset", "http-headers-reset", "http-body-reset"],
    "closing at every step": ["tcp-closed-at-accept", "tcp-closed-after-hello", "tls-flight-close", "http-tls-close", "http-request-shutdown",
                              "http-headers-close", "http-body-close"],
    "silence at every step": ["tcp-timeout", "tls-silence", "tls-flight-silence-early", "tls-flight-silence", "http-silence",
                              "http-headers-silence", "http-body-silence"],
}
WAITED_FOR = ("an octet a second", "silence at every step")


def load(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def options(resolver):
    env = os.environ
    return ["--rate", "0", "--name-servers", resolver, "--allow-reserved", env["ALLOW_RESERVED"], "--https-port", env["HTTPS_PORT"],
            "--ca-file", env["CA_FILE"], "--domain-blocklist-file", env["DOMAIN_BLOCKLIST"], "--blocklist-file", env["BLOCKLIST"], "--http-timeout",
            str(HTTP_TIMEOUT), "--timeout", str(TIMEOUT), "--retries", str(RETRIES), "--concurrency", "2000"]


def judge(checks, scan, truth, folder):
    """Every finding, as the lab's truth has it."""
    path = os.path.join(folder, "truth.jsonl")
    with open(path, "w", encoding="utf-8") as file:
        for index, fact in enumerate(truth):
            file.write(json.dumps(dict(fact, index=index)) + "\n")
    told = subprocess.run([os.path.join(HERE, "..", "lab", "compare.py"), scan.export, path, "--", *scan.command], capture_output=True, text=True,
                          check=False)
    last = (told.stdout.splitlines() or ["0 passed, 1 failed"])[-1].split()
    checks.passed += int(last[0])
    checks.failed += int(last[2])
    if told.returncode:
        print(told.stdout, told.stderr)


def in_memory(checks, scan, sanitized, what):
    print("%s: %d domains, %.1f MiB%s" % (what, len(scan.names), scan.mib, " with a sanitizer" if sanitized else ""))
    checks.that(sanitized or scan.mib <= SCAN_MIB, "%s: %.1f MiB" % (what, scan.mib))


def end_of(record):
    return datetime.datetime.fromisoformat(record["timestamp"]) + datetime.timedelta(seconds=record["duration"])


def in_order(checks, scan, ordinary):
    """A hostile peer that is waited for ends its domain HTTP_TIMEOUT after it was connected; nobody waits with it."""
    waited_for = [name + ".test" for what in WAITED_FOR for name in ATTACKS[what]]
    names = sorted(scan.records, key=lambda name: end_of(scan.records[name]))
    early = set(names[:min(names.index(name) for name in waited_for)])
    fetched = [name for name in ordinary if scan.records[name]["results"]["POLICY"]["status"] == "success"]
    for what, these in (("ordinary domains", ordinary), ("ordinary policies", fetched)):
        said = "%d of %d %s ended before the first of %d that are waited for" % (
            len(early.intersection(these)), len(these), what, len(waited_for))
        print(said)
        checks.that(len(early.intersection(these)) >= max(AT_ONCE * len(these), 1), said)


def peers(stsurvey, folder):
    """(scan, its truth) of the ordinary domains with hostile ones in between."""
    truth = {fact["name"]: fact for fact in load(os.environ["TRUTH"])}
    mixed = [name for name, fact in truth.items() if fact["kind"] == "plain"]
    hostile = [name + ".test" for names in ATTACKS.values() for name in names]
    step = max(len(mixed) // len(hostile), 1)
    for i, name in enumerate(hostile):
        mixed.insert(min(i * (step + 1), len(mixed)), name)
    return places.Scan(stsurvey, folder, mixed, options(os.environ["RESOLVER"])), [truth[name] for name in mixed]


def name_servers(stsurvey, folder):
    truth = load(os.environ["FAULT_TRUTH"])
    return places.Scan(stsurvey, folder, [fact["name"] for fact in truth], options(os.environ["FAULT_RESOLVER"])), truth


def main(stsurvey):
    checks = places.Checks()
    sanitized = bool(os.environ.get("STSURVEY_SANITIZED"))  # the sanitizers' own memory says nothing
    with concurrent.futures.ThreadPoolExecutor() as pool, tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
        among, asked = pool.submit(peers, stsurvey, one), pool.submit(name_servers, stsurvey, two)
        for (scan, truth), folder, what in ((among.result(), one, "among hostile peers"), (asked.result(), two, "a hostile name server")):
            judge(checks, scan, truth, folder)
            in_memory(checks, scan, sanitized, what)
    in_order(checks, among.result()[0], [fact["name"] for fact in among.result()[1] if fact["kind"] == "plain"])
    checks.that(not os.path.exists(os.environ["TRIPWIRE"]), "somebody came where nobody may come")
    return checks.end()


if __name__ == "__main__":
    sys.exit(main(os.path.realpath(sys.argv[1])))
