#!/usr/bin/python3
"""test_hostile.py STSURVEY - hostile peers among ordinary ones, in a lab: started by `lab run`, which sets the variables of its env file.

Each hostile domain gets the finding its truth says, within what one domain may take; memory stays below its bound (checked in builds
without sanitizers); and the ordinary domains of the window are no slower for it. "No slower" is generous: a window held up by its slowest
peer would take a hundred times as long.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
import places  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
TIMEOUT, RETRIES, HTTP_TIMEOUT = 1, 1, 3
# scanner/base/limits.h: four rounds of questions, one question more, and a fetch; the machine may be slow to notice.
DOMAIN_SECONDS = 5 * (1 + RETRIES) * TIMEOUT + HTTP_TIMEOUT + 5
SCAN_MIB = 48                    # scanner/base/limits.h SCAN_MEMORY
SLOWER, NOISE_SECONDS = 10, 0.5  # ordinary domains among hostile ones: times, and beyond

ATTACKS = {
    "a body without end": ["http-endless-body", "http-endless-chunks", "http-too-large"],
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


def load(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def options(resolver):
    env = os.environ
    return ["--name-servers", resolver, "--allow-reserved", env["ALLOW_RESERVED"], "--https-port", env["HTTPS_PORT"], "--ca-file",
            env["CA_FILE"], "--domain-blocklist-file", env["DOMAIN_BLOCKLIST"], "--blocklist-file", env["BLOCKLIST"], "--http-timeout",
            str(HTTP_TIMEOUT), "--timeout", str(TIMEOUT), "--retries", str(RETRIES), "--concurrency", "2000"]


def judge(checks, scan, truth, folder):
    """Every finding, as the lab's truth has it."""
    path = os.path.join(folder, "truth.jsonl")
    with open(path, "w", encoding="utf-8") as file:
        for index, fact in enumerate(truth):
            file.write(json.dumps(dict(fact, index=index)) + "\n")
    told = subprocess.run([os.path.join(HERE, "..", "lab", "compare.py"), scan.export, path], capture_output=True, text=True, check=False)
    last = (told.stdout.splitlines() or ["0 passed, 1 failed"])[-1].split()
    checks.passed += int(last[0])
    checks.failed += int(last[2])
    if told.returncode:
        print(told.stdout, told.stderr)


def in_time(checks, scan):
    for name, record in scan.records.items():
        checks.that(record["duration"] <= DOMAIN_SECONDS, "%s took %.1f s" % (name, record["duration"]))


def in_memory(checks, scan, sanitized, what):
    print("%s: %d domains, %.1f MiB%s" % (what, len(scan.names), scan.mib, " with a sanitizer" if sanitized else ""))
    checks.that(sanitized or scan.mib <= SCAN_MIB, "%s: %.1f MiB" % (what, scan.mib))


def middle(scan, names):
    return statistics.median(scan.records[name]["duration"] for name in names)


def peers(checks, stsurvey, folder, sanitized):
    truth = {fact["name"]: fact for fact in load(os.environ["TRUTH"])}
    ordinary = [name for name, fact in truth.items() if fact["kind"] == "plain"]
    hostile = [name + ".test" for names in ATTACKS.values() for name in names]
    for name in hostile:
        checks.that(name in truth, "the lab has no %s" % name)
    hostile = [name for name in hostile if name in truth]
    alone = places.Scan(stsurvey, folder, ordinary, options(os.environ["RESOLVER"]))
    step = max(len(ordinary) // len(hostile), 1)
    mixed = list(ordinary)
    for i, name in enumerate(hostile):
        mixed.insert(min(i * (step + 1), len(mixed)), name)
    among = places.Scan(stsurvey, folder, mixed, options(os.environ["RESOLVER"]))
    judge(checks, among, [truth[name] for name in mixed], folder)
    in_time(checks, among)
    in_memory(checks, alone, sanitized, "ordinary domains alone")
    in_memory(checks, among, sanitized, "among hostile ones")
    before, after = middle(alone, ordinary), middle(among, ordinary)
    print("an ordinary domain takes %.3f s, and %.3f s among hostile ones" % (before, after))
    checks.that(after <= SLOWER * before + NOISE_SECONDS, "ordinary domains: %.3f s, were %.3f s" % (after, before))


def name_servers(checks, stsurvey, folder, sanitized):
    truth = load(os.environ["FAULT_TRUTH"])
    scan = places.Scan(stsurvey, folder, [fact["name"] for fact in truth], options(os.environ["FAULT_RESOLVER"]))
    judge(checks, scan, truth, folder)
    in_time(checks, scan)
    in_memory(checks, scan, sanitized, "a hostile name server")


def main(stsurvey):
    checks = places.Checks()
    sanitized = bool(os.environ.get("STSURVEY_SANITIZED"))  # the sanitizers' own memory says nothing
    for test in (peers, name_servers):
        with tempfile.TemporaryDirectory() as folder:
            test(checks, stsurvey, folder, sanitized)
    checks.that(not os.path.exists(os.environ["TRIPWIRE"]), "somebody came where nobody may come")
    return checks.end()


if __name__ == "__main__":
    sys.exit(main(os.path.realpath(sys.argv[1])))
