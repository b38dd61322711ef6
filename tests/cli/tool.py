# SPDX-License-Identifier: BSD-2-Clause
"""What the tests of the command share: running it, its name server, lists, and what its files must say."""
import csv
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
STSURVEY = os.environ.get("STSURVEY", "stsurvey")
TORN_WRITE = os.environ.get("STSURVEY_TORN_WRITE", "")  # the preloaded torn_write.c
TIMEOUT_S = 240      # whatever takes longer hangs, and says here where it does: before CTest ends it; nothing else is told by the clock
ANSWER_S = 5         # a name server that is well answers within, on a slow machine, too; who waits for one that is not says less
OUTAGE_ANSWER_S = 1  # for that
SKIPPED = 77
AT_ONCE = 8          # tests, on however few cores
POLL_S = 0.02

# The facts a domain of dns_server.py must get: (MX.status, STS.state, TLSRPT.state)
TRUTH = {
    "mx": ("NOERROR", "none", "none"),
    "big": ("NOERROR", "none", "none"),
    "sts": ("NOERROR", "valid", "none"),
    "one": ("NOERROR", "valid", "none"),
    "rpt": ("NOERROR", "none", "valid"),
    "null": ("NOERROR", "none", "none"),
    "none": ("NO_ANSWER", "none", "none"),
    "nx": ("NXDOMAIN", None, None),
}
TIMES = ("timestamp", "duration", "fetch_ms", "tries")  # a busy machine hears late, and asks again
KINDS = ("mx", "sts", "rpt", "null", "none", "nx", "mx", "big")


class Server:
    """dns_server.py as a child process."""

    def __init__(self, port=0, within=(), more=()):
        """@within: a command that runs it somewhere else, as nsenter does. @more: of its options."""
        self.process = subprocess.Popen([*within, sys.executable, "-B", os.path.join(HERE, "dns_server.py"), "--port", str(port), *more],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())
        self.address = f"127.0.0.1:{self.port}"

    def become(self, mode):
        self.process.stdin.write(mode + "\n")
        self.process.stdin.flush()
        if self.process.stdout.readline() != "ok\n":
            raise RuntimeError(f"the name server does not know how to become {mode}")

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


class Case(unittest.TestCase):
    """A folder of its own, and checks every command must pass."""

    maxDiff = 4000

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="stsurvey-cli.")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def put(self, name, content):
        path = self.path(name)
        with open(path, "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())
        return path

    def server(self, port=0):
        server = Server(port)
        self.addCleanup(server.kill)
        return server

    def small_disk(self, size):
        """A file system with so much room: its folder, and what makes it another size."""
        folder = self.path("disk")
        os.mkdir(folder)
        root = () if os.geteuid() == 0 else ("-r",)
        holder = subprocess.Popen(["unshare", *root, "-m", "sh", "-c", 'mount -t tmpfs -o size="$1" none "$0" && echo made && '
                                   'while read size; do mount -o remount,size="$size" "$0" && echo made; done', folder, size],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.addCleanup(holder.wait)
        self.addCleanup(holder.stdin.close)
        self.addCleanup(holder.stdout.close)
        if holder.stdout.readline() != b"made\n":
            self.skipTest("no file system can be mounted here")

        def resize(to):
            holder.stdin.write(f"{to}\n".encode())
            holder.stdin.flush()
            self.assertEqual(holder.stdout.readline(), b"made\n")

        return f"/proc/{holder.pid}/root{folder}", resize

    def start(self, *arguments, within=(), **options):
        """What it says on standard error can be read while it runs, where @options do not send it elsewhere."""
        options.setdefault("stdin", subprocess.DEVNULL)
        options.setdefault("stdout", subprocess.PIPE)
        said = None
        if "stderr" not in options:
            handle, said = tempfile.mkstemp(prefix="stderr.", dir=self.folder)
            options["stderr"] = handle
        process = subprocess.Popen([*within, STSURVEY, *[str(a) for a in arguments]], **options)
        self.addCleanup(put_an_end_to, process)
        process.said = said
        if said:
            os.close(handle)
        return process

    def said(self, process):
        if not getattr(process, "said", None):
            return ""
        with open(process.said, encoding="utf-8", errors="backslashreplace") as file:
            return file.read()

    def finish(self, process, status=None):
        """Wait for a command; (stdout, stderr) as text. No sanitizer may have spoken."""
        try:
            out, _ = process.communicate(timeout=TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            self.fail(f"{process.args} hangs; it said: {self.said(process)}")
        out, err = (out or b"").decode("utf-8", "backslashreplace"), self.said(process)
        for word in ("AddressSanitizer", "LeakSanitizer", "ThreadSanitizer", "runtime error:"):
            self.assertNotIn(word, err, process.args)
        if status is not None:
            self.assertEqual(process.returncode, status, f"{process.args}: {err}")
        return out, err

    def run_tool(self, *arguments, status=0, **options):
        return self.finish(self.start(*arguments, **options), status)

    def wait_until(self, is_so, process=None):
        """Wait for what must come, while @process lives; the last that it did counts, too."""
        end = time.monotonic() + TIMEOUT_S
        while not is_so():
            if process and process.poll() is not None:
                self.assertTrue(is_so(), f"it ended before it happened; it said: {self.said(process)}")
                return
            self.assertLess(time.monotonic(), end, "it never happened")
            time.sleep(POLL_S)

    def rows(self, path):
        """The status updates that are there by now."""
        try:
            with open(path, encoding="utf-8") as file:
                return [row for row in csv.DictReader(file) if row["note"] is not None]
        except FileNotFoundError:
            return []

    def wait_for_note(self, path, words, process):
        self.wait_until(lambda: any(words in row["note"] for row in self.rows(path)), process)

    def assert_one_line(self, err, *words):
        """The message of a failure: one line, that names these things."""
        lines = [line for line in err.splitlines() if "[warning]" not in line and "[info]" not in line]
        self.assertEqual(len(lines), 1, err)
        self.assertLess(len(lines[0]), 600)
        for word in words:
            self.assertIn(word, lines[0])

    def scan_options(self, list_path, scan_path, server, *more):
        return ("scan", "-f", list_path, "-o", scan_path, "--name-servers", server.address, *quick(), *more)

    def records(self, *scans, whole=True):
        """The domains of scan files, by index; each index once."""
        out, err = self.run_tool("export", *scans, "--format", "jsonl")
        if whole:
            self.assertEqual(err, "")
        found = {}
        for line in out.splitlines():
            record = json.loads(line)
            self.assertNotIn(record["index"], found, "an index occurs twice")
            found[record["index"]] = record
        return dict(sorted(found.items()))

    def verify(self, scan, status=0):
        """(what verify calls the file, its count of records)"""
        out, _ = self.run_tool("verify", scan, status=status)
        match = re.fullmatch(re.escape(scan) + r": (.*); (\d+) records(?: and \d+ mail servers)? in \d+ frames; schema [\d.]+, stsurvey \S+\n", out)
        self.assertTrue(match, out)
        return match.group(1), int(match.group(2))

    def assert_truth(self, records, unknown_allowed=0):
        """No fact may be false. Returns how many domains could not be measured."""
        unknown = 0
        for index, record in records.items():
            kind = record["name"].split(".")[0].rstrip("0123456789")
            results = record.get("results", {})
            mx = results.get("MX", {}).get("status")
            if record["status"] == "unknown":
                unknown += 1
                self.assertNotEqual(mx, "NXDOMAIN", record)
                for part, name in ((1, "STS"), (2, "TLSRPT")):
                    state = results.get(name, {}).get("state")
                    # below a name that does not exist, and whose MX stayed unknown, there is nothing
                    self.assertIn(state, (None, "unknown", TRUTH[kind][part] or "none"), record)
                continue
            self.assertEqual(record["status"], "complete", record)
            facts = (mx, results.get("STS", {}).get("state"), results.get("TLSRPT", {}).get("state"))
            self.assertEqual(facts, TRUTH[kind], (index, record))
        self.assertLessEqual(unknown, unknown_allowed)
        return unknown


def put_an_end_to(process):
    """A test that failed may have left it running."""
    if process.poll() is None:
        process.kill()
        process.wait()


def preloaded(**variables):
    """The environment of a command whose writes torn_write.c tears, refuses or tells."""
    # the sanitizer's library wants to be the first one, and stands in nobody's way as the second
    asan = os.environ.get("ASAN_OPTIONS", "")
    return dict(os.environ, LD_PRELOAD=TORN_WRITE, ASAN_OPTIONS=asan + (":" if asan else "") + "verify_asan_link_order=0",
                **variables)


LAB = ("--allow-reserved", "127.0.0.0/8")  # of a scan; of a job, and of each of its workers


def quick(rate=0):
    """Of a scan that is soon over: a policy host is 127.0.0.1, where nobody listens on port 9."""
    return ("--rate", str(rate), *LAB, "--https-port", "9", "--ca-file", a_certificate(), "--timeout", str(ANSWER_S))


def names(count, kinds=KINDS):
    return [f"{kinds[i % len(kinds)]}{i}.test" for i in range(count)]


def lines(list_of_names):
    return "".join(name + "\n" for name in list_of_names)


def without_times(record):
    """What two scans of the same world must agree on."""
    if isinstance(record, list):
        return [without_times(part) for part in record]
    if isinstance(record, dict):
        return {key: without_times(part) for key, part in record.items() if key not in TIMES}
    return record


def a_certificate():
    """A file with one trusted certificate: loading the system's hundreds takes longer than a whole test's scan."""
    path = os.path.join(tempfile.gettempdir(), f"stsurvey-cli-{os.getpid()}.pem")
    if not os.path.exists(path):
        with open("/etc/ssl/certs/ca-certificates.crt", encoding="ascii") as bundle:
            first = bundle.read().split("-----END CERTIFICATE-----")[0] + "-----END CERTIFICATE-----\n"
        with open(path, "w", encoding="ascii") as file:
            file.write(first)
    return path


def status_of(result):
    path = os.path.join(tempfile.gettempdir(), f"stsurvey-cli-{os.getpid()}.pem")
    if os.path.exists(path):
        os.unlink(path)
    if not result.wasSuccessful():
        return 1
    return SKIPPED if result.testsRun and len(result.skipped) == result.testsRun else 0


def begin(test, output):
    """The test in a process of its own, which has loaded what this one has."""
    sys.stdout.flush()
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
        status = status_of(unittest.TextTestRunner(verbosity=2).run(test))
        sys.stdout.flush()
    finally:
        os._exit(status)


def run_side_by_side(waiting):
    """They wait far more than they work."""
    running, statuses = {}, []
    while waiting or running:
        while waiting and len(running) < AT_ONCE:
            output = tempfile.TemporaryFile("w+")
            running[begin(waiting.pop(0), output)] = output
        child, status = os.wait()
        statuses.append(os.waitstatus_to_exitcode(status))
        output = running.pop(child)
        output.seek(0)
        text = output.read()
        output.close()
        print(text if statuses[-1] not in (0, SKIPPED) else text.partition("\n\n---")[0], flush=True)
    print(f"{statuses.count(0)} passed, {statuses.count(SKIPPED)} skipped, of {len(statuses)}")
    if any(status not in (0, SKIPPED) for status in statuses):
        return 1
    return 0 if 0 in statuses else SKIPPED


def main():
    """unittest's, but several tests at once; a run that skipped everything exits with what CTest takes for a skip."""
    if len(sys.argv) > 1:
        sys.exit(status_of(unittest.main(module="__main__", exit=False, verbosity=2).result))
    suites = unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"])
    sys.exit(run_side_by_side([test for suite in suites for test in suite]))
