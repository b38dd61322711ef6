# SPDX-License-Identifier: BSD-2-Clause
"""Questions to thousands of name servers: scanner/dns/direct_engine.c beside the least code that asks them, in one run and in turns."""
import bench_tools as tools
from bench_whole import Internet, Network

DOMAINS = 100000  # three questions each
CLEAN = {"biggest": 0, "lame": 0, "half": 0, "silent": 0, "unequal": 0}
CLIENTS = {"bench_direct": "scanner/dns/direct_engine", "direct_loop": "hand-rolled loop"}
HEAD = ["client", "CPU µs/question", "questions/s"]


def one(context, network, program, count):
    with Internet(context, network, **CLEAN) as world:
        done = tools.measure([*network.into, context.tools / program, 53, count])
    found = tools.values(done.out)
    if done.status != 0 or found["good"] != found["questions"]:
        raise RuntimeError(f"{program} ended with {done.status}: {done.out[-500:]}")
    if world.counts["kernel_drops"] + world.counts["strange"] > 0:
        raise RuntimeError(f"{program}: the name servers dropped {world.counts['kernel_drops']} questions")
    return found


def measure(context, rounds):
    """Rows of a table; the median over the rounds of the engine's CPU a question ÷ the loop's."""
    count = DOMAINS * (10 if context.full else 1)
    runs = {program: [] for program in CLIENTS}
    with Network() as network:
        for _ in range(rounds):
            for program in CLIENTS:
                runs[program].append(one(context, network, program, count))
    cpu = {program: [run["cpu_us_per_question"] for run in runs[program]] for program in CLIENTS}
    rows = [[name, f"{tools.median(cpu[program]):.2f}", f"{tools.median([run['questions_per_second'] for run in runs[program]]):.0f}"]
            for program, name in CLIENTS.items()]
    return rows, tools.median([ours / theirs for ours, theirs in zip(cpu["bench_direct"], cpu["direct_loop"])])


def run(context):
    rows, ratio = measure(context, context.rounds)
    context.table("Questions asked directly: 4,000 in flight at 1,980 addresses, every answer judged (median)", HEAD, rows)
    for row in rows:
        context.say(f"{row[0]}: {row[1]} µs of CPU a question, {row[2]} questions/s")
    context.target("CPU of a direct question ÷ hand-rolled loop", 1.30, 1.15, ratio)
