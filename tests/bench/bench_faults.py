# SPDX-License-Identifier: BSD-2-Clause
"""Faults of servers, network and machine: is each domain recorded once, and as it is? Nothing here is about speed."""
import contextlib
import json
import os
import pathlib
import signal
import socket
import time

import bench_dns
import bench_tools as tools
from bench_tools import Answerer

HEAD = ["fault", "domains", "missing", "doubled", "wrong", "present called absent", "left open", "repeats", "sign of the fault", ""]
POLICY_ADDRESSES = 200  # --per-host lets 8 connections to each
LISTEN = 64


def closed_port():
    """A port of loopback that nobody listens on: the kernel answers with ICMP."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def scan(context, count, address, **options):
    """The checks of one scan, what the scan says of itself, and its exit status."""
    told = context.work / "metadata.json"
    done = bench_dns.scan(context, tools.make_list(context.tools, context.work, count), address, metadata_file=told, **options)
    check = bench_dns.checked(context, count)
    return check, json.loads(told.read_text(encoding="utf-8")), done.status


# ---- cases: each takes a context and returns the domains, (check, metadata, status), the fault's sign, and whether it came ----

def dead_beside_live(context):
    count = 100000
    with Answerer(context.tools) as live:
        result = scan(context, count, f"127.0.0.1:{closed_port()},{live.address}")
    dead = result[1]["servers"][0]
    return count, result, f"the dead one gave {dead['answered']} answers", dead["answered"] == 0


def dies_midway(context):
    """Two name servers; one's socket closes after a second."""
    count = 200000
    with Answerer(context.tools, delay=20) as live, Answerer(context.tools, delay=20) as mortal:
        def kill(_, over):
            if not over.wait(1):
                mortal.process.send_signal(signal.SIGTERM)
        result = scan(context, count, f"{mortal.address},{live.address}", beside=kill)
    icmp = result[1]["dns"]["icmp_errors"]
    return count, result, f"{icmp} ICMP errors, taken out {result[1]['servers'][0]['times_down']} times", icmp > 0


def dropped(pid, over, drops):
    """Datagrams dropped at each UDP socket of the process, by inode; looked at while it runs."""
    while not over.wait(0.05):
        with contextlib.suppress(OSError):
            mine = {os.readlink(fd) for fd in pathlib.Path(f"/proc/{pid}/fd").iterdir()}
            for line in pathlib.Path("/proc/net/udp").read_text(encoding="ascii").splitlines()[1:]:
                field = line.split()
                if f"socket:[{field[9]}]" in mine:
                    drops[field[9]] = int(field[12])


def buffer_overflows(context):
    """Bursts of a whole window into sockets that hold some forty answers."""
    count, drops = 50000, {}
    with Answerer(context.tools, delay=50) as server:
        result = scan(context, count, server.address, under=("env", f"LD_PRELOAD={context.tools / 'libsmall_buffer.so'}"),
                      beside=lambda pid, over: dropped(pid, over, drops))
    lost = sum(drops.values())
    return count, result, f"{lost} answers dropped by the kernel", lost > 0


def stopped_for_a_while(context):
    """The scanner gets no CPU for three seconds, longer than a try's time-out; every answer waits for it meanwhile."""
    count = 200000

    def stop(pid, over):
        if not over.wait(1):
            os.kill(pid, signal.SIGSTOP)
            time.sleep(3)
            os.kill(pid, signal.SIGCONT)
    with Answerer(context.tools, delay=20) as server:
        result = scan(context, count, server.address, beside=stop)
    return count, result, "3 s without CPU", result[1]["elapsed_seconds"] > 3


def many_in_flight(context):
    """Without jitter 60,000 domains move in step, so that more questions are in flight than a socket has ids."""
    count = 300000
    with Answerer(context.tools, delay=600) as server:
        result = scan(context, count, server.address, concurrency=60000, timeout=10)
    most = server.counts["waiting_most"]
    return count, result, f"{most} questions in flight", most > 65535


@contextlib.contextmanager
def silent_policy_hosts():
    """They accept, and say nothing: each fetch holds its descriptor until it times out. One port at each address of the answerer's."""
    with contextlib.ExitStack() as stack:
        port = 0
        for i in range(POLICY_ADDRESSES):
            host = stack.enter_context(socket.socket())
            host.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            host.bind((f"127.0.0.{1 + i}", port))
            host.listen(LISTEN)
            port = host.getsockname()[1]
        yield port


def few_descriptors(context):
    """More fetches at once than descriptors; the same scan with descriptors in plenty must come to the same."""
    count = 50000
    with Answerer(context.tools, policy_hosts=POLICY_ADDRESSES) as server, silent_policy_hosts() as port:
        options = {"allow_reserved": "127.0.0.0/8", "https_port": port, "http_timeout": 4}
        plenty = scan(context, count, server.address, **options)
        result = scan(context, count, server.address, under=("prlimit", "--nofile=256"), **options)
    fetches = [{k: n for k, n in r[0].items() if k.startswith("policy ")} for r in (plenty, result)]
    faults = result[1]["local_faults"]
    context.say(f"fetches with descriptors in plenty {fetches[0]}, with 256 {fetches[1]}")
    return count, result, f"{faults} faults of our own, tried again; {sum(fetches[1].values())} fetches", fetches[0] == fetches[1]


def late_answers(context):
    """One of twenty answers comes three seconds late, long after its question was asked again and its id given to another. Two hours would be
    the same to the scanner: an id is free after the time-out of one second."""
    count = 200000
    with Answerer(context.tools, late=50, late_ms=3000) as server:
        result = scan(context, count, server.address, timeout=1)
    return count, result, f"{server.counts['late']} answers 3 s late", server.counts["late"] > 0


def heavy_loss(context):
    count = 200000
    with Answerer(context.tools, loss=200) as server:
        result = scan(context, count, server.address, timeout=1)
    return count, result, f"{server.counts['lost']} questions lost", server.counts["lost"] > 0


CASES = {"a dead name server beside a live one": dead_beside_live, "a name server dies midway": dies_midway,
         "receive buffer overflows": buffer_overflows, "scanner stopped for 3 s": stopped_for_a_while,
         "over 65,535 questions in flight": many_in_flight, "256 file descriptors": few_descriptors,
         "late answers, ids used again": late_answers, "20 % loss": heavy_loss}


def run(context, case):
    """A row of the table, and whether the fault came and did no harm. What is left open after loss is no harm: it is recorded as open."""
    count, (check, metadata, status), sign, came = CASES[case](context)
    harm = sum(check.get(name, count) for name in ("missing", "doubled", "beyond", "wrong", "absent"))
    row = [case, count] + [check.get(name, "?") for name in ("missing", "doubled", "wrong", "absent", "open")]
    return row + [metadata["dns"]["repeats"], sign], came and harm == 0 and status == 0
