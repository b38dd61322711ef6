#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Turn docs/domain.schema.json into domain_members.inc: each member of a domain's line of JSON, for C.

usage: generate_domain_members.py SCHEMA.json OUTPUT.inc

A row a member, its children next to each other: name, kind, the first child's row, how many.
"""
import json
import re
import sys

KINDS = {"object": "MEMBER_OBJECT", "array": "MEMBER_ARRAY", "string": "MEMBER_TEXT", "integer": "MEMBER_WHOLE",
         "number": "MEMBER_NUMBER", "boolean": "MEMBER_FLAG"}
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")  # what Avro takes


class Members:
    def __init__(self, schema):
        self.schema, self.rows = schema, [None]
        self.add(0, "", schema)

    def resolve(self, node):
        while "$ref" in node:
            node = self.schema["$defs"][node["$ref"].removeprefix("#/$defs/")]
        return node

    def add(self, row, name, node):
        node = self.resolve(node)
        kinds = node["type"] if isinstance(node["type"], list) else [node["type"]]
        kind = KINDS[next(kind for kind in kinds if kind != "null")]
        children = []
        if kind == "MEMBER_ARRAY":
            children = [("", node["items"])]
        elif kind == "MEMBER_OBJECT" and "properties" in node:
            children = list(node["properties"].items())
        elif kind == "MEMBER_OBJECT":
            kind = "MEMBER_MAP"
        if name and not NAME.fullmatch(name):
            sys.exit(f"'{name}' is no name that Avro takes")
        first = len(self.rows)
        self.rows += [None] * len(children)
        self.rows[row] = (name, kind, first if children else 0, len(children))
        for offset, (child, inner) in enumerate(children):
            self.add(first + offset, child, inner)


def main():
    path, target = sys.argv[1:]
    with open(path, encoding="utf-8") as file:
        rows = Members(json.load(file)).rows
    with open(target, "w", encoding="utf-8") as out:
        out.write("/* Generated from docs/domain.schema.json. Edit that. */\n")
        for name, kind, first, count in rows:
            out.write(f'{{ SPAN_LITERAL("{name}"), {kind}, {first}, {count} }},\n')


main()
