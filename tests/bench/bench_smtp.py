# SPDX-License-Identifier: BSD-2-Clause
"""Probes of MX hosts against smtp_server: instructions beside the least that OpenSSL makes possible, the CPU of both and of
`openssl s_client -starttls smtp`, and the memory of many that wait for a greeting."""
import re
import subprocess

import bench_tools as tools

FEW, MANY = 100, 300   # probes of two runs under callgrind: their difference has no start and no end in it
PROBES = 2000
WAITING = 5000
S_CLIENTS = 40
LIMIT_S = 600          # of one run under callgrind
TRIES = 3              # of it: on a busy machine it may stand still for seconds, and probes are begun again


class Server:
    """smtp_server on the server's core; it ends with its input."""

    def __init__(self, context):
        self.argv = ["taskset", "-c", tools.SERVER_CORE, str(context.tools / "smtp_server")]

    def __enter__(self):
        self.process = subprocess.Popen(self.argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port, self.ca_file = self.process.stdout.readline().split()
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(timeout=60)
        self.process.stdout.close()

    def client(self, program, count, *mode):
        return [program, self.port, self.ca_file, count, *mode]


def counted(argv):
    """What callgrind counts in one run of argv."""
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"] + [str(a) for a in argv]
    for _ in range(TRIES):
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=LIMIT_S, check=False)
        found = re.search(r"Collected\s*:\s*(\d+)", done.stderr.decode(errors="replace"))
        if done.returncode == 0 and found:
            return int(found.group(1))
    raise RuntimeError(f"{argv[0]} failed under valgrind ({done.returncode})")


def instructions(context, server, program):
    few, many = (counted(server.client(context.tools / program, count)) for count in (FEW, MANY))
    return (many - few) / (MANY - FEW)


def cpu_ms(context, server, program):
    done = tools.measure(server.client(context.tools / program, PROBES))
    if done.status != 0:
        raise RuntimeError(f"{program} ended with {done.status}: {done.out[-500:]}")
    return tools.values(done.out)["cpu_ms"]


def s_client_cpu_ms(server):
    script = (f"for i in $(seq {S_CLIENTS}); do printf 'QUIT\\r\\n' | openssl s_client -starttls smtp -connect 127.0.0.1:{server.port} "
              f"-CAfile {server.ca_file} -servername mx.example.test -quiet; done")
    done = tools.measure(["sh", "-c", script])
    if done.status != 0 or "verify return:1" not in done.out:
        raise RuntimeError(f"openssl s_client ended with {done.status}: {done.out[-500:]}")
    return done.cpu * 1e3 / S_CLIENTS


def many(context, server, mode):
    """What bench_smtp prints of WAITING probes that wait."""
    done = tools.measure(server.client(context.tools / "bench_smtp", WAITING, mode))
    if done.status != 0:
        raise RuntimeError(f"bench_smtp {mode} ended with {done.status}: {done.out[-500:]}")
    return tools.values(done.out)


def measure(context):
    """Rows of a table, then instructions ÷ those of the loop (None without valgrind), and what is told of the waiting."""
    with Server(context) as server:
        rows = [["scanner/smtp", cpu_ms(context, server, "bench_smtp")], ["blocking OpenSSL loop", cpu_ms(context, server, "smtp_loop")]]
        ratio = None
        if context.has("valgrind"):
            for row, program in zip(rows, ("bench_smtp", "smtp_loop")):
                row.append(instructions(context, server, program) / 1e6)
            ratio = rows[0][2] / rows[1][2]
        if context.has("openssl"):
            rows.append(["openssl s_client -starttls smtp", s_client_cpu_ms(server)])
        waiting = many(context, server, "wait") | many(context, server, "beside")
    cells = [[row[0], f"{row[1]:.2f}", f"{row[2]:.2f}" if len(row) > 2 else "–"] for row in rows]
    return cells, ratio, waiting
