# SPDX-License-Identifier: BSD-2-Clause
"""Processes of a benchmark: pinned, measured, bounded in time; and the answerer they talk to."""
import os
import pathlib
import shutil
import signal
import statistics
import subprocess
import threading
import time

CLIENT_CORE, SERVER_CORE = "0", "1"
SAMPLE_S = 0.5   # between two looks at the resident memory
LIMIT_S = 1800   # no measured process runs longer


class Measured:
    """What one process used: seconds of CPU (user and system), wall seconds, KiB at most, and KiB over time."""

    def __init__(self, status, usage, wall, out, samples):
        self.status = status
        self.cpu = usage.ru_utime + usage.ru_stime
        self.wall = wall
        self.rss_kib = usage.ru_maxrss
        self.out = out
        self.samples = samples


def values(text):
    """`name=value` lines → numbers by name."""
    found = {}
    for line in text.splitlines():
        name, equals, value = line.partition("=")
        if equals:
            try:
                found[name] = float(value) if "." in value else int(value)
            except ValueError:
                pass
    return found


def resident_kib(pid):
    try:
        for line in pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
    except OSError:
        pass
    return 0


def sample(pid, over, samples, start):
    while not over.wait(SAMPLE_S):
        samples.append((time.monotonic() - start, resident_kib(pid)))


def measure(argv, cores=CLIENT_CORE, stdin=None, beside=None, limit=LIMIT_S):
    """Run argv on these cores to its end, at most `limit` seconds; wait4's figures are this process's alone, its children included.
    `beside(pid, over)` runs in a thread of its own meanwhile; the event `over` is set at the end."""
    start = time.monotonic()
    samples, over = [], threading.Event()
    with subprocess.Popen(["taskset", "-c", cores] + [str(a) for a in argv], stdin=stdin or subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        sampler = threading.Thread(target=sample, args=(process.pid, over, samples, start))
        killer = threading.Timer(limit, process.kill)
        company = threading.Thread(target=beside, args=(process.pid, over)) if beside else None
        helpers = [sampler, killer] + [company] * bool(company)
        try:
            for helper in helpers:
                helper.start()
            out = process.stdout.read().decode(errors="replace")
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            wall = time.monotonic() - start
        except BaseException:  # this program is being ended: what it started ends too
            process.kill()
            raise
        finally:
            killer.cancel()
            over.set()
            for helper in helpers:
                helper.join()
    return Measured(process.returncode, usage, wall, out, samples)


class Answerer:
    """tests/bench/answerer on the server's core; `counts` holds what it was asked once it has ended."""

    def __init__(self, tools, **options):
        self.argv = ["taskset", "-c", SERVER_CORE, str(tools / "answerer"), "--minutes", "60"]
        for name, value in options.items():
            self.argv += ["--" + name.replace("_", "-"), str(value)]
        self.counts = {}

    def __enter__(self):
        self.process = subprocess.Popen(self.argv, stdout=subprocess.PIPE, text=True)
        self.address = self.process.stdout.readline().split()[-1]
        self.port = self.address.split(":")[1]
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.counts = values(self.process.communicate(timeout=60)[0])


def expected(tools, path, **options):
    argv = [str(tools / "answerer"), "--expect", str(path)]
    for name, value in options.items():
        argv += ["--" + name.replace("_", "-"), str(value)]
    return values(subprocess.run(argv, stdout=subprocess.PIPE, text=True, check=True).stdout)


def make_list(tools, work, count, form="list"):
    """A list of made-up domains, once."""
    path = work / f"{count}.{form}"
    if not path.exists():
        with open(path, "wb") as out:
            subprocess.run([tools / "gen_list", str(count), "0", form], stdout=out, check=True)
    return path


def median(numbers):
    return statistics.median(numbers) if numbers else None


# What each part needs from Debian, by the program that tells whether it is there.
PACKAGES = {"cmake": "cmake", "ninja": "ninja-build", "gcc": "gcc", "taskset": "util-linux", "dnsperf": "dnsperf",
            "nginx": "nginx-light", "openssl": "openssl", "curl": "curl", "valgrind": "valgrind"}


def missing_packages():
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    return sorted({package for program, package in PACKAGES.items() if not shutil.which(program, path=path)})
