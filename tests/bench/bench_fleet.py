#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""bench_fleet.py [--build-dir DIR] [--domains N] [--delay MS] [--rounds N] - a list over 1, 2 and 4 workers of a queue.

On one host two cores would hide what a fleet gains. So answers take --delay, and each worker has few domains in flight: what a
worker does in a second is set by waiting, as it is on the internet, and the cores are idle most of the time (printed). Efficiency:
the time one worker takes ÷ (workers × the time they take); from the first chunk that is taken to the last that is done.
Then what the queue stores of two chunks of the usual size: octets of their lists, and of their results beside the files' own.
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

import jetstream  # noqa: E402
import nats  # noqa: E402

FLEETS = (1, 2, 4)
CONCURRENCY = 100   # domains in flight of one worker: some 300 domains a second at 100 ms
CHUNKS = 120        # thirty for each worker of four: that one has one more decides little
POLL_S = 0.1
LIMIT_S = 900
STORED = 200_000    # domains of two chunks
HEAD = ["workers", "s", "domains/s", "efficiency", "CPU of all ÷ 2 cores"]
STORED_HEAD = ["octets a domain of a list", "octets of results ÷ those of the scan files"]


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


def submit(stsurvey, work, at, domains, chunk):
    with open(work / "list", "wb") as out:
        subprocess.run([stsurvey.parent.parent / "tests" / "bench" / "gen_list", str(domains)], stdout=out, check=True)
    subprocess.run([stsurvey, "fleet", "submit", "-f", work / "list", *at, "--chunk", str(chunk), "--rate", "0", "--timeout", "5", "-q", "--results-size", "1G",
                    "--allow-reserved", "127.0.0.0/8"], check=True, timeout=LIMIT_S, stderr=subprocess.DEVNULL)


@contextlib.contextmanager
def working(stsurvey, work, at, name_server, workers, *options):
    """So many, until the block is left, which cancels the job."""
    processes = [subprocess.Popen([stsurvey, "fleet", "work", *at, "-d", work / f"{at[-1]}-{n}", "--worker", f"w{n}", "-q", "--allow-reserved", "127.0.0.0/8",
                                   "--name-servers", name_server, *options],
                                  stderr=subprocess.DEVNULL) for n in range(workers)]
    try:
        yield
        subprocess.run([stsurvey, "fleet", "cancel", *at], check=True, timeout=60, stderr=subprocess.DEVNULL)
        for process in processes:
            process.wait(60)
    finally:
        for process in processes:
            process.kill()
            process.wait()


def is_done(told):
    return told["chunks"]["done"] == told["chunks"]["in_all"]


def one(build, work, url, name_server, domains, workers, round_):
    """Seconds from the first chunk that is taken to the last that is done, and CPU seconds."""
    stsurvey, at = build / "scanner" / "stsurvey", ["--nats", url, "--job", f"bench-{workers}-{round_}"]
    submit(stsurvey, work, at, domains, -(-domains // CHUNKS))
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    with working(stsurvey, work, at, name_server, workers, "--threads", "1", "--concurrency", str(CONCURRENCY)):
        began = wait_until(stsurvey, at, lambda told: told["chunks"]["in_flight"] > 0)
        ended = wait_until(stsurvey, at, is_done)
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    return ended - began, now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime


def stored(build, work):
    """Octets a domain of the lists, and octets of results ÷ those of the scan files."""
    stsurvey = build / "scanner" / "stsurvey"
    with answerer(build, 0) as name_server, nats.Server() as server:
        at = ["--nats", server.url, "--job", "stored"]
        submit(stsurvey, work, at, STORED, STORED // 2)
        js = jetstream.Client(server.port)
        lists = js.state("STSURVEY_stored_LIST")["bytes"]
        with working(stsurvey, work, at, name_server, 1):
            wait_until(stsurvey, at, is_done)
            results = js.state("STSURVEY_stored_RESULTS")["bytes"]
            files = sum(path.stat().st_size for path in (work / "stored-0").rglob("*.msgpack.zst"))
        js.close()
    return lists / STORED, results / files


def measure(build, work, domains, delay, rounds, say=print):
    """Rows of a table of HEAD, and the efficiency of the largest fleet. The best of @rounds counts."""
    table, alone, efficiency = [], None, None
    with answerer(build, delay) as name_server, nats.Server() as server:
        for workers in FLEETS:
            seconds, cpu = min(one(build, work, server.url, name_server, domains, workers, round_) for round_ in range(rounds))
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
        print("%s %.1f, %s %.3f" % sum(zip(STORED_HEAD, stored(given.build_dir.resolve(), pathlib.Path(work))), ()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
