# SPDX-License-Identifier: BSD-2-Clause
"""DNS benchmarks: scans of made-up domains against the limit client and other tools, in the same run."""
import concurrent.futures
import json
import signal
import subprocess

import bench_tools as tools
from bench_tools import Answerer, measure, median, values

WINDOW = 4000           # domains in flight for scan and udp_limit
PACED = 90000           # questions a second, a third of what one core does
ZDNS_MOST = 20000       # domains; some ten seconds
ZDNS_THREADS = 1000     # its goroutines; fewer make it slower
# Before a scan believes its name server it asks for the MX of its list's first names and a few addresses (scanner/dns/preflight.h).
PREFLIGHT = {"mx": 8, "a": 2, "aaaa": 2}
NOTHING_SPECIAL = {"nxdomain": 0, "sts": 0, "wildcard": 0}  # three questions for each domain, none with a policy


def scan_argv(context, path, address, out, **options):
    argv = [context.stsurvey, "scan", "-f", path, "-o", out, "--force", "-q", "--name-servers", address]
    for name, value in {"threads": 1, "concurrency": WINDOW, "rate": 0, **options}.items():
        argv += ["--" + name.replace("_", "-"), value]
    return argv


def scan(context, path, address, cores=tools.CLIENT_CORE, under=(), beside=None, limit=tools.LIMIT_S, **options):
    """One scan, started by the command `under`; its file stays in the work folder until the next."""
    done = measure([*under, *scan_argv(context, path, address, context.scan_file, **options)], cores, beside=beside, limit=limit)
    if done.status == -signal.SIGKILL:
        raise RuntimeError(f"scan took longer than {limit:.0f} s")
    if done.status not in (0, 3):
        raise RuntimeError(f"scan ended with {done.status}: {done.out[-2000:]}")
    return done


def checked(context, count):
    """Each index once? Exit status 1 says no; the figures tell more."""
    return values(measure([context.tools / "check_scan", context.scan_file, count]).out)


# ---- peers: each takes a context, the count, an answerer; returns microseconds of CPU a domain and domains a second ----

def run_scan(context, count, server):
    done = scan(context, tools.make_list(context.tools, context.work, count), server.address)
    return done.cpu * 1e6 / count, count / done.wall


def run_scan_two(context, count, server):
    done = scan(context, tools.make_list(context.tools, context.work, count), server.address,
                cores=f"{tools.CLIENT_CORE},{tools.SERVER_CORE}", threads=2)
    return done.cpu * 1e6 / count, count / done.wall


def run_scan_paced(context, count, server, threads=1):
    """At a rate that leaves both cores some rest: threads that compete with the answerer for a core cost more for that alone."""
    done = scan(context, tools.make_list(context.tools, context.work, count), server.address,
                cores=f"{tools.CLIENT_CORE},{tools.SERVER_CORE}", threads=threads, rate=PACED)
    return done.cpu * 1e6 / count, count / done.wall


def run_scan_two_paced(context, count, server):
    return run_scan_paced(context, count, server, 2)


def run_scan_apart(context, count, server):
    """Half the list each, a process on each core: what two threads would cost if they shared nothing. One of them shares its core with
    the answerer, as one of two threads does."""
    path = tools.make_list(context.tools, context.work, count)

    def half(shard, core):
        argv = scan_argv(context, path, server.address, context.work / f"half{shard}.msgpack.zst", concurrency=WINDOW // 2)
        return measure([*argv, "--shards", 2, "--shard", shard], core)

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        done = list(pool.map(half, range(2), (tools.CLIENT_CORE, tools.SERVER_CORE)))
    if any(one.status != 0 for one in done):
        raise RuntimeError(f"scan of a half ended with {[one.status for one in done]}: {done[0].out[-2000:]}")
    return sum(one.cpu for one in done) * 1e6 / count, count / max(one.wall for one in done)


def run_limit(context, count, server):
    path = tools.make_list(context.tools, context.work, count)
    done = measure([context.tools / "udp_limit", "-f", path, "-p", server.port, "-n", WINDOW])
    return done.cpu * 1e6 / count, count / done.wall


def run_dnsperf(context, count, server):
    path = tools.make_list(context.tools, context.work, count, "dnsperf")
    done = measure(["dnsperf", "-s", "127.0.0.1", "-p", server.port, "-d", path, "-n", 1, "-q", WINDOW, "-c", 4, "-b", 4096, "-t", 2])
    return done.cpu * 1e6 / count, count / done.wall


def run_massdns(context, count, server):
    """It asks for one type a run: MX of the list, then TXT of the two names below each domain."""
    resolvers = context.work / "resolvers"
    resolvers.write_text(server.address + "\n", encoding="ascii")
    cpu = wall = 0
    for kind, form in (("MX", "list"), ("TXT", "txt")):
        path = tools.make_list(context.tools, context.work, count, form)
        done = measure(["massdns", "--root", "-q", "-r", resolvers, "-t", kind, "-o", "B", "-w", "/dev/null", path])
        cpu += done.cpu
        wall += done.wall
    return cpu * 1e6 / count, count / wall


def zdns_answered(metadata):
    """How many names it looked up, and for how many it got what a name server may say of a name."""
    told = json.loads(metadata.read_text(encoding="utf-8"))
    return told["names"], sum(told["statuses"].get(status, 0) for status in ("NOERROR", "NXDOMAIN"))


def run_zdns(context, count, server, *options):
    """Fewer domains: it is some twenty times slower. Two runs, like massdns; both cores, as it would take them. The local address keeps
    it from looking for one by the route to a public name server."""
    count = min(count, ZDNS_MOST)
    metadata = context.work / "zdns.json"
    cpu = wall = 0
    for kind, form, names in (("MX", "list", count), ("TXT", "txt", 2 * count)):
        path = tools.make_list(context.tools, context.work, count, form)
        done = measure(["zdns", kind, "--name-servers", server.address, "--local-addr", "127.0.0.1", "--threads", ZDNS_THREADS, *options,
                        "--input-file", path, "--output-file", "/dev/null", "--metadata-file", metadata],
                       f"{tools.CLIENT_CORE},{tools.SERVER_CORE}")
        if done.status != 0:
            raise RuntimeError(f"zdns ended with {done.status}: {done.out[-2000:]}")
        looked_up, answered = zdns_answered(metadata)
        if looked_up != names or answered < 0.99 * names:
            raise RuntimeError(f"zdns looked up {looked_up} and got an answer for {answered} of {names}")
        cpu += done.cpu
        wall += done.wall
    return cpu * 1e6 / count, count / wall


def run_zdns_once(context, count, server):
    return run_zdns(context, count, server, "--retries", 0)


PEERS = {"scan": run_scan, "scan, 2 threads": run_scan_two, "scan, 2 processes": run_scan_apart, "scan, paced": run_scan_paced,
         "scan, 2 threads, paced": run_scan_two_paced, "udp_limit": run_limit, "dnsperf": run_dnsperf,
         "massdns -o B": run_massdns, "zdns": run_zdns, "zdns --retries 0": run_zdns_once}


def full_name(name):
    """With its version, where that makes a difference and it tells."""
    if not name.startswith("zdns"):
        return name
    told = subprocess.run(["zdns", "--version"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False, timeout=10)
    return name.replace("zdns", "zdns " + told.stdout.split()[-1], 1) if told.returncode == 0 and told.stdout.split() else name


def peers(context, count, rounds):
    """Each client in turn, several rounds, so that a busy minute of the machine hits all; ratios are taken round by round."""
    measured = {name: [] for name in PEERS if name == "scan" or name.startswith("scan,") or context.has(name.split()[0])}
    if not context.stsurvey.exists():
        measured = {name: runs for name, runs in measured.items() if not name.startswith("scan")}
    for _ in range(rounds):
        for name, runs in measured.items():
            with Answerer(context.tools, **NOTHING_SPECIAL) as server:
                runs.append(PEERS[name](context, count, server))
            context.say(f"{name}: {runs[-1][0]:.1f} µs of CPU a domain, {runs[-1][1]:.0f} domains/s")
    return measured


def peer_rows(measured):
    rows = []
    for name, runs in measured.items():
        faster = ratio(measured, "scan", name, 1)
        rows.append([full_name(name), f"{median([r[0] for r in runs]):.1f}", f"{median([r[1] for r in runs]):.0f}",
                     f"{ratio(measured, name, 'udp_limit'):.2f}", f"{faster:.1f}" if faster else "–"])
    return rows


def ratio(measured, name, other, column=0):
    if name not in measured or other not in measured:
        return None
    return median([a[column] / b[column] for a, b in zip(measured[name], measured[other])])


# ---- the matrix: sizes, delays, losses ----

def one_scan(context, count, server_options, limit=tools.LIMIT_S, **scan_options):
    """A scan of the made-up zone, checked against what it had to ask; an error when it takes more than `limit` seconds."""
    path = tools.make_list(context.tools, context.work, count)
    tally = count * 4 if count <= context.tally_max else 0
    with Answerer(context.tools, tally=tally, **server_options) as server:
        done = scan(context, path, server.address, limit=limit, **scan_options)
    want = tools.expected(context.tools, path)
    check = checked(context, count)
    kinds = ("mx", "sts", "tlsrpt", "a", "aaaa")
    beyond = {kind: server.counts["asked_" + kind] - want["asked_" + kind] for kind in kinds}
    row = {"domains": count, "window": scan_options.get("concurrency", WINDOW), "cpu": done.cpu * 1e6 / count, "speed": count / done.wall, "rss_mib": done.rss_kib / 1024,
           "samples": done.samples, "octets": context.scan_file.stat().st_size / count, "wall": done.wall,
           "open": check.get("open"), "tail": check.get("tail"),
           "wrong": check.get("wrong", count), "lost": check.get("missing", count) + sum(max(0, -n) for n in beyond.values()),
           "twice": check.get("doubled", count) + sum(max(0, n - PREFLIGHT.get(k, 0)) for k, n in beyond.items()),
           "again": max(0, server.counts["asked_again"] - PREFLIGHT["mx"]) if tally else None, "server": server.counts}
    row.update(server_options)
    context.say(f"{count} domains, {server_options}, {scan_options}: {row['cpu']:.1f} µs of CPU a domain, {row['speed']:.0f} domains/s, "
                f"{row['rss_mib']:.1f} MiB, {row['open']} left open, tail {row['tail']}, asked again {row['again']}, lost {row['lost']}")
    return row


MATRIX_HEAD = ["domains", "delay ms", "loss %", "window", "CPU µs/domain", "domains/s", "RSS MiB", "octets/domain", "left open", "wrong", "lost",
               "asked twice", "tail ÷ share"]
MATRIX_USUAL, MATRIX_LEAST = 45000, 15000  # domains/s of a quiet machine, and below which a cell is given up
CELL_EXTRA_S = 60                          # beyond that, for the end of a lossy scan and a short list


def window_for(delay):
    """A domain takes two round trips: 120 a millisecond leave room for 60,000 domains/s, about what a core can do. More would wait for
    the CPU, longer than the scanner waits before it repeats."""
    return max(WINDOW, 120 * delay)


def matrix(context, sizes, delays, losses):
    """A row each as it is measured; RuntimeError instead where a cell failed or took too long."""
    for count in sizes:
        for delay in delays:
            for loss in losses:
                try:
                    yield one_scan(context, count, {"delay": delay, "loss": loss}, concurrency=window_for(delay),
                                   limit=CELL_EXTRA_S + count / MATRIX_LEAST)
                except RuntimeError as error:
                    yield RuntimeError(f"{count} domains, {delay} ms, {loss / 10:g} % loss: {error}")


def matrix_row(r):
    return [r["domains"], r["delay"], f"{r['loss'] / 10:g}", r["window"], f"{r['cpu']:.1f}", f"{r['speed']:.0f}", f"{r['rss_mib']:.1f}",
            f"{r['octets']:.1f}", r["open"], r["wrong"], r["lost"], r["twice"] if r["loss"] == 0 else "–", f"{r['tail']:.1f}"]


# Domains in flight, and the delay and jitter that keep the window full: a domain has 1 question in flight, then 2, 1.5 on average.
# Without jitter the window moves in step, and 40,000 domains have 80,000 questions in flight at once.
# The first is what a scan takes whatever its window.
WINDOWS = ((15, 10, 0, 0), (4000, 2667, 20, 40), (60000, 40000, 300, 600))


def memory(context, sizes):
    rows = []
    for queries, concurrency, delay, jitter in WINDOWS:
        for count in sizes:
            row = one_scan(context, count, {"delay": delay, "jitter": jitter}, concurrency=concurrency, timeout=10)
            row["queries"] = queries
            rows.append(row)
    return rows


def memory_rows(rows):
    shown = []
    for r in rows:
        step = max(1, len(r["samples"]) // 6)
        over_time = ", ".join(f"{kib / 1024:.1f}" for _, kib in r["samples"][::step][:6])
        shown.append([r["queries"], r["server"]["waiting_most"], r["domains"], f"{r['rss_mib']:.1f}", over_time, f"{r['speed']:.0f}", f"{r['cpu']:.1f}"])
    return shown


# ---- the heap ----

def allocations(context, few, many):
    """How often a scan asks the heap for memory, for two sizes of the list; domains without STS."""
    counted = {}
    for count in (few, many):
        found = context.work / "allocations"
        with Answerer(context.tools, sts=0) as server:
            scan(context, tools.make_list(context.tools, context.work, count), server.address,
                 under=("env", f"LD_PRELOAD={context.tools / 'libmalloc_count.so'}", f"MALLOC_COUNT={found}"))
        counted[count] = values(found.read_text(encoding="ascii"))["allocations"]
        context.say(f"{count} domains: {counted[count]} allocations")
    return counted
