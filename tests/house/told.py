#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""told.py - do the documents tell the words and numbers of scan --direct that the code has?

    told.py ROOT

Words stand in the arrays of parsers/observation.c, numbers in enums and macros of the headers below. Exit status 1 where a document
has others. Defaults in --help are the constants themselves; manual.py holds the manual page against it.
"""

import ast
import json
import operator
import pathlib
import re
import sys

HEADERS = ("scanner/rules/server_books.h", "scanner/dns/ns_hosts.h", "scanner/queue/admission.h", "scanner/scan/forecast.h",
           "scanner/base/extra.h", "scanner/options/options.h", "parsers/observation.h")
SPELT = {1: "one", 3: "three", 5: "five", 10: "ten", 13: "thirteen", 60: "a minute", 600: "ten minutes", 900: "a quarter of an hour",
         86400: "a day"}
OPERATORS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.LShift: operator.lshift}
UNWRITTEN = "other"  # a newer version's: no word of a document's tables

# Sentences, line breaks being spaces: {NAME} is the number, {NAME:,} with a comma between thousands, {NAME:spelt} in words.
SENTENCES = {
    "README.md": ("at {SERVER_RATE} questions a second an address and {OPERATOR_RATE:,} an operator",),
    "docs/direct.md": (
        "its first {EXTRA_SERVERS_ASKED:spelt} NS records",
        "for their TTL, {NS_HOSTS_TTL_LEAST_S:spelt} at least and {NS_HOSTS_TTL_MOST_S:spelt} at most, of {NS_HOSTS_MAX:,} hosts",
        "| {SERVER_RATE} (`--server-rate`)",
        "| {SERVER_PREFIX_TIMES:spelt} times that: a zone may name",
        "| {OPERATOR_RATE:,} (`--operator-rate`)",
        "more than {SERVER_ERROR_RATE:spelt} REFUSED or SERVFAIL a second, or more than {SERVER_ERROR_PERCENT} of the last {SERVER_ERROR_OF} answers",
        "| {SERVER_ERROR_RATE} a second: servers limit errors first",
        "of {SERVER_BOOKS_WINDOW_LEAST} answers or more: over {SERVER_SILENT_PERCENT} % missing, or over {SERVER_SLIP_PERCENT} % truncated",
        "| {SERVER_HALVINGS:spelt} times that in a row, or {SERVER_SILENT_ROW} answers missing in a row",
        "it rests for {REST:spelt}",
        "up to {REST_MOST:spelt} |",
        "`--server-patience` ({SERVER_PATIENCE_S:spelt} of rest)",
        "What is known of {SERVER_BOOKS_MAX:,} addresses is kept",
        "at most {NS_HOSTS_LOOK_UPS:spelt} a second below one registrable domain",
        "{MEMORY} MiB at most",
        "the {FORECAST_ROWS:spelt} slowest are told",
        "where they take more than {FORECAST_LEAST_S:spelt}",
        "{OPTIONS_AUDIT_LEAST:,} of the whole list at least",
        "`--audit-limit` percent ({OPTIONS_AUDIT_LIMIT})",
    ),
    "docs/before-you-scan.md": (
        "| {SERVER_RATE}; {SERVER_PREFIX_TIMES:spelt} times as many | `--server-rate` |",
        "| {OPERATOR_RATE:,} | `--operator-rate` |",
        "more than {SERVER_ERROR_RATE:spelt} times a second, or to a fifth | {SERVER_ERROR_RATE} |",
        "tells the {FORECAST_ROWS:spelt} slowest operators",
    ),
    "docs/stsurvey.1": (
        "more than {SERVER_ERROR_RATE:spelt} times a second, or to more than a fifth of the last hundred questions, gets {SERVER_ERROR_RATE} a second",
        "more than {SERVER_SILENT_PERCENT} % of the questions of {WINDOW:spelt} seconds unanswered, or truncates more than {SERVER_SLIP_PERCENT} % to nothing",
        "or {SERVER_SILENT_ROW} questions in a row without an answer, it rests for {REST:spelt}",
        "as far as {MEMORY} MiB of memory have no room",
    ),
    "output/scan_file/SCHEMA.md": ("at most {OBS_AUDIT_RECORDS_MAX} of the resolver's records", "cut at {OBS_AUDIT_OCTETS_MAX} octets",
                                   "{FALL_BACK_LAST} (never written, and"),
}


class Number(float):
    """A constant, as a sentence asks for it."""

    def __format__(self, form):
        if form == "spelt":
            return SPELT[int(self)]
        return format(int(self) if self == int(self) else float(self), form)


def value_of(node, known):
    if isinstance(node, ast.BinOp):
        return OPERATORS[type(node.op)](value_of(node.left, known), value_of(node.right, known))
    return known[node.id] if isinstance(node, ast.Name) else node.value


def numbers_of(root):
    known = {}
    for path in HEADERS:
        text = re.sub(r"/\*.*?\*/", "", (root / path).read_text(encoding="utf-8"), flags=re.S)
        for name, value in re.findall(r"^(?:#define |\s+)([A-Z][A-Z0-9_]+)(?: =)?\s+([\w +*<()-]+|[\d.]+)(?=,|\s*\}|$)", text, re.M):
            try:
                known[name] = value_of(ast.parse(value.strip(), mode="eval").body, known)
            except (SyntaxError, KeyError, AttributeError):
                pass  # not made of numbers
    known.update(WINDOW=known["SERVER_BOOKS_WINDOW_MS"] // 1000, REST=known["SERVER_REST_MS"] // 1000,
                 REST_MOST=known["SERVER_REST_MOST_MS"] // 1000, MEMORY=known["ADMISSION_OCTETS"] >> 20,
                 FALL_BACK_LAST=len(words_of(root, "obs_fall_back_names")))
    return {name: Number(value) for name, value in known.items() if isinstance(value, (int, float))}


def words_of(root, array):
    text = (root / "parsers/observation.c").read_text(encoding="utf-8")
    return [word for word in re.findall(r'\] = "([^"]*)"', re.search(re.escape(array) + r"\[\w+\] = \{(.*?)\};", text, re.S)[1]) if word]


def table_of(text, head):
    """The words in the first column of the table with this first line."""
    rows = text[text.index("\n" + head) + 1:].split("\n\n")[0].splitlines()[2:]
    return [word for row in rows for word in re.findall(r"`([^`]+)`", row.split("|")[1])]


def wrong_words(root):
    direct, answers = ((root / "docs" / name).read_text(encoding="utf-8") for name in ("direct.md", "json.md"))
    whole = json.loads((root / "docs/domain.schema.json").read_text(encoding="utf-8"))
    schema = whole["$defs"]
    fall_back, kind = words_of(root, "obs_fall_back_names"), words_of(root, "obs_audit_kind_names")
    for where, told, had in (
            ("docs/direct.md, fall_back", table_of(direct, "| `fall_back` | |"), [word for word in fall_back if word != UNWRITTEN]),
            ("docs/direct.md, audits", table_of(direct, "| kind | |"), kind),
            ("docs/json.md, audits", table_of(answers, "| word | what |\n|---|---|\n| `absent`"), kind),
            ("docs/domain.schema.json, fall_back", schema["fall_back"]["enum"], fall_back),
            ("docs/domain.schema.json, source", schema["source"]["enum"], words_of(root, "obs_source_names")),
            ("docs/domain.schema.json, audits", whole["properties"]["audit"]["items"]["properties"]["kind"]["enum"], kind)):
        if sorted(told) != sorted(had):
            yield "%s: has %s, and not %s" % (where, sorted(set(told) - set(had)), sorted(set(had) - set(told)))


def wrong_numbers(root):
    numbers = numbers_of(root)
    for path, sentences in SENTENCES.items():
        text = " ".join((root / path).read_text(encoding="utf-8").split())
        for sentence in sentences:
            if sentence.format(**numbers) not in text:
                yield "%s: does not say `%s`, which the code does" % (path, sentence.format(**numbers))


def main():
    root = pathlib.Path(sys.argv[1])
    found = [*wrong_words(root), *wrong_numbers(root)]
    for line in found:
        print(line)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
