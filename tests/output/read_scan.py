#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Read a scan file with zstd and msgpack as SCHEMA.md says, and compare with the facts that went in.

usage: read_scan.py GEN_SCAN
"""
import json
import os
import subprocess
import sys
import tempfile

try:
    import msgpack
except ImportError:
    print("skipped: python3-msgpack is not installed")
    sys.exit(77)


def octets(text):
    return text if isinstance(text, bytes) else text.encode()


def hexed(text):
    return None if text is None else octets(text).hex()


def at(array, i, default):
    return array[i] if array is not None and i < len(array) and array[i] is not None else default


class Scan:
    """The state of a frame, and the records of a file."""

    def __init__(self):
        self.header = self.trailer = None
        self.records = []  # and hosts, and tests of our own way, in the order of the file

    def begin(self):
        self.index = self.end = self.rank_ahead = 0
        self.shapes, self.sets, self.certificates, self.bodies, self.labels = [], [], [], [], []

    def read(self, stream):
        take = {0: self.on_header, 1: self.on_domain, 2: self.on_certificate, 3: self.on_body, 4: self.on_trailer,
                5: lambda record: self.begin(), 6: self.on_host, 7: self.on_vantage}
        for record in msgpack.Unpacker(stream, strict_map_key=False):
            take[record[0]](record)

    def on_header(self, record):
        self.header = record

    def on_trailer(self, record):
        self.trailer = record

    def on_certificate(self, r):
        names = [hexed(name) for name in r[6]]
        key = None
        if at(r, 8, None) is not None:
            key = [hexed(r[8]), hexed(r[9]), hexed(r[10]), r[11], hexed(r[12]), r[13]]
        self.certificates.append([hexed(r[1]), r[2], r[3], hexed(r[4]), hexed(r[5]), names, at(r, 7, 0), key, hexed(at(r, 14, None))])

    def on_body(self, record):
        self.bodies.append([hexed(record[2]), hexed(record[1])])

    @staticmethod
    def interned(value, known):
        if isinstance(value, list):
            known.append(value)
            return value
        return known[value]

    @staticmethod
    def answer(flags, tries, ttl, cname, why):
        return [flags & 15, flags >> 4 & 1, flags >> 5 & 1, tries, ttl, [hexed(name) for name in cname]] + why

    def host_answer(self, a):
        return self.answer(at(a, 0, 0), at(a, 1, 0), at(a, 2, 0), at(a, 3, []), [at(a, 4, 0), at(a, 5, 0)])

    def mx(self, r, shape, name):
        domain, dashed = octets(name), octets(name).replace(b".", b"-")
        flat = [] if at(r, 6, None) is None else self.interned(r[6], self.sets)
        more = at(r, 12, [])
        records = []
        for preference, mx in zip(flat[0::2], flat[1::2]):
            if isinstance(mx, str):
                mx = b"".join({0: domain, 1: dashed}.get(c, bytes([c])) for c in mx.encode())
            records.append([preference, mx.hex()])
        why, source = at(shape, 7, [0, 0])[0:2], at(shape, 8, [0, 0])[0:2]
        return [self.answer(shape[1], shape[2], at(r, 7, 0), at(more, 0, []), why), records, at(more, 1, 0), source]

    def txt(self, value, shape, question):
        place = slice(2 + 2 * question, 4 + 2 * question)
        why, source = at(shape, 7, [0] * 6)[place], at(shape, 8, [0] * 6)[place]
        flags, tries = shape[3 + 2 * question:5 + 2 * question]
        records, splits = at(value, 1, []), at(value, 5, [])
        return [self.answer(flags, tries, at(value, 0, 0), at(value, 2, []), why), [hexed(s) for s in records],
                at(value, 3, 0), at(value, 4, at(value, 3, 0)), [hexed(at(splits, i, None)) for i in range(len(records))],
                source]

    def tls(self, tls):
        return [at(tls, 0, 0), at(tls, 1, None), [self.certificates[i] for i in at(tls, 2, [])], at(tls, 3, []), at(tls, 4, 0),
                hexed(at(tls, 5, "")), hexed(at(tls, 6, ""))]

    def policy(self, p):
        a, aaaa, http, why = at(p, 1, [0, 0, 0]), at(p, 2, [0, 0, 0]), at(p, 7, []), at(p, 11, [0] * 4)
        body = self.bodies[http[5]] if at(http, 5, None) is not None else ["", "00" * 32]
        return {
            "status": at(p, 0, 0),
            "a": self.answer(a[0], a[1], a[2], a[3:], why[0:2]),
            "aaaa": self.answer(aaaa[0], aaaa[1], aaaa[2], aaaa[3:], why[2:4]),
            "addresses": [hexed(address) for address in at(p, 3, [])],
            "used": at(p, 4, -1),
            "fetch_ms": at(p, 5, 0),
            "reserved": at(p, 8, 0),
            "omitted": at(p, 9, 0),
            "untried": at(p, 10, at(p, 9, 0)),
            "tls": self.tls(at(p, 6, [])),
            "http": [at(http, 0, 0), at(http, 1, 0), at(http, 2, 0), hexed(at(http, 3, None)), hexed(at(http, 4, None)), body[0],
                     body[1], hexed(at(http, 7, None)), hexed(at(http, 8, None))],
        }

    def ns(self, value):
        answer = self.answer(at(value, 0, 0), at(value, 1, 0), at(value, 2, 0), at(value, 6, []), [at(value, 7, 0), at(value, 8, 0)])
        return [answer, [hexed(name) for name in at(value, 3, [])], at(value, 4, 0), at(value, 5, 0)]

    def label(self, value):
        values = self.interned(value, self.labels) if value != [] else []
        return {hexed(name): hexed(at(values, i, "")) for i, name in enumerate(self.header[8])}

    @staticmethod
    def audits(value):
        return [audit[0:5] + [[hexed(record) for record in audit[5]], audit[6]] for audit in value]

    def on_domain(self, r):
        wrap = (1 << 64) - 1
        self.index = self.index + r[1] & wrap
        self.end = self.end + r[2] & wrap
        start = self.end - r[3] & wrap
        rank = 0
        if at(r, 8, None) is not None:
            self.rank_ahead = self.rank_ahead + r[8] & wrap
            rank = self.index + self.rank_ahead & wrap
        shape = self.interned(r[5], self.shapes)
        self.records.append({
            "name": hexed(r[4]), "input": shape[0], "index": self.index, "rank": rank,
            "time": start - (start >> 63 << 64), "duration": r[3], "mx": self.mx(r, shape, r[4]),
            "sts": self.txt(at(r, 9, None), shape, 0), "tlsrpt": self.txt(at(r, 10, None), shape, 1),
            "policy": self.policy(at(r, 11, None)), "labels": self.label(at(r, 13, [])), "ns": self.ns(at(r, 14, [])),
            "audits": self.audits(at(r, 15, [])),
        })

    def tlsa(self, value):
        records = [[*record[0:3], hexed(record[3]), at(record, 4, 0)] for record in at(value, 2, [])]
        return [hexed(at(value, 0, None)), self.host_answer(at(value, 1, [])), records, at(value, 3, 0)]

    @staticmethod
    def reply(value):
        return [at(value, 0, 0), hexed(at(value, 1, None)), at(value, 2, 0)]

    def probe(self, p):
        dane = [at(p[13], i, 0) for i in range(5)] + [at(p[13], 5, [])]
        return p[0:4] + [self.reply(reply) for reply in p[4:9]] + p[9:12] + [self.tls(p[12]), dane]

    def on_host(self, r):
        self.records.append({
            "host": hexed(r[1]), "time": r[2], "duration": r[3], "passes": r[4],
            "flags": [r[5] & 1, r[5] >> 1 & 1, r[5] >> 2 & 1], "a": self.host_answer(r[6]), "aaaa": self.host_answer(r[7]),
            "addresses": [hexed(address) for address in r[8]], "omitted": r[9], "untried": r[10], "unprobed": r[11],
            "tlsa": [self.tlsa(r[12]), self.tlsa(r[13])], "probes": [self.probe(p) for p in r[14]], "run": at(r, 15, 0),
        })

    def on_vantage(self, r):
        families = [[hexed(family[0]), hexed(family[1]), family[2]] for family in r[7:9]]
        self.records.append({"vantage": r[1:5] + [[hexed(host) for host in r[5]], hexed(r[6])] + families + [at(r, 9, 0)]})


def main():
    with tempfile.TemporaryDirectory() as folder:
        path, facts = os.path.join(folder, "scan.msgpack.zst"), os.path.join(folder, "facts")
        subprocess.run([sys.argv[1], path, facts, "2026", "12", "40"], check=True)
        scan = Scan()
        with subprocess.Popen(["zstd", "-dc", path], stdout=subprocess.PIPE) as zstd:
            scan.read(zstd.stdout)
        assert zstd.returncode == 0, "zstd finds fault with the file"
        with open(facts, encoding="utf-8") as file:
            expected = [json.loads(line) for line in file]
    assert scan.header == [0, "stsurvey-scan", [1, 6], "stsurvey test", 1795300429120, {"rate": "1000"},
                           ["list", 99, -7, (1 << 64) - 1, 2, 1, 1 << 63, 0, 1], [0.25, bytes([1] + 14 * [0] + [2])],
                           ["registrar", "", "ä"], [0.125, 10000, bytes([3] + 14 * [0] + [4])]], scan.header
    domains = sum("name" in facts for facts in expected)
    sources, reasons, audits = scan.trailer.pop()
    assert scan.trailer == [4, 0, 1795300430000, domains, 1, 2, 3, 4, 5, 12, 6, 7], scan.trailer
    assert (sources, reasons[:2], sum(reasons), audits) == ([0, 8, 1 << 40], [0, 9], 9, [0, 10, 0, 0, 11])
    assert len(scan.records) == len(expected) > domains > 0
    for number, (got, wanted) in enumerate(zip(scan.records, expected)):
        for key in wanted:
            assert got[key] == wanted[key], f"record {number}, {key}: {got[key]} is not {wanted[key]}"
    print(f"{len(expected)} records read as written")


main()
