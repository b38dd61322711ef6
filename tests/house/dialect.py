#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""dialect.py - one way to write what can be written in two.

    dialect.py ROOT

What .clang-format cannot see: sizeof(x), not sizeof x; !p and p, not comparisons with NULL; COUNT_OF(array), not a quotient of
sizeofs; tables in lower case (upper case is for macros and enumerators); tests named after behaviour, without test_ in front.
Exit status 1 on any break.
"""

import os
import re
import sys

ROOMS = ["parsers", "output", "analysis", "scanner", "tests"]
RULES = [
    (re.compile(r"\bsizeof\s*(?!\()[\w*&\"]"), "sizeof(x)"),
    (re.compile(r"[!=]= NULL\b"), "!p, or p alone"),
    (re.compile(r"sizeof\([^()]*(\([^()]*\))?\) / sizeof|define COUNT(?!_OF\()"), "COUNT_OF(array) of parsers/span.h"),
    (re.compile(r"^\s*(static|extern) const [^=(]*\b[A-Z][A-Z0-9_]*(\[[^\]]*\])*\s*(=|;)"), "lower case for a table"),
    (re.compile(r"^static void test_\w+\(void \*\*state\)"), "a test's name says what is so"),
]
# Where COUNT_OF itself is made.
MAKER = os.path.join("parsers", "span.h")
# line, breaks
SELF_TEST = [
    ("\tx = sizeof x;", 1), ("\tx = sizeof *p;", 1), ('\tx = sizeof "mta-sts.";', 1), ("\tx = sizeof(*p) + sizeof(struct x);", 0),
    ("\tif (p == NULL)", 1), ("\twhile (p->next != NULL)", 1), ("\tp = NULL;", 0),
    ("\ti < sizeof(a) / sizeof(a[0])", 1), ("\ti < sizeof(a[0]) / sizeof(*a)", 1), ("#define COUNT(a) 1", 1),
    ("static const char *const NAMES[] = {", 1), ("\tstatic const struct x ROWS[2][3] = {", 1), ("extern const struct x TABLE[];", 1),
    ("static const char *const names[COUNT] = {", 0), ("static const int numbers[SIGNALS] = { SIGINT };", 0),
    ("static void test_it_works(void **state)", 1), ("static void it_works(void **state)", 0),
    ("/* sizeof is a word */", 0),
]


def breaks(line):
    code = re.sub(r"/\*.*?\*/|^ \*.*|/\*.*", "", line)
    return [say for rule, say in RULES if rule.search(code)]


def main():
    for line, count in SELF_TEST:
        assert len(breaks(line)) == count, (line, breaks(line))
    found, files = [], 0
    for room in ROOMS:
        for folder, _, names in os.walk(os.path.join(sys.argv[1], room)):
            for name in sorted(names):
                path = os.path.relpath(os.path.join(folder, name), sys.argv[1])
                if not name.endswith((".c", ".h")) or path == MAKER:
                    continue
                files += 1
                with open(os.path.join(folder, name), encoding="utf-8") as file:
                    for number, line in enumerate(file, 1):
                        found += ["%s:%d: %s" % (path, number, say) for say in breaks(line)]
    print("\n".join(found + ["%d files, %d breaks" % (files, len(found))]))
    return 1 if found or not files else 0


if __name__ == "__main__":
    sys.exit(main())
