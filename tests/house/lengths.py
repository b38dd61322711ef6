#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""lengths.py - no file over 600 lines, no function over 60, no folder of more than 40 files, no prose over 120 columns.

    lengths.py ROOT

Prints what is longer. In Markdown, tables and indented code may be wider. The same limit for functions stands in .clang-tidy; this needs no compiler. The code is laid out by
clang-format, so a function begins with `{` and ends with `}` in the first column. Rows of a table are data and do not count
for the function. Exit status 1 on anything longer.
"""

import os
import re
import sys

FILE_MAX = 600      # lines behind that of the licence: longer is two things
FUNCTION_MAX = 60   # lines from { to }: a screen
FOLDER_MAX = 40     # C files of a folder of the product: more is two rooms
PROSE_MAX = 120     # columns of Markdown: a diff of longer ones shows nothing
PLACES = ["parsers", "output", "analysis", "scanner", "tests", "docs", "datasets"]
NAME = re.compile(r"\b(\w+)\(")
ROW = re.compile(r"\s+\{ .* \},$")


def long_functions(lines):
    """(line, name, length) of each function over the limit."""
    begin, name, length = 0, "?", 0
    for number, line in enumerate(lines, 1):
        if line == "{":
            begin, length = number, 0
        elif line == "}" and begin:
            if length > FUNCTION_MAX:
                yield begin, name, length
            begin = 0
        elif begin:
            length += not ROW.match(line)
        elif line[:1].isalpha() and NAME.search(line):
            name = NAME.search(line)[1]


def check_prose(path, lines):
    return ["%s:%d: %d columns, more than %d" % (path, number, len(line), PROSE_MAX) for number, line in enumerate(lines, 1)
            if len(line) > PROSE_MAX and not line.startswith(("|", "    "))]


def check(path, lines):
    if path.endswith(".md"):
        return check_prose(path, lines)
    found = ["%s: %d lines, more than %d" % (path, len(lines), FILE_MAX)] if len(lines) > FILE_MAX + 1 else []
    return found + ["%s:%d: %s has %d lines, more than %d" % (path, line, name, length, FUNCTION_MAX)
                    for line, name, length in long_functions(lines)]


def self_test():
    """A ruler that measures nothing would always be content."""
    body = ["\tx();"]
    function = ["static int f(int a,", "\t     int b)", "{"]
    assert check("a.c", function + body * FUNCTION_MAX + ["}"]) == []
    assert check("a.c", function + body * (FUNCTION_MAX + 1) + ["}"]) == ["a.c:3: f has 61 lines, more than 60"]
    assert check("a.c", function + ["\t{ 1, 2 },"] * 2 * FUNCTION_MAX + ["}"]) == []
    assert check("a.md", ["x" * PROSE_MAX, "|" + "x" * PROSE_MAX, ""]) == [] and len(check("a.md", ["x" * (PROSE_MAX + 1)])) == 1
    assert check("a.c", [""] * (FILE_MAX + 1)) == [] and len(check("a.c", [""] * (FILE_MAX + 2))) == 1


def files_of(root):
    """(folder, names) below PLACES, and at the top."""
    yield root, os.listdir(root)
    for place in PLACES:
        for folder, _, names in os.walk(os.path.join(root, place)):
            yield folder, names


def main():
    self_test()
    root, found, files = sys.argv[1], [], 0
    for folder, names in files_of(root):
        short = os.path.relpath(folder, root)
        count = sum(name.endswith((".c", ".h")) for name in names)
        if not short.startswith("tests") and count > FOLDER_MAX:
            found.append("%s: %d files, more than %d" % (short, count, FOLDER_MAX))
        for name in sorted(names):
            if name.endswith((".c", ".h", ".md")):
                with open(os.path.join(folder, name), encoding="utf-8") as file:
                    found += check(os.path.join(short, name), file.read().splitlines())
                files += 1
    print("\n".join(found + ["%d files, %d too long" % (files, len(found))]))
    return 1 if found or not files else 0


if __name__ == "__main__":
    sys.exit(main())
