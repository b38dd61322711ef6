#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Make the completion of a shell from the tables of commands and options.

usage: generate_completions.py bash|zsh DUMP findings.csv OUTPUT

DUMP is what cmake/dump_options.c prints. Words that are offered are names of ours; names of files are left to the shell, which
knows how to quote them.
"""
import csv
import dataclasses
import re
import sys

FIELDS = {"command": 4, "option": 8}
WORDS = re.compile(r"[a-z]+(\|[a-z]+)*")  # an argument that lists what it may be; NAME or URL|MAIL does not
WORD = re.compile(r"[a-z0-9][a-z0-9.-]*")
OF_PROGRAM = (("help", "h", "the commands"), ("version", "V", "the version and the libraries"))


@dataclasses.dataclass
class Option:
    name: str
    letter: str
    value: str  # flag, text, file, folder, list (or @FILE), words, maybe-words
    times: str
    argument: str
    help: str

    def __post_init__(self):
        if self.value == "text" and re.fullmatch(WORDS.pattern, self.argument) and "|" in self.argument:
            self.value = "words"
        self.words = self.argument.split("|") if self.value.endswith("words") else []

    def spelled(self):
        return ["--" + self.name] + (["-" + self.letter] if self.letter else [])


@dataclasses.dataclass
class Command:
    name: str
    what: str
    operand: str
    options: list


def read_dump(path):
    """The commands in their order."""
    commands = {}
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            kind, *rest = line.rstrip("\n").split("\t")
            if len(rest) + 1 != FIELDS.get(kind):
                sys.exit(f"{path}:{number}: a tab in a text of the tables?")
            if kind == "command":
                commands[rest[0]] = Command(*rest, options=[])
            else:
                commands[rest[0]].options.append(Option(*rest[1:]))
    return list(commands.values())


def offered(words):
    """Nothing that a shell would take for more than a word."""
    for word in words:
        if not WORD.fullmatch(word):
            sys.exit(f"'{word}' is no plain word: it would have to be quoted in a completion")
    return " ".join(words)


def first_words(commands):
    return list(dict.fromkeys(command.name.split(" ")[0] for command in commands))


def second_words(commands, first):
    return [command.name.split(" ")[1] for command in commands if command.name.startswith(first + " ")]


def groups(commands):
    """The first words that have second ones."""
    return [first for first in first_words(commands) if second_words(commands, first)]


def grouped(pairs):
    """{what: [key, …]} in the order of their first."""
    found = {}
    for key, what in pairs:
        found.setdefault(what, []).append(key)
    return found


def filled(template, **blocks):
    for name, block in blocks.items():
        template = template.replace(f"@{name}@", block)
    return template


# ---- bash ----

BASH = r"""# SPDX-License-Identifier: BSD-2-Clause
# bash completion of stsurvey, made by cmake/generate_completions.py from the program's tables. Needs nothing but bash.

# COMMAND: its options, and what its operands are: files, or which words.
_stsurvey_command()
{
	case $1 in
@COMMANDS@	esac
}

# COMMAND OPTION: what its value is: file, folder, list (or @FILE), text, or words and which; maybe: only behind =.
_stsurvey_value()
{
	case "$1 $2" in
@VALUES@	esac
}

# Words that begin with $cur; where there are none, files are not offered instead.
_stsurvey_offer()
{
	compopt +o default
	mapfile -t COMPREPLY < <(compgen -W "$1" -P "$before" -- "$cur")
}

# Files behind what the shell takes for a part of their name; -d: folders.
_stsurvey_files_behind()
{
	compopt -o filenames
	mapfile -t COMPREPLY < <(compgen "$1" -P "$before" -- "$cur")
}

# Where COMPREPLY is left empty the shell itself completes names of files (complete -o default), and quotes them.
_stsurvey()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]}
	local option= value= before= options= operands= first=2 only_operands= has_equals= i
	COMPREPLY=()

	if ((COMP_CWORD == 1)); then
		_stsurvey_offer '@FIRST@ @PROGRAM@'
		return
	fi
	case $command in
@GROUPS@	esac
	_stsurvey_command "$command"

	# --option=value and @FILE are several words where COMP_WORDBREAKS has = and @, as it usually does.
	case $prev in
	=) option=${COMP_WORDS[COMP_CWORD - 2]} has_equals=1 ;;
	=@) option=${COMP_WORDS[COMP_CWORD - 2]} has_equals=1 before=@ ;;
	@) option=${COMP_WORDS[COMP_CWORD - 2]} before=@ ;;
	-*) option=$prev ;;
	esac
	case $cur in
	=) option=$prev cur= has_equals=1 ;;
	=@) option=$prev cur= has_equals=1 before=@ ;;
	--*=*) option=${cur%%=*} before=${cur%%=*}= cur=${cur#*=} has_equals=1 ;;
	esac
	for ((i = first; i < COMP_CWORD; i++)); do
		[[ ${COMP_WORDS[i]} != -- ]] || only_operands=1 option=
	done
	[[ -z $option ]] || _stsurvey_value "$command" "$option"

	case $value in
	file) [[ -z $before ]] || _stsurvey_files_behind -f ;;
	folder)
		compopt +o default -o dirnames
		[[ -z $before ]] || _stsurvey_files_behind -d
		;;
	list)
		compopt +o default
		[[ $cur != @* ]] || before+=@ cur=${cur#@}
		[[ $before != *@ ]] || _stsurvey_files_behind -f
		;;
	text) compopt +o default ;;
	words*) _stsurvey_offer "${value#words}" ;;
	maybe*) [[ -z $has_equals ]] || _stsurvey_offer "${value#maybe}" ;;
	esac
	if [[ -z $value || ($value == maybe* && -z $has_equals) ]]; then
		if [[ $cur == -* && -z $only_operands ]]; then
			_stsurvey_offer "$options"
		elif [[ $operands != files ]]; then
			_stsurvey_offer "$operands"
		fi
	fi
}

complete -o default -F _stsurvey stsurvey
"""


def bash_value(option):
    if option.words:
        return ("maybe " if option.value.startswith("maybe") else "words ") + offered(option.words)
    return option.value


def bash(commands, codes):
    def operands(command):
        return {"file": "files", "report": "files", "code": offered(codes), "command": offered(first_words(commands))}.get(command.operand, "")

    def options(command):
        return " ".join(word for option in command.options for word in option.spelled())

    values = grouped((f"'{command.name} {spelled}'", bash_value(option)) for command in commands for option in command.options
                     if option.value != "flag" for spelled in option.spelled())
    def arm(command):
        return BASH_COMMAND % (command.name, options(command), operands(command),
                               "".join(BASH_HELP % (first, offered(second_words(commands, first))) for first in groups(commands)
                                       if command.operand == "command"))

    return filled(
        BASH,
        COMMANDS="".join(arm(command) for command in commands),
        VALUES="".join("\t%s)\n\t\tvalue='%s'\n\t\t;;\n" % (" | \\\n\t".join(keys), value) for value, keys in values.items()),
        FIRST=offered(first_words(commands)),
        PROGRAM=" ".join(f"--{name} -{letter}" for name, letter, _ in OF_PROGRAM),
        GROUPS="".join(BASH_GROUP % (first, offered(second_words(commands, first)), first) for first in groups(commands)))


BASH_COMMAND = """\
	'%s')
		options='%s'
		operands='%s'
%s		;;
"""
BASH_HELP = """\
		[[ $COMP_CWORD -lt 3 || ${COMP_WORDS[2]} != %s ]] || operands='%s'
"""
BASH_GROUP = """\t%s)
		if ((COMP_CWORD == 2)); then
			_stsurvey_offer '%s --help -h'
			return
		fi
		command='%s '${COMP_WORDS[2]} first=3
		;;
"""


# ---- zsh ----

ZSH = r"""#compdef stsurvey
# SPDX-License-Identifier: BSD-2-Clause
# zsh completion of stsurvey, made by cmake/generate_completions.py from the program's tables.

@TOPICS@
# Several things with commas between, or the name of a file with them.
_stsurvey_list()
{
	if compset -P '@'; then
		_files
	else
		_message -e values 'values with commas between, or @FILE'
	fi
}

_stsurvey_codes()
{
	compadd "$@" -- @CODES@
}

_stsurvey_topics()
{
	if [[ $words[CURRENT-1] == (@GROUPS@) ]] && (( $+functions[_stsurvey_commands_$words[CURRENT-1]] )); then
		_stsurvey_commands_$words[CURRENT-1]
	else
		_stsurvey_commands
	fi
}

@FUNCTIONS@# NAME: the command whose words follow.
_stsurvey_run()
{
	(( $+functions[$1] )) && $1
}

_stsurvey()
{
	local curcontext=$curcontext state line
	typeset -A opt_args

	_arguments -C @PROGRAM@ '1: :_stsurvey_commands' '*:: :->words' && return
	[[ $state == words ]] && _stsurvey_run _stsurvey_$line[1]
}

_stsurvey "$@"
"""

ZSH_COMMANDS = """\
%s()
{
	local -a commands=(
%s	)
	_describe -t commands command commands
}

"""
ZSH_COMMAND = """\
_stsurvey_%s()
{
	_arguments -s -S \\
%s
}

"""
ZSH_GROUP = """\
_stsurvey_%s()
{
	local curcontext=$curcontext state line
	typeset -A opt_args

	_arguments -C '(- *)'{-h,--help}'[its commands]' '1: :_stsurvey_commands_%s' '*:: :->words' && return
	[[ $state == words ]] && _stsurvey_run _stsurvey_%s_$line[1]
}

"""
ZSH_ACTIONS = {"text": " ", "file": "_files", "folder": "_files -/", "list": "_stsurvey_list"}


def zsh_quoted(text):
    return "'" + text.replace("'", "'\\''") + "'"


def zsh_plain(text):
    """Within a specification of _arguments or a line of _describe."""
    return re.sub(r"([\\:\[\]])", r"\\\1", text)


def zsh_option(option):
    maybe = option.value.startswith("maybe")
    repeats = "*" if option.times == "many" else f"({' '.join(option.spelled())})" if option.name != "help" else "(- *)"
    value = ""
    if option.value != "flag":
        action = f"({offered(option.words)})" if option.words else ZSH_ACTIONS[option.value]
        value = f":{':' if maybe else ''}{zsh_plain(option.argument)}:{action}"
    behind = ("", "") if option.value == "flag" else ("=-", "") if maybe else ("=", "+")
    for spelled in option.spelled():
        yield zsh_quoted(f"{repeats}{spelled}{behind[0 if spelled.startswith('--') else 1]}[{zsh_plain(option.help)}]{value}")


def zsh_operand(command):
    actions = {"none": None, "file": "_files", "report": "_files", "code": "_stsurvey_codes", "command": "_stsurvey_topics"}
    action = actions.get(command.operand, " ")
    return [] if action is None else [zsh_quoted(f"*:{command.operand}:{action}")]


def zsh(commands, codes):
    def described(pairs):
        return "".join("\t\t%s\n" % zsh_quoted(f"{name}:{zsh_plain(what)}") for name, what in pairs)

    def function(name):
        return name.replace(" ", "_")

    tops = [command for command in commands if " " not in command.name]
    topics = ZSH_COMMANDS % ("_stsurvey_commands", described((command.name, command.what) for command in tops))
    for first in groups(commands):
        topics += ZSH_COMMANDS % (f"_stsurvey_commands_{first}", described(
            (command.name.split(" ")[1], command.what) for command in commands if command.name.startswith(first + " ")))
    functions = "".join(
        ZSH_GROUP % (command.name, command.name, command.name) if command.name in groups(commands) else
        ZSH_COMMAND % (function(command.name), " \\\n".join(
            "\t\t" + spec for spec in [spec for option in command.options for spec in zsh_option(option)] + zsh_operand(command)))
        for command in commands)
    return filled(ZSH, TOPICS=topics, CODES=offered(codes), GROUPS="|".join(groups(commands)), FUNCTIONS=functions,
                  PROGRAM=" ".join("'(- *)'{-%s,--%s}'[%s]'" % (letter, name, what) for name, letter, what in OF_PROGRAM))


def main():
    shell, dump, findings, target = sys.argv[1:]
    with open(findings, newline="", encoding="utf-8") as file:
        codes = [row["code"] for row in csv.DictReader(file)]
    with open(target, "w", encoding="utf-8") as out:
        out.write({"bash": bash, "zsh": zsh}[shell](read_dump(dump), codes))


main()
