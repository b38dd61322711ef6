#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""licences.py - every file says under which licence it is: in its first lines, or in .reuse/dep5 where it can't. Whose all of
them are, which stands there too, and the text of the licence are where `reuse lint` looks for them.

    licences.py ROOT

Prints what is not so. Exit status 1 on any.
"""

import fnmatch
import os
import subprocess
import sys

LICENCE = "BSD-2-Clause"
TAG = b"SPDX-License-" b"Identifier: " + LICENCE.encode()  # in two, or `reuse lint` takes it for this file's own
FIRST = 400  # octets in which it stands
ALL = "*"    # whose copyright it is: an excuse for no file to be silent


def patterns(root):
    with open(os.path.join(root, ".reuse/dep5"), encoding="utf-8") as file:
        return [word for line in file if line.startswith("Files:") for word in line.split()[1:]]


def says(path):
    with open(path, "rb") as file:
        return TAG in file.read(FIRST)


def main(root):
    listed = subprocess.run(["git", "-C", root, "ls-files", "-z"], capture_output=True, text=True)
    if listed.returncode != 0:
        print("skipped: no git here that knows which files are ours")
        return 77
    listed_there = patterns(root)
    without = [".reuse/dep5"] + [one for one in listed_there if one != ALL]
    silent = [name for name in listed.stdout.split("\0")
              if name and not any(fnmatch.fnmatchcase(name, one) for one in without) and os.path.isfile(os.path.join(root, name))
              and not says(os.path.join(root, name))]
    for name in silent:
        print("%s: does not say its licence: its first line, or the second behind #!, is a comment with %s" % (name, TAG.decode()))
    text = "LICENSES/%s.txt" % LICENCE
    if ALL not in listed_there:
        silent.append(".reuse/dep5")
        print(".reuse/dep5: has no 'Files: *', which says whose they are")
    if not os.path.isfile(os.path.join(root, text)):
        silent.append(text)
        print("%s: missing: the text of the licence" % text)
    return 1 if silent else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
