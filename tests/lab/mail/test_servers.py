#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""test_servers.py - do the lab's mail servers and zones do what the mail world says? Python's own SMTP and TLS look, without the scanner.

Started by `lab run DIR --mail`. Ends with `N passed, N failed`.
"""

import concurrent.futures
import os
import socket
import ssl
import struct
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.dirname(HERE), HERE]
sys.dont_write_bytecode = True

import mail_servers  # noqa: E402
import mail_world  # noqa: E402
import zones  # noqa: E402

A, TLSA = 1, 52
NOERROR, SERVFAIL = 0, 2
PATIENCE = 20  # seconds; a busy machine is slow, and Postfix starts a process for each host
# What OpenSSL says of a chain with one of these findings.
VERIFY = {805: {62}, 806: {10}, 807: {18}, 808: {7, 19, 26, 47}, 810: {9}, 811: {0}, 816: {20}}  # 811: it takes the CN
# Replies to greeting, EHLO and STARTTLS; None: the connection ended, or nothing came.
REPLIES = {
    "greet-421": (421,), "greet-450": (450,), "greet-554": (554,), "greet-close": (None,), "greet-reset": (None,), "greet-then-close": (220, None),
    "greet-bare": (220, 250, 220), "greet-lines": (220, 250, 220), "ehlo-421": (220, 421), "ehlo-close": (220, None), "ehlo-100": (220, 250, 220),
    "no-ehlo": (220, 502), "starttls-454": (220, 250, 454), "starttls-501": (220, 250, 501), "starttls-close": (220, 250, None),
}


def ask(name, kind, resolver):
    """(rcode, AD, [RDATA]) of a question, CNAMEs left out."""
    host, port = resolver.rsplit(":", 1)
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    query = b"\x12\x34\x01\x20\0\1\0\0\0\0\0\0" + labels + b"\0" + struct.pack(">HH", kind, 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(PATIENCE)
        sock.sendto(query, (host, int(port)))
        answer = sock.recv(4096)
    at, found = len(query), []
    for _ in range(int.from_bytes(answer[6:8], "big")):
        while answer[at] and answer[at] < 0xc0:
            at += answer[at] + 1
        at += 2 if answer[at] else 1
        this, _, _, length = struct.unpack(">HHIH", answer[at:at + 10])
        if this == kind:
            found.append(answer[at + 10:at + 10 + length])
        at += 10 + length
    return answer[3] & 15, bool(answer[3] & 32), found


class Dialogue:
    """One connection."""

    def __init__(self, address, port):
        try:
            self.sock = socket.create_connection((address, port), PATIENCE)
        except ConnectionResetError:  # as soon as it was there
            self.sock = socket.socket()
        self.left = b""

    def reply(self):
        """The code of the next reply, or None."""
        try:
            while True:
                while b"\n" not in self.left:
                    octets = self.sock.recv(4096)
                    if not octets:
                        return None
                    self.left += octets
                line, _, self.left = self.left.partition(b"\n")
                if line[3:4] != b"-":
                    return int(line[:3])
        except (OSError, ValueError):
            return None

    def say(self, line):
        try:
            self.sock.sendall(line.encode() + b"\r\n")
        except OSError:
            pass
        return self.reply()

    def handshake(self, name, ca_file):
        """OpenSSL's verify code, 0 where all is well."""
        context = ssl.create_default_context(cafile=ca_file)
        try:
            self.sock = context.wrap_socket(self.sock, server_hostname=name)
            self.left = b""
            return 0
        except ssl.SSLCertVerificationError as error:
            return error.verify_code


def check_addresses(host, resolver):
    """DNS has the host's addresses, authentic exactly where its zone is signed."""
    code, secure, found = ask(host.name, A, resolver)
    zone = zones.zone_of(host.name)
    if zone == zones.BOGUS:
        return [] if code == SERVFAIL else ["%s: not bogus" % host.name]
    problems = []
    if sorted(map(socket.inet_ntoa, found)) != sorted(address for address, _ in host.places):
        problems.append("%s: addresses %s" % (host.name, found))
    signed = {zones.zone_of(name) in (zones.SIGNED, zones.SECURE) for name in (host.name, host.end)}
    if secure != (signed == {True}):
        problems.append("%s: AD %s" % (host.name, secure))
    return problems


def check_replies(host, port):
    address, play = host.places[0]
    if play not in REPLIES:
        return []
    talk = Dialogue(address, port)
    got = [talk.reply(), talk.say("EHLO lab.test"), talk.say("STARTTLS")][:len(REPLIES[play])]
    return [] if tuple(got) == REPLIES[play] else ["%s: %s, not %s" % (play, got, REPLIES[play])]


def check_certificate(domain, host, port, ca_file):
    """A real server's chain is as good or bad as the domain's truth says."""
    address, what = host.places[0]
    if what not in mail_servers.REAL or "findings" not in domain.truth:
        return []
    wanted = set().union(*(VERIFY.get(number, set()) for number in domain.truth["findings"])) or {0}
    talk = Dialogue(address, port)
    replies = [talk.reply(), talk.say("EHLO lab.test"), talk.say("STARTTLS")]
    if replies != [220, 250, 220]:
        return ["%s: %s says %s" % (domain.name, what, replies)]
    code = talk.handshake(host.name, ca_file)
    talk.say("QUIT")
    return [] if code in wanted else ["%s: verify code %d, not %s" % (domain.name, code, sorted(wanted))]


def check_zones(resolver):
    """What only the delegations within the signed zone bring about."""
    wanted = {"_25._tcp.mx.tlsa-bogus.secure": (SERVFAIL, False, 0), "_25._tcp.mx.tlsa-insecure.secure": (NOERROR, False, 2),
              "_25._tcp.mx.dane-ee.secure": (NOERROR, True, 2), "_25._tcp.mx.dane-tlsa-cname.secure": (NOERROR, True, 2),
              "_25._tcp.mx.dane-unsigned.test": (NOERROR, False, 2), "_25._tcp.mx.dane-tlsa-servfail.secure": (SERVFAIL, False, 0),
              "_25._tcp.end.dane-cname.secure": (NOERROR, True, 2)}
    problems = []
    for name, want in wanted.items():
        code, secure, found = ask(name, TLSA, resolver)
        if (code, secure, len(found)) != want:
            problems.append("%s: %s, not %s" % (name, (code, secure, len(found)), want))
    return problems


def check_counts(path, hosts, port):
    """One more connection is one more in the counts, once the file has been written anew."""
    address = next(address for host in hosts for address, what in host.places if what == "good")

    def counted():
        with open(path, encoding="ascii") as file:
            rows = [line.split() for line in file]
        return sum(int(row[1]) for row in rows if row[0] == address)

    before, end = counted(), time.monotonic() + PATIENCE
    Dialogue(address, port).say("QUIT")
    while counted() != before + 1 and time.monotonic() < end:
        time.sleep(0.05)
    return [] if counted() == before + 1 else ["the counts of %s do not count" % address]


def main():
    env, mail = os.environ, mail_world.Mail()
    resolver, port, ca_file = env["RESOLVER"], int(env["SMTP_PORT"]), env["CA_FILE"]
    tasks = [lambda: check_zones(resolver), lambda: check_counts(env["SMTP_COUNTS"], mail.hosts, port)]
    by_name = {host.name: host for host in mail.hosts}
    tasks += [lambda host=host: check_addresses(host, resolver) for host in mail.hosts if host.places]
    tasks += [lambda host=host: check_replies(host, port) for host in mail.hosts if host.places]
    for domain in mail.domains:
        host = by_name.get("mx." + domain.name)
        if host and len(host.places) == 1:
            tasks.append(lambda domain=domain, host=host: check_certificate(domain, host, port, ca_file))
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        results = list(pool.map(lambda task: task(), tasks))
    for problems in results:
        print("".join("%s\n" % problem for problem in problems), end="")
    failed = sum(map(bool, results))
    print("%d passed, %d failed" % (len(results) - failed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
