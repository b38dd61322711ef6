#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""One scan of the lab's whole list, killed at random moments and gone on with after each by the same command: at the end
every line has its record once, and every record is true.

The moments: lives of random length through start-up and list, so long on average that the list lasts as long as its
share of the kills; then the end, when slow policy hosts and what stayed unknown are waited for; then the trailer. In a
part of them the scan dies within a write (torn_write.c). STSURVEY_KILLS says how many (60; 200 with STSURVEY_LONG),
STSURVEY_SEED which (1)."""
import os
import random
import shutil
import signal
import subprocess
import time

import tool

LONG = bool(os.environ.get("STSURVEY_LONG"))
KILLS = int(os.environ.get("STSURVEY_KILLS", "200" if LONG else "60"))
WORLD = () if LONG else ("--plain", "2500", "--no-vectors")  # the lab's ordinary domains
AT_ONCE = 4000 if LONG else 300  # in flight: a short life must get some of them through
SEED = int(os.environ.get("STSURVEY_SEED", "1"))
HTTP_TIMEOUT_S = os.environ.get("HTTP_TIMEOUT", "3")
LAB = os.path.join(tool.HERE, "..", "lab")
LAB_LIFETIME_S = 900  # then it ends, whoever forgot it
PROGRAMS = ("unbound", "nsd", "knotd", "keymgr", "nginx", "cc", "openssl")
RATE = 2500           # questions a second: a scan that lives asks 40,000
TORN_SHARE = 0.25     # of the kills along the list
END_SHARE = 0.05      # of all kills, and …
TRAILER_SHARE = 0.1   # … of all kills
LIFE_S = 0.5          # the mean one, at first, …
LIFE_MIN_S, LIFE_MAX_S = 0.1, 2.0  # … and within these bounds as the list goes on
LONGER, SHORTER = 1.15, 0.87
LOOK_EVERY = 4        # kills: how far is it?
SHARES_MAX = 3        # of what is left, in one life
POLL_S = 0.002
END_LIFE_S = 4.0      # at most; about as long as the end takes
FRAME_SIZE = 6000     # octets that a short life writes, about
TRAILER_SIZE = 64     # octets, about
ENDED = (0, 3)        # by itself; 3 says that much stayed unknown, as it must here


class OneScan(tool.Case):
    def setUp(self):
        super().setUp()
        os.environ["PATH"] += ":/usr/sbin:/sbin"
        missing = [program for program in PROGRAMS if not shutil.which(program)]
        if missing or not tool.TORN_WRITE:
            self.skipTest(f"{', '.join(missing) or 'STSURVEY_TORN_WRITE'} is not there")
        self.random = random.Random(SEED)
        self.out = self.path("one.msgpack.zst")
        self.killed = self.records_before = 0
        self.counts = {"within a write": 0, "before one": 0, "later": 0}
        self.lab = self.start_lab()
        with open(self.lab["TRUTH"], encoding="utf-8") as file:
            self.count = sum(1 for _ in file)

    def start_lab(self):
        folder = self.path("lab")
        self.addCleanup(subprocess.run, [os.path.join(LAB, "lab"), "stop", folder], check=True)
        out = subprocess.run([os.path.join(LAB, "lab"), "start", folder, *WORLD, "--seconds", str(LAB_LIFETIME_S)],
                             check=True, stdout=subprocess.PIPE, text=True).stdout
        return dict(line.split("=", 1) for line in out.splitlines())

    def command(self):
        """Always the same."""
        lab = self.lab
        return ("scan", "-f", lab["LIST"], "-o", self.out, "--resume", "--name-servers", lab["RESOLVER"], "--allow-reserved",
                lab["ALLOW_RESERVED"], "--https-port", lab["HTTPS_PORT"], "--ca-file", lab["CA_FILE"],
                "--domain-blocklist-file", lab["DOMAIN_BLOCKLIST"], "--blocklist-file", lab["BLOCKLIST"], "--timeout", "1",
                "--retries", "1", "--http-timeout", HTTP_TIMEOUT_S, "--rate", RATE, "--concurrency", AT_ONCE, "--sync-interval", "0",
                "-q")

    def size(self):
        return os.path.getsize(self.out) if os.path.exists(self.out) else 0

    def live(self, seconds, torn_at=None, grown=None):
        """Start it and kill it after so long, once the file has grown by so much, or in the write that goes past the octet.
        False: it ended first."""
        before, end = self.size(), time.monotonic() + seconds
        process = self.start(*self.command(), env=tool.preloaded(TORN_WRITE=f"kill:{torn_at}") if torn_at else None)
        while process.poll() is None and time.monotonic() < end and (not grown or self.size() - before < grown):
            time.sleep(POLL_S)
        how = "within a write"
        if process.poll() is None:
            process.kill()
            how = "later" if self.size() > before else "before one"
        self.finish(process)
        if process.returncode in ENDED:
            return False
        self.assertEqual(process.returncode, -signal.SIGKILL)
        self.killed += 1
        self.counts[how] += 1
        return True

    def look(self):
        """How many records are there? Never fewer than there were, and no damage."""
        if self.size() < TRAILER_SIZE:
            return 0  # killed before the header was there
        said, records = self.verify(self.out, status=1)
        self.assertRegex(said, "no trailer|torn")
        self.assertGreaterEqual(records, self.records_before)
        self.records_before = records
        return records

    def along_the_list(self, kills):
        """The mean life grows while the records are behind the kills, and shrinks while they are ahead. However fast the
        machine has become since the last look, no life takes much more than its share of what is left."""
        mean, whole = LIFE_S, None
        while self.killed < kills:
            if self.killed % LOOK_EVERY == 0:
                records = self.look()
                whole = self.size() * self.count / records if records else None
                mean = min(max(mean * (LONGER if records < self.count * self.killed / kills else SHORTER), LIFE_MIN_S), LIFE_MAX_S)
            if self.random.random() < TORN_SHARE:
                alive = self.live(2 * mean, self.size() + self.random.randint(1, FRAME_SIZE))
            else:
                share = max(whole - self.size(), FRAME_SIZE) / (kills - self.killed) if whole else None
                alive = self.live(self.random.uniform(0, 2 * mean), grown=share and SHARES_MAX * share)
            self.assertTrue(alive, f"the list was through after {self.killed} kills")

    def at_the_end(self, kills):
        while self.killed < kills and self.live(self.random.uniform(0, END_LIFE_S)):
            pass

    def at_the_trailer(self, kills):
        """It ends once; cut off and torn from then on, the trailer is all that is missing."""
        self.assertFalse(self.live(tool.TIMEOUT_S))
        size = self.size()
        os.truncate(self.out, size - 1)
        while self.killed < kills:
            self.assertTrue(self.live(tool.TIMEOUT_S, size - self.random.randint(1, TRAILER_SIZE)))
            self.assertEqual(self.look(), self.count)

    def assert_truth(self):
        path = self.path("one.jsonl")
        with open(path, "w", encoding="utf-8") as file:
            file.write(self.run_tool("export", self.out, "--format", "jsonl")[0])
        words = [str(word) for word in self.command()]
        command = [tool.STSURVEY, words[0], *words[5:]]  # without list and file
        result = subprocess.run([os.path.join(LAB, "compare.py"), path, self.lab["TRUTH"], "--slow", "--", *command], stdout=subprocess.PIPE,
                                text=True, check=False)
        self.assertEqual((result.returncode, result.stdout.splitlines()[-1]), (0, f"{self.count} passed, 0 failed"),
                         result.stdout[:4000])

    def test_killed_at_any_moment_of_one_scan(self):
        begun = time.monotonic()
        self.along_the_list(round(KILLS * (1 - END_SHARE - TRAILER_SHARE)))
        self.at_the_end(round(KILLS * (1 - TRAILER_SHARE)))
        self.at_the_trailer(KILLS)
        process = self.start(*self.command())
        self.finish(process)
        self.assertIn(process.returncode, ENDED)
        print(f"seed {SEED}: {self.killed} kills: {self.counts}, in {time.monotonic() - begun:.0f} s", flush=True)
        self.assertEqual(self.verify(self.out), ("complete", self.count))
        self.assert_truth()
        self.assertFalse(os.path.exists(self.lab["TRIPWIRE"]), "somebody came where nobody may come")
        self.assertGreaterEqual(self.counts["within a write"], KILLS // 8)


if __name__ == "__main__":
    tool.main()
