# SPDX-License-Identifier: BSD-2-Clause
"""A way to a server that takes a while, as one over an ocean: what comes is handed on @delay_s later, in both directions.

    with relay.Relay(server.port, 0.025) as way:   # 50 ms there and back
        way.url

Only what is asked for before the answers in front of it are there is had faster than one answer in that time.

    relay.Relay(server.port, hold_after=b"PUB x")  # once a client has sent that, it is told nothing any more
    way.asked                                      # all that clients have sent
"""
import collections
import socket
import threading
import time

OCTETS = 65536


class Relay:
    def __init__(self, port, delay_s=0, hold_after=None):
        self.port, self.delay_s, self.hold_after = port, delay_s, hold_after
        self.asked = bytearray()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"nats://127.0.0.1:{self.listener.getsockname()[1]}"
        self.sockets = [self.listener]
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for one in self.sockets:
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # it has ended by itself
            one.close()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self.port))
            self.sockets += [client, server]
            _Direction(client, server, self.delay_s, self._on_asked)
            _Direction(server, client, self.delay_s, lambda octets: not self.holds())

    def _on_asked(self, octets):
        self.asked += octets
        return True

    def holds(self):
        return self.hold_after is not None and self.hold_after in self.asked


class _Direction:
    def __init__(self, source, sink, delay_s, goes_on):
        self.source, self.sink, self.delay_s, self.goes_on = source, sink, delay_s, goes_on
        self.waiting, self.some = collections.deque(), threading.Condition()
        for run in (self._read, self._write):
            threading.Thread(target=run, daemon=True).start()

    def _read(self):
        octets = b"-"
        while octets:
            try:
                octets = self.source.recv(OCTETS)
            except OSError:
                octets = b""
            if octets and not self.goes_on(octets):
                continue
            with self.some:
                self.waiting.append((time.monotonic() + self.delay_s, octets))
                self.some.notify()

    def _write(self):
        while True:
            with self.some:
                self.some.wait_for(lambda: self.waiting)
                due, octets = self.waiting.popleft()
            time.sleep(max(0, due - time.monotonic()))
            try:
                if not octets:
                    self.sink.shutdown(socket.SHUT_WR)
                    return
                self.sink.sendall(octets)
            except OSError:
                return
