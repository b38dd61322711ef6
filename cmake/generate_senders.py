#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Turn datasets/sender_switches.csv and datasets/senders.csv into sender_switches.h and sender_table.inc.

usage: generate_senders.py SWITCHES.csv SENDERS.csv OUTPUT-DIR

The first profile has every switch; another has those in which it parts from the first.
"""
import csv
import os
import re
import sys

SWITCH_COLUMNS = ["switch", "kind", "values", "meaning"]
COLUMNS = ["profile", "switch", "value", "source"]
NO_NUMBER = -1


def read(path, columns):
    with open(path, newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        if reader.fieldnames != columns:
            sys.exit(f"{path}:1: columns must be {','.join(columns)}")
        return [(reader.line_num, row) for row in reader]


def read_switches(path):
    switches = {}
    for line, row in read(path, SWITCH_COLUMNS):
        name, kind, values = row["switch"], row["kind"], row["values"].split()
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or name in switches:
            sys.exit(f"{path}:{line}: a switch has a new name of small letters, digits and underscores, not '{name}'")
        if kind not in ("word", "flag", "number") or (kind == "word") != bool(values) or len(set(values)) != len(values):
            sys.exit(f"{path}:{line}: a switch is a flag, a number, or a word with its values")
        switches[name] = (kind, values, row["meaning"])
    return switches


def read_profiles(path, switches):
    profiles = []
    for line, row in read(path, COLUMNS):
        name, switch, value = row["profile"], row["switch"], row["value"]
        if not switch:
            if any(known == name for known, _, _ in profiles):
                sys.exit(f"{path}:{line}: the profile {name} is there already")
            profiles.append((name, value, {}))
            continue
        if not profiles or profiles[-1][0] != name:
            sys.exit(f"{path}:{line}: first a row of {name} without a switch, with its version, then its switches")
        if switch not in switches or switch in profiles[-1][2]:
            sys.exit(f"{path}:{line}: {switch} is no switch, or is set twice")
        kind, values, _ = switches[switch]
        if value not in {"word": values, "flag": ["yes", "no"]}.get(kind, [value]) or (
            kind == "number" and not re.fullmatch(r"-|\d{1,12}", value)
        ):
            sys.exit(f"{path}:{line}: {switch} cannot be '{value}'")
        profiles[-1][2][switch] = value
    missing = [name for name in switches if name not in profiles[0][2]]
    if missing:
        sys.exit(f"{path}: {profiles[0][0]}, the first profile, lacks {', '.join(missing)}")
    return profiles


def constant(*words):
    return "_".join(["SENDER", *words]).replace("-", "_").upper()


def initializer(switch, kind, value):
    if kind == "word":
        return constant(switch, value)
    if kind == "flag":
        return "true" if value == "yes" else "false"
    return str(NO_NUMBER if value == "-" else int(value))


def main():
    switches = read_switches(sys.argv[1])
    profiles = read_profiles(sys.argv[2], switches)
    directory = sys.argv[3]
    os.makedirs(directory, exist_ok=True)
    note = "/* Generated from datasets/sender_switches.csv and senders.csv. Edit those. */\n"
    with open(os.path.join(directory, "sender_switches.h"), "w", encoding="utf-8") as out:
        out.write(note)
        for name, (kind, values, meaning) in switches.items():
            if kind == "word":
                out.write(f"/* {meaning} */\nenum sender_{name} {{\n")
                out.write("".join(f"\t{constant(name, value)},\n" for value in values) + "};\n")
        out.write("struct sender_profile {\n\tconst char *name, *release;\n")
        for name, (kind, _, meaning) in switches.items():
            type_name = {"word": f"enum sender_{name}", "flag": "bool", "number": "int64_t"}[kind]
            out.write(f"\t{type_name} {name};" + ("\n" if kind == "word" else f" /* {meaning} */\n"))
        out.write("};\n")
        out.write(f"enum {{ SENDER_PROFILE_COUNT = {len(profiles)}, SENDER_NO_LIMIT = {NO_NUMBER} }};\n")
    with open(os.path.join(directory, "sender_table.inc"), "w", encoding="utf-8") as out:
        out.write(note)
        for name, version, own in profiles:
            out.write(f'{{\n\t.name = "{name}",\n\t.release = "{version}",\n')
            for switch, (kind, _, _) in switches.items():
                out.write(f"\t.{switch} = {initializer(switch, kind, own.get(switch, profiles[0][2][switch]))},\n")
            out.write("},\n")


main()
