#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""manual.py - does the manual page tell what the program does?

    manual.py STSURVEY docs/stsurvey.1

Every command and every option of every command's --help must stand in the page, with its letter; every option in the
page must be known to some command; defaults in brackets must be told alike, the rates of --rate also in before-you-scan.md;
and groff must find nothing to complain of. Exit status 1 otherwise.
"""

import os
import re
import shutil
import subprocess
import sys

OPTION = re.compile(r"^ +(?:(-\w), +)?(--[a-z][a-z-]+)", re.M)


def help_of(program, *command):
    return subprocess.run([program, "help", *command], check=True, capture_output=True, text=True).stdout


def plain(roff):
    """The page's text without its macros and escapes."""
    text = roff.replace("\\-", "-").replace("\\&", "").replace("\\(aq", "'")
    text = re.sub(r"\\f[BIRP]", "", text)
    return re.sub(r"^\.[A-Z]+ ?(.*)$", lambda line: re.sub(r'"([^"]*)"| ', r"\1", line[1]), text, flags=re.M)


def lint(page):
    if not shutil.which("groff"):
        print("manual.py: groff is not installed, the page's layout is not checked")
        return []
    done = subprocess.run(["groff", "-man", "-Tutf8", "-ww", "-z", page], capture_output=True, text=True, check=False)
    return done.stderr.splitlines()


def main():
    program, path = sys.argv[1:]
    with open(path, encoding="utf-8") as file:
        roff = file.read()
    with open(os.path.join(os.path.dirname(path), "before-you-scan.md"), encoding="utf-8") as file:
        polite = file.read()
    page, found, known = plain(roff), lint(path), set()
    commands = re.findall(r"^  (\w+(?: \w+)?)  ", help_of(program), re.M)
    for command in commands:
        if not re.search(r'^\.SS "?(stsurvey )?%s\b' % command, roff, re.M):
            found.append("%s: the command %s has no section" % (path, command))
        for letter, option in OPTION.findall(help_of(program, *command.split())):
            known.add(option)
            if letter and not re.search(r"(?<![\w-])%s, %s(?![\w-])" % (letter, option), page):
                found.append("%s: %s of %s is not told with its letter %s" % (path, option, command, letter))
            elif not re.search(r"(?<![\w-])%s(?![\w-])" % option, page):
                found.append("%s: %s of %s is missing" % (path, option, command))
    for option in sorted(set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", page)) - known - {"--version"}):
        found.append("%s: no command knows %s" % (path, option))
    for option, default in re.findall(r"^ +(?:-\w, )?--([a-z-]+)(?:(?!^ +(?:-\w, )?--).)*?\[([^\[\]]+)\]$", help_of(program, "scan"),
                                      re.M | re.S):
        if "[%s]" % " ".join(default.split()) not in " ".join(page.split()):
            found.append("%s: the default of --%s is not told as [%s]" % (path, option, default))
        for number in re.findall(r"\d+", default) if option == "rate" else ():
            if not re.search(r"(?<![\d,])%s(?![\d,]\d)" % format(int(number), ","), polite):
                found.append("before-you-scan.md: the rate of %s is not told" % number)
    print("\n".join(found + ["%d commands, %d options, %d complaints" % (len(commands), len(known), len(found))]))
    return 1 if found or len(commands) < 2 or len(known) < 2 else 0


if __name__ == "__main__":
    sys.exit(main())
