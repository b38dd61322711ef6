# SPDX-License-Identifier: BSD-2-Clause
"""population.py - what tests/population/population.toml says, for the tests: a plan for tests/population/population.c, and the classes with all
that is expected of them."""

import pathlib
import tomllib

WEEK = 7 * 86400
START = 1800000000  # FACTS_TIME


def classes():
    """All of them, in order, each with what is expected of its domains."""
    with open(pathlib.Path(__file__).with_name("population.toml"), "rb") as file:
        data = tomllib.load(file)
    all_of_them = []
    for row in data["class"]:
        full = dict(data["default"])
        if row.get("kind") == "no-sts":
            full.update(sts="none", component=None, verdict=None, policy="", tls="", http="", syntax="")
        full.update(row)
        full["sts_record"] = full["sts"] in ("valid", "invalid")
        full.setdefault("tld", row["name"].rsplit(".", 1)[-1])
        all_of_them.append(full)
    return all_of_them


MANY = 5000  # domains of a class without which numbers stay what they are


def parts(second_week=False, divide=1):
    """(class it is named after, class it is like, first number, how many): one a class, and in the second week one for those that moved.
    @divide: one of so many of the large classes."""
    by_name = {c["name"]: c for c in classes()}
    for c in by_name.values():
        first = 0
        for other, count in (c.get("then", {}) if second_week else {}).items():
            yield c, by_name[other], first, count
            first += count
        count = c["count"] - first
        yield c, c, first, count // divide if count > MANY else count


def write_plan(path, second_week=False, divide=1):
    with open(path, "w", encoding="utf-8") as file:
        for named, like, first, count in parts(second_week, divide):
            file.write("class %d %d %d %s\n%s\n\n" % (count, first, like.get("bulk", False), named["name"], like["facts"].strip("\n")))
