#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A mail server on 127.0.0.1 that offers no STARTTLS, and counts.

Its thread is one of the test's. `delay` seconds pass before each greeting; while `silent` nobody is greeted.
"""
import asyncio
import threading

QUIT_WAIT_S = 30  # for a client that does not speak


class Server:
    def __init__(self):
        self.delay = 0
        self.silent = False
        self.connections = self.greeted = self.at_once = self.most_at_once = self.quits = 0
        self.names = []  # the client gave with EHLO
        self.loop = asyncio.new_event_loop()
        ready = threading.Event()
        self.thread = threading.Thread(target=self.run, args=(ready,), daemon=True)
        self.thread.start()
        ready.wait()

    def run(self, ready):
        asyncio.set_event_loop(self.loop)
        self.server = self.loop.run_until_complete(asyncio.start_server(self.serve, "127.0.0.1", 0, backlog=512))
        self.port = self.server.sockets[0].getsockname()[1]
        ready.set()
        self.loop.run_forever()

    def stop(self):
        if not self.thread.is_alive():
            return
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()

    def close(self):
        """Nobody listens any more."""
        self.loop.call_soon_threadsafe(self.server.close)
        self.stop()

    async def serve(self, reader, writer):
        self.connections += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await self.talk(reader, writer)
        except (ConnectionError, asyncio.TimeoutError, asyncio.IncompleteReadError):
            pass
        finally:
            self.at_once -= 1
            writer.close()

    async def talk(self, reader, writer):
        if self.silent:
            await asyncio.wait_for(reader.readuntil(b"\n"), QUIT_WAIT_S)
            return
        await asyncio.sleep(self.delay)
        writer.write(b"220 mail.test ESMTP\r\n")
        self.greeted += 1
        while True:
            line = await asyncio.wait_for(reader.readuntil(b"\n"), QUIT_WAIT_S)
            word = line.split(b" ")[0].strip().upper()
            if word == b"EHLO":
                self.names.append(line.split(b" ")[1].strip().decode())
                writer.write(b"250-mail.test\r\n250 SIZE 1000\r\n")
            elif word == b"QUIT":
                self.quits += 1
                writer.write(b"221 bye\r\n")
                await writer.drain()
                return
            else:
                writer.write(b"502 no\r\n")
