#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A lab that is interrupted while it starts leaves no process behind.

usage: test_interrupted.py DIR
"""
import concurrent.futures
import os
import shutil
import signal
import subprocess
import sys
import time

LAB = os.path.join(os.path.dirname(os.path.abspath(__file__)), "lab")
LIMIT_S = 60
GONE_S = 20  # until who was killed is gone, on a slow machine; the lab would end by itself after LIMIT_S
SKIPPED = 77


def processes_of(folder):
    """Those that name the folder in their command line, this one left out."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/cmdline" % pid, "rb") as file:
                line = file.read().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if folder in line and int(pid) not in (os.getpid(), os.getppid()):
            found.append("%s %s" % (pid, line))
    return found


def has_come(process, folder, name):
    """Has the starting lab come to where @name is in its folder?"""
    end = time.monotonic() + LIMIT_S
    while not os.path.exists(os.path.join(folder, name)):
        if process.poll() is not None or time.monotonic() > end:
            return False
        time.sleep(0.001)
    return True


def interrupt(number, folder, name):
    """What is wrong, or None."""
    shutil.rmtree(folder, ignore_errors=True)
    process = subprocess.Popen([LAB, "start", folder, "--plain", "50", "--no-vectors", "--seconds", str(LIMIT_S)], start_new_session=True,
                               stdout=subprocess.DEVNULL)
    if not has_come(process, folder, name):
        return "it did not come to %s" % name
    os.killpg(process.pid, number)  # as a terminal does
    status = process.wait(LIMIT_S)
    if status == 0:  # it stood before it could be interrupted
        subprocess.run([LAB, "stop", folder], check=True)
        return interrupt(number, folder, name)
    if status != 128 + number:
        return "exit status %d" % status
    end = time.monotonic() + GONE_S
    while (left := processes_of(folder)) and time.monotonic() < end:
        time.sleep(0.05)
    return "left behind:\n" + "\n".join(left) if left else None


def main():
    if not all(shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin") for program in ("unbound", "nsd", "knotd", "nginx")):
        return SKIPPED
    cases = [(number, name) for number in (signal.SIGINT, signal.SIGTERM) for name in ("list.txt", "unbound.conf", "nginx.conf")]
    with concurrent.futures.ThreadPoolExecutor(len(cases)) as pool:
        running = [pool.submit(interrupt, number, os.path.join(os.path.abspath(sys.argv[1]), number.name, name), name)
                   for number, name in cases]
        wrong = [case.result() for case in running]
    for (number, name), why in zip(cases, wrong):
        print("%s at %s: %s" % (number.name, name, why or "nothing is left"))
    return 1 if any(wrong) else 0


if __name__ == "__main__":
    sys.exit(main())
