#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""commands.py - do the commands that documents show exist?

    commands.py STSURVEY CTEST BUILD-FOLDER ROOT

Looks at every Markdown file. A line of code, or a word in `…`, that calls `stsurvey COMMAND` must name a command, and options of
it, as its --help does; one that calls `ctest --preset dev` or `asan` must choose tests that there are (-R, -L). Exit status 1
otherwise.
"""

import functools
import json
import os
import re
import shlex
import subprocess
import sys

SKIPPED = {".git", "build", "quickstart-output"}
CODE = re.compile(r"^(?: {4}|\t)\s*(.+)$|`([^`]+)`", re.M)
CALL = re.compile(r"(?:^|[|;&(=] *|\bsudo |\b[A-Z_]+=\S* +)(?:build/\w+/scanner/)?(stsurvey)(?: (.*))?$")
OPTION = re.compile(r"(?<![\w-])(--[a-z][a-z-]*|-[a-zA-Z])(?![\w-])")
TESTS = re.compile(r"ctest --preset (?:dev|asan)\b.*")
PLACEHOLDER = re.compile(r"^[A-Z…]|^\.\.\.$|^-")  # COMMAND, SCAN…


def told_by(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@functools.cache
def options_of(program, command):
    """None: there is no such command."""
    done = subprocess.run([program, "help", *command.split(" ")], capture_output=True, text=True, check=False)
    return None if done.returncode else set(re.findall(r"(?<![\w-])(-\w|--[a-z][a-z-]+)", done.stdout.split("\n\n", 1)[1]))


def break_of_call(program, words):
    """What is wrong with what stands behind `stsurvey`."""
    if not words or PLACEHOLDER.match(words[0]):
        return None
    command = " ".join(words[:2]) if words[0] == "fleet" and len(words) > 1 and re.match(r"[a-z]", words[1]) else words[0]
    if words[0] == "help":
        return None if options_of(program, " ".join(words[1:]) or "help") or PLACEHOLDER.match(words[-1]) else "no such command"
    known = options_of(program, command)
    if known is None:
        return "no command '%s'" % command
    for word in words:
        option = OPTION.match(word)
        if option and option[1] not in known and not any(name.startswith(option[1]) for name in known):
            return "%s has no option %s" % (command, option[1])
    return None


def words_of(text):
    """Up to where another command begins."""
    text = re.split(r" [|;&>]|\)|\"$| # ", text + " ")[0]
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


def break_of_tests(tests, call):
    choice = dict(re.findall(r"(-[RL]) (\"[^\"]*\"|'[^']*'|\S+)", call))
    name, label = (re.compile(choice.get(option, "").strip("\"'").replace("\\|", "|")) for option in ("-R", "-L"))
    chosen = [test for test, labels in tests.items() if name.search(test) and (not label.pattern or any(map(label.search, labels)))]
    return None if chosen else "chooses no test"


def tests_of(ctest, build):
    listed = json.loads(told_by(ctest, "--test-dir", build, "--show-only=json-v1"))
    return {test["name"]: next((one["value"] for one in test["properties"] if one["name"] == "LABELS"), []) for test in listed["tests"]}


def pages(root):
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if name not in SKIPPED]
        yield from (os.path.join(folder, name) for name in sorted(files) if name.endswith(".md"))


def main():
    program, ctest, build, root = sys.argv[1:]
    tests, found, calls, choices = tests_of(ctest, build), [], 0, 0
    for page in pages(root):
        with open(page, encoding="utf-8") as file:
            text = file.read()
        for match in CODE.finditer(text):
            code, why = match[1] or match[2], None
            call, choice = CALL.search(re.split(r" # |\s{2,}#", code)[0].strip()), TESTS.search(code)
            if call:
                calls, why = calls + 1, break_of_call(program, words_of(call[2] or ""))
            elif choice:
                choices, why = choices + 1, break_of_tests(tests, choice[0])
            if why:
                found.append("%s:%d: %s: %s" % (os.path.relpath(page, root), text.count("\n", 0, match.start()) + 1, code[:80], why))
    print("\n".join(found + ["%d calls of stsurvey, %d choices of tests, %d wrong" % (calls, choices, len(found))]))
    return 1 if found or not calls or not choices else 0


if __name__ == "__main__":
    sys.exit(main())
