#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""servers.py - the lab's processes: build, ports, start, wait, stop.

One supervisor process holds a lab: it makes the world, starts the servers as its children in the foreground and
ends them when it is told to, when a server dies, or when the lab's time is over. A child also dies with its
supervisor (PR_SET_PDEATHSIG), so nothing is left behind even after SIGKILL.
"""

import ctypes
import errno
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time

import mail_servers
import resolvers
import web
import world
import zones

READY_LIMIT = 60      # seconds until a server must answer: whatever takes longer hangs
STOP_LIMIT = 5        # seconds between SIGTERM and SIGKILL
PORTS = (10000, 30000)  # below Linux's ephemeral ports
PR_SET_PDEATHSIG = 1
SBIN = os.environ.get("PATH", "") + ":/usr/sbin:/sbin:/usr/local/sbin"
C_FLAGS = ["-std=gnu17", "-D_GNU_SOURCE", "-O2", "-Wall", "-Wextra", "-I", world.ROOT]
C_PROGRAMS = {"mkcert": (["mkcert.c"], ["-lcrypto"]),
              "faultd": (["faultd.c", "faultd_behaviour.c", "faultd_tls.c", "faultd_dns.c", "faultd_answer.c",
                          "faultd_relay.c", "mail/faultd_smtp.c", "mail/smtp_counts.c", "mail/smtp_play.c"], ["-lssl", "-lcrypto"]),
              "as_user.so": (["mail/as_user.c"], ["-shared", "-fPIC"])}


class LabError(Exception):
    """What a person can do something about; one line."""


def program(name):
    path = shutil.which(name, path=SBIN)
    if not path:
        raise LabError("%s is not installed (Debian packages: unbound nsd knot nginx-light)" % name)
    return path


def build(folder):
    """Compile the C helpers into FOLDER/bin unless they are newer than their sources; STSURVEY_LAB_BIN: take those."""
    if os.environ.get("STSURVEY_LAB_BIN"):
        return os.environ["STSURVEY_LAB_BIN"]
    target = os.path.join(folder, "bin")
    os.makedirs(target, exist_ok=True)
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    running = []
    for name, (sources, libraries) in C_PROGRAMS.items():
        sources = [os.path.join(world.HERE, source) for source in sources]
        binary = os.path.join(target, name)
        headers = [os.path.join(place, file) for place in (world.HERE, os.path.join(world.HERE, "mail"))
                   for file in os.listdir(place) if file.endswith(".h")]
        newest = max(os.path.getmtime(source) for source in sources + headers)
        if os.path.exists(binary) and os.path.getmtime(binary) > newest:
            continue
        if not compiler:
            raise LabError("no C compiler, and no STSURVEY_LAB_BIN")
        running.append((name, subprocess.Popen([compiler, *C_FLAGS, "-o", binary, *sources, *libraries])))
    for name, process in running:
        if process.wait() != 0:
            raise LabError("%s could not be compiled" % name)
    return target


def reserve_port():
    """A port nobody has, on any address, TCP and UDP. The sockets keep other labs away from it while they are open."""
    for _ in range(200):
        port, held = random.randrange(*PORTS), []
        try:
            for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                with socket.socket(socket.AF_INET, kind) as probe:
                    probe.bind(("0.0.0.0", port))
                sock = socket.socket(socket.AF_INET, kind)
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # faultd may listen on every address
                sock.bind(("127.53.255.1", port))
                held.append(sock)
            return port, held
        except OSError as error:
            for sock in held:
                sock.close()
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
    raise LabError("no free port found")


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as sock:
            sock.bind(("::1", 0))
        return True
    except OSError:
        return False


def die_with_parent():
    os.setpgid(0, 0)
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def dns_query(name, kind, server, port, timeout=0.3):
    """(rcode, AD, answer count) or None."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".") if label)
    packet = b"\x12\x34\x01\x20\0\1\0\0\0\0\0\0" + labels + b"\0" + kind.to_bytes(2, "big") + b"\0\1"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(timeout)
        try:
            sock.sendto(packet, (server, port))
            answer = sock.recv(4096)
        except OSError:
            return None
    return answer[3] & 15, bool(answer[3] & 32), int.from_bytes(answer[6:8], "big")


def wait_until(test, what, alive):
    end = time.monotonic() + READY_LIMIT
    while time.monotonic() < end:
        if test():
            return
        alive()
        time.sleep(0.02)
    raise LabError("%s does not answer" % what)


def accepts(address, port):
    try:
        socket.create_connection((address, port), 0.5).close()
        return True
    except OSError:
        return False


class Servers:
    """The running children of one lab."""

    def __init__(self, folder):
        self.folder = folder
        self.children = {}

    def start(self, name, *arguments, environment=None):
        log = open(os.path.join(self.folder, name + ".out"), "ab")
        self.children[name] = subprocess.Popen(list(arguments), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                               cwd=self.folder, env=environment,
                                               preexec_fn=die_with_parent)
        log.close()

    def check(self):
        for name, child in self.children.items():
            if child.poll() is not None:
                raise LabError("%s ended with status %d: see %s.out and %s.log in %s" % (name, child.returncode, name, name, self.folder))

    def stop(self):
        for child in self.children.values():
            self.signal(child, signal.SIGCONT)
            self.signal(child, signal.SIGTERM)
        end = time.monotonic() + STOP_LIMIT
        for child in self.children.values():
            try:
                child.wait(max(0.0, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                pass
        for child in self.children.values():
            self.signal(child, signal.SIGKILL)  # the group: whatever the server had forked
            child.wait()
        self.children.clear()

    @staticmethod
    def signal(child, number):
        try:
            os.killpg(child.pid, number)
        except (ProcessLookupError, PermissionError):
            pass


def trust_anchors(folder, mail):
    """Make the key of the signed zones before Knot starts; the DNSKEY lines for Unbound."""
    keymgr, config = program("keymgr"), os.path.join(folder, "knot.conf")
    for zone in zones.signed(mail) + [zones.BOGUS]:
        made = subprocess.run([keymgr, "-c", config, zone, "generate", "algorithm=ecdsap256sha256", "ksk=yes", "zsk=yes"],
                              capture_output=True, text=True, check=False)
        if made.returncode != 0:
            raise LabError("keymgr: " + (made.stderr or made.stdout).strip())
    return [keys_of(folder, zone, "dnskey") for zone in zones.signed(mail)]


def keys_of(folder, zone, form):
    """The first line of what keymgr says of a signed zone's key, as `dnskey` or `ds`."""
    line = subprocess.run([program("keymgr"), "-c", os.path.join(folder, "knot.conf"), zone, form], capture_output=True, text=True,
                          check=True).stdout
    return line.split("\n")[0].strip()


def write_dns(domains, folder, port, mail_lines, cuts):
    """@mail_lines, @cuts: zones.write_zones. Returns the trust anchors."""
    os.makedirs(os.path.join(folder, "knot"), mode=0o700, exist_ok=True)
    zones.write_zones(domains, folder, mail_lines, cuts)
    if cuts:
        cuts.write(folder)
    for name, text in (("nsd.conf", zones.nsd(folder, port)), ("knot.conf", zones.knot(folder, port, mail_lines is not None)),
                       ("nsd-cuts.conf", cuts.nsd(folder, port) if cuts else "")):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(text)
    anchors = trust_anchors(folder, mail_lines is not None)
    with open(os.path.join(folder, "unbound.conf"), "w", encoding="utf-8") as file:
        file.write(zones.unbound(domains, folder, port, anchors, cuts=cuts))
    with open(os.path.join(folder, "internet.conf"), "w", encoding="utf-8") as file:
        file.write(zones.internet(domains, port, anchors, cuts))
    return anchors


def launch_beside(servers, domains, folder, port, beside, anchors, signed, certificate):
    """@anchors: of the zones @signed. Start the resolvers of @beside; all at once, then wait for each."""
    if beside and not resolvers.unpacked():
        raise LabError("no other resolvers: bash -c '. cmake/setup.sh && packages_unpack build/resolvers unpack' gets them")
    if "stubby" in beside:
        more = '\ttls-port: %d\n\ttls-service-key: "%s"\n\ttls-service-pem: "%s"\n' % (port, certificate, certificate)
        config = resolvers.put(folder, "dot.conf", zones.unbound(domains, folder, port, anchors, "dot", world.DOT, more))
        servers.start("dot", program("unbound"), "-d", "-c", config)
        wait_until(lambda: accepts(world.DOT, port), "dot", servers.check)
    digests = {zone: keys_of(folder, zone, "ds").split()[2:] for zone in signed}
    digests[zones.BOGUS] = zones.WRONG_DS.split()
    for name in beside:
        servers.start(name, *resolvers.START[name](folder, port, digests), environment=resolvers.environment())
    for name in beside:
        wait_until(lambda name=name: (dns_query("simple-enforce.test", 15, resolvers.ADDRESS[name], port, 2) or (0, 0, 0))[2] == 1,
                   name, servers.check)


def launch_mail(servers, folder, binaries, mail, pems):
    """Start Postfix and Exim; what the fault server is told of its own MX hosts is returned."""
    real = mail_servers.unpacked() is not None and not mail.crowd
    if real:
        environment = mail_servers.environment(binaries)
        servers.start("postfix", *mail_servers.postfix(folder, mail.hosts, mail.port, pems), environment=environment)
        servers.start("exim", *mail_servers.exim(folder, mail.hosts, mail.port, pems), environment=environment)
    elif not mail.crowd:
        print("lab: no Postfix and no Exim, the fault server stands in for them; bash -c '. cmake/setup.sh && "
              "packages_unpack build/mail-servers mail' gets them", file=sys.stderr)
    config = mail_servers.put(os.path.join(folder, "smtp.conf"), mail.lines(pems, not real))
    return ["-m", config, "-q", str(mail.port), "-n", os.path.join(folder, "smtp.counts")]


def launch(servers, domains, folder, binaries, port, ipv6, beside=(), mail=None, cuts=None):
    """Write every configuration, start every server, return when all answer. @mail: the MX hosts, or None. @cuts: cuts.Cuts, or None."""
    pems = web.certificates(domains, folder, os.path.join(binaries, "mkcert"), mail.certificates() if mail else ())
    anchors = write_dns(domains, folder, port, mail.zone_lines(pems) if mail else None, cuts)
    servers.start("nsd", program("nsd"), "-d", "-c", os.path.join(folder, "nsd.conf"))
    if cuts:
        servers.start("nsd-cuts", program("nsd"), "-d", "-c", os.path.join(folder, "nsd-cuts.conf"))
    servers.start("knotd", program("knotd"), "-c", os.path.join(folder, "knot.conf"))
    servers.start("unbound", program("unbound"), "-d", "-c", os.path.join(folder, "unbound.conf"))
    more = launch_mail(servers, folder, binaries, mail, pems) if mail else []
    web.write(domains, folder, port, pems, ipv6)
    servers.start("nginx", program("nginx"), "-p", folder, "-e", os.path.join(folder, "nginx.log"), "-c", os.path.join(folder, "nginx.conf"))
    servers.start("faultd", os.path.join(binaries, "faultd"), "-c", os.path.join(folder, "faultd.conf"), "-p", str(port),
                  "-t", os.path.join(folder, "tripwire"), "-i", os.path.join(folder, "trouble"), *more)
    wait_until(lambda: accepts(world.WEB[0], port), "nginx", servers.check)
    wait_until(lambda: accepts(world.ADDRESS["fault"], port), "faultd", servers.check)
    wait_until(lambda: dns_query("simple-enforce.test", 15, world.AUTHORITY, port), "nsd", servers.check)
    if cuts:
        wait_until(lambda: dns_query("simple-enforce.test", 15, "127.54.1.1", port), "nsd-cuts", servers.check)
    wait_until(lambda: dns_query(zones.SIGNED, 6, world.SIGNER, port) == (0, False, 1), "knotd", servers.check)
    wait_until(lambda: (dns_query("simple-enforce.test", 15, world.RESOLVER, port) or (0, 0, 0))[2] == 1, "unbound", servers.check)
    wait_until(lambda: (dns_query(zones.SIGNED, 6, world.RESOLVER, port, 2) or (0, 0))[1], "validation", servers.check)
    for address in mail.answering() if mail else []:
        wait_until(lambda address=address: accepts(address, mail.port), "the mail server on " + address, servers.check)
    launch_beside(servers, domains, folder, port, beside, anchors, zones.signed(mail is not None), pems[world.DOT_NAME])
    servers.check()


def supervise(servers, seconds, asked_to_stop):
    """Watch until asked to stop, a server dies or the time is over. A paused server (SIGSTOP) is left alone."""
    end = time.monotonic() + seconds
    while not asked_to_stop() and time.monotonic() < end:
        try:
            servers.check()
        except LabError as error:
            print("lab: %s" % error, file=sys.stderr)
            return
        time.sleep(0.1)
