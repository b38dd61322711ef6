# SPDX-License-Identifier: BSD-2-Clause
"""Ports for servers that are killed and started again: below the kernel's own choice, so that no connection takes one meanwhile."""
import random
import socket

PORTS = range(20000, 32000)
ATTEMPTS = 200


def free_port():
    """One that nobody has on loopback."""
    for _ in range(ATTEMPTS):
        port = random.SystemRandom().choice(PORTS)
        with socket.socket() as one:
            try:
                one.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise OSError("no free port")
