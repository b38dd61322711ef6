#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""bench_diff.py [--build-dir DIR] [--domains N] [--every N] - stsurvey diff against GNU sort and join, over two scans of one list.

Both ways have the same transitions, or it fails. Rows are of both scans together. sort and join get the scans as CSV of the
six words that diff compares, already exported: the time to read scan files is diff's alone.
"""
import argparse
import csv
import os
import pathlib
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path += [str(HERE), str(HERE.parent / "analysis" / "drift")]

import bench_tools  # noqa: E402
import sort_join  # noqa: E402

ALL_CORES = f"{bench_tools.CLIENT_CORE},{bench_tools.SERVER_CORE}"
HEAD = ["way", "M rows/s", "CPU µs/row", "RSS MiB"]


def transitions(folder):
    with open(folder / "transitions.csv", newline="", encoding="utf-8") as file:
        return {(row["kind"], row["old"], row["new"]): int(row["domains"]) for row in csv.DictReader(file)}


def words(stsurvey, scan):
    """The scan as its words, unsorted."""
    out = str(scan) + ".words"
    subprocess.run(["bash", "-o", "pipefail", "-c", sort_join.export(stsurvey, scan) + " > " + out], check=True)
    return out


def sort_and_join(files):
    env = {**os.environ, "LC_ALL": "C"}
    start = time.monotonic()
    for path in files:
        subprocess.run(["sort", "-t", "\t", "-k", "1,1", "-S", "256M", "--parallel=2", "-o", path + ".sorted", path],
                       check=True, env=env)
    with open(files[0] + ".joined", "w", encoding="utf-8") as out:
        subprocess.run(sort_join.JOIN + [path + ".sorted" for path in files], check=True, env=env, stdout=out)
    return time.monotonic() - start


def measure(build, work, domains, every, say=print):
    """Rows of a table of HEAD, and rows a second of diff on all cores and its MiB."""
    stsurvey, old, new = build / "scanner" / "stsurvey", work / "old", work / "new"
    subprocess.run([build / "tests" / "analysis" / "scan_pair", old, new, str(domains), str(every)], check=True)
    rows, table, figures = 0, [], {}
    for threads, cores in ((1, bench_tools.CLIENT_CORE), (2, ALL_CORES)):
        done = bench_tools.measure([stsurvey, "diff", old, new, "-d", work / "tables", "-t", str(threads)], cores)
        if done.status != 0:
            raise RuntimeError(f"diff failed: {done.out[-2000:]}")
        found = transitions(work / "tables")
        both = sum(n for (kind, a, b), n in found.items() if kind == "status")
        rows = both + sum(n for (kind, a, b), n in found.items() if kind == "status" and "absent" not in (a, b))
        figures[threads] = (rows / done.wall, done.rss_kib / 1024)
        table.append([f"diff, {threads} thread{'s' * (threads > 1)}", f"{rows / done.wall / 1e6:.2f}",
                      f"{done.cpu / rows * 1e6:.2f}", f"{done.rss_kib / 1024:.0f}"])
        say(", ".join(f"{name} {value}" for name, value in zip(HEAD, table[-1])))
    files = [words(stsurvey, scan) for scan in (old, new)]
    seconds = sort_and_join(files)
    table.append(["sort + join of exported words", f"{rows / seconds / 1e6:.2f}", "–", "256"])
    say(", ".join(f"{name} {value}" for name, value in zip(HEAD, table[-1])))
    if found != dict(sort_join.transitions(files[0] + ".sorted", files[1] + ".sorted")):
        raise RuntimeError("diff and join count differently")
    return table, *figures[2]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build-dir", type=pathlib.Path, default=HERE.parent.parent / "build" / "release")
    parser.add_argument("--domains", type=int, default=10000000, help="of each list")
    parser.add_argument("--every", type=int, default=1000, help="one in so many has a record")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="stsurvey-bench-") as work:
        _, rate, mib = measure(given.build_dir, pathlib.Path(work), given.domains, given.every)
    print(f"target diff, M rows/s of both scans: must ≥ 2.5, measured {rate / 1e6:.2f}; MiB: must ≤ 256, measured {mib:.0f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
