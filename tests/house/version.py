#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""version.py - does `stsurvey --version` name the libraries the program runs with?

    version.py STSURVEY ROOT [STSURVEY-FLEET]

Its first line is the project's version, which CITATION.cff tells, too; behind it there is one "NAME VERSION" for each library that CMakeLists.txt asks pkg-config
for, with the version that pkg-config tells. Exit status 1 otherwise.
"""

import os
import re
import shutil
import subprocess
import sys

# pkg-config's name, where the library calls itself otherwise
CALLED = {"libcares": "c-ares", "openssl": "OpenSSL", "msgpack": "msgpack-c", "libzstd": "zstd", "gmime-3.0": "GMime"}


def told_by(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def main():
    program, root = sys.argv[1:3]
    cmake, citation = (read(os.path.join(root, name)) for name in ("CMakeLists.txt", "CITATION.cff"))
    if not shutil.which("pkg-config"):
        print("skipped: no pkg-config here to compare with")
        return 77
    first, *lines = told_by(program, "--version").splitlines()
    found, seen = [], dict(line.split(" ") for line in lines)
    version = re.search(r"^project\(\w+ VERSION (\S+)", cmake, re.M)[1]
    if first != "stsurvey " + version:
        found.append("the first line is '%s', not 'stsurvey %s'" % (first, version))
    if "\nversion: %s\n" % version not in citation:
        found.append("CITATION.cff is not of version %s" % version)
    if len(seen) != len(lines):
        found.append("a library is told twice")
    for package in re.findall(r"^pkg_check_modules\(\w+ REQUIRED IMPORTED_TARGET (\S+)\)", cmake, re.M):
        name = CALLED.get(package, package)
        wanted = told_by("pkg-config", "--modversion", package).strip()
        if seen.pop(name, None) != wanted:
            found.append("no line '%s %s'" % (name, wanted))
    found += ["%s is no library that CMakeLists.txt names" % name for name in seen]
    if len(sys.argv) > 3 and sys.argv[3]:
        fleet = told_by(sys.argv[3], "--version").splitlines()
        wanted = ["stsurvey-fleet " + version, *lines, "libnats " + told_by("pkg-config", "--modversion", "libnats").strip()]
        if fleet != wanted:
            found.append("stsurvey-fleet tells %s, not %s" % (fleet, wanted))
    print("\n".join(found + ["%d libraries, %d complaints" % (len(lines), len(found))]))
    return 1 if found or not lines else 0


if __name__ == "__main__":
    sys.exit(main())
