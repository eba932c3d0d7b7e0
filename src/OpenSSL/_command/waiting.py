"""Waiting on sockets that never block, with a deadline over the whole of a task.

A timeout per read lets a peer that sends a byte now and then hold a thread
for ever; a deadline does not.
"""

from __future__ import annotations

import contextlib
import select
import socket
import time
from collections.abc import Callable
from typing import TypeVar

from OpenSSL import SSL

__all__ = ["Deadline", "carry", "ready"]

_Result = TypeVar("_Result")


class Deadline:
    """A moment by which something has to be done."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    def remaining(self) -> float:
        """Return the seconds left; raise :class:`TimeoutError` when there are none."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError("no answer in time")
        return left


def ready(sock: socket.socket, deadline: Deadline, *, writing: bool = False) -> None:
    """Wait until *sock* can be read or written, or raise :class:`TimeoutError`."""
    timeout = deadline.remaining()
    if hasattr(select, "poll"):
        # Unlike select(2) this has no ceiling of 1024 descriptors.
        poll = select.poll()
        poll.register(sock, select.POLLOUT if writing else select.POLLIN)
        seen = bool(poll.poll(timeout * 1000))
    else:
        reads, writes = ([], [sock]) if writing else ([sock], [])
        seen = any(select.select(reads, writes, writes, timeout))
    if not seen:
        raise TimeoutError("no answer in time")


def carry(
    call: Callable[[], _Result],
    sock: socket.socket,
    deadline: Deadline,
    timer: SSL.Connection | None = None,
) -> _Result:
    """Repeat *call*, an operation of a connection over *sock*, until it is done.

    *timer* is a connection over datagrams, which may be lost and are then sent again.
    """
    while True:
        deadline.remaining()
        try:
            return call()
        except SSL.WantReadError:
            _wait_to_read(sock, deadline, timer)
        except SSL.WantWriteError:
            ready(sock, deadline, writing=True)


def _wait_to_read(sock: socket.socket, deadline: Deadline, timer: SSL.Connection | None) -> None:
    due = timer.DTLSv1_get_timeout() if timer else None
    if timer is None or due is None or due >= deadline.remaining():
        ready(sock, deadline)
        return
    with contextlib.suppress(TimeoutError):
        ready(sock, Deadline(due) if due > 0 else Deadline(0.001))
        return
    timer.DTLSv1_handle_timeout()
