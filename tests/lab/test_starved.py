#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""test_starved.py - a machine that has too little memory, or whose sockets fail: whatever it could not do is said of no domain.

Started by test_lab.sh in the lab. A part of the world is scanned again and again: under limits on memory, each smaller than the one
before, with every so manieth allocation failing, and with every so manieth call to send or recv of a policy connection failing in
each way that is ours (faulty_net.c of tests/cli). Each record that is complete must be as true as ever; a scan may take longer,
leave domains unknown, or end with a line that says why, but never by a signal. Ends with `N passed, N failed`.
"""

import concurrent.futures
import errno
import json
import mmap
import os
import struct
import subprocess
import sys

sys.dont_write_bytecode = True
import compare  # noqa: E402
import tally  # noqa: E402
from tally import that  # noqa: E402

FAULTY = {"malloc": os.environ["STSURVEY_FAULTY_MEMORY"]}  # what is preloaded for a call, …
FAULTY_NET = os.environ["STSURVEY_FAULTY_NET"]             # … and for any other
SANITIZED = bool(os.environ.get("STSURVEY_SANITIZED"))  # a sanitizer has its own memory, far more of it
LIMITS_KIB = (76000, 64000, 56000)  # of addresses: from some failures to none that succeeds
ALLOCATIONS = 100003                # of so many one fails
CALLS = 25                          # of so many one fails
OURS = ("ENOBUFS", "ENOMEM", "EPERM", "ENETUNREACH", "EHOSTUNREACH", "ENETDOWN", "EACCES")
WAITED_FOR = ("silence", "drip", "timeout", "endless", "backlog", "late", "slow")
EACH = 4             # of the domains with a policy host, one is scanned
LEAST_KIB = 76000    # above, every scan must come to an end
SCAN_S = 240         # a scan that takes longer hangs
RUNTIME_S = 20       # what is left then is left

def load(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def chosen():
    """Domains with a policy host that answers at once, and some without."""
    facts = [fact for fact in load(os.environ["TRUTH"])
             if fact["expect"].get("status") == "complete" and not any(word in fact["name"] for word in WAITED_FOR)]
    fetched = [fact for fact in facts if fact["expect"].get("policy_status", "skipped") != "skipped"]
    return fetched[::EACH] + [fact for fact in facts if fact not in fetched][::10 * EACH]


class Scan:
    def __init__(self, stsurvey, folder, name, truth, environment=None, limit_kib=None):
        env = os.environ
        self.name, self.stsurvey, self.base, self.truth = name, stsurvey, os.path.join(folder, name.replace(" ", "-")), truth
        if os.path.exists(self.base + ".msgpack.zst"):  # of another run: to some faults, its end is when they begin
            os.unlink(self.base + ".msgpack.zst")
        with open(self.base + ".list", "w", encoding="utf-8") as file:
            file.writelines(fact["name"] + "\n" for fact in truth)
        command = [stsurvey, "scan", "-q", "-f", self.base + ".list", "-o", self.base + ".msgpack.zst", "--force", "--name-servers",
                   env["RESOLVER"], "--allow-reserved", env["ALLOW_RESERVED"], "--https-port", env["HTTPS_PORT"], "--ca-file",
                   env["CA_FILE"], "--domain-blocklist-file", env["DOMAIN_BLOCKLIST"], "--blocklist-file", env["BLOCKLIST"],
                   "--http-timeout", "20", "--timeout", "2", "--threads", "2", "--max-runtime", str(RUNTIME_S)]
        if limit_kib:
            command = ["sh", "-c", 'ulimit -c 0; ulimit -v %d; exec "$@"' % limit_kib, "sh"] + command
        self.child = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=dict(env, **(environment or {})))

    def judge(self, must_finish):
        _, said = self.child.communicate(timeout=SCAN_S)
        status = self.child.returncode
        told = (said.strip().splitlines() or ["nothing"])[-1]
        that(status in (0, 3, 130) or (status == 1 and ("emory" in said or "no thread" in said)), "%s: exit status %d; it said: %s" % (self.name, status, told))
        export = subprocess.run([self.stsurvey, "export", self.base + ".msgpack.zst", "--format", "jsonl"], capture_output=True,
                                text=True, check=False)
        records = [json.loads(line) for line in export.stdout.splitlines()]
        known = [record for record in records if record["status"] != "unknown"]
        print("%s: exit status %d, %d records, %d known" % (self.name, status, len(records), len(known)))
        that(not must_finish or known, "%s: nothing is known" % self.name)
        for record in known:
            wrong = compare.differences(self.truth[record["index"]]["expect"], record)
            that(not wrong, "%s: %s: %s" % (self.name, record["name"], "; ".join(wrong)))


class Fault:
    """The switch that faulty_net.c looks at."""

    def __init__(self, folder, call, error, every, after=""):
        path = os.path.join(folder, "switch-%s-%s-%d" % (call, error, every))
        with open(path, "wb+") as file:
            file.write(struct.pack("=II", 1, 0))
            file.flush()
            self.memory = mmap.mmap(file.fileno(), 8)
        asan = os.environ.get("ASAN_OPTIONS", "")
        order = "%s:%d:%s:%d:%s:%s" % (call, getattr(errno, error), os.environ["HTTPS_PORT"], every, path, after)
        self.environment = {"LD_PRELOAD": FAULTY.get(call, FAULTY_NET), "FAULTY_NET": order,
                            "ASAN_OPTIONS": asan + (":" if asan else "") + "verify_asan_link_order=0"}

    def failed(self):
        return struct.unpack_from("=I", self.memory, 4)[0]


def sockets(stsurvey, folder, truth):
    def one(call, error):
        fault = Fault(folder, call, error, CALLS)
        Scan(stsurvey, folder, "%s %s" % (call, error), truth, fault.environment).judge(True)
        that(fault.failed() > 0, "%s %s: nothing has failed" % (call, error))

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda pair: one(*pair), [(call, error) for call in ("tcp-send", "tcp-recv") for error in OURS]))


def memory(stsurvey, folder, truth):
    for limit in LIMITS_KIB:
        Scan(stsurvey, folder, "%d KiB" % limit, truth, limit_kib=limit).judge(limit >= LEAST_KIB)
    name = "one of %d allocations" % ALLOCATIONS
    fault = Fault(folder, "malloc", "ENOMEM", ALLOCATIONS, os.path.join(folder, name.replace(" ", "-") + ".msgpack.zst"))
    Scan(stsurvey, folder, name, truth, fault.environment).judge(True)
    that(fault.failed() > 0, name + ": none has failed")


def main():
    stsurvey, folder = os.environ["STSURVEY"], os.environ["OUT"]
    os.makedirs(folder, exist_ok=True)
    truth = chosen()
    Scan(stsurvey, folder, "enough of all", truth).judge(True)
    sockets(stsurvey, folder, truth)
    if not SANITIZED:
        memory(stsurvey, folder, truth)
    return tally.end()


if __name__ == "__main__":
    sys.exit(main())
