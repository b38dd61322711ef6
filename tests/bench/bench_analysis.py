# SPDX-License-Identifier: BSD-2-Clause
"""stats and export beside their floors: what reading a scan file costs at least, and jq over the same domains."""
import statistics
import subprocess

import bench_dns
import bench_tools
from bench_tools import measure, values

ONE, BOTH = "0", "0,1"     # cores
SMALL = 20000              # domains scanned; a longer list is made of them
JQ_PART = 20               # jq is given one of so many: it is slow


def shell(context, script, *words, cores=ONE):
    """@script with the words as $1, $2, …: what it used, with all that it started."""
    done = measure(["sh", "-c", script, "sh", *words], cores=cores)
    if done.status != 0:
        raise RuntimeError(f"{script}: {done.out[-2000:]}")
    return done


def make_scan(context, count):
    """A scan of as many domains as `count` or some more, and how many."""
    path = bench_tools.make_list(context.tools, context.work, SMALL)
    with bench_tools.Answerer(context.tools) as server:
        bench_dns.scan(context, path, server.address)
    grown = context.work / "grown.zst"
    made = subprocess.run([context.tools / "grow_scan", context.scan_file, grown, str(-(-count // SMALL))], check=True,
                          capture_output=True, text=True)
    return grown, values(made.stdout)["domains"]


def median(runs, of):
    return statistics.median(getattr(run, of) for run in runs)


def reading(context, scan, count):
    """Each round has all of them in turn, so that what else the machine does meets each alike."""
    part = context.work / "part.jsonl"
    stats = [context.stsurvey, "stats", scan, "-d", context.work / "tables"]
    jsonl = [context.stsurvey, "export", scan, "-o", "/dev/null"]
    shell(context, '"$1" export "$2" | head -n "$3" > "$4"', context.stsurvey, scan, str(count // JQ_PART), part)
    runs = {"zstd -dc \\| wc -c": [], "stats": [], "stats, 2 threads": [], "export jsonl": [], "export jsonl, 2 threads": [],
            "jq -c .": []}
    for _ in range(context.rounds):
        runs["zstd -dc \\| wc -c"].append(shell(context, 'zstd -dcq "$1" | wc -c', scan))
        runs["stats"].append(measure(stats + ["-t", "1"]))
        runs["stats, 2 threads"].append(measure(stats + ["-t", "2"], cores=BOTH))
        runs["export jsonl"].append(measure(jsonl + ["-t", "1"]))
        runs["export jsonl, 2 threads"].append(measure(jsonl + ["-t", "2"], cores=BOTH))
        if context.has("jq"):
            runs["jq -c ."].append(shell(context, 'jq -c . "$1" > /dev/null', part))
    rows, cost = [], {}
    for name, taken in runs.items():
        if not taken:
            continue
        domains = count // JQ_PART if name.startswith("jq") else count
        cost[name] = median(taken, "cpu") / domains
        rows.append([name, f"{1e9 * cost[name]:.0f}", f"{domains / median(taken, 'wall') / 1e6:.2f}",
                     f"{max(run.rss_kib for run in taken) / 1024:.1f}"])
    context.table(f"Analysis of a scan file of {count:,} domains", ["program", "CPU ns/domain", "M domains/s", "RSS MiB"], rows)
    floor = cost["zstd -dc \\| wc -c"]
    context.target("CPU of stats ÷ zstd -dc \\| wc -c", 2.2, 1.5, cost["stats"] / floor)
    context.target("stats, 2 threads: times as fast", 1.7, 1.9, median(runs["stats"], "wall") / median(runs["stats, 2 threads"], "wall"),
                   at_least=True)
    if runs["jq -c ."]:
        context.target("CPU of jq ÷ export jsonl", 20, 25, cost["jq -c ."] / cost["export jsonl"], at_least=True, digits=1)


def run(context):
    for count in (1000000, 10000000) if context.full else (1000000,):
        reading(context, *make_scan(context, count))
