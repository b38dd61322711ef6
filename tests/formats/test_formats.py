#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""test_formats.py STSURVEY GEN_SCAN - what export writes, read by others: Avro, JSON Schema, the reader that goes away.

The scans hold random observations of every shape; the lab's are compared by tests/lab/formats.py.
"""
import csv
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import unittest

import same

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..")
SCHEMA = os.path.join(ROOT, "docs", "domain.schema.json")
AVSC = os.path.join(ROOT, "output", "domain.avsc")
JSON_MD = os.path.join(ROOT, "docs", "json.md")
SEEDS, FRAMES, PER_FRAME = (1, 2), 4, 40
READER_GONE = 141
STSURVEY = GEN_SCAN = None


def members(schema, node, path=()):
    """(path, node) of each member, arrays passed through."""
    node = schema["$defs"][node["$ref"].rpartition("/")[2]] if "$ref" in node else node
    if "items" in node:
        yield from members(schema, node["items"], path)
    for name, inner in node.get("properties", {}).items():
        yield (*path, name), inner
        yield from members(schema, inner, (*path, name))


class Formats(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="stsurvey-formats.")
        cls.addClassCleanup(folder.cleanup)
        cls.folder, cls.scans, cls.lines = folder.name, [], {}
        for seed in SEEDS:
            scan = cls.path("%d.scan" % seed)
            subprocess.run([GEN_SCAN, scan, cls.path("facts"), str(seed), str(FRAMES), str(PER_FRAME)], check=True)
            cls.scans.append(scan)
            cls.lines[scan] = cls.exported(scan, "jsonl")
        with open(SCHEMA, encoding="utf-8") as file:
            cls.schema = json.load(file)

    @classmethod
    def path(cls, name):
        return os.path.join(cls.folder, name)

    @classmethod
    def export(cls, scan, form, *more):
        """The path of what was written. Random observations have random indexes: the file is no whole scan."""
        path = cls.path("out." + form)
        subprocess.run([STSURVEY, "export", "--partial", scan, "--format", form, "-o", path, *more], check=True, stderr=subprocess.DEVNULL)
        return path

    @classmethod
    def exported(cls, scan, form, *more):
        path = cls.export(scan, form, *more)
        return same.lines(path) if form == "jsonl" else same.avro(path)[0]

    def test_avro_says_what_jsonl_says(self):
        for scan in self.scans:
            records, _, codec = same.avro(self.export(scan, "avro"))
            self.assertEqual(codec, "deflate")
            self.assertEqual(len(records), len(self.lines[scan]))
            for line, record in zip(self.lines[scan], records):
                self.assertIsNone(same.difference(same.bare(line), same.bare(record)))

    def test_a_part_of_it_too(self):
        for fields in ("name", "name,results.STS.state,results.MX.data.records.smtp.tls", "results.POLICY,findings", "labels,senders.why"):
            lines = self.exported(self.scans[0], "jsonl", "--fields", fields)
            records = self.exported(self.scans[0], "avro", "--fields", fields)
            for line, record in zip(lines, records, strict=True):
                self.assertIsNone(same.difference(self.without_encoding(same.bare(line)), self.without_encoding(same.bare(record))))
            whole = self.lines[self.scans[0]]
            self.assertEqual(self.pruned(whole[0], fields), self.without_encoding(lines[0]))

    @classmethod
    def without_encoding(cls, value):
        if isinstance(value, dict):
            return {key: cls.without_encoding(inner) for key, inner in value.items() if key != "encoding"}
        return [cls.without_encoding(inner) for inner in value] if isinstance(value, list) else value

    @classmethod
    def pruned(cls, line, fields):
        def prune(value, paths):
            if isinstance(value, list):
                return [prune(inner, paths) for inner in value]
            if not isinstance(value, dict) or [] in paths:
                return cls.without_encoding(value)
            return {key: prune(inner, below) for key, inner in value.items()
                    if (below := [path[1:] for path in paths if path[:1] == [key]])}
        return prune(line, [field.split(".") for field in fields.split(",")])

    def avro_schema(self):
        def plain(node):
            if isinstance(node, dict) and list(node) == ["type"]:
                return node["type"]  # libavro's spelling of "null"
            if isinstance(node, dict):
                return {key: plain(inner) for key, inner in node.items()}
            return [plain(inner) for inner in node] if isinstance(node, list) else node
        return plain(same.avro(self.export(self.scans[0], "avro"))[1])

    def test_unions_have_null_first_and_names_are_plain(self):
        def walk(node):
            if isinstance(node, dict) and node.get("type") == "record":
                self.assertRegex(node["name"], "^[A-Za-z_]+$")
                for field in node["fields"]:
                    self.assertRegex(field["name"], "^[A-Za-z_][A-Za-z0-9_]*$")
                    self.assertEqual(field["type"][0], "null")
                    walk(field["type"][1])
            elif isinstance(node, dict) and node.get("type") == "array":
                walk(node["items"][1])
        walk(self.avro_schema())

    def test_the_schema_of_avro_is_the_one_that_is_published(self):
        """STSURVEY_WRITE=1 in the environment writes it anew."""
        schema = self.avro_schema()
        if os.environ.get("STSURVEY_WRITE"):
            with open(AVSC, "w", encoding="utf-8") as file:
                fields = schema.pop("fields")
                file.write(json.dumps(schema)[:-1] + ', "fields": [\n%s]}\n' % ",\n".join(map(json.dumps, fields)))
            schema["fields"] = fields
        with open(AVSC, encoding="utf-8") as file:
            self.assertEqual(json.load(file), schema, "STSURVEY_WRITE=1 ctest -R formats writes output/domain.avsc")

    def test_every_line_is_as_the_json_schema_has_it(self):
        check = same.validator(SCHEMA)
        for scan in self.scans:
            self.assertEqual(same.complaints(check, self.lines[scan]), [])
        line = dict(self.lines[self.scans[0]][0])
        for wrong in ({**line, "verdict": "perhaps"}, {**line, "more": 1}, {**line, "index": "1"},
                      {key: line[key] for key in line if key != "status"},
                      {**line, "results": {**line["results"], "MX": {**line["results"]["MX"], "more": 1}}}):
            self.assertEqual(len(same.complaints(check, [wrong])), 1)

    def test_the_page_on_json_names_what_the_schema_has(self):
        with open(JSON_MD, encoding="utf-8") as file:
            text = file.read()
        for path, _ in members(self.schema, self.schema):
            if len(path) == 1 or path[:-1] == ("results", "MX", "data", "records", "smtp"):
                self.assertRegex(text, r"[`._]%s\b" % path[-1].rpartition("_")[2], "docs/json.md says nothing of " + ".".join(path))

    def test_no_csv_holds_a_control_character(self):
        """Whatever strangers wrote, and what stands in random observations nobody would write."""
        paths = []
        for number, scan in enumerate(self.scans):
            tables = self.path("tables%d" % number)
            subprocess.run([STSURVEY, "stats", "--partial", scan, "-d", tables], check=True, stderr=subprocess.DEVNULL)
            paths += [os.path.join(tables, name) for name in os.listdir(tables)]
            paths += [shutil.copy(self.export(scan, "csv", *more), self.path("%d%s.csv" % (number, "".join(more)))) for more in ((), ("--raw",))]
        for path in paths:
            with open(path, "rb") as file:
                text = file.read().decode()
            self.assertNotRegex(text, r"[\0-\x09\x0b-\x1f\x7f-\x9f]", path)
            with open(path, newline="", encoding="utf-8") as file:
                widths = {len(row) for row in csv.reader(file, strict=True)}
            self.assertEqual(len(widths), 1, path)
            with open(path, newline="", encoding="utf-8") as file:
                self.assertEqual(sum(1 for _ in csv.reader(file)), text.count("\n"), path)
        self.assertGreater(sum("misconfigured" in path or "senders_differ" in path for path in paths), 3)

    def test_a_reader_that_goes_away_is_not_told_of(self):
        for words in (["export", "--partial", self.scans[0]], ["export", "--partial", self.scans[0], "--format", "csv"],
                      ["export", "--partial", self.scans[0], "--format", "avro"], ["findings"], ["findings", "--format", "json"]):
            read, write = os.pipe()
            os.close(read)
            done = subprocess.run([STSURVEY, *words], stdout=write, stderr=subprocess.PIPE, text=True, check=False)
            os.close(write)
            self.assertEqual(done.returncode, READER_GONE, words)
            self.assertNotIn("went away", done.stderr)

    def test_avro_is_whole_or_not_there(self):
        path = self.path("torn.avro")
        with open(self.scans[0], "rb") as file, open(self.path("torn.scan"), "wb") as torn:
            torn.write(file.read()[:-200] + b"\0" * 200)
        done = subprocess.run([STSURVEY, "export", self.path("torn.scan"), "--format", "avro", "-o", path], stderr=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertFalse(os.path.exists(path))
        for octets in (45_000_000, 60_000_000) if not os.environ.get("STSURVEY_SANITIZE") else ():  # whose shadow needs more
            done = subprocess.run([STSURVEY, "export", "--partial", self.scans[0], "--format", "avro", "-o", path], stderr=subprocess.PIPE,
                                  text=True, check=False, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (octets, octets)))
            self.assertFalse(os.path.exists(path))
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stderr, "no memory|Avro: .*(allocate|memory)|shared libraries")
        with open("/dev/full", "wb") as full:
            done = subprocess.run([STSURVEY, "export", "--partial", self.scans[0], "--format", "avro"], stdout=full, stderr=subprocess.PIPE,
                                  text=True, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("standard output: No space left on device", done.stderr)


if __name__ == "__main__":
    STSURVEY, GEN_SCAN = sys.argv[1:3]
    unittest.main(argv=sys.argv[:1] + sys.argv[3:], verbosity=2)
