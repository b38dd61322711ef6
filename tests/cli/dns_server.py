#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A small name server on loopback whose answers are made from the name, and which can fall ill on request.

    dns_server.py [--address 127.0.0.1] [--port 0] [--authoritative]

Prints its port, then obeys one word a line on standard input and says "ok" to each: the name of a mode below, or
"quit". Standard input's end is its end. A domain's facts follow from the letters its first label begins with:

    mx…    an MX and nothing else         sts…   an MX and an STS record; its policy host is 127.0.0.1
    rpt…   an MX and a TLSRPT record      big…   as mx, over TCP alone
    null…  a null MX                      none…  exists, without MX
    nx…    does not exist                 sf…    SERVFAIL, always
    one…   as sts, and its MX is mail.one.test, as that of all of them; the others' MX is mail.NAME

An MX is 127.0.0.1; mail.sf… is SERVFAIL. Each that exists is a zone of ns1.test and ns2.test. auth….test are name
servers, too, and their address is 127.0.0.2: with --authoritative it answers as the domains' own (scan --direct).

It is a server as good as they come: what is below org is signed and validated, it speaks EDNS and TCP. Of the modes some
take that away: noedns (FORMERR to an OPT record), deafedns (it passes over OPT), smalledns, noad, notcp, tcponly; the others
are illnesses. some:N is well for N questions more, and then silent: what asks it is caught in its middle, however slow the machine. Of a
domain's own name server there is one more: forgetful (it has no TXT).
"""
import argparse
import random
import selectors
import socket
import struct
import sys
import time

A, NS, MX, TXT, SOA = 1, 2, 15, 16, 6
NOERROR, SERVFAIL, NXDOMAIN, REFUSED = 0, 2, 3, 5
MODES = ("well", "silent", "servfail", "refused", "loss", "rewrite", "noedns", "deafedns", "smalledns", "noad", "notcp", "tcponly",
         "limited", "strict", "forgetful", "some")
EDNS_SIZE, SMALL_EDNS_SIZE = 1232, 512
FORMERR = 1
AA, AD, TC = 0x0400, 0x0020, 0x0200
LOSS = 0.3           # of the packets, in mode loss
LIMIT = 800          # questions a second it answers in modes limited and strict; what is above is lost, or REFUSED
BURST_S = 0.1        # of these at once
PORTS = range(20000, 32000)  # below the kernel's own choice: a server that is started again finds its port free
PORT_ATTEMPTS = 40
LIFETIME_S = 900     # then it ends, whoever forgot it


def kind_of(domain):
    """The letters before the first digit."""
    label = domain.split(b".", 1)[0]
    return label.rstrip(b"0123456789")


def txt(text):
    return bytes([len(text)]) + text


def answer_for(name, qtype):
    """(rcode, [rdata], truncated over UDP) of a question."""
    domain, below = name, b""
    for prefix in (b"_mta-sts.", b"_smtp._tls.", b"mta-sts.", b"mail."):
        if name.startswith(prefix):
            domain, below = name[len(prefix):], prefix
    kind = kind_of(domain)
    if kind == b"auth":
        return NOERROR, [b"\x7f\0\0\2"] if qtype == A else [], False
    if name == b"org":
        return NOERROR, [], False
    if kind == b"sf":
        return SERVFAIL, [], False
    if kind in (b"nx", b"stsurvey-") or not domain.endswith(b".test"):
        return NXDOMAIN, [], False
    if below == b"mail.":
        return NOERROR, [b"\x7f\0\0\1"] if qtype == A else [], False
    if kind == b"one" and below == b"" and qtype == MX:
        return NOERROR, [b"\0\x0a\x04mail\x03one\x04test\0"], False
    if below == b"" and qtype == NS:
        return NOERROR, [b"\x03ns2\x04test\0", b"\x03NS1\x04test\0"], False
    if below == b"":
        if qtype != MX or kind == b"none":
            return NOERROR, [], False
        if kind == b"null":
            return NOERROR, [b"\0\0\0"], False
        return NOERROR, [b"\0\x0a\x04mail\xc0\x0c"], kind == b"big"
    if below == b"_mta-sts." and kind in (b"sts", b"one"):
        return NOERROR, [txt(b"v=STSv1; id=1;")] if qtype == TXT else [], False
    if below == b"_smtp._tls." and kind == b"rpt":
        return NOERROR, [txt(b"v=TLSRPTv1; rua=mailto:tls@example.com")] if qtype == TXT else [], False
    if below == b"mta-sts." and kind in (b"sts", b"one"):
        return NOERROR, [b"\x7f\0\0\1"] if qtype == A else [], False
    return NXDOMAIN, [], False


def split_question(packet):
    """(name in lower case, type, end of the question)"""
    at, labels = 12, []
    while packet[at]:
        labels.append(packet[at + 1:at + 1 + packet[at]])
        at += 1 + packet[at]
    return b".".join(labels).lower(), struct.unpack_from("!H", packet, at + 1)[0], at + 5


def zone_of(name):
    """Where it is delegated: a label and test."""
    return b".".join(name.split(b".")[-2:])


def soa_of(name):
    """An SOA record, its owner the zone."""
    labels = b"".join(bytes([len(label)]) + label for label in zone_of(name).split(b".")) + b"\0"
    rdata = b"\0\0" + struct.pack("!IIIII", 1, 3600, 600, 86400, 300)
    return labels + struct.pack("!HHIH", SOA, 1, 300, len(rdata)) + rdata


def respond_as_own(packet, mode):
    """As the authoritative server of every zone."""
    name, qtype, end = split_question(packet)
    rcode, rdata, truncated = (REFUSED, [], False) if mode == "refused" else answer_for(name, qtype)
    if mode == "forgetful" and qtype == TXT:
        rdata = []
    negative = not rdata and not truncated and rcode in (NOERROR, NXDOMAIN)
    if truncated:
        rdata = []
    flags = 0x8000 | (AA if rcode in (NOERROR, NXDOMAIN) else 0) | (TC if truncated else 0) | rcode
    answers = b"".join(b"\xc0\x0c" + struct.pack("!HHIH", qtype, 1, 300, len(data)) + data for data in rdata)
    opt = b"\0\0\x29" + struct.pack("!HIH", EDNS_SIZE, 0, 0)
    return (packet[:2] + struct.pack("!HHHHH", flags, 1, len(rdata), negative, 1) + packet[12:end] + answers +
            (soa_of(name) if negative else b"") + opt)


def respond(packet, mode, tcp):
    name, qtype, end = split_question(packet)
    edns = len(packet) > end  # the one thing anybody sends there
    if mode == "noedns" and edns:
        return packet[:2] + struct.pack("!HHHHH", 0x8180 | FORMERR, 1, 0, 0, 0) + packet[12:end]
    rcode, rdata, truncated = answer_for(name, qtype)
    if mode == "servfail":
        rcode, rdata = SERVFAIL, []
    elif mode == "refused":
        rcode, rdata = REFUSED, []
    elif mode == "rewrite" and rcode == NXDOMAIN:
        rcode, rdata = NOERROR, [b"\x7f\0\0\x09"] if qtype == A else []
    if truncated and not tcp:
        rdata = []
    flags = 0x8180 | (TC if truncated and not tcp else 0) | rcode
    if (name == b"org" or name.endswith(b".org")) and mode != "noad":
        flags |= AD
    answers = b"".join(b"\xc0\x0c" + struct.pack("!HHIH", qtype, 1, 300, len(data)) + data for data in rdata)
    opt = b""
    if edns and mode != "deafedns":
        opt = b"\0\0\x29" + struct.pack("!HIH", SMALL_EDNS_SIZE if mode == "smalledns" else EDNS_SIZE, 0, 0)
    return packet[:2] + struct.pack("!HHHHH", flags, 1, len(rdata), 0, len(opt) > 0) + packet[12:end] + answers + opt


class Server:
    def __init__(self, address, port, authoritative):
        self.mode, self.authoritative = "well", authoritative
        self.left = 0  # questions, in mode some
        self.random = random.Random(8461)
        self.earned_at = 0  # when all that was answered in these modes will have been earned
        self.selector = selectors.DefaultSelector()
        for attempt in range(PORT_ATTEMPTS):
            self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            self.tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                self.udp.bind((address, port or random.SystemRandom().choice(PORTS)))
                self.port = self.udp.getsockname()[1]
                self.tcp.bind((address, self.port))
                break
            except OSError:  # somebody has the number
                if attempt == PORT_ATTEMPTS - 1:
                    raise
                self.udp.close()
                self.tcp.close()
                time.sleep(0.05 if port else 0)
        self.udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.udp.setblocking(False)
        self.tcp.listen(64)
        self.selector.register(self.udp, selectors.EVENT_READ, self.on_udp)
        self.selector.register(self.tcp, selectors.EVENT_READ, self.on_connection)
        self.selector.register(sys.stdin.buffer, selectors.EVENT_READ, self.on_word)

    def is_above_limit(self):
        now = time.monotonic()
        if self.earned_at > now + BURST_S:
            return True
        self.earned_at = max(self.earned_at, now) + 1 / LIMIT
        return False

    def reply(self, packet, tcp):
        if self.mode == "some":
            self.left -= 1
        if self.mode == "silent" or (self.mode == "some" and self.left < 0) or (self.mode == "loss" and self.random.random() < LOSS):
            return None
        above = self.mode in ("limited", "strict") and self.is_above_limit()
        if above and self.mode == "limited":
            return None
        if self.mode == ("notcp" if tcp else "tcponly"):
            return None
        try:
            if self.authoritative:
                return respond_as_own(packet, self.mode)
            return respond(packet, "refused" if above else self.mode, tcp)
        except (IndexError, struct.error):
            return None

    def on_udp(self, _):
        for _ in range(256):
            try:
                packet, peer = self.udp.recvfrom(4096)
            except (BlockingIOError, ConnectionError):
                return
            reply = self.reply(packet, False)
            if reply:
                try:
                    self.udp.sendto(reply, peer)
                except OSError:
                    pass

    def on_connection(self, _):
        connection, _ = self.tcp.accept()
        self.selector.register(connection, selectors.EVENT_READ, self.on_tcp)

    def on_tcp(self, connection):
        try:
            octets = connection.recv(65536)
            if not octets:
                raise ConnectionError
            while len(octets) > 2:
                size = struct.unpack_from("!H", octets)[0]
                reply = self.reply(octets[2:2 + size], True)
                if reply:
                    connection.sendall(struct.pack("!H", len(reply)) + reply)
                octets = octets[2 + size:]
        except ConnectionError:
            self.selector.unregister(connection)
            connection.close()

    def on_word(self, _):
        word, _, number = sys.stdin.buffer.readline().decode().strip().partition(":")
        if word in MODES:
            self.mode, self.left = word, int(number or 0)
            print("ok", flush=True)
        else:
            sys.exit(0)

    def run(self):
        end = time.monotonic() + LIFETIME_S
        print(self.port, flush=True)
        while time.monotonic() < end:
            for key, _ in self.selector.select(1):
                key.data(key.fileobj)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--address", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--authoritative", action="store_true")
    options = parser.parse_args()
    Server(options.address, options.port, options.authoritative).run()


if __name__ == "__main__":
    main()
