#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""test_recipes.py STSURVEY POPULATION - the code of docs/recipes.md, run as it stands there.

Blocks below one heading that begins with "Which findings" or "Where" must all print the same words and numbers, which are
those of a count by hand. What is not installed is skipped by name; DuckDB is npm's @duckdb/node-api, sought in
STSURVEY_DUCKDB (the folder that has its node_modules). Exit status 77 where nothing could be run.
"""
import collections
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..")
sys.path.insert(0, os.path.join(ROOT, "tests", "population"))
import population  # noqa: E402

TIMEOUT_S = 120  # whatever takes longer hangs
DIVIDE = 2000    # of the large classes: some thousand domains are left
PAIR = re.compile(r"^\W*([a-z][a-z0-9-]*)\W+(\d+)\W*$", re.M)
DUCKDB = """
const { DuckDBInstance } = require('@duckdb/node-api');
(async () => {
  const connection = await (await DuckDBInstance.create()).connect();
  for (const sql of require('fs').readFileSync(0, 'utf8').split(';').filter(sql => sql.trim()))
    for (const row of (await connection.runAndReadAll(sql)).getRows()) console.log(row.map(String).join(' '));
})().catch(error => { console.error(String(error)); process.exit(1); });
"""


def blocks():
    """(heading, tongue, code)"""
    with open(os.path.join(ROOT, "docs", "recipes.md"), encoding="utf-8") as file:
        text = file.read()
    for part in re.split(r"^## ", "## begin\n" + text, flags=re.M)[1:]:
        for tongue, code in re.findall(r"^```(\w+)\n(.*?)^```$", part, re.M | re.S):
            yield part.partition("\n")[0], tongue, code


def command(tongue, code):
    """(words, what stands on standard input, what is missing)"""
    if tongue == "sh":
        missing = [name for name in ("jq", "sqlite3") if re.search(r"\b%s\b" % name, code) and not shutil.which(name)]
        return ["sh", "-e", "-c", code], None, missing
    if tongue == "python":
        missing = [name for name in ("pandas", "avro") if "import %s" % name in code or "from %s" % name in code
                   if subprocess.run(["/usr/bin/python3", "-c", "import " + name], capture_output=True, check=False).returncode]
        return ["/usr/bin/python3", "-c", code], None, missing
    if tongue == "r":
        return ["Rscript", "-e", code], None, [] if shutil.which("Rscript") else ["r-base-core"]
    there = os.environ.get("STSURVEY_DUCKDB") and shutil.which("node")
    return ["node", "-e", DUCKDB], code, [] if there else ["DuckDB (npm @duckdb/node-api, STSURVEY_DUCKDB)"]


def run(tongue, code, folder, stsurvey):
    """What it prints, or None where something is missing; fails where it fails."""
    words, given, missing = command(tongue, code)
    if missing:
        print("skipped, not installed: %s" % ", ".join(missing))
        return None
    env = {**os.environ, "PATH": os.path.dirname(stsurvey) + ":" + os.environ["PATH"], "LC_ALL": "C.UTF-8",
           "NODE_PATH": os.path.join(os.environ.get("STSURVEY_DUCKDB", ""), "node_modules")}
    done = subprocess.run(words, input=given, capture_output=True, text=True, cwd=folder, env=env, timeout=TIMEOUT_S, check=False)
    if done.returncode != 0 or done.stderr:
        raise AssertionError("exit %d, said: %s\n%s" % (done.returncode, done.stderr, code))
    return done.stdout


def truth(folder):
    """By beginning of a heading: the words and numbers that it must print."""
    findings, components = collections.Counter(), collections.Counter()
    with open(os.path.join(folder, "scan.jsonl"), encoding="utf-8") as file:
        for line in map(json.loads, file):
            findings.update(line["findings"])
            components.update([line["component"]] if line["component"] else [])
    return {"Which findings": findings, "Where": components, "To Parquet": components}


def main():
    stsurvey, generator = map(os.path.abspath, sys.argv[1:])
    failed = ran = 0
    with tempfile.TemporaryDirectory(prefix="stsurvey-recipes.") as folder:
        population.write_plan(os.path.join(folder, "plan"), divide=DIVIDE)
        subprocess.run([generator, os.path.join(folder, "plan"), os.path.join(folder, "scan.msgpack.zst"), "--seed", "1"], check=True)
        wanted_of = None
        for heading, tongue, code in blocks():
            title = "%s: %s" % (heading, code.partition("\n")[0])
            try:
                printed = run(tongue, code, folder, stsurvey)
                wanted_of = wanted_of or truth(folder)  # the first block has exported
                wanted = next((want for front, want in wanted_of.items() if heading.startswith(front)), None)
                found = {word: int(number) for word, number in PAIR.findall(printed or "")}
                if printed is not None and wanted is not None and (found != dict(wanted) or not wanted):
                    raise AssertionError("printed %s\nwanted %s" % (found, dict(wanted)))
                if printed is not None and heading.startswith("Which domains") and not printed:
                    raise AssertionError("printed nothing")
                ran += printed is not None
                print("ok: " + title)
            except AssertionError as error:
                failed += 1
                print("FAILED: %s\n%s" % (title, error))
    print("%d ran, %d failed" % (ran, failed))
    return 1 if failed else 0 if ran else 77


if __name__ == "__main__":
    sys.exit(main())
