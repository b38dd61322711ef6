#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Turn datasets/public_resolvers.csv into public_resolvers.inc.

usage: generate_public_resolvers.py PUBLIC_RESOLVERS.csv OUTPUT.inc
"""
import csv
import ipaddress
import sys

COLUMNS = ["network", "operator", "source"]


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def main():
    path, target = sys.argv[1:]
    lines, seen = ["/* Generated from datasets/public_resolvers.csv. Edit that. */\n"], {}
    with open(path, newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        if reader.fieldnames != COLUMNS:
            sys.exit(f"{path}:1: columns must be {','.join(COLUMNS)}")
        for row in reader:
            try:
                network = ipaddress.ip_network(row["network"])
            except ValueError as error:
                sys.exit(f"{path}:{reader.line_num}: {error}")
            if not row["operator"] or not row["source"]:
                sys.exit(f"{path}:{reader.line_num}: an operator and a source are needed")
            if network in seen:
                sys.exit(f"{path}:{reader.line_num}: {network} stands on line {seen[network]}, too")
            seen[network] = reader.line_num
            octets = ", ".join(str(octet) for octet in network.network_address.packed)
            lines.append(f"{{ {{ {network.version}, {{ {octets} }} }}, {network.prefixlen}, {quoted(row['operator'])} }},\n")
    with open(target, "w", encoding="utf-8") as out:
        out.writelines(lines)


main()
