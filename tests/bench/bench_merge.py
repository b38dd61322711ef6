#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""bench_merge.py [--build-dir DIR] [--divide N] - stsurvey merge against zstd | sort | zstd of the same records as CSV, over eight shards.

Records of every kind, in no order (tests/population); CPU of one core. What comes out must be in order and whole, both ways.
"""
import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path += [str(HERE), str(HERE.parent / "population")]

import bench_tools  # noqa: E402
import population  # noqa: E402

SHARDS = 8
HEAD = ["way", "M records/s of one core", "CPU µs/record", "RSS MiB", "put aside"]
SORT = "zstd -dcq {shards} | LC_ALL=C sort -t, -k1,1n -S 256M --parallel=1 | zstd -1 -qfo {out}"


def make_shards(build, work, divide):
    """Their paths."""
    population.write_plan(work / "plan", divide=divide)
    shards = [work / f"shard{i}" for i in range(SHARDS)]
    for i, shard in enumerate(shards):
        subprocess.run([build / "tests" / "population" / "population", work / "plan", shard, "--seed", "5", "--shard", f"{i}/{SHARDS}"],
                       check=True)
    return shards


def count_in_order(*commands):
    """Lines that this writes, which must begin with numbers that rise. Not held here: what is measured later would begin as large."""
    with tempfile.TemporaryFile() as lines:
        subprocess.run(["bash", "-o", "pipefail", "-c", " | ".join(commands)], check=True, stdout=lines)
        lines.seek(0)
        subprocess.run(["sort", "-t", ",", "-k", "1,1n", "-u", "-c"], check=True, stdin=lines, env={**os.environ, "LC_ALL": "C"})
        lines.seek(0)
        return int(subprocess.run(["wc", "-l"], check=True, stdin=lines, capture_output=True).stdout)


def write_lines(stsurvey, shard):
    """A shard's records as CSV, the index first."""
    names = subprocess.run(["sh", "-c", f"{stsurvey} export {shard} --format csv | head -n 1"], check=True, capture_output=True, text=True)
    names = [name for name in names.stdout.strip().split(",") if name != "index"]
    subprocess.run(["bash", "-o", "pipefail", "-c", f"{stsurvey} export {shard} --raw --format csv --fields {','.join(['index', *names])}"
                    f" | tail -n +2 | zstd -1qfo {shard}.csv.zst"], check=True)


def measure(build, work, divide, say=print):
    """Rows of a table of HEAD, records a second of merge by those of sort, and merge's MiB."""
    stsurvey, merged = build / "scanner" / "stsurvey", work / "merged"
    shards = make_shards(build, work, divide)
    table, rates = [], {}

    def note(way, done, count, aside):
        if done.status != 0:
            raise RuntimeError(f"{way} failed: {done.out[-2000:]}")
        rates[way] = count / done.cpu
        table.append([way, f"{count / done.cpu / 1e6:.3f}", f"{done.cpu / count * 1e6:.2f}", f"{done.rss_kib / 1024:.0f}", aside])
        say(", ".join(f"{name} {value}" for name, value in zip(HEAD, table[-1])))

    for shard in shards:
        write_lines(stsurvey, shard)
    command = SORT.format(shards=" ".join(f"{shard}.csv.zst" for shard in shards), out=work / "sorted.zst")
    for way, memory, aside in (("merge", "1G", "nothing"), ("merge, little memory", "16M", "nearly all")):
        done = bench_tools.measure([stsurvey, "merge", *shards, "-o", merged, "--force", "--memory", memory])
        count = count_in_order(f"{stsurvey} export {merged} --raw --format csv --fields index", "tail -n +2")
        note(way, done, count, aside)
    done = bench_tools.measure(["sh", "-c", command])
    if count_in_order(f"zstd -dcq {work / 'sorted.zst'}") != count:
        raise RuntimeError("what was sorted is something else")
    note("zstd, sort, zstd of CSV", done, count, "nothing")
    return table, rates["merge"] / rates["zstd, sort, zstd of CSV"], max(float(row[3]) for row in table[1:2])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build-dir", type=pathlib.Path, default=HERE.parent.parent / "build" / "release")
    parser.add_argument("--divide", type=int, default=20, help="4,350,000 records divided by that")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="stsurvey-bench-") as work:
        _, ratio, mib = measure(given.build_dir, pathlib.Path(work), given.divide)
    print(f"records a second of merge ÷ of sort: {ratio:.2f}; MiB with 16 MiB for rows: {mib:.0f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
