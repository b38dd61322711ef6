#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""test_direct.py - the lab's world, each domain a zone of its own, scanned with --direct and without: the records are the same.

Started by test_lab.sh in a lab with --cuts. One scan asks the resolver alone, one each domain's own name servers out of a zone file, one
out of a plain list, all at once. A busy machine loses an answer now and then, so what differs is scanned both ways once more, and counts where
it differs again. Then one of domains that nobody serves, for what they cost the resolver. Ends with `N passed, N failed`.
"""

import collections
import json
import os
import shutil
import subprocess
import sys

import direct_compare
import tally
from tally import that

QUESTIONS = direct_compare.QUESTIONS
SCAN_S = 240   # a scan that takes longer hangs
SIGHTINGS = 2  # domains that come too early to know their name servers' addresses: the resolver is asked for all of them …
FULL_PRICE = 6  # … which are so many questions (test_lame.py)
LATE = ("late.", "silence.")  # of faultd: whether their answer is had depends on time
FRACTION = 4   # one question in so many is answered by the domain's own servers, or the comparison says nothing

class Scan:
    def __init__(self, name, listed, *options):
        env = os.environ
        self.name, self.base = name, os.path.join(env["OUT"], name)
        self.log = open(self.base + ".log", "w", encoding="utf-8")
        self.child = subprocess.Popen(
            [env["STSURVEY"], "scan", "-f", listed, "-o", self.base + ".msgpack.zst", "--force", "-m", self.base + ".json",
             "--name-servers", env["RESOLVER"], "--allow-reserved", env["ALLOW_RESERVED"], "--https-port", env["HTTPS_PORT"],
             "--ca-file", env["CA_FILE"], "--domain-blocklist-file", env["DOMAIN_BLOCKLIST"], "--blocklist-file", env["BLOCKLIST"],
             "--http-timeout", env.get("HTTP_TIMEOUT", "3"), "--timeout", "2", "--rate", "0", "-q", *options], stderr=self.log)

    def finish(self):
        try:
            status = self.child.wait(SCAN_S)
        except subprocess.TimeoutExpired:
            self.child.kill()
            status = self.child.wait()
        self.log.close()
        that(status in (0, 3), "%s: exit status %d, see %s.log" % (self.name, status, self.base))
        lines = subprocess.run([os.environ["STSURVEY"], "export", self.base + ".msgpack.zst", "--format", "jsonl"],
                               stdout=subprocess.PIPE, check=True).stdout
        with open(self.base + ".jsonl", "wb") as file:
            file.write(lines)
        self.records = direct_compare.read(self.base + ".jsonl")
        with open(self.base + ".json", encoding="utf-8") as file:
            self.about = json.load(file)
        return self

    def questions(self, key):
        """How often each value of @key of a question stands in the file."""
        return collections.Counter((record["results"].get(question) or {}).get(key) for record in self.records.values()
                                   for question in QUESTIONS)

    def at_resolver(self):
        """Packets it was sent, but for those before the first domain, which are answered."""
        server = self.about["servers"][0]
        return server["answered"] + server["failed"] + server["timeouts"]


def direct(name, listed, *options):
    return Scan(name, listed, "--direct", "--dns-port", os.environ["HTTPS_PORT"], *options)


def differences(plain, other):
    found = direct_compare.differences(plain.records, other.records)
    return {name: what for name, what in found.items() if not name.startswith(LATE)}


def lasting(plain, other, again):
    """What differs, and differs again when both scans are made once more; @again makes the one of domains' own servers, under a name."""
    found = differences(plain, other)
    if not found:
        return found
    print("%s: differing, so scanned again: %s" % (other.name, "; ".join("%s: %s" % (name, what) for name, what in found.items())[:2000]))
    scans = [Scan(other.name + "-plain-again", os.environ["CUT_LIST"]), again(other.name + "-again")]
    second = differences(*[scan.finish() for scan in scans])
    return {name: what for name, what in second.items() if name in found}


def compare(plain, other, again):
    found = lasting(plain, other, again)
    for name, what in found.items():
        that(False, "%s: %s: %s" % (other.name, name, "; ".join(what)[:500]))
    sources, whys = other.questions("source"), other.questions("fall_back")
    tally.add(len(other.records) - len(found))
    print("%s: %d domains, %d differ; %s; %s" % (other.name, len(other.records), len(found), dict(sources), dict(whys)))
    that(sources["direct"] * FRACTION > len(other.records) * len(QUESTIONS), "%s: hardly any direct answer" % other.name)
    for record in other.records.values():
        for key in QUESTIONS:
            question = record["results"].get(key) or {}
            that(question.get("source") != "direct" or question.get("ad") is None, "%s: AD of a direct answer" % record["name"])
            that(key == "MX" or question.get("source") != "direct" or question["status"] in direct_compare.ABSENT,
                 "%s: a TXT that nobody validated" % record["name"])


def gone(zone):
    """Of a zone file: who is lame, in whole or in part, and who is silent."""
    for name, record in zone.records.items():
        mx = record["results"]["MX"]
        if name.startswith("half-lame-"):
            that(mx["status"] == "NOERROR" and mx["source"] == "direct", "%s: %s" % (name, mx))
        elif name.startswith("lame-"):
            that(mx["status"] == "SERVFAIL" and mx["source"] == "resolver", "%s: %s" % (name, mx))
        elif name.startswith("silent-"):
            that(record["status"] == "unknown" and mx["source"] == "resolver" and mx["fall_back"] in ("timeout", "unseen"), "%s: %s" % (name, mx))


def lame(folder):
    """One question of the resolver for each, and no second pass."""
    path = os.path.join(folder, "lame.zone")
    with open(os.environ["ZONE_LIST"], encoding="utf-8") as file, open(path, "w", encoding="utf-8") as out:
        out.writelines(line for line in file if line.startswith(("$TTL", "lame-")))
    scan = direct("lame", path).finish()
    count = len(scan.records)
    for name, record in scan.records.items():
        that([record["results"][key]["status"] for key in QUESTIONS] == ["SERVFAIL"] * 3, "%s: it is not unknown" % name)
    asked = scan.about["servers"][0]["failed"]
    print("lame: %d domains, %d questions that failed" % (count, asked))
    that(count <= asked <= count + SIGHTINGS * FULL_PRICE, "lame: %d questions for %d domains" % (asked, count))


def main():
    folder = os.environ["OUT"]
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    ways = [lambda name, path=os.environ[path]: direct(name, path) for path in ("ZONE_LIST", "CUT_LIST")]
    scans = [Scan("plain", os.environ["CUT_LIST"]), ways[0]("zone"), ways[1]("list")]
    plain, zone, listed = [scan.finish() for scan in scans]
    compare(plain, zone, ways[0])
    compare(plain, listed, ways[1])
    gone(zone)
    lame(folder)
    return tally.end()


if __name__ == "__main__":
    sys.exit(main())
