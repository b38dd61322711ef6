#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""bench_fleet.py [--build-dir DIR] [--domains N] [--delay MS] [--rounds N] - a list over 1, 2 and 4 workers of a queue.

On one host two cores would hide what a fleet gains. So answers take --delay, and each worker has few domains in flight: what a
worker does in a second is set by waiting, as it is on the internet, and the cores are idle most of the time (printed). Efficiency:
the time one worker takes ÷ (workers × the time they take); from the first chunk that is taken to the last that is done.
"""
import argparse
import contextlib
import json
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path += [str(HERE), str(HERE.parent / "fleet")]

import nats  # noqa: E402

FLEETS = (1, 2, 4)
CONCURRENCY = 100   # domains in flight of one worker: some 300 domains a second at 100 ms
CHUNKS = 120        # thirty for each worker of four: that one has one more decides little
POLL_S = 0.1
LIMIT_S = 900
HEAD = ["workers", "s", "domains/s", "efficiency", "CPU of all ÷ 2 cores"]


@contextlib.contextmanager
def answerer(build, delay):
    with subprocess.Popen([build / "tests" / "bench" / "answerer", "--delay", str(delay), "--minutes", "30"], stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process.stdout.readline().split()[-1]
        finally:
            process.terminate()


def status(stsurvey, at):
    done = subprocess.run([stsurvey, "fleet", "status", *at, "--json"], stdout=subprocess.PIPE, check=True, timeout=60)
    return json.loads(done.stdout)


def wait_until(stsurvey, at, over):
    began = time.monotonic()
    while time.monotonic() - began < LIMIT_S:
        told = status(stsurvey, at)
        if over(told):
            return time.monotonic()
        time.sleep(POLL_S)
    raise RuntimeError(f"the job does not end: {told}")


def one(build, work, url, name_server, domains, workers):
    """Seconds from the first chunk that is taken to the last that is done, and CPU seconds."""
    stsurvey, job = build / "scanner" / "stsurvey", f"bench-{workers}"
    at = ["--nats", url, "--job", job]
    subprocess.run([stsurvey, "fleet", "submit", "-f", work / "list", *at, "--chunk", str(-(-domains // CHUNKS)), "--rate", "0", "--timeout", "5", "-q", "--results-size", "1G",
                    "--allow-reserved", "127.0.0.0/8"], check=True, timeout=LIMIT_S, stderr=subprocess.DEVNULL)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    processes = [subprocess.Popen([stsurvey, "fleet", "work", *at, "-d", work / f"{job}-{n}", "--worker", f"w{n}", "-q", "--threads", "1", "--concurrency",
                                   str(CONCURRENCY), "--name-servers", name_server], stderr=subprocess.DEVNULL) for n in range(workers)]
    try:
        began = wait_until(stsurvey, at, lambda told: told["chunks"]["in_flight"] > 0)
        ended = wait_until(stsurvey, at, lambda told: told["chunks"]["done"] == told["chunks"]["in_all"])
        subprocess.run([stsurvey, "fleet", "cancel", *at], check=True, timeout=60, stderr=subprocess.DEVNULL)
        for process in processes:
            process.wait(60)
    finally:
        for process in processes:
            process.kill()
            process.wait()
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    return ended - began, now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime


def measure(build, work, domains, delay, rounds, say=print):
    """Rows of a table of HEAD, and the efficiency of the largest fleet. The best of @rounds counts."""
    with open(work / "list", "wb") as out:
        subprocess.run([build / "tests" / "bench" / "gen_list", str(domains)], stdout=out, check=True)
    table, alone, efficiency = [], None, None
    with answerer(build, delay) as name_server, nats.Server() as server:
        for workers in FLEETS:
            seconds, cpu = min(one(build, work, server.url, name_server, domains, workers) for _ in range(rounds))
            alone = alone or seconds
            efficiency = alone / (workers * seconds)
            table.append([str(workers), f"{seconds:.1f}", f"{domains / seconds:.0f}", f"{efficiency:.2f}", f"{cpu / seconds / 2:.2f}"])
            say(", ".join(f"{name} {value}" for name, value in zip(HEAD, table[-1])))
    return table, efficiency


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build-dir", type=pathlib.Path, default=HERE.parent.parent / "build" / "release")
    parser.add_argument("--domains", type=int, default=40000)
    parser.add_argument("--delay", type=int, default=100, metavar="MS")
    parser.add_argument("--rounds", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="stsurvey-fleet-") as work:
        measure(given.build_dir.resolve(), pathlib.Path(work), given.domains, given.delay, given.rounds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
