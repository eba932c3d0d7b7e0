"""Ports that real servers are given, and when they listen there."""

from __future__ import annotations

import contextlib
import socket
import time

from kit.patience import PATIENCE
from kit.sockets import LOOPBACK

__all__ = ["free_port", "reachable"]


def free_port() -> int:
    """A port that is free for TCP and, in all likelihood, for UDP."""
    with socket.create_server((LOOPBACK, 0)) as sock:
        return int(sock.getsockname()[1])


def reachable(port: int) -> None:
    """Wait until somebody listens on ``port``."""
    end = time.monotonic() + PATIENCE
    while True:
        with contextlib.suppress(OSError), socket.create_connection((LOOPBACK, port), 1):
            return
        assert time.monotonic() < end, f"nothing listens on port {port}"
        time.sleep(0.05)
