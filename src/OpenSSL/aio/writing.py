"""Writing: at once where that goes, else in its turn; nothing is lost or changed meanwhile."""

from __future__ import annotations

import collections
import logging
from typing import TYPE_CHECKING

from OpenSSL._exceptions import SysCallError
from OpenSSL._native.ssl.driving import WANT_LOOKUP, WANT_READ, send
from OpenSSL.aio.core import CLOSED, FLUSHING, OPEN, ROUNDS, cannot_wait
from OpenSSL.aio.reading import Reading

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Writing"]

log: logging.Logger = logging.getLogger("asyncio")

#: The most that is sent at once, and joined to one record, in bytes.
SENT, RECORD = 1 << 18, 1 << 14
#: So many writes into nothing are passed over before the log hears of them.
PATIENCE = 5


class Writing(Reading):
    """The half of a transport that writes."""

    __slots__ = ()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send ``data``, in its turn; what cannot go at once is kept.

        Raises TypeError if it is not bytes-like, RuntimeError after :meth:`write_eof`.
        ``SSL_write_ex(3)``
        """
        if type(data) is not bytes:
            data = _as_bytes(data)
        if self._said_end:
            raise RuntimeError("Cannot call write() after write_eof()")
        if not data:
            return
        if self._state != OPEN or self._backlog is not None or self._full:
            self._keep(data, 0)
            return
        try:
            count = send(self._connection, data, 0, SENT)
        except BaseException as error:  # noqa: BLE001  # whatever a callback raises
            self._write_failed(error)
            return
        if self._in_memory:
            self._put_out()
        if count != len(data):
            self._keep_rest(data, count)

    #: What a faster way leaves to this one.
    _write = write

    def writelines(self, list_of_data: Iterable[bytes | bytearray | memoryview]) -> None:
        """Send all of these, in as few records as they need."""
        self.write(b"".join(list_of_data))

    def _keep(self, data: bytes | bytearray | memoryview, start: int) -> None:
        if self._state >= FLUSHING:
            if self._lost >= PATIENCE:
                log.warning("writing to a TLS transport that is closed")
            self._lost += 1
            return
        if self._backlog is None:
            self._backlog = collections.deque()
        # What can change is copied; bytes stay where they are.
        rest = memoryview(data if type(data) is bytes else bytes(data))[start:]
        self._backlog.append(rest)
        self._grow(len(rest))

    def _keep_rest(self, data: bytes | bytearray | memoryview, count: int) -> None:
        """Keep what ``send`` has not taken; ``count`` is what it has answered."""
        self._keep(data, max(count, 0))
        if count == SENT:
            self._flush()
        else:
            self._stopped(count)

    def _stopped(self, count: int) -> None:
        """See to it that what is kept goes on; ``count`` is what ``send`` has answered."""
        if count == -WANT_READ:
            self._write_wants_bytes = True
            self._update_input()
        elif count == -WANT_LOOKUP:
            self._fail(cannot_wait())
        else:
            self._watch_output()

    def _flush(self) -> None:
        """Send what is kept, as far as that goes now."""
        backlog = self._backlog
        while backlog:
            if len(backlog) > 1 and len(backlog[0]) < RECORD:
                _join(backlog)
            data = backlog[0]
            try:
                count = send(self._connection, data, 0, SENT)
            except BaseException as error:  # noqa: BLE001  # whatever a callback raises
                self._write_failed(error)
                return
            if self._in_memory:
                self._put_out()
            if count < 0:
                self._stopped(count)
                self._shrink(0)
                return
            if count == len(data):
                backlog.popleft()
            else:
                backlog[0] = memoryview(data)[count:]
            self._shrink(count)
            if self._state == FLUSHING:
                self._moved = self._loop.time()
            if self._state == CLOSED or self._full:
                return
        self._backlog = None
        if not self._read_wants_room:
            self._ignore_output()
        if self._state >= FLUSHING or self._said_end:
            self._say_goodbye()

    def _write_failed(self, error: BaseException) -> None:
        """Give what the peer has said before it went the first word: it may say why."""
        self._put_out()
        self._ignore_output()
        if isinstance(error, SysCallError) and self._state == OPEN and not self._paused:
            # Not from here: no protocol expects to be called out of its own write().  What it
            # writes until then is kept, and goes nowhere.
            self._backlog = collections.deque()
            self._loop.call_soon(self._hear_last, error)
        else:
            self._backlog = None
            self._fail(error)

    def _hear_last(self, error: SysCallError) -> None:
        for _ in range(ROUNDS):
            if self._state != OPEN or self._paused or not self._deliver():
                break
        self._fail(error)

    def can_write_eof(self) -> bool:
        """True: close_notify is what ends one direction."""
        return True

    def write_eof(self) -> None:
        """Send close_notify behind what was written; reading goes on.

        ``SSL_shutdown(3)``
        """
        if self._said_end or self._state >= FLUSHING:
            return
        self._said_end = True
        if self._backlog is None and self._state == OPEN:
            self._say_goodbye()


def _as_bytes(data: bytes | bytearray | memoryview) -> bytes | memoryview:
    """Return what can be sent, in one piece."""
    if not isinstance(data, (bytes, bytearray, memoryview)):
        raise TypeError(f"data argument must be a bytes-like object, not {type(data).__name__!r}")
    view = memoryview(data)
    return view.cast("B") if view.c_contiguous else view.tobytes()


def _join(backlog: collections.deque[bytes | memoryview]) -> None:
    """Make one record of small pieces; what libssl has begun may grow, but not shrink."""
    parts = [backlog.popleft()]
    size = len(parts[0])
    while backlog and size + len(backlog[0]) <= RECORD:
        parts.append(backlog.popleft())
        size += len(parts[-1])
    backlog.appendleft(b"".join(parts))
