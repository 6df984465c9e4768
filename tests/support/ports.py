"""Ports of loopback for programs that have to be told one."""

from __future__ import annotations

import random
import socket

# Below the range that Linux takes ports from for whoever asks for any (ip_local_port_range), so that no other program is
# given the port between this look and its use. Tests that run side by side choose at random, and hardly ever the same.
PORTS = range(10000, 32768)
ATTEMPTS = 100


def free_port() -> int:
    """One that nobody listens on at this moment."""
    for _ in range(ATTEMPTS):
        port = random.choice(PORTS)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError(f"none of {ATTEMPTS} ports of loopback is free")
