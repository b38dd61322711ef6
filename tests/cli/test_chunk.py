#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Parts of a list, as machines of a fleet are given them: a scan of each finds what one scan of the list does."""
import csv
import io
import signal
import subprocess

import tool

FIRST = 159_900_000  # the last part of a large zone
LONG = 1000          # names of which a scan is caught in the middle


def a_chunk(rows, columns=()):
    """@rows: (offset, rank, domain, ...)"""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([("offset", "rank", "domain", *columns), *rows])
    return text.getvalue()


class Chunk(tool.Case):
    def setUp(self):
        super().setUp()
        self.dns = self.server()

    def scan(self, name, content, *more, status=0, **how):
        """Its scan file; the list comes through a pipe."""
        out = self.path(name + ".msgpack.zst")
        process = self.start(*self.scan_options("-", out, self.dns, "-q", *more), stdin=subprocess.PIPE, **how)
        try:
            process.stdin.write(content.encode())
            process.stdin.close()
        except BrokenPipeError:
            pass
        process.stdin = None
        return out, self.finish(process, status)[1] if status is not None else process

    def test_parts_find_what_the_list_does(self):
        names = [*tool.names(300), "no name", 'quo"ted, #', "#", *tool.names(100)]
        whole, _ = self.scan("whole", a_chunk((i, i % 7 or "", name) for i, name in enumerate(names)), "--input-format", "chunk",
                             "--first-index", FIRST)
        parts, first = [], FIRST
        while first - FIRST < len(names):
            some = names[first - FIRST:first - FIRST + 100]
            parts.append(self.scan(f"part{first}", a_chunk((i, (first - FIRST + i) % 7 or "", name) for i, name in enumerate(some)),
                                   "--input-format", "chunk", "--first-index", first)[0])
            first += len(some)
        for part in parts:
            self.assertEqual(self.verify(part)[0], "complete")
        want, got = self.records(whole), self.records(*parts)
        self.assertEqual(list(want), list(range(FIRST, FIRST + len(names))))
        self.assertEqual({i: tool.without_times(r) for i, r in got.items()}, {i: tool.without_times(r) for i, r in want.items()})
        self.run_tool("stats", whole, "-d", self.path("tables"))

    def test_a_list_may_begin_anywhere(self):
        out, _ = self.scan("list", "mx1.test\nsts2.test\n", "--first-index", 1 << 40)
        self.assertEqual(self.verify(out), ("complete", 2))
        self.assertEqual(list(self.records(out)), [1 << 40, (1 << 40) + 1])

    def test_labels_ranks_and_servers(self):
        rows = [(0, 5, "mx1.test", "X, Inc"), (9, "", "no name", "")]
        out, _ = self.scan("labels", a_chunk(rows, ["registrar"]), "--input-format", "chunk", "--label", "Registrar", "--first-index", 7)
        found = self.records(out)
        self.assertEqual([(i, r["name"], r["rank"], r["labels"]) for i, r in found.items()],
                         [(7, "mx1.test", 5, {"registrar": "X, Inc"}), (16, "no name", None, {"registrar": None})])
        out, _ = self.scan("servers", a_chunk([(0, "", "mx1.test", "ns1.example ns2.example +3")], ["ns"]), "--input-format", "chunk")
        self.assertEqual(self.verify(out), ("complete", 1))

    def test_a_part_without_names(self):
        out, _ = self.scan("none", a_chunk([(0, "", "no name"), (1, "", "")]), "--input-format", "chunk")
        self.assertEqual(self.verify(out), ("complete", 2))
        self.assertEqual([r["status"] for r in self.records(out).values()], ["illegal-input"] * 2)

    def test_gaps_of_any_width(self):
        """Chunks that are cut by operator."""
        offsets = [n * (1 << 30) for n in range(1, 300)]
        content = a_chunk((offset, "", name) for offset, name in zip(offsets, tool.names(299)))
        out, _ = self.scan("gaps", content, "--input-format", "chunk")
        self.assertEqual(self.verify(out), ("complete", 299))
        self.assertEqual(list(self.records(out)), offsets)
        self.run_tool("stats", out, "-d", self.path("tables"))

    def test_resume(self):
        names = tool.names(LONG, kinds=("nx",))
        content = a_chunk((i * 1000, "", name) for i, name in enumerate(names))
        chunk = ("--input-format", "chunk", "--first-index", FIRST)
        out, process = self.scan("out", content, *chunk, "-r", "100", "--concurrency", "20", "--sync-interval", "0", status=None)
        self.wait_until(lambda: self.size(out) > 1000, process)
        process.send_signal(signal.SIGINT)
        self.finish(process, 130)
        for other in (a_chunk((i * 1000 + 1, "", name) for i, name in enumerate(names)),
                      a_chunk((i * 1000, "", name) for i, name in enumerate(names[:3])),
                      a_chunk((i * 1000, "", "x" + name) for i, name in enumerate(names))):
            _, err = self.scan("out", other, *chunk, "--resume", status=1)
            self.assert_one_line(err, "standard input", "is not the list this scan was begun with")
        _, err = self.scan("out", content, "--input-format", "chunk", "--first-index", FIRST - 1, "--resume", status=1)
        self.assert_one_line(err, f"was begun with --first-index {FIRST}, not {FIRST - 1}")
        self.scan("out", content, *chunk, "--resume")
        self.assertEqual(self.verify(out), ("complete", LONG))
        self.assertEqual([r["name"] for r in self.records(out).values()], names)
        self.scan("out", content, *chunk, "--resume")  # nothing is left

    def test_what_is_no_chunk(self):
        for content, word in (("mx1.test\n", "line 1: a chunk begins with"), ("offset,rank,domain\n1,,a.test\n1,,b.test\n", "line 3: `1` is an offset"),
                              ("offset,rank,domain\n", "no entry in it"), ("offset,rank,domain\n0,,a.test", "truncated: line 2")):
            with self.subTest(word):
                _, err = self.scan("bad", content, "--input-format", "chunk", "--force", status=1)
                self.assert_one_line(err, "standard input", word)

    def size(self, path):
        try:
            with open(path, "rb") as file:
                return file.seek(0, 2)
        except FileNotFoundError:
            return 0


if __name__ == "__main__":
    tool.main()
