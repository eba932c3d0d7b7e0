"""What a server has seen: a line for each event, and the sums for the end."""

from __future__ import annotations

import sys
import threading
import time
from http import HTTPStatus

from .printable import printable, quantity

__all__ = ["Counts"]


class Counts:
    """Counts events from many threads, and prints them unless told to be quiet."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._lock = threading.Lock()
        self.connections = 0
        self.resumptions = 0
        self.requests = 0
        self.failures = 0
        self.losses = 0
        self.turned_away = 0

    def connected(self, address: str, resumed: bool) -> None:
        """Count a finished handshake."""
        with self._lock:
            self.connections += 1
            self.resumptions += resumed

    def failed(self, address: str, why: str) -> None:
        """Count a handshake that failed."""
        with self._lock:
            self.failures += 1
            self._say(address, f"handshake failed: {why}")

    def answered(self, address: str, what: str, status: HTTPStatus) -> None:
        """Count a request and its answer."""
        with self._lock:
            self.requests += 1
            self._say(address, f"{status.value} {printable(what, 120)}")

    def vanished(self) -> None:
        """Count a client that was gone in the middle of an answer."""
        with self._lock:
            self.losses += 1

    def full(self, address: str) -> None:
        """Count a client for whom there was no room."""
        with self._lock:
            self.turned_away += 1
            self._say(address, "turned away: too many at once")

    def summary(self) -> str:
        """Return the closing line."""
        with self._lock:
            parts = [
                quantity(self.requests, "request"),
                f"{quantity(self.connections, 'connection')} ({self.resumptions} resumed)",
                quantity(self.failures, "failed handshake"),
            ]
            if self.losses:
                parts.append(f"{quantity(self.losses, 'client')} lost")
            if self.turned_away:
                parts.append(f"{self.turned_away} turned away")
        return "served " + ", ".join(parts)

    def _say(self, address: str, line: str) -> None:
        if self._quiet:
            return
        try:
            print(f"{time.strftime('%H:%M:%S')}  {address:22}  {line}", file=sys.stdout, flush=True)
        except (OSError, ValueError):
            # The reader of the log is gone; the server goes on without it.
            self._quiet = True
