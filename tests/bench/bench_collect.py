#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""bench_collect.py [--build-dir DIR] [--chunks N] [--delay MS] - `collect` and `status` of a job whose server is far away.

All chunks are done; then both are run by way of a relay on which an answer takes --delay. A chunk's scan file has three frames, so
what is measured is answers that are waited for, not octets.
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path += [str(HERE), str(HERE.parent / "fleet")]

import bench_fleet  # noqa: E402
import nats         # noqa: E402
import relay        # noqa: E402

DOMAINS = 10   # in a chunk
WORKERS = 4
LIMIT_S = 3600


def fill(stsurvey, build, work, url, name_server, chunks):
    """A job that is done and not collected."""
    at = ["--nats", url, "--job", "far"]
    with open(work / "list", "wb") as out:
        subprocess.run([build / "tests" / "bench" / "gen_list", str(chunks * DOMAINS)], stdout=out, check=True)
    subprocess.run([stsurvey, "fleet", "submit", "-f", work / "list", *at, "--chunk", str(DOMAINS), "--rate", "0", "-q", "--results-size", "1G",
                    "--allow-reserved", "127.0.0.0/8"], check=True, stderr=subprocess.DEVNULL)
    processes = [subprocess.Popen([stsurvey, "fleet", "work", *at, "-d", work / f"w{n}", "--worker", f"w{n}", "-q", "--threads", "1", "--max-idle", "1",
                                   "--allow-reserved", "127.0.0.0/8", "--name-servers", name_server], stderr=subprocess.DEVNULL) for n in range(WORKERS)]
    for process in processes:
        process.wait(LIMIT_S)


def timed(*words):
    began = time.monotonic()
    subprocess.run(words, check=True, timeout=LIMIT_S, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.monotonic() - began


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build-dir", type=pathlib.Path, default=HERE.parent.parent / "build" / "release")
    parser.add_argument("--chunks", type=int, default=400)
    parser.add_argument("--delay", type=int, default=50, metavar="MS")
    given = parser.parse_args()
    build = given.build_dir.resolve()
    stsurvey = build / "scanner" / "stsurvey"
    with tempfile.TemporaryDirectory(prefix="stsurvey-fleet-") as work, nats.Server() as server:
        work = pathlib.Path(work)
        with bench_fleet.answerer(build, 0) as name_server:
            fill(stsurvey, build, work, server.url, name_server, given.chunks)
        with relay.Relay(server.port, given.delay / 2000) as way:
            at = ["--nats", way.url, "--job", "far"]
            print(f"{given.chunks} chunks, an answer takes {given.delay} ms: status {timed(stsurvey, 'fleet', 'status', *at):.1f} s")
            print(f"collect {timed(stsurvey, 'fleet', 'collect', '-q', *at, '-o', work / 'out'):.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
