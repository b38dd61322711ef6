#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What bash and zsh offer behind `stsurvey`: every command, every option of --help, the words of those that have some, files of any
name elsewhere. The shells run on a terminal of the test's, where keys are pressed; `stsurvey` is a function there that tells what
it was called with."""
import os
import pty
import re
import select
import shutil
import signal
import sys
import tempfile
import time
import unittest

import tool

COMPLETIONS = os.environ["STSURVEY_COMPLETIONS"]  # bash's `stsurvey` and zsh's `_stsurvey`
OPTION = re.compile(r"^ {1,3}(?:(-\w), +| +)(--[a-z][a-z-]+)(\[=)?", re.M)
FILES = ("a b.txt", "$(touch pwned).txt", "`touch pwned`.txt", "c;touch pwned;.txt", "d'e\".txt", "&f.txt", "g\\h.txt", "ünï.txt", "*i.txt",
         "#j.txt", "~k.txt", "!l.txt")
FOLDERS = ("folder", "fo lder")
KILL_LINE = "\x15"
TELL = r"""stsurvey() { printf '(%s)\n' "$#"; printf '[%s]\n' "$@"; printf '(end)\n'; }"""


class Shell:
    """An interactive shell in a folder, its settings those of @lines alone. @every: the key that puts in all that is offered."""

    def __init__(self, command, folder, lines, every):
        self.every, self.seen, self.home = every, b"", tempfile.mkdtemp(prefix="stsurvey-home.")
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.execvpe(command[0], command, {"PATH": os.environ["PATH"], "TERM": "dumb", "LC_ALL": "C.UTF-8", "HOME": self.home,
                                             "INPUTRC": "/dev/null", "HISTFILE": "/dev/null"})
        for line in (*lines, TELL):
            self.press(line + "\n")
        self.press("echo re''ady\n")
        self.until(b"ready\r\n")

    def end(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.terminal)
        shutil.rmtree(self.home)

    def press(self, keys):
        os.write(self.terminal, keys.encode())

    def until(self, mark):
        end = time.monotonic() + tool.TIMEOUT_S
        while mark not in self.seen:
            if not select.select([self.terminal], [], [], max(0, end - time.monotonic()))[0]:
                raise RuntimeError(f"the shell says nothing more; it said {self.seen}")
            self.seen += os.read(self.terminal, 1 << 16)
        before, self.seen = self.seen.split(mark, 1)
        return before

    def arguments(self, keys):
        """What stsurvey is called with when @keys are pressed, then return."""
        self.press(KILL_LINE + keys + "\n")
        told = self.until(b"\n(end)\r\n").decode().replace("\r", "")
        count, rest = re.fullmatch(r"(?s).*\n\((\d+)\)\n(.*)", "\n" + told).groups()
        found = re.findall(r"(?s)\[(.*?)\](?=\n\[|$)", rest)
        assert int(count) == len(found), told
        return found

    def offered(self, line):
        """What may come in the place of the last word, where nothing may the word itself."""
        return set(self.arguments(line + self.every)[len(line.split()) - (not line.endswith(" ")) - 1:])


def bash(folder):
    return Shell(["bash", "--norc", "--noprofile", "-i"], folder,
                 ["PS1=", "bind 'set enable-bracketed-paste off'", "bind 'set bell-style none'", "set +H", f". {COMPLETIONS}/stsurvey"], "\x1b*")


def zsh(folder):
    return Shell(["zsh", "-f", "-i"], folder, [
        "PS1=; unset zle_bracketed_paste; unsetopt beep banghist prompt_sp prompt_cr", f"fpath=({COMPLETIONS} $fpath)",
        "autoload -Uz compinit && compinit -u -D", "zle -C all-matches complete-word _generic; bindkey '^Xa' all-matches",
        "zstyle ':completion:all-matches:*' insert yes", "zstyle ':completion:all-matches::::' completer _all_matches _complete",
    ], "\x18a")


class Completion:
    """Of either shell."""

    def setUp(self):
        name = type(self).__name__.lower()
        if not shutil.which(name):
            self.skipTest(f"there is no {name} here")
        super().setUp()
        for name in FILES:
            self.put(name, "")
        for name in FOLDERS:
            os.mkdir(self.path(name))
        self.shell = self.start_shell(self.folder)
        self.addCleanup(self.shell.end)

    def tearDown(self):
        self.assertEqual({name for name in os.listdir(self.folder) if not name.startswith("stderr.")}, {*FILES, *FOLDERS},
                         "a name was run as a command")

    def commands(self):
        found = re.findall(r"^  (\w+(?: \w+)?)  ", self.run_tool("help")[0].split("Commands:")[1], re.M)
        self.assertGreater(len(found), 9)
        return found

    def test_every_command_is_offered(self):
        commands = self.commands()
        self.assertEqual(self.shell.offered("stsurvey ") - {"--help", "-h", "--version", "-V"}, {name.split()[0] for name in commands})
        self.assertEqual(self.shell.offered("stsurvey sc"), {"scan"})
        for group in {name.split()[0] for name in commands if " " in name}:
            second = {name.split()[1] for name in commands if name.startswith(group + " ")}
            self.assertEqual(self.shell.offered(f"stsurvey {group} ") - {"--help", "-h"}, second)
            self.assertEqual(self.shell.offered(f"stsurvey help {group} "), second)
        self.assertEqual(self.shell.offered("stsurvey help "), {name.split()[0] for name in commands})
        self.assertEqual(self.shell.offered("stsurvey --ver"), {"--version"})

    def test_every_option_is_offered_to_its_command_and_to_no_other(self):
        for command in self.commands():
            with self.subTest(command=command):
                told = OPTION.findall(self.run_tool("help", *command.split())[0])
                letters, names = {letter for letter, _, _ in told if letter}, {name for _, name, _ in told}
                self.assertIn("--help", names)
                self.assertEqual(self.shell.offered(f"stsurvey {command} --"), names)
                if self.offers_letters:
                    self.assertEqual(self.shell.offered(f"stsurvey {command} -"), names | letters)

    def test_options_that_take_words_offer_these(self):
        seen = 0
        for command in self.commands():
            told = self.run_tool("help", *command.split())[0]
            for name, words in re.findall(r"^ +(?:-\w, +)?(--[a-z-]+) ([a-z]+(?:\|[a-z]+)*)(?:  |$)", told, re.M):
                seen += 1
                with self.subTest(command=command, option=name):
                    self.assertEqual(self.shell.offered(f"stsurvey {command} {name} "), set(words.split("|")))
        self.assertGreater(seen, 6)
        self.assertEqual(self.shell.offered("stsurvey scan --input-format z"), {"zone"})
        self.assertEqual(self.shell.arguments("stsurvey scan --input-format=z\t"), ["scan", "--input-format=zone"])
        self.assertEqual(self.shell.arguments("stsurvey scan --smtp=a\t"), ["scan", "--smtp=all"])
        self.assertEqual(self.shell.offered("stsurvey scan --smtp --input-fo"), {"--input-format"})
        self.assertIn("mx-mismatch-all", self.shell.offered("stsurvey findings "))
        self.assertEqual(self.shell.offered("stsurvey findings policy-tls-expir"), {"policy-tls-expired", "policy-tls-expires-soon"})

    def test_files_of_any_name_are_offered_and_stay_one_word(self):
        for line in ("scan -f ", "scan --output-file ", "stats ", "tlsrpt x --scan ", "check --config ", "diff -d changes "):
            with self.subTest(line=line):
                self.assertEqual({name.rstrip("/") for name in self.shell.offered("stsurvey " + line)}, {*FILES, *FOLDERS})
        for name in FILES:
            begun = re.sub(r"([^\w])", r"\\\1", name[0])
            with self.subTest(file=name):
                self.assertEqual(self.shell.arguments(f"stsurvey stats {begun}\t -d t"), ["stats", name, "-d", "t"])
        self.assertEqual(self.shell.arguments("stsurvey scan --input-file=a\t"), ["scan", "--input-file=a b.txt"])
        self.assertEqual(self.shell.arguments("stsurvey check --name-servers @a\t"), ["check", "--name-servers", "@a b.txt"])

    def test_where_a_folder_or_a_word_is_wanted_no_file_is_offered(self):
        self.assertEqual({name.rstrip("/") for name in self.shell.offered("stsurvey stats x -d ")}, {*FOLDERS})
        for line in ("scan --origin a", "scan --threads a", "scan a", "check a", "scan --name-servers a", "export --format x", "findings a",
                     "fleet submit a", "fleet a", "help a"):
            with self.subTest(line=line):
                self.assertEqual(self.shell.offered("stsurvey " + line), {line.split()[-1]})

    def test_behind_two_dashes_there_are_no_options(self):
        self.assertEqual(self.shell.arguments("stsurvey stats -- -\t"), ["stats", "--", "-"])
        self.assertEqual(self.shell.arguments("stsurvey stats -- a\t"), ["stats", "--", "a b.txt"])


class Bash(Completion, tool.Case):
    start_shell, offers_letters = staticmethod(bash), True

    def test_where_the_shell_does_not_part_words_at_equals_signs(self):
        shell = bash(self.folder)
        self.addCleanup(shell.end)
        shell.press("COMP_WORDBREAKS=${COMP_WORDBREAKS//[=@]/}\n")
        self.assertEqual(shell.arguments("stsurvey scan --input-format=z\t"), ["scan", "--input-format=zone"])
        self.assertEqual(shell.arguments("stsurvey scan --input-file=a\t"), ["scan", "--input-file=a b.txt"])
        self.assertEqual(shell.arguments("stsurvey check --name-servers=@a\t"), ["check", "--name-servers=@a b.txt"])


class Zsh(Completion, tool.Case):
    start_shell, offers_letters = staticmethod(zsh), False  # it offers them behind what is already a letter, too


if __name__ == "__main__":
    tool.main()
