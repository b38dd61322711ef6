#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""links.py ROOT [--installed] - does every file that the documentation points to exist?

Looks at [text](path), with the heading that path#heading leads to, and at `path/with/slash` in Markdown files; where they are
installed, at links alone. Exit status 1 where something is pointed to that is not there.
"""

import os
import re
import sys

LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]*)(?:#([^)\s]*))?[^)]*\)")
HEADING = re.compile(r"^#+ (.*)$", re.M)
PATH = re.compile(r"`((?:parsers|output|analysis|scanner|tests|datasets|docs|cmake|service)/[\w./-]*\w)`")
PLACEHOLDER = re.compile(r"\b(NAME|ROOM)\b|_NAME")  # stands for any name
SKIPPED = {".git", "build", "quickstart-output"}


def pages(root):
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if name not in SKIPPED]
        yield from (os.path.join(folder, name) for name in files if name.endswith(".md"))


def there(path):
    """A program is there when its source is."""
    return os.path.exists(path) or os.path.exists(path + ".c")


def headings(path):
    """As a page that shows them calls them."""
    with open(path, encoding="utf-8") as file:
        found = HEADING.findall(file.read())
    return {re.sub(r"[^\w -]", "", re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()).replace(" ", "-") for heading in found}


def leads_nowhere(folder, page, target, heading):
    path = os.path.join(folder, target) if target else page
    return not there(path) or (heading and path.endswith(".md") and heading not in headings(path))


def main():
    root, installed, found, seen = sys.argv[1], "--installed" in sys.argv, [], 0
    for page in sorted(pages(root)):
        with open(page, encoding="utf-8") as file:
            text = file.read()
        targets = [(os.path.dirname(page), *match.groups()) for match in LINK.finditer(text) if ":" not in match[1]]
        targets += [(root, match[1], None) for match in PATH.finditer(text) if not installed]
        seen += len(targets)
        found += ["%s: %s%s does not exist" % (os.path.relpath(page, root), target, "#" + heading if heading else "")
                  for folder, target, heading in targets
                  if not PLACEHOLDER.search(target) and leads_nowhere(folder, page, target, heading)]
    print("\n".join(found + ["%d links, %d broken" % (seen, len(found))]))
    return 1 if found or not seen else 0


if __name__ == "__main__":
    sys.exit(main())
