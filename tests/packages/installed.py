#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""installed.py - the packages in a Debian 12 of their own: installed by apt, used, and removed without a trace.

    apart installed.py BASE.tar PACKAGES TREE

BASE.tar is debian_base's, PACKAGES the folder with the packages, TREE where that Debian is put meanwhile. Must be run by `apart`, with
whose namespace its mounts end. What is used there is used by a user without rights, against a name server on loopback.
"""

import glob
import os
import re
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../cli"))
import tool  # noqa: E402

SKIPPED = 77
TIMEOUT_S = 300  # for apt, which downloads; whatever takes longer hangs
NOBODY = "65534:65534"
WORK = "/tmp/survey"
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": WORK, "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
ENVIRONMENT.update({name: os.environ[name] for name in ("http_proxy", "https_proxy") if name in os.environ})
DOMAINS = ["mx1.test", "sts1.test", "rpt1.test", "nx1.test", "none1.test"]


class Broken(Exception):
    pass


class Skipped(Exception):
    pass


def need(true, what):
    if not true:
        raise Broken(what)


def run(command, status=0):
    """Its output, both ways together."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=ENVIRONMENT,
                          timeout=TIMEOUT_S, errors="backslashreplace", check=False)
    need(done.returncode == status, "%s ended with %d:\n%s" % (" ".join(command), done.returncode, done.stdout[-3000:]))
    return done.stdout


def mounted_below(folder):
    with open("/proc/self/mountinfo", encoding="utf-8") as file:
        places = [line.split()[4] for line in file]
    return [place for place in places if place.startswith(folder + "/")]


class Debian:
    def __init__(self, base, tree):
        self.tree = tree
        self.remove()
        os.makedirs(tree)
        run(["tar", "-C", tree, "--numeric-owner", "-xf", base])
        run(["mount", "-t", "proc", "proc", tree + "/proc"])
        run(["cp", "--remove-destination", "/etc/resolv.conf", tree + "/etc/resolv.conf"])
        self.write("/usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n", 0o755)  # starts nothing
        os.makedirs(tree + WORK)
        os.chmod(tree + WORK, 0o755)
        os.chown(tree + WORK, *(int(number) for number in NOBODY.split(":")))  # what others may write the weekly survey refuses

    def write(self, path, text, mode=0o644):
        with open(self.tree + path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(self.tree + path, mode)

    def root(self, *command):
        return run(["chroot", self.tree, *command])

    def user(self, *command, status=0):
        return run(["chroot", "--userspec=" + NOBODY, self.tree, "/usr/bin/env", "-C", WORK, *command], status)

    def apt_install(self, *packages):
        """The base's package lists may be older than what the mirror has."""
        command = ("apt-get", "-q", "-y", "--no-install-recommends", "-o", "Dpkg::Options::=--force-unsafe-io", "install", *packages)
        try:
            return self.root(*command)
        except Broken:
            try:
                self.root("apt-get", "-q", "-o", "APT::Update::Error-Mode=any", "update")
            except Broken as broken:
                raise Skipped("apt has no mirror: %s" % broken) from broken
            return self.root(*command)

    def remove(self):
        """Never a tree with something mounted in it."""
        for place in sorted(mounted_below(self.tree), reverse=True):
            subprocess.run(["umount", place], check=True)
        if os.path.exists(self.tree):
            subprocess.run(["rm", "-rf", "--one-file-system", self.tree], check=True)


def install(debian, packages):
    for deb in packages:
        run(["cp", deb, debian.tree + "/var/cache/"])
        os.chmod(debian.tree + "/var/cache/" + os.path.basename(deb), 0o644)
    debian.apt_install("ca-certificates", *["/var/cache/" + os.path.basename(deb) for deb in packages])


def documents(debian, packages):
    doc = debian.tree + "/usr/share/doc/stsurvey"
    for name in ("copyright", "changelog.gz", "README.md", "docs/packages.md"):
        need(os.path.getsize(os.path.join(doc, name)) > 100, name + " is not there, or next to nothing")
    run([sys.executable, "-B", os.path.join(HERE, "../house/links.py"), doc, "--installed"])
    names = [name_of(deb) for deb in packages]
    for name in names:
        page = run(["env", "MANPATH=%s/usr/share/man" % debian.tree, "man", "-P", "cat", name])
        need("survey MTA-STS and TLSRPT" in page, "man %s shows something else:\n%s" % (name, page[:300]))


def units(debian):
    """Nothing of it is enabled by installing; enabled as systemctl does, it is gone with the purge."""
    enabled = glob.glob(debian.tree + "/etc/systemd/system/*.wants/stsurvey*")
    need(not enabled, "enabled by installing: %s" % enabled)
    for path in glob.glob(debian.tree + "/usr/lib/systemd/system/stsurvey-*.service"):
        with open(path, encoding="utf-8") as file:
            program = re.search(r"^ExecStart=(\S+)", file.read(), re.M)[1]
        need(os.access(debian.tree + program, os.X_OK), "%s starts %s, which is not there" % (path, program))
    os.makedirs(debian.tree + "/etc/systemd/system/timers.target.wants", exist_ok=True)
    os.symlink("/usr/lib/systemd/system/stsurvey-weekly.timer", debian.tree + "/etc/systemd/system/timers.target.wants/stsurvey-weekly.timer")


def commands(debian, packages):
    version = deb_field(packages[0], "Version")
    need(debian.user("stsurvey", "--version").startswith("stsurvey %s\n" % version), "--version")
    need("policy-tls-expired" in debian.user("stsurvey", "findings"), "findings")
    if any(name_of(deb) == "stsurvey-fleet" for deb in packages):
        need("usage: stsurvey fleet" in debian.user("stsurvey-fleet", "--help"), "stsurvey-fleet --help")
        need("usage: stsurvey fleet" in debian.user("stsurvey", "fleet", "--help"), "stsurvey fleet --help")


def scan(debian):
    """As a user makes one; the trust store is the package's, so that it must be found."""
    debian.write(WORK + "/list", "".join(name + "\n" for name in DOMAINS))
    server = tool.Server()
    options = {"rate": "0", "name-servers": server.address, "allow-reserved": "127.0.0.0/8", "https-port": "9", "timeout": str(tool.ANSWER_S)}
    debian.write(WORK + "/weekly.conf", "input-file = %s/list\n" % WORK + "".join("%s = %s\n" % pair for pair in options.items()))
    try:
        debian.user("stsurvey", "scan", "-f", "list", "-o", "scan", "-q", *[word for name, value in options.items() for word in ("--" + name, value)])
        debian.user("env", "STSURVEY_RESULTS=" + WORK, "STSURVEY_WEEK=2026-W01", "/usr/libexec/stsurvey/stsurvey-weekly", WORK + "/weekly.conf")
    finally:
        server.kill()
    need(os.path.getsize(debian.tree + WORK + "/2026-W01/report.html"), "the weekly survey made no page")
    need(re.match(r"scan: .*; %d records in " % len(DOMAINS), debian.user("stsurvey", "verify", "scan")), "verify")
    debian.user("stsurvey", "stats", "scan", "-d", "tables")
    need(os.listdir(debian.tree + WORK + "/tables"), "stats made no tables")
    need('"sts1.test"' in debian.user("stsurvey", "export", "scan"), "export")


def purge(debian, packages):
    lines = [line for deb in packages for line in run(["dpkg-deb", "--contents", deb]).splitlines()]
    files = [line.split()[5][1:] for line in lines if not line.startswith("d")]
    need(all(os.path.lexists(debian.tree + path) for path in files), "not everything in the packages was installed")
    debian.root("dpkg", "--purge", *[name_of(deb) for deb in packages])
    need(not [path for path in files if os.path.lexists(debian.tree + path)], "a file of the packages is left")
    left = debian.root("find", "/", "-xdev", "-name", "*stsurvey*", "-not", "-path", "/var/cache/*.deb", "-not", "-path", "/proc/*").split()
    need(not left, "left after the purge: " + " ".join(left))


def deb_field(deb, field):
    return run(["dpkg-deb", "-f", deb, field]).strip()


def name_of(deb):
    return deb_field(deb, "Package")


def main():
    base, folder, tree = sys.argv[1:]
    packages = sorted(glob.glob(os.path.join(folder, "*.deb")), key=len)
    if not packages or not os.path.exists(base):
        print("skipped: no packages, or no Debian to install them in")
        return SKIPPED
    tree = os.path.realpath(tree)
    debian, began = None, time.monotonic()

    def step(name, function, *arguments):
        nonlocal began
        result = function(*arguments)
        now = time.monotonic()
        print("%5.1f s  %s" % (now - began, name), flush=True)
        began = now
        return result

    try:
        debian = step("unpack Debian", Debian, base, tree)
        step("install", install, debian, packages)
        step("documents", documents, debian, packages)
        step("commands", commands, debian, packages)
        step("scan", scan, debian)
        step("units", units, debian)
        step("purge", purge, debian, packages)
    except Broken as broken:
        print("FAILED: %s" % broken)
        return 1
    except Skipped as skipped:
        print("skipped: %s" % skipped)
        return SKIPPED
    finally:
        if debian:
            debian.remove()
    return 0


if __name__ == "__main__":
    sys.exit(main())
