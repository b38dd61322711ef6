#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A zone through BIND's named-compilezone and through the feed gives the same delegations: test_zone_oracle.py FEED_NAMES [N].

N random zones (STSURVEY_SEED) with what RFC 1035 5 and RFC 3597 allow: directives, parentheses, quotations, escapes, TTL and
class in either order, relative and omitted names; and broken ones, which both must refuse."""
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

ZONES = 60
RECORDS = 40     # of a zone, at most
SKIPPED = 77
COMPILE = shutil.which("named-compilezone", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/bin:/sbin")
NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!-)[a-z0-9_-]{1,63}(?<!-))*")
SPACES = (" ", "\t", "  ", " \t ")


class Zone:
    def __init__(self, rng):
        self.rng = rng
        self.apex = rng.choice(("test", "zone.example", "co.test", "7.test", "in"))
        self.given = rng.random() < 0.4           # the origin is not in the file
        self.origin = self.apex
        self.has_ttl = False
        self.lines = []

    def pick(self, *choices):
        return self.rng.choice(choices)

    def blank(self):
        return self.pick(*SPACES)

    def label(self):
        known = self.pick("ns", "in", "soa", "3600", "1h", "a", "mx", "txt", "type2", "class1", "x", "b-c", "_d", "E", "xn--p1ai")
        return known if self.rng.random() < 0.5 else "".join(self.pick(*"abcxyz0189") for _ in range(self.rng.randint(1, 9)))

    def escaped(self, label):
        """The same label, or one that is no host's, spelled with escapes."""
        at = self.rng.randrange(len(label))
        kind = self.rng.random()
        if kind < 0.5:
            return f"{label[:at]}\\{ord(label[at]):03d}{label[at + 1:]}"
        if kind < 0.7 and not label[at].isdigit():
            return f"{label[:at]}\\{label[at:]}"
        return label[:at] + self.pick("\\.", "\\;", "\\(", "\\)", '\\"', "\\\\", "\\@", "\\$", "\\032", "\\195\\188") + label[at:]

    def owner(self):
        """As it stands in the file, from where the origin is."""
        labels = [self.label() for _ in range(self.pick(1, 1, 1, 2))]
        if self.rng.random() < 0.2:
            labels[0] = self.escaped(labels[0])
        kind, within = self.rng.random(), ("." + self.origin).endswith("." + self.apex)
        if kind < 0.1 and within:
            return "@"
        name = ".".join(labels)
        if kind < 0.4 or not within:
            return f"{name}.{self.apex}."
        return name

    def comment(self):
        return self.pick("", "", " ; x", ";", ' ; ( " NS \\', "; Transfer failed")

    def ttl_class(self):
        ttl = self.pick("3600", "1h", "1H30M", "0") if not self.has_ttl or self.rng.random() < 0.4 else ""
        word = self.pick("IN", "in", "CLASS1", "", "")
        parts = [part for part in self.rng.sample((ttl, word), 2) if part]
        return "".join(part + self.blank() for part in parts)

    def data(self):
        """(type, data)"""
        host = self.pick("ns.host.example.", "NS.soa.", "\\110s.host.example.", "a\\.b.host.example.")
        return self.rng.choice((
            ("NS", host), ("NS", host), ("ns", host), ("NS", f"({self.blank()}{host} )"), ("TYPE2", "\\# 3 016100"),
            ("A", "192.0.2.1"), ("AAAA", "2001:db8::1"), ("MX", f"10 {host}"), ("SSHFP", "1 1 (" + "AB" * 10 + "\n\t" + "CD" * 10 + ")"),
            ("TXT", '"a ; ( b" "NS \\" c" (\n "d" ; )\n\te )'), ("TXT", "x\\;y \\( z"), ("TXT", '"\\\\" "" "a\\"b"'),
            ("TYPE65534", "\\# 2 (00\n01)"), ("TLSA", "3 1 1 " + "ab" * 32), ("CAA", '0 issue ";"'), ("HINFO", '"NS" NS'),
            ("SRV", f"1 2 3 {host}")))

    def record(self, owner):
        kind, data = self.data()
        opened = self.rng.random() < 0.15 and "(" not in data
        between = self.blank()
        if opened:
            between += "(" + self.pick("", "\n", " ; x\n ")
        self.lines.append(f"{owner}{self.blank()}{self.ttl_class()}{between}{kind}{self.blank()}{data}"
                          f"{' )' if opened else ''}{self.comment()}")

    def change_origin(self):
        kind = self.rng.random()
        if kind < 0.4:
            label = self.label()
            self.lines.append(f"{self.pick('$ORIGIN', '$origin')}{self.blank()}{label}{self.comment()}")
            self.origin = label if self.origin == "" else f"{label}.{self.origin}"
        elif kind < 0.8:
            self.lines.append(f"$ORIGIN {self.apex}.")
            self.origin = self.apex
        else:
            self.lines.append("$ORIGIN .")
            self.origin = ""

    def text(self):
        if self.rng.random() < 0.5:
            self.lines.append("$TTL 1d")
            self.has_ttl = True
        if not self.given:
            self.lines.append(f"$ORIGIN {self.apex}.{self.comment()}")
        if self.rng.random() < 0.3:  # sorted, or by a tool that writes the zone's servers first
            for owner in (self.apex, *self.rng.choice(((), (f"first.{self.apex}", f"second.{self.apex}")))):
                self.lines.append(f"{owner}. 1h IN NS ns.host.example.")
        soa = f"{self.pick('@', self.apex + '.')} {'' if self.has_ttl else '1h '}{self.pick('IN ', '')}SOA ns host.x. "
        self.lines += [soa + self.pick("1 2 3 4 5", "( 1 ; serial (\n\t2h 3\n 4 5 )", "(1 2 3\n4 5)"),
                       f"\t{'' if self.has_ttl else '1h '}NS ns.host.example.", self.comment()]
        for _ in range(self.rng.randint(1, RECORDS)):
            kind = self.rng.random()
            if kind < 0.1:
                self.change_origin()
            elif kind < 0.2:
                self.lines.append(self.pick("", "  ", "; x", "\t; ( \" x", " ;"))
            elif kind < 0.4:
                self.record("")
            else:
                self.record(self.owner())
        whole = self.lines[-1].startswith("$") or self.rng.random() < 0.7  # BIND wants a directive's line to end
        return self.pick("\n", "\n", "\r\n").join(self.lines + ([""] if whole else []))


def broken(text, rng):
    """Both must refuse it: the last record, whose type is known, opens what nothing closes, or closes what nothing opened."""
    return text + "\n" + rng.choice(('z 1 IN TXT ( "x"', 'z 1 IN TXT "x', "z 1 IN TXT x )", "z", "z 1 IN", "$ORIGIN",
                                     "$INCLUDE /nonexistent/file"))


def compiled(path, apex):
    """The owners of NS records below the apex, or None where BIND refuses the zone."""
    done = subprocess.run([COMPILE, "-i", "none", "-k", "ignore", "-m", "ignore", "-n", "ignore", "-r", "ignore", "-S",
                           "ignore", "-T", "ignore", "-M", "ignore", "-o", "-", apex, path], check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        return None, done.stderr + done.stdout
    owners = set()
    for line in done.stdout.splitlines():
        parts = line.split()
        if len(parts) > 3 and parts[3] == "NS" and parts[0].lower() != apex + ".":
            owners.add(parts[0].lower()[:-1])
    return owners, ""


def read(feed_names, path, origin):
    done = subprocess.run([feed_names, path, *([origin] if origin else [])], check=False, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True)
    names = {line for line in done.stdout.splitlines() if not line.startswith("!")}
    return done.returncode, names, done.stderr


def main():
    if not COMPILE:
        print("no named-compilezone here (Debian: bind9-utils): nothing to compare with")
        sys.exit(SKIPPED)
    seed = int(os.environ.get("STSURVEY_SEED", "1035"))
    rng, refused, names = random.Random(seed), 0, 0
    with tempfile.TemporaryDirectory(prefix="stsurvey-zone.") as folder:
        path = os.path.join(folder, "zone")
        for number in range(int(sys.argv[2]) if len(sys.argv) > 2 else ZONES):
            zone = Zone(rng)
            text = zone.text()
            is_broken = rng.random() < 0.2
            if is_broken:
                text = broken(text, rng)
            with open(path, "w", encoding="ascii", newline="") as file:
                file.write(text)
            expected, why = compiled(path, zone.apex)
            status, found, said = read(sys.argv[1], path, zone.apex if zone.given else None)
            what = f"zone {number} of seed {seed}:\n{text}\n"
            if is_broken:
                assert expected is None and status == 1, f"{what}BIND: {expected}, the feed: {status} {said}"
                refused += 1
                continue
            assert expected is not None, f"{what}BIND refuses it: {why}"
            expected = {name for name in expected if NAME.fullmatch(name)}
            assert found == expected, f"{what}missing {sorted(expected - found)}, too many {sorted(found - expected)}: {said}"
            assert status == (0 if found else 1), f"{what}{said}"
            names += len(found)
    print(f"{names} names of zones as BIND has them; {refused} zones refused by both")


main()
