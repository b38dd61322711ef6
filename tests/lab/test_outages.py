#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""test_outages.py - the lab's resolver falls ill in the middle of a scan, and the scan must say of every domain what is true all
the same.

Started by test_lab.sh in the lab, asks through its relay. `outages`: one scan outlives three outages of OUTAGE_S seconds, and
longer where it has not noticed them by then: SERVFAIL for everything, a relay that answers nothing, a stopped Unbound behind it.
`loss`: packets are lost, each way. `rewriting`: a resolver invents answers for names that do not exist. $ILLNESSES says which (all);
with $STSURVEY_LONG outages last as long as real ones do, and of more domains. Ends with `N passed, N failed`.
"""

import csv
import json
import os
import shutil
import subprocess
import sys
import time

sys.dont_write_bytecode = True
import tally  # noqa: E402
from tally import that  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
LONG = bool(os.environ.get("STSURVEY_LONG"))
OUTAGE_S = 20 if LONG else 5
OUTLIVING = None if LONG else 4000       # domains of the scan that outlives them (None: all of the list), …
RATE = 3000 if LONG else 1000            # … so many packets a second …
AT_ONCE = 4000 if LONG else 500          # … and domains at once
SCAN_S = 240         # a scan that takes longer hangs
LOSS, LOSS_RETRIES = (30, 9) if LONG else (20, 8)  # per cent, each way: one question in some thousands fails, in one pass of two
SICK = 4000 if LONG else 1000            # domains of the scans that are ill from end to end
RELAY_S = 1          # until the relay has surely read how ill it is
PRESENT = ("valid", "invalid", "multiple")

class Scan:
    def __init__(self, stsurvey, folder, name, illness, *options):
        env = os.environ
        self.stsurvey, self.base, self.trouble = stsurvey, os.path.join(folder, name), env["TROUBLE"]
        self.be(illness)
        time.sleep(RELAY_S)
        self.log = open(self.base + ".log", "w", encoding="utf-8")
        self.command = [stsurvey, "scan", "--name-servers", env["TROUBLE_RESOLVER"], "--allow-reserved", env["ALLOW_RESERVED"], "--https-port",
                        env["HTTPS_PORT"], "--ca-file", env["CA_FILE"], "--domain-blocklist-file", env["DOMAIN_BLOCKLIST"], "--blocklist-file",
                        env["BLOCKLIST"], "--http-timeout", env.get("HTTP_TIMEOUT", "3"), "--timeout", "1", "--rate", "0", "-q", *options]
        self.child = subprocess.Popen(self.command + ["-f", env["LIST"], "-o", self.base + ".msgpack.zst", "--force", "-m",
                                                      self.base + ".json", "-u", self.base + ".status"], stderr=self.log)

    def be(self, words):
        """From now on the relay is this ill."""
        with open(self.trouble + ".new", "w", encoding="utf-8") as file:
            file.write(words + "\n")
        os.rename(self.trouble + ".new", self.trouble)

    def rows(self):
        try:
            with open(self.base + ".status", encoding="utf-8") as file:
                return [row for row in csv.DictReader(file) if row["note"] is not None]  # the last may be half written
        except OSError:
            return []

    def paused(self):
        """Of the status updates, one a second: which have said so?"""
        return ["paused" in row["note"] for row in self.rows()]

    def percent(self):
        return max((float(row["percent-complete"]) for row in self.rows() if row.get("percent-complete")), default=0)

    def metadata(self):
        with open(self.base + ".json", encoding="utf-8") as file:
            return json.load(file)

    def wait_until(self, is_so, what):
        end = time.monotonic() + SCAN_S
        while not is_so() and self.child.poll() is None and time.monotonic() < end:
            time.sleep(0.1)
        that(is_so(), "%s, and the scan %s" % (what, "is over" if self.child.poll() is not None else "goes on"))

    def reach(self, percent):
        self.wait_until(lambda: self.percent() >= percent, "an outage was due at %d %%" % percent)

    def outlive(self):
        """An outage that has begun: it lasts, is noticed, and from then on waited out."""
        before, begun = len(self.paused()), time.monotonic()
        self.wait_until(lambda: sum(self.paused()[before:]) > 1, "nothing was said of an outage")
        time.sleep(max(0, begun + OUTAGE_S - time.monotonic()))
        said = self.paused()[before:]
        that(True in said and all(said[said.index(True):]), "the scan went on in an outage")

    def finish(self):
        try:
            status = self.child.wait(SCAN_S)
        except subprocess.TimeoutExpired:
            self.child.kill()
            status = self.child.wait()
        self.log.close()
        self.be("")
        that(status in (0, 3), "exit status %d, see %s.log" % (status, self.base))
        self.about = self.metadata()
        with open(self.base + ".jsonl", "w", encoding="utf-8") as file:
            subprocess.run([self.stsurvey, "export", self.base + ".msgpack.zst", "--format", "jsonl"], stdout=file, check=True)

    def truth(self):
        with open(os.environ["TRUTH"], encoding="utf-8") as file:
            return [json.loads(line) for line in file]

    def compare(self, truth):
        """Every record as the truth has it."""
        with open(self.base + ".truth", "w", encoding="utf-8") as file:
            file.writelines(json.dumps(fact) + "\n" for fact in truth)
        done = subprocess.run([os.path.join(HERE, "compare.py"), self.base + ".jsonl", self.base + ".truth", "--slow", "--", *self.command],
                              stdout=subprocess.PIPE, text=True, check=False)
        words = done.stdout.split("\n")[-2].split()
        print("%s: %s" % (os.path.basename(self.base), " ".join(words)))
        if done.returncode:
            print(done.stdout)
        tally.add(int(words[0]), int(words[2]))


def outages(stsurvey, folder):
    scan = Scan(stsurvey, folder, "outages", "", "--rate", str(RATE), "--concurrency", str(AT_ONCE),
                *(("--max-domains", str(OUTLIVING)) if OUTLIVING else ()))
    lab = os.path.join(HERE, "lab")

    scan.reach(15)
    scan.be("rcode=2")  # the first one: a server that is well again is not doubted for a while, and SERVFAIL comes at once
    scan.outlive()
    scan.be("")
    scan.reach(40)
    scan.be("silent")
    scan.outlive()
    scan.be("")
    scan.reach(65)
    subprocess.run([lab, "pause", os.environ["LAB"], "unbound"], check=True)
    scan.outlive()
    that(scan.metadata()["servers"][0]["times_down"] >= 3, "the metadata does not tell of the outages while the scan runs")
    subprocess.run([lab, "resume", os.environ["LAB"], "unbound"], check=True)
    scan.finish()
    scan.compare(scan.truth()[:OUTLIVING])
    server = scan.about["servers"][0]
    that(server["times_down"] >= 3, "down %d times in three outages" % server["times_down"])
    that(server["timeouts"] > 0, "no time-out was counted")
    that(server["failed"] > server["timeouts"], "no SERVFAIL was counted")
    that(scan.about["dns"]["parked"] > 0, "no question waited for the resolver")


def loss(stsurvey, folder):
    scan = Scan(stsurvey, folder, "loss", "loss=%d" % LOSS, "--retries", str(LOSS_RETRIES), "--max-domains", str(SICK))
    scan.finish()
    scan.compare(scan.truth()[:SICK])
    that(scan.about["dns"]["repeats"] > 0, "nothing was asked again")


def rewriting(stsurvey, folder):
    """What does not exist can't be known then; what does must be there."""
    scan = Scan(stsurvey, folder, "rewriting", "rewrite", "--max-domains", str(SICK))
    scan.finish()
    with open(scan.base + ".jsonl", encoding="utf-8") as file:
        records = {record["index"]: record for record in map(json.loads, file)}
    for fact in scan.truth()[:SICK]:
        want, got = fact["expect"].get("sts_state"), records[fact["index"]]
        if want in PRESENT:
            found = ((got.get("results") or {}).get("STS") or {}).get("state")
            that(found == want, "%s: %s, not %s" % (fact["name"], found, want))
    that(scan.about["servers"][0]["rewrites_nxdomain"], "the metadata does not say that it rewrites")
    with open(scan.base + ".log", encoding="utf-8") as file:
        that("invents addresses" in file.read(), "no warning of a resolver that rewrites")


def main():
    stsurvey, folder = os.environ["STSURVEY"], os.environ["OUT"]
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    tests = {test.__name__: test for test in (outages, loss, rewriting)}
    for name in os.environ.get("ILLNESSES", " ".join(tests)).split():
        tests[name](stsurvey, folder)
    return tally.end()


if __name__ == "__main__":
    sys.exit(main())
