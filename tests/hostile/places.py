# SPDX-License-Identifier: BSD-2-Clause
"""places.py - what the tests of this folder scan: name servers, HTTPS servers and places where nobody may come, all on loopback.

Everything runs in threads of the test, counts who comes, and ends with the process.
"""

import collections
import ipaddress
import json
import os
import random
import socket
import ssl
import struct
import subprocess
import threading
import time

A, CNAME, SOA, MX, TXT, AAAA = 1, 5, 6, 15, 16, 28
NOERROR, NXDOMAIN = 0, 3
SCAN_SECONDS = 60  # no scan of these tests needs more, on the slowest machine
PEER_SECONDS = 10  # a connection is given up after that

SO_TIMESTAMPNS = 35  # Linux; Python has no name for it
LAST_ACK = 56  # where struct tcp_info has tcpi_last_ack_recv

Query = collections.namedtuple("Query", "when name type")  # by time.time()


# ---- DNS ----

def name_wire(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".") if label) + b"\0"


def rdata(kind, value):
    if kind == MX:
        preference, host = value.split()
        return struct.pack("!H", int(preference)) + name_wire(host)
    if kind == TXT:
        return bytes([len(value)]) + value.encode()
    return name_wire(value) if kind == CNAME else ipaddress.ip_address(value).packed


class NameServer:
    """Answers from @zone, {(name, type): [values]}; a name outside it does not exist, or has nothing if @all_exist."""

    def __init__(self, zone, address="127.53.66.1", port=0, all_exist=False):
        self.zone, self.all_exist, self.queries = zone, all_exist, []
        self.names = {name.split(".", i)[-1] for name, _ in zone for i in range(name.count(".") + 1)}
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.socket.bind((address, port))
        self.at = "%s:%d" % self.socket.getsockname()
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        """The kernel dates each question as it arrives: who asks is not fast because a busy machine lets this thread wait."""
        while True:
            packet, extra, _, peer = self.socket.recvmsg(4096, 64)
            seconds, nanoseconds = struct.unpack("qq", extra[0][2][:16])
            self.now = seconds + nanoseconds / 1e9
            answer = self.answer(packet)
            if answer:
                self.socket.sendto(answer, peer)

    def answer(self, packet):
        labels, at = [], 12
        while packet[at]:
            labels.append(packet[at + 1:at + 1 + packet[at]].decode("latin-1").lower())
            at += 1 + packet[at]
        name, kind = ".".join(labels), struct.unpack("!H", packet[at + 1:at + 3])[0]
        self.queries.append(Query(self.now, name, kind))
        question, records = packet[12:at + 5], []
        while kind != CNAME and (name, CNAME) in self.zone:
            records.append((name, CNAME, self.zone[name, CNAME][0]))
            name = self.zone[name, CNAME][0]
        records += [(name, kind, value) for value in self.zone.get((name, kind), [])]
        exists = name in self.names or (self.all_exist and not name.endswith("invalid"))
        body = b"".join(name_wire(owner) + struct.pack("!HHIH", number, 1, 60, len(data)) + data
                        for owner, number, data in ((o, n, rdata(n, v)) for o, n, v in records))
        flags = 0x8180 | (NOERROR if exists else NXDOMAIN)
        return packet[:2] + struct.pack("!HHHHH", flags, 1, len(records), 0, 0) + question + body

    def asked(self, below):
        """Questions for @below and names under it."""
        return [query for query in list(self.queries) if query.name == below or query.name.endswith("." + below)]


class Authority(NameServer):
    """Of every domain of two labels, as --direct asks: MX and nothing else."""

    def answer(self, packet):
        reply = super().answer(packet)
        name, kind, at = self.queries[-1].name, self.queries[-1].type, packet.index(b"\0", 12) + 5
        if kind == MX:
            data, flags, counts, owner = rdata(kind, "10 mx." + name), 0x8400, (1, 0), name
        else:
            owner, kind, flags, counts = ".".join(name.split(".")[-2:]), SOA, 0x8403, (0, 1)
            data = name_wire(owner) * 2 + struct.pack("!IIIII", 1, 1, 1, 1, 1)
        record = name_wire(owner) + struct.pack("!HHIH", kind, 1, 60, len(data)) + data
        return reply[:2] + struct.pack("!HHHHH", flags, 1, *counts, 0) + packet[12:at] + record


def domain(name, addresses=(), cname=None):
    """The zone of a mail domain with an STS record whose policy host has @addresses, perhaps behind @cname."""
    zone = {(name, MX): ["10 mx." + name], ("_mta-sts." + name, TXT): ["v=STSv1; id=1;"]}
    host = cname or "mta-sts." + name
    if cname:
        zone["mta-sts." + name, CNAME] = [cname]
    for address in addresses:
        zone.setdefault((host, AAAA if ":" in address else A), []).append(address)
    return zone


# ---- listeners ----

def listen(address, port):
    sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((address, port))
    sock.listen(128)
    return sock


def free_port(addresses):
    """A port that nobody has on any of @addresses; below the kernel's own choice, so that none of its connections takes it."""
    for _ in range(100):
        port, sockets = random.randrange(20000, 32000), []
        try:
            for address in addresses:
                family = socket.AF_INET6 if ":" in address else socket.AF_INET
                for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                    sockets.append(socket.socket(family, kind))
                    sockets[-1].bind((address, port))
            return port
        except OSError:
            continue
        finally:
            for sock in sockets:
                sock.close()
    raise OSError("no free port")


class Tripwire:
    """Counts TCP connections and UDP datagrams at @address, where there must be none."""

    def __init__(self, address, port):
        self.address, self.heard = address, []
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        datagrams = socket.socket(family, socket.SOCK_DGRAM)
        datagrams.bind((address, port))
        self.sockets = listen(address, port), datagrams
        threading.Thread(target=self.accept, daemon=True).start()
        threading.Thread(target=self.receive, daemon=True).start()

    def accept(self):
        while True:
            self.heard.append("connection from %s" % (self.sockets[0].accept()[1],))

    def receive(self):
        while True:
            self.heard.append("datagram from %s" % (self.sockets[1].recvfrom(4096)[1],))


def came_at(connection):
    """When the peer was last heard of, by time.monotonic(): while it waits to be accepted, that is when it came."""
    waited_ms, = struct.unpack_from("I", connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104), LAST_ACK)
    return time.monotonic() - waited_ms / 1000


class PolicyServer:
    """HTTPS on @address: @answer(host) gives the octets; keeps when each connection came and what was requested."""

    def __init__(self, address, port, certificate, answer):
        self.answer, self.came, self.requests = answer, [], []
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate)
        self.socket = listen(address, port)
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            connection, _ = self.socket.accept()
            self.came.append(came_at(connection))
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        connection.settimeout(PEER_SECONDS)
        try:
            with self.context.wrap_socket(connection, server_side=True) as tls:
                request = b""
                while b"\r\n\r\n" not in request:
                    piece = tls.recv(4096)
                    if not piece:
                        return
                    request += piece
                text = request.decode("latin-1")
                self.requests.append(text)
                host = next(line[6:] for line in text.split("\r\n") if line.lower().startswith("host: "))
                tls.sendall(self.answer(host.partition(":")[0]))
        except OSError:
            pass


def certificate(folder, names):
    """A self-signed certificate for @names with its key, one PEM file: trust it with --ca-file."""
    path = os.path.join(folder, "server.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
                    "-subj", "/CN=test", "-addext", "subjectAltName=" + ",".join("DNS:" + name for name in names),
                    "-keyout", path, "-out", path + ".crt"], check=True, stderr=subprocess.DEVNULL)
    with open(path, "a", encoding="ascii") as pem, open(path + ".crt", encoding="ascii") as crt:
        pem.write(crt.read())
    return path


def policy(host):
    body = "version: STSv1\nmode: enforce\nmx: mx.%s\nmax_age: 1209600\n" % host.partition(".")[2]
    return ("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)).encode()


# ---- scans ----

class Scan:
    """One scan of @names: its exit status, log, peak memory in MiB, and records by name."""

    def __init__(self, stsurvey, folder, names, options, environment=None, listed=None):
        """@listed: a list of them that is there."""
        path, self.names = os.path.join(folder, "scan.msgpack.zst"), names
        if not listed:
            listed = os.path.join(folder, "list.txt")
            with open(listed, "w", encoding="utf-8") as file:
                file.write("".join(name + "\n" for name in names))
        self.command = [stsurvey, "scan", "-q"] + options  # without list and file
        child = subprocess.Popen(self.command + ["-f", listed, "-o", path, "--force"], stderr=subprocess.PIPE,
                                 env=dict(os.environ, **(environment or {})), text=True)
        guard = threading.Timer(SCAN_SECONDS, child.kill)
        guard.start()
        self.log = child.stderr.read()
        _, status, usage = os.wait4(child.pid, 0)
        guard.cancel()
        self.status, self.mib = os.waitstatus_to_exitcode(status), usage.ru_maxrss / 1024
        self.export = os.path.join(folder, "scan.jsonl")
        with open(self.export, "w", encoding="utf-8") as file:
            done = subprocess.run([stsurvey, "export", path, "--format", "jsonl"], stdout=file, check=False, timeout=SCAN_SECONDS)
        if done.returncode != 0:
            raise RuntimeError("export ended with %d; the scan had ended with %d, and said: %s" % (done.returncode, self.status, self.log))
        self.records = {}
        with open(self.export, encoding="utf-8") as file:
            for line in file:
                record = json.loads(line)
                self.records[record["name"]] = record


class Checks:
    """Collects what fails; ends with `N passed, N failed`."""

    def __init__(self):
        self.passed = self.failed = 0

    def that(self, good, what):
        self.passed += bool(good)
        self.failed += not good
        if not good:
            print("FAILED: " + what)

    def end(self):
        print("%d passed, %d failed" % (self.passed, self.failed))
        return 1 if self.failed else 0
