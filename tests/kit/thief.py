"""A stranger who gets the number of a descriptor that was closed while in use."""

from __future__ import annotations

import os
import socket


class Thief:
    """Closes a socket, and has its number belong to another one."""

    def __init__(self, victim: socket.socket) -> None:
        self._victim = victim
        self._number = victim.fileno()
        self._mine, self.theirs = socket.socketpair()
        self.strikes = 0

    def strike(self) -> None:
        self.strikes += 1
        self._victim.close()
        os.dup2(self._mine.fileno(), self._number)

    def heard(self) -> bytes:
        """What came at the other end of the stranger's socket."""
        self.theirs.setblocking(False)
        try:
            return self.theirs.recv(100_000)
        except BlockingIOError:
            return b""

    def __enter__(self) -> Thief:
        return self

    def __exit__(self, *_: object) -> None:
        self._mine.close()
        self.theirs.close()
        os.close(self._number)
