# SPDX-License-Identifier: BSD-2-Clause
"""Whole surveys: what a domain costs with everything on our side, the recursion included, in a made-up internet of its own.

tests/bench/internet.c is the registry and all name servers, on 127/8, in a network namespace where port 53 is free; scans run there,
each with a private Unbound that begins with nothing in its cache. CPU is that of the scan and of its Unbound.
"""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import time

import bench_tools as tools
from bench_tools import measure, values

LOOK_S = 0.1            # between two looks at what a process has used
WINDOW = 4000           # domains in flight, a hundred more for each millisecond of delay
START = 20              # domains of the scan whose cost is that of starting, which is taken off
KINDS = ("clean", "lame", "half", "silent", "unequal")
EVERY = {"clean": 1, "silent": 100}  # domain of a list of that kind is of it, else every tenth; as gen_zone has it
# An Unbound on this machine asks again by itself what is not answered; repeats while it does would be taken for losses between it and us.
PATIENT = ["--timeout", 5, "--retries", 1]
BIGGEST_RATE = 6000     # questions a second of the operator that waits
VANITY_PER_MILLE = 1000
# A list of all kinds holds more negative answers than are audited in a scan of a million: the share is the same in a short one.
AUDIT_OF_A_MILLION = 10000 / 2e6

RESOLVER = """server:
	module-config: "iterator"
	do-not-query-localhost: no
	ratelimit: 0
stub-zone:
	name: "."
	stub-addr: 127.0.53.1
"""


class Network:
    """A network namespace whose loopback is the internet; it ends with us."""

    def __enter__(self):
        self.holder = subprocess.Popen(["unshare", "-n", "sh", "-c", "ip link set lo up && echo up && exec cat"],
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if self.holder.stdout.readline().strip() != "up":
            raise RuntimeError("no network namespace")
        self.into = ["nsenter", "-t", str(self.holder.pid), "-n"]
        return self

    def __exit__(self, *_):
        self.holder.communicate("")


class Internet:
    """tests/bench/internet on the server's core; `counts` once it has ended."""

    def __init__(self, context, network, **options):
        self.argv = [*network.into, "taskset", "-c", tools.SERVER_CORE, str(context.tools / "internet"), "--minutes", "60"]
        for name, value in options.items():
            self.argv += ["--" + name.replace("_", "-"), str(value)]
        self.counts = {}

    def __enter__(self):
        self.process = subprocess.Popen(self.argv, stdout=subprocess.PIPE, text=True)
        self.process.stdout.readline()
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.counts = values(self.process.communicate(timeout=60)[0])


class Watched:
    """What a scan and its Unbound have used, each by itself, looked at again and again while it runs."""

    def __init__(self):
        self.unbound_cpu = self.scan_mib = self.unbound_mib = 0.0

    def __call__(self, pid, over):
        tick = os.sysconf("SC_CLK_TCK")
        while not over.wait(LOOK_S):
            try:
                self.scan_mib = max(self.scan_mib, peak_mib(pid))
                for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split():
                    used = pathlib.Path(f"/proc/{child}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
                    self.unbound_cpu = max(self.unbound_cpu, (int(used[11]) + int(used[12])) / tick)
                    self.unbound_mib = max(self.unbound_mib, peak_mib(child))
            except (OSError, ValueError):
                pass


def peak_mib(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0


def make(context, count, form, kind="all", vanity=0):
    path = context.work / f"{count}.{kind}.{vanity}.{form}"
    if not path.exists():
        with open(path, "wb") as out:
            subprocess.run([context.tools / "gen_zone", str(count), form, kind, str(vanity)], stdout=out, check=True)
    return path


WAYS = {"resolver": ("zone", []), "direct": ("zone", ["--direct"]), "plain list": ("list", ["--direct"])}


def scan(context, network, way, count, kind="all", vanity=0, delay=0, more=(), internet=None):
    """One scan in an internet of its own: a dictionary of what it used, asked and left."""
    form, options = WAYS[way]
    out = context.work / f"{way.replace(' ', '_')}.msgpack.zst"
    config, metadata = context.work / "resolver.conf", context.work / "metadata.json"
    config.write_text(RESOLVER, encoding="ascii")
    argv = [*network.into, context.stsurvey, "scan", "-f", make(context, count, form, kind, vanity), "-o", out, "--force", "-q",
            "-m", metadata, "--resolver", "unbound", "--resolver-config", config, "--allow-reserved", "127.0.0.0/8", "--rate", 0,
            "--threads", 1, "--concurrency", WINDOW + 100 * delay, *PATIENT, *options, *more]
    if options and "--audit" not in more and count < 1000000:
        argv += ["--audit", AUDIT_OF_A_MILLION]
    watched = Watched()
    with Internet(context, network, delay=delay, vanity=vanity, **(internet or {})) as world:
        done = measure(argv, beside=watched)
    if done.status not in (0, 3):
        raise RuntimeError(f"scan {way} of {kind} ended with {done.status}: {done.out[-2000:]}")
    checked = check(context, count, out) if vanity == 0 else {}
    told = json.loads(metadata.read_text(encoding="utf-8"))
    row = {"way": way, "kind": kind, "count": count, "delay": delay, "cpu": done.cpu, "wall": done.wall, "unbound": watched.unbound_cpu,
           "mib": watched.scan_mib, "unbound_mib": watched.unbound_mib, "samples": done.samples, "world": world.counts, "check": checked, "out": out,
           "direct": told.get("direct")}
    context.say(f"{way}, {count} {kind}, {delay} ms: {done.cpu * 1e6 / count:.1f} µs of CPU a domain, {count / done.wall:.0f} domains/s, "
                f"{watched.scan_mib:.1f} MiB, registry {world.counts['registry'] / count:.3f} and servers {world.counts['servers'] / count:.2f} "
                f"questions a domain, dropped {world.counts['kernel_drops'] + world.counts['dropped']}")
    return row


def check(context, count, *files):
    done = measure([context.tools / "check_internet", count, *files])
    found = values(done.out)
    found["status"] = done.status
    found["lines"] = [line for line in done.out.splitlines() if "=" not in line]
    return found


def starting(context, network, ways):
    """Seconds of CPU that a scan takes whatever its list."""
    return {way: min(scan(context, network, way, START, "clean")["cpu"] for _ in range(2)) for way in ways}


def cost(row, start):
    """Microseconds of CPU a domain."""
    return (row["cpu"] - start[row["way"]]) * 1e6 / row["count"]


# ---- by kind of domain ----

def of_kind(mean, kind, clean):
    """Of a list's mean what its domains of the kind cost, the others being clean."""
    every = EVERY.get(kind, 10)
    return mean if every == 1 else (mean - clean) * every + clean


def kinds(context, network, start, count):
    """What a domain of each kind costs: of a list with some of them, less what its clean ones cost."""
    rows, found = [], {}
    for kind in KINDS:
        shown = [kind]
        for way in ("resolver", "direct"):
            row = scan(context, network, way, count, kind)
            each = found[kind, way] = of_kind(cost(row, start), kind, found.get(("clean", way)))
            shown += [f"{each:.1f}", f"{row['world']['registry'] / count:.2f}", f"{row['world']['servers'] / count:.2f}",
                      row["check"][f"wrong_{kind}"]]
        rows.append(shown + [f"{found[kind, 'direct'] / found[kind, 'resolver']:.3f}"])
        if kind == "unequal":
            context.target("unequal servers that the audit finds", 1, 1, row["direct"]["audit"]["data"], at_least=True, digits=0)
    context.table(f"CPU of scan and Unbound by kind of domain, {count} domains a list, 0 ms",
                  ["kind", "resolver µs", "registry q", "server q", "wrong", "direct µs", "registry q", "server q", "wrong", "direct ÷ resolver"], rows)
    context.target("clean domains: direct ÷ resolver", 0.10, 0.07, found["clean", "direct"] / found["clean", "resolver"], digits=3)


# ---- all kinds together ----

MIXED_HEAD = ["way", "domains", "delay ms", "CPU µs/domain", "of which Unbound", "÷ resolver", "domains/s", "registry q/domain", "server q/domain",
              "scan MiB", "Unbound MiB"]


def mixed_row(row, start, base):
    n = row["count"]
    return [row["way"], n, row["delay"], f"{cost(row, start):.1f}", f"{row['unbound'] * 1e6 / n:.1f}", f"{cost(row, start) / base:.3f}",
            f"{n / row['wall']:.0f}", f"{row['world']['registry'] / n:.3f}", f"{row['world']['servers'] / n:.2f}", f"{row['mib']:.1f}",
            f"{row['unbound_mib']:.0f}"]


def mixed(context, network, start, count, delays):
    shown, ratios, differ = [], {"direct": [], "plain list": []}, 0
    context.table("Whole surveys: 2 % lame, 2 % half lame, 1 % silent, 1 % unequal, a quarter at one operator", MIXED_HEAD, shown)
    for delay in delays:
        rows = {}
        for way in WAYS:
            rows[way] = scan(context, network, way, count, delay=delay)
            shown.append(mixed_row(rows[way], start, cost(rows["resolver"], start)))
            context.save()
        for way in ("direct", "plain list"):
            ratios[way].append(cost(rows[way], start) / cost(rows["resolver"], start))
            told = check(context, count, rows["resolver"]["out"], rows[way]["out"])
            differ += sum(told[f"differ_{kind}"] for kind in KINDS if kind != "unequal") + (told["missing"] + told["doubled"])
            context.say(f"{way} beside resolver: " + ", ".join(f"{kind} {told[f'differ_{kind}']}" for kind in KINDS) + " differ "
                        + " ".join(told["lines"]))
            context.say(f"audit: {json.dumps((rows[way]['direct'] or {}).get('audit'))}")
        for row in rows.values():
            wrong = sum(row["check"][f"wrong_{kind}"] for kind in KINDS)
            differ += wrong
            context.say(f"{row['way']}: wrong {wrong}, left open " + ", ".join(f"{kind} {row['check'][f'open_{kind}']}" for kind in KINDS))
    context.target("the whole: direct ÷ resolver", 0.25, 0.16, max(ratios["direct"]), digits=3)
    context.target("the whole, plain list: direct ÷ resolver", 0.45, 0.36, max(ratios["plain list"]), digits=3)
    context.target("domains that differ, lost or wrong, but for unequal servers", 0, 0, differ, digits=0)


# ---- memory ----

def memory(context, network, sizes, vanity_names):
    rows = []
    for count in sizes:
        row = scan(context, network, "direct", count, "clean")
        rows.append([count, "2000 addresses", f"{row['mib']:.1f}", steps(row)])
    # a pair of its own each, of which the resolver is asked: silent and lame ones would only make it long
    row = scan(context, network, "direct", vanity_names // 2, vanity=VANITY_PER_MILLE, internet={"silent": 0, "lame": 0})
    rows.append([row["count"], f"{vanity_names} names of name servers", f"{row['mib']:.1f}", steps(row)])
    context.table("Resident memory of a scan with --direct", ["domains", "name servers", "MiB at most", "MiB over time"], rows)
    context.target("RSS MiB of a scan with --direct", 96, 64, max(float(row[2]) for row in rows), digits=1)
    context.target("RSS of the longest list ÷ the shortest", 1.10, 1.10, float(rows[len(sizes) - 1][2]) / float(rows[0][2]))


def steps(row):
    step = max(1, len(row["samples"]) // 5)
    return ", ".join(f"{kib / 1024:.1f}" for _, kib in row["samples"][::step][:6])


# ---- one operator waits ----

def one_waits(context, network, count):
    """A quarter of the domains wait for one operator's rate: do the others take longer than alone?"""
    rate = ["--operator-rate", BIGGEST_RATE, "--server-rate", 0]
    alone = scan(context, network, "direct", count * 3 // 4, "others", more=rate)["check"]
    beside = scan(context, network, "direct", count, "clean", more=rate)["check"]
    context.table(f"A quarter of {count} domains waits for one operator, {BIGGEST_RATE} questions a second",
                  ["", "the others' last, s", "the operator's last, s"],
                  [["others alone", f"{alone['others_ms'] / 1e3:.1f}", "–"],
                   ["with it", f"{beside['others_ms'] / 1e3:.1f}", f"{beside['biggest_ms'] / 1e3:.1f}"]])
    context.target("time of the others beside a waiting operator ÷ alone", 1.15, 1.03, beside["others_ms"] / alone["others_ms"])


# ---- others' programs ----

def massdns(context, network, count):
    """With the same Unbound, which is ours to start then."""
    resolvers, config = context.work / "resolvers", context.work / "unbound.conf"
    resolvers.write_text("127.0.0.1:5353\n", encoding="ascii")
    survey = (pathlib.Path(__file__).resolve().parents[2] / "datasets" / "unbound-survey.conf").read_text(encoding="ascii")
    config.write_text(survey + RESOLVER + "server:\n\tnum-threads: 1\n\tnum-queries-per-thread: 8192\n\toutgoing-range: 16384\n", encoding="ascii")
    cpu = wall = 0
    with Internet(context, network) as world:
        with subprocess.Popen([*network.into, "taskset", "-c", tools.CLIENT_CORE, "unbound", "-d", "-p", "-c", str(config)],
                              stderr=subprocess.DEVNULL) as unbound:
            time.sleep(1)
            for kind, form in (("MX", "list"), ("TXT", "txt")):
                done = measure([*network.into, "massdns", "--root", "-q", "-r", resolvers, "-t", kind, "-o", "B", "-w", "/dev/null",
                                make(context, count, form)])
                cpu, wall = cpu + done.cpu, wall + done.wall
            used = pathlib.Path(f"/proc/{unbound.pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
            cpu += (int(used[11]) + int(used[12])) / os.sysconf("SC_CLK_TCK")
            unbound.terminate()
    return ["massdns and Unbound", count, 0, f"{cpu * 1e6 / count:.1f}", "–", "–", f"{count / wall:.0f}", f"{world.counts['registry'] / count:.3f}",
            f"{world.counts['servers'] / count:.2f}", "–", "–"]


def zdns(context, network, count):
    """Iterative, from the registry down; fewer domains, as it is much slower."""
    count = min(count, 20000)
    cpu = wall = 0
    with Internet(context, network) as world:
        for kind, form in (("MX", "list"), ("TXT", "txt")):
            done = measure([*network.into, "zdns", kind, "--iterative", "--name-servers", "127.0.53.1", "--local-addr", "127.0.0.1",
                            "--threads", 1000, "--input-file", make(context, count, form), "--output-file", "/dev/null"],
                           f"{tools.CLIENT_CORE},{tools.SERVER_CORE}")
            cpu, wall = cpu + done.cpu, wall + done.wall
    return ["zdns --iterative", count, 0, f"{cpu * 1e6 / count:.1f}", "–", "–", f"{count / wall:.0f}", f"{world.counts['registry'] / count:.3f}",
            f"{world.counts['servers'] / count:.2f}", "–", "–"]


def others(context, network, count):
    rows = []
    for name, run in (("massdns", massdns), ("zdns", zdns)):
        if shutil.which(name):
            rows.append(run(context, network, count))
        else:
            context.say(f"{name}: not on the PATH, left out")
    if rows:
        context.table("Other programs in the same internet", MIXED_HEAD, rows)


def run(context):
    if os.geteuid() != 0 or not shutil.which("unbound", path=os.environ.get("PATH", "") + ":/usr/sbin"):
        raise RuntimeError("it needs root, for a network of its own, and unbound")
    count = (context.sizes or [1000000 if context.full else 50000])[0]
    with Network() as network:
        start = starting(context, network, WAYS)
        context.say("starting: " + ", ".join(f"{way} {seconds:.2f} s" for way, seconds in start.items()))
        kinds(context, network, start, min(count, 200000))
        mixed(context, network, start, count, [delay for delay in context.delays if delay <= 50])
        others(context, network, count)
        one_waits(context, network, count)
        memory(context, network, [count, 10 * count], 3 * count)
