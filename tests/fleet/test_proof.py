#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""test_proof.py - a list scanned by four workers, while they, `collect` and the NATS server are killed at random moments, is what
one scan of one machine finds: each domain once, with the same facts.

usage: test_proof.py BUILD-DIR [--domains N] [--kills N] [--seed N]

20,000 domains and 12 kills unless told otherwise; 200,000 and 60 with STSURVEY_LONG=1. Answers and policy hosts are those of tests/soak,
without its faults: every difference is the fleet's. Loopback only; ends by itself. Exit status 77 where something is not there.
"""
import argparse
import contextlib
import importlib.machinery
import importlib.util
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import nats  # noqa: E402

LIMIT_S = 1500
WORKERS = 4
CHUNKS = 40
LEAST_S, MOST_S = 0.1, 1.5  # between two kills
DOWN_S = 0.3                # that the NATS server is away
HTTP_TIMEOUT = 3            # seconds: a host that sends an octet each 300 ms needs 5 for a status line; not near that, where luck would decide
DELIVERIES = 1000           # a chunk of a killed worker is no poisoned one, and some meet with it a dozen times
CHANGES = ("timestamp", "duration", "fetch_ms", "tries",         # with a busy machine, …
           "sha256", "serial", "not_before", "not_after")        # … with each connection: policy hosts make certificates when they are asked


def load(path):
    """A program without .py as a module."""
    loader = importlib.machinery.SourceFileLoader(path.name, str(path))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(path.name, loader))
    loader.exec_module(module)
    return module


soak = load(HERE.parent / "soak" / "run")


class Stage:
    """The programs, the list, and what all of them are told."""

    def __init__(self, build, work, name_server, port, server):
        self.program = build / "scanner" / "stsurvey"
        self.work, self.server = work, server
        self.common = ["--allow-reserved", "127.0.0.0/8", "--https-port", port, "--ca-file", work / "ca.pem", "--rate", "0", "--timeout", "2",
                       "--retries", "5", "--http-timeout", HTTP_TIMEOUT, "--per-host", "64"]
        self.machine = ["--name-servers", name_server, "--threads", "1", "--concurrency", "500"]
        self.at = ["--nats", server.url, "--job", "proof"]

    def run(self, *words, **more):
        return subprocess.run([str(word) for word in (self.program, *words)], check=True, timeout=LIMIT_S, **more)

    def start(self, name, *words):
        log = open(self.work / (name + ".log"), "ab")  # pylint: disable=consider-using-with
        with log:
            return subprocess.Popen([str(word) for word in (self.program, *words)], stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def worker(self, number):
        name = f"worker-{number}"
        return self.start(name, "fleet", "work", *self.at, "-d", self.work / name, "--worker", name, "-q", "--allow-reserved", "127.0.0.0/8", *self.machine)

    def is_collected(self):
        """It was killed when nothing but its last word was left."""
        return (self.work / "fleet.msgpack.zst").exists() and not (self.work / "fleet.msgpack.zst.parts" / "job").exists()

    def collector(self):
        return self.start("collect", "fleet", "collect", *self.at, "-o", self.work / "fleet.msgpack.zst", "-q")


def lines_of(stage, scan):
    """Each domain's line, without what changes."""
    with subprocess.Popen([stage.program, "export", scan], stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            yield json.loads(line, object_hook=lambda member: {name: value for name, value in member.items() if name not in CHANGES})
    if process.returncode != 0:
        raise RuntimeError(f"export of {scan} ended with {process.returncode}")


def without_slow(one, other):
    """How senders judge a policy depends on how long it took, which a busy machine decides: those that looked at it are left out of both."""
    slow = {sender["profile"] for line in (one, other) for sender in line.get("senders") or () if (sender["why"] or "").startswith("the policy took")}
    return [{**line, "senders": [sender for sender in line.get("senders") or () if sender["profile"] not in slow]} for line in (one, other)]


def paths(one, other, at=""):
    """Where two lines differ: path, one value, the other's."""
    if isinstance(one, dict) and isinstance(other, dict):
        for name in sorted({*one, *other}):
            yield from paths(one.get(name), other.get(name), f"{at}.{name}")
    elif one != other:
        yield f"{at[1:]}: {json.dumps(one)[:200]} and {json.dumps(other)[:200]}"


def compare(stage, domains):
    """How many domains differ, of the list or in order; each is told, up to a few. One scan writes them as they are done, `collect` as the list has
    them."""
    single = {line["index"]: line for line in lines_of(stage, stage.work / "single.msgpack.zst")}
    differ = count = 0
    for line in lines_of(stage, stage.work / "fleet.msgpack.zst"):
        one, line = without_slow(single.get(line["index"], {}), line)
        if one != line or line["index"] != count:
            differ += 1
            if differ <= 5:
                print(f"differs, number {count}, {line['name']}:", *paths(one, line), sep="\n  ")
        count += 1
    print(f"{count} domains compared, {differ} differ")
    return differ if count == len(single) == domains else differ + 1


def strike(stage, rng, kills):
    """Kill @kills times whoever it hits, start it again, and wait for `collect` to end."""
    running = {f"worker {n}": (stage.worker, n) for n in range(WORKERS)}
    process = {name: make(n) for name, (make, n) in running.items()}
    process["collect"] = stage.collector()
    hit, began = dict.fromkeys([*process, "server"], 0), time.monotonic()
    try:
        while process["collect"].poll() is None and time.monotonic() - began < LIMIT_S:
            if sum(hit.values()) >= kills:
                time.sleep(0.2)
                continue
            time.sleep(rng.uniform(LEAST_S, MOST_S))
            victim = rng.choice(list(hit))
            if victim == "server":
                stage.server.kill()
                time.sleep(DOWN_S)
                stage.server.start()
            elif process[victim].poll() is None:
                process[victim].kill()
                process[victim].wait()
                if victim == "collect" and stage.is_collected():
                    hit[victim] += 1
                    status = 0
                    break
                process[victim] = stage.collector() if victim == "collect" else stage.worker(running[victim][1])
            else:
                continue
            hit[victim] += 1
        else:
            status = process["collect"].poll()
        for name, one in process.items():  # the job is collected: they leave
            if name != "collect" and status is not None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    one.wait(30)
                print(f"{name} ended with {one.poll()}")
    finally:
        for one in process.values():
            if one.poll() is None:
                one.kill()
            one.wait()
    print(f"killed in {time.monotonic() - began:.0f} s: " + ", ".join(f"{name} {count}" for name, count in hit.items()))
    return status, sum(hit.values())


def prove(given, build, work):
    with open(work / "list", "wb") as out:
        subprocess.run([build / "tests" / "bench" / "gen_list", str(given.domains)], stdout=out, check=True)
    with contextlib.ExitStack() as stack:
        name_server, port = stack.enter_context(answerer(build)), stack.enter_context(soak.policy_hosts(build / "tests" / "soak", work / "ca.pem"))
        server = stack.enter_context(nats.Server())
        stage = Stage(build, work, name_server, port, server)
        began = time.monotonic()
        single = subprocess.run([str(word) for word in (stage.program, "scan", "-f", work / "list", "-o", work / "single.msgpack.zst", "-q", *stage.common,
                                                        *stage.machine)], check=False, timeout=LIMIT_S)
        print(f"one scan: {time.monotonic() - began:.0f} s, exit status {single.returncode}")
        stage.run("fleet", "submit", "-f", work / "list", *stage.at, "--chunk", max(1, given.domains // CHUNKS), "--ack-wait", "2", "--results-size", "1G", "--deliveries",
                  DELIVERIES, *stage.common)
        status, hits = strike(stage, random.Random(given.seed), given.kills)
        print(f"`collect` ended with {status} after {hits} kills")
        if status not in (0, single.returncode):
            print((work / "collect.log").read_text(errors="replace")[-4000:])
            return False
        stage.run("verify", work / "fleet.msgpack.zst")
        return compare(stage, given.domains) == 0 and hits >= min(given.kills, 1)


@contextlib.contextmanager
def answerer(build):
    argv = [build / "tests" / "bench" / "answerer", "--minutes", "30", "--policy-hosts", str(soak.HOSTS), "--delay", "1"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process.stdout.readline().split()[-1]
        finally:
            process.terminate()


def main():
    is_long = os.environ.get("STSURVEY_LONG", "") == "1"
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--domains", type=int, default=200000 if is_long else 20000)
    parser.add_argument("--kills", type=int, default=60 if is_long else 12)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    given = parser.parse_args()
    build = given.build.resolve()
    for program in ("scanner/stsurvey-fleet", "tests/soak/policy_hosts", "tests/bench/answerer", "tests/bench/gen_list"):
        if not (build / program).exists():
            print(f"skipped: {build / program} is not built")
            return 77
    print(f"seed {given.seed}")
    with tempfile.TemporaryDirectory(prefix="stsurvey-fleet-") as work:
        return 0 if prove(given, build, pathlib.Path(work)) else 1


if __name__ == "__main__":
    sys.exit(main())
