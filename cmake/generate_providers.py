#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Turn datasets/providers.csv into provider_table.inc: the tree of suffixes that provider_find walks.

usage: generate_providers.py PROVIDERS.csv OUTPUT.inc
"""
import csv
import datetime
import re
import sys

COLUMNS = ["suffix", "provider", "role", "source", "date", "note"]
ROLES = ["mailbox", "filter", "forwarding", "policy-hosting", "platform", "dns", "reports"]
LABEL = re.compile(r"[a-z0-9_-]*\*?[a-z0-9_-]*")


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def date_of(text):
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        return None


def read(path):
    rows, seen = [], {}
    with open(path, newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        if reader.fieldnames != COLUMNS:
            sys.exit(f"{path}:1: columns must be {','.join(COLUMNS)}")
        for row in reader:
            where, key = f"{path}:{reader.line_num}", (row["suffix"], row["role"])
            if row["role"] not in ROLES:
                sys.exit(f"{where}: {row['role']} is none of {', '.join(ROLES)}")
            if not all(label and LABEL.fullmatch(label) for label in row["suffix"].split(".")):
                sys.exit(f"{where}: {row['suffix']}: labels in lower case, with at most one * in each")
            if not row["provider"] or not row["source"] or not date_of(row["date"]):
                sys.exit(f"{where}: a provider, a source and a date (YYYY-MM-DD) are needed")
            if key in seen:
                sys.exit(f"{where}: {' '.join(key)} stands on line {seen[key]}, too")
            seen[key] = reader.line_num
            rows.append(row)
    return rows


class Node:
    def __init__(self, label=""):
        self.label, self.child, self.row = label, {}, []

    def children(self):
        """In order, for a binary search; those with a * behind the others."""
        return sorted(self.child.values(), key=lambda node: ("*" in node.label, node.label))


def tree_of(rows):
    root = Node()
    for row in rows:
        node = root
        for label in reversed(row["suffix"].split(".")):
            node = node.child.setdefault(label, Node(label))
        node.row.append(row)
    return root


def main():
    path, target = sys.argv[1:]
    rows = read(path)
    names = sorted({row["provider"] for row in rows})
    nodes, entries, at = [tree_of(rows)], [], 0
    lines = {"names": [], "nodes": [], "entries": []}
    while at < len(nodes):  # breadth first: the children of a node stand together
        node = nodes[at]
        children = node.children()
        lines["nodes"].append(f"{{ {quoted(node.label)}, {len(node.label)}, {len(nodes)}, {sum('*' not in c.label for c in children)}, "
                             f"{len(children)}, {len(entries)}, {len(node.row)} }},\n")
        nodes += children
        entries += node.row
        at += 1
    for row in entries:
        kind = "PROVIDER_" + row["role"].replace("-", "_").upper()
        lines["entries"].append(f"{{ {quoted(row['provider'])}, {names.index(row['provider'])}, {kind}, {quoted(row['suffix'])} }},\n")
    lines["names"] = [f"{quoted(name)},\n" for name in names]
    with open(target, "w", encoding="utf-8") as out:
        out.write("/* Generated from datasets/providers.csv. Edit that. */\n")
        for table, kind in (("names", "char *const"), ("entries", "struct provider"), ("nodes", "struct node")):
            out.write(f"static const {kind} provider_{table}[] = {{\n{''.join(lines[table])}}};\n")


main()
