# SPDX-License-Identifier: BSD-2-Clause
"""Slurm and munge on this machine alone: unpacked, never installed; own folder, own ports on loopback, own key; begun and ended here."""
import glob
import os
import pwd
import secrets
import socket
import subprocess
import time

from ports import free_port

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
AT_ONCE = 4  # tasks, on however few cores
POLL_S = 0.05
STARTS_S = 60

# After the example of slurm.conf(5); what counts is loopback alone, and neither cgroups nor accounting.
CONF = """ClusterName=test
SlurmctldHost={host}(127.0.0.1)
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
SlurmUser={user}
SlurmdUser={user}
SlurmctldPort={controller}
SlurmdPort={node}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
PluginDir={plugins}
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
SchedulerParameters=batch_sched_delay=0,sched_interval=2
MpiDefault=none
ReturnToService=2
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory=65536 State=UNKNOWN
PartitionName=test Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""


class Missing(Exception):
    """Why it cannot run here."""


def unpacked():
    """The folder the packages were unpacked into (packages_unpack of cmake/setup.sh)."""
    folder = os.environ.get("STSURVEY_SLURM") or os.path.join(ROOT, "build", "slurm")
    if not os.path.exists(os.path.join(folder, "complete")):
        raise Missing("Slurm is missing; this gets it: bash -c '. cmake/setup.sh && packages_unpack build/slurm slurm'")
    return os.path.realpath(folder)


class Slurm:
    """A controller and a node in @folder, which nobody else uses."""

    def __init__(self, folder):
        if os.geteuid() != 0:
            raise Missing("slurmd and munged run as root here, and this is another user")
        self.folder, self.unpacked, self.daemons = folder, unpacked(), []
        libraries = [place for form in ("usr/lib/*-linux-gnu", "usr/lib/*-linux-gnu/slurm-wlm") for place in glob.glob(os.path.join(self.unpacked, form))]
        self.env = dict(os.environ, LD_LIBRARY_PATH=":".join(libraries), SLURM_CONF=os.path.join(folder, "slurm.conf"))
        for name in ("munge", "state", "spool"):
            os.makedirs(os.path.join(folder, name))
        controller, node = free_port(), free_port()
        with open(self.env["SLURM_CONF"], "w", encoding="ascii") as file:
            file.write(CONF.format(host=socket.gethostname().partition(".")[0], folder=folder, user=pwd.getpwuid(os.geteuid()).pw_name,
                                   controller=controller, node=node, plugins=libraries[-1], cpus=AT_ONCE))
        self.start_munge()
        try:
            self.start("slurmctld-wlm", "-D")
            self.start("slurmd-wlm", "-D", "-d", self.program("slurmstepd-wlm"))
            self.wait_until(lambda: self.run("sinfo", "-h", "-o", "%T", check=False).stdout.strip() == "idle", "its node is not ready")
        except BaseException:
            self.stop()
            raise

    def program(self, name):
        return next(path for place in ("usr/sbin", "usr/bin") if os.path.exists(path := os.path.join(self.unpacked, place, name)))

    def start(self, name, *arguments):
        with open(os.path.join(self.folder, name + ".said"), "wb") as said:
            self.daemons.append(subprocess.Popen([self.program(name), *arguments], env=self.env, stdout=said, stderr=said, stdin=subprocess.DEVNULL))

    def start_munge(self):
        folder = os.path.join(self.folder, "munge")
        key, self.socket = os.path.join(folder, "key"), os.path.join(folder, "socket")
        with open(os.open(key, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
            file.write(secrets.token_bytes(128))
        # --force: its folder is nobody else's, and munged would have everybody in
        self.start("munged", "--foreground", "--force", "--key-file", key, "--socket", self.socket, "--pid-file", os.path.join(folder, "pid"),
                   "--log-file", os.path.join(folder, "log"), "--seed-file", os.path.join(folder, "seed"))
        try:
            self.wait_until(lambda: self.run("munge", "-n", "--socket", self.socket, check=False).returncode == 0, "munged does not run here")
        except RuntimeError as error:
            self.stop()
            raise Missing(str(error)) from error

    def said(self):
        texts = []
        for path in sorted(glob.glob(os.path.join(self.folder, "*.said")) + glob.glob(os.path.join(self.folder, "*.log"))):
            with open(path, encoding="utf-8", errors="replace") as file:
                texts += [f"{os.path.basename(path)}: {line}" for line in file.read().splitlines()[-5:]]
        return "\n".join(texts)

    def wait_until(self, is_so, otherwise):
        end = time.monotonic() + STARTS_S
        while not is_so():
            if time.monotonic() > end or any(daemon.poll() is not None for daemon in self.daemons):
                raise RuntimeError(f"{otherwise}:\n{self.said()}")
            time.sleep(POLL_S)

    def run(self, name, *arguments, check=True, **variables):
        return subprocess.run([self.program(name), *arguments], env=dict(self.env, **variables), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, check=check, stdin=subprocess.DEVNULL)

    def stop(self):
        """What runs is cancelled first: its steps are no children of ours."""
        if len(self.daemons) == 3 and all(daemon.poll() is None for daemon in self.daemons):
            self.run("scancel", "-p", "test", check=False)
            end = time.monotonic() + STARTS_S
            while self.run("squeue", "-h", check=False).stdout.strip() and time.monotonic() < end:
                time.sleep(POLL_S)
        for daemon in reversed(self.daemons):
            daemon.terminate()
        for daemon in self.daemons:
            daemon.wait()
        self.daemons = []
