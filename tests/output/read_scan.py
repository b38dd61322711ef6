#!/usr/bin/python3
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
        self.domains = []

    def begin(self):
        self.index = self.end = self.rank_ahead = 0
        self.shapes, self.sets, self.certificates, self.bodies = [], [], [], []

    def read(self, stream):
        take = {0: self.on_header, 1: self.on_domain, 2: self.on_certificate, 3: self.on_body, 4: self.on_trailer,
                5: lambda record: self.begin()}
        for record in msgpack.Unpacker(stream, strict_map_key=False):
            take[record[0]](record)

    def on_header(self, record):
        self.header = record

    def on_trailer(self, record):
        self.trailer = record

    def on_certificate(self, r):
        names = [hexed(name) for name in r[6]]
        self.certificates.append([hexed(r[1]), r[2], r[3], hexed(r[4]), hexed(r[5]), names, at(r, 7, 0)])

    def on_body(self, record):
        self.bodies.append([hexed(record[2]), hexed(record[1])])

    @staticmethod
    def interned(value, known):
        if isinstance(value, list):
            known.append(value)
            return value
        return known[value]

    @staticmethod
    def answer(flags, tries, ttl, cname):
        return [flags & 15, flags >> 4 & 1, flags >> 5 & 1, tries, ttl, [hexed(name) for name in cname]]

    def mx(self, r, shape, name):
        domain, dashed = octets(name), octets(name).replace(b".", b"-")
        flat = [] if at(r, 6, None) is None else self.interned(r[6], self.sets)
        more = at(r, 12, [])
        records = []
        for preference, mx in zip(flat[0::2], flat[1::2]):
            if isinstance(mx, str):
                mx = b"".join({0: domain, 1: dashed}.get(c, bytes([c])) for c in mx.encode())
            records.append([preference, mx.hex()])
        return [self.answer(shape[1], shape[2], at(r, 7, 0), at(more, 0, [])), records, at(more, 1, 0)]

    def txt(self, value, flags, tries):
        return [self.answer(flags, tries, at(value, 0, 0), at(value, 2, [])), [hexed(s) for s in at(value, 1, [])],
                at(value, 3, 0), at(value, 4, at(value, 3, 0))]

    def policy(self, p):
        a, aaaa, tls, http = at(p, 1, [0, 0, 0]), at(p, 2, [0, 0, 0]), at(p, 6, []), at(p, 7, [])
        body = self.bodies[http[5]] if at(http, 5, None) is not None else ["", "00" * 32]
        return {
            "status": at(p, 0, 0),
            "a": self.answer(a[0], a[1], a[2], a[3:]),
            "aaaa": self.answer(aaaa[0], aaaa[1], aaaa[2], aaaa[3:]),
            "addresses": [hexed(address) for address in at(p, 3, [])],
            "used": at(p, 4, -1),
            "fetch_ms": at(p, 5, 0),
            "reserved": at(p, 8, 0),
            "omitted": at(p, 9, 0),
            "untried": at(p, 10, at(p, 9, 0)),
            "tls": [at(tls, 0, 0), at(tls, 1, None), [self.certificates[i] for i in at(tls, 2, [])], at(tls, 3, []), at(tls, 4, 0)],
            "http": [at(http, 0, 0), at(http, 1, 0), at(http, 2, 0), hexed(at(http, 3, None)), hexed(at(http, 4, None)), body[0],
                     body[1], hexed(at(http, 7, None)), hexed(at(http, 8, None))],
        }

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
        self.domains.append({
            "name": hexed(r[4]), "input": shape[0], "index": self.index, "rank": rank,
            "time": start - (start >> 63 << 64), "duration": r[3], "mx": self.mx(r, shape, r[4]),
            "sts": self.txt(at(r, 9, None), shape[3], shape[4]), "tlsrpt": self.txt(at(r, 10, None), shape[5], shape[6]),
            "policy": self.policy(at(r, 11, None)),
        })


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
    assert scan.header == [0, "stsurvey-scan", [1, 3], "stsurvey test", 1795300429120, {"rate": "1000"},
                           ["list", 99, -7, (1 << 64) - 1, 2, 1, 1 << 63]], scan.header
    assert scan.trailer == [4, 0, 1795300430000, len(expected), 1, 2, 3, 4, 5], scan.trailer
    assert len(scan.domains) == len(expected) > 0
    for number, (got, wanted) in enumerate(zip(scan.domains, expected)):
        for key in wanted:
            assert got[key] == wanted[key], f"domain {number}, {key}: {got[key]} is not {wanted[key]}"
    print(f"{len(expected)} domains read as written")


main()
