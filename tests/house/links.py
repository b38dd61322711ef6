#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""links.py ROOT - does every file that the documentation points to exist?

Looks at [text](path) and at `path/with/slash` in Markdown files. Exit status 1 where something is pointed to that is not there.
"""

import os
import re
import sys

LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)[^)]*\)")
PATH = re.compile(r"`((?:parsers|output|analysis|scanner|tests|datasets|docs|cmake)/[\w./-]*\w)`")
PLACEHOLDER = re.compile(r"\b(NAME|ROOM)\b|_NAME")  # stands for any name
SKIPPED = {".git", "build", "quickstart-output"}


def pages(root):
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if name not in SKIPPED]
        yield from (os.path.join(folder, name) for name in files if name.endswith(".md"))


def there(path):
    """A program is there when its source is."""
    return os.path.exists(path) or os.path.exists(path + ".c")


def main():
    root, found, seen = sys.argv[1], [], 0
    for page in sorted(pages(root)):
        with open(page, encoding="utf-8") as file:
            text = file.read()
        targets = [(os.path.dirname(page), match[1]) for match in LINK.finditer(text) if "://" not in match[1] and ":" not in match[1]]
        targets += [(root, match[1]) for match in PATH.finditer(text)]
        seen += len(targets)
        found += ["%s: %s does not exist" % (os.path.relpath(page, root), target) for folder, target in targets
                  if not PLACEHOLDER.search(target) and not there(os.path.join(folder, target))]
    print("\n".join(found + ["%d links, %d broken" % (seen, len(found))]))
    return 1 if found or not seen else 0


if __name__ == "__main__":
    sys.exit(main())
