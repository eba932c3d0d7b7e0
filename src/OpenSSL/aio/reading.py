"""Reading: what has come goes to the protocol, as long as it wants it."""

from __future__ import annotations

from typing import Any

from OpenSSL._native.ssl.driving import (
    OPEN,
    WANT_LOOKUP,
    WANT_WRITE,
    deliver,
    has_more,
    receive_into,
)
from OpenSSL.aio.core import FLUSHING, ROUNDS, Core, cannot_wait

__all__ = ["Reading"]


class Reading(Core):
    """The half of a transport that reads."""

    __slots__ = ()

    def _read(self) -> None:
        """Hand the protocol what has come, as long as it wants it."""
        for _ in range(ROUNDS):
            if not self._deliver() or not has_more(self._connection):
                return
        self._loop.call_soon(self._read_later)

    def _deliver(self) -> bool:
        """Hand on one piece; False where the protocol gets no other now."""
        return self._read_into_protocol() if self._buffered else deliver(self)

    def _read_later(self) -> None:
        if self._state == OPEN and not self._paused and not self._heard_end:
            self._read()

    def _read_into_protocol(self) -> bool:
        """Do as ``deliver`` for a BufferedProtocol, in its own buffer."""
        protocol: Any = self._protocol
        try:
            buffer = protocol.get_buffer(-1)
            if not len(buffer):
                raise RuntimeError("get_buffer() returned an empty buffer")
        except BaseException as error:  # noqa: BLE001  # the protocol's
            self._fatal(error, "get_buffer")
            return False
        try:
            count = receive_into(self._connection, buffer)
        except BaseException as error:  # noqa: BLE001  # whatever a callback raises
            self._put_out()
            self._fail(error)
            return False
        if count > 0:
            try:
                protocol.buffer_updated(count)
            except BaseException as error:  # noqa: BLE001  # the protocol's
                self._fatal(error, "buffer_updated")
                return False
            return self._state == OPEN and not self._paused
        if count == 0:
            self._heard()
        else:
            self._read_stopped(-count)
        return False

    def _read_stopped(self, status: int) -> None:
        self._put_out()  # an answer to new keys
        if status == WANT_WRITE:
            self._read_wants_room = True
            self._watch_output()
        elif status == WANT_LOOKUP:
            self._fail(cannot_wait())

    def _heard(self) -> None:
        """Tell the protocol of the peer's close_notify."""
        self._heard_end = True
        self._update_input()
        try:
            stay = self._protocol.eof_received()  # type: ignore[attr-defined]
        except BaseException as error:  # noqa: BLE001  # the protocol's
            self._fatal(error, "eof_received")
            return
        if not stay:
            self.close()

    def is_reading(self) -> bool:
        """Whether the protocol is given what comes in."""
        return self._state <= OPEN and not self._paused

    def pause_reading(self) -> None:
        """Give the protocol nothing more until :meth:`resume_reading`."""
        if self._paused or self._state >= FLUSHING:
            return
        self._paused = True
        self._update_input()

    def resume_reading(self) -> None:
        """Give the protocol what comes in again."""
        if not self._paused or self._state >= FLUSHING:
            return
        self._paused = False
        self._update_input()
        if self._state == OPEN and has_more(self._connection):
            self._loop.call_soon(self._read_later)
