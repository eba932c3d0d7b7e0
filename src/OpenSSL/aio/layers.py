"""A TLS transport over any other: TLS in TLS, a proxy's tunnel, a pipe, an upgrade midway."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from OpenSSL._exceptions import SysCallError
from OpenSSL._native.ssl.driving import take
from OpenSSL.aio.core import CLOSED, FLUSHING, OPEN, PARTING, SHAKING
from OpenSSL.aio.transports import Transport

if TYPE_CHECKING:
    from OpenSSL.aio.ends import End

__all__ = ["LayerTransport"]


class Layer(asyncio.Protocol):
    """The protocol of the transport below: what it carries is a connection's records."""

    __slots__ = ("_transport",)

    def __init__(self, transport: LayerTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Hand on what has come."""
        self._transport._came(data)

    def eof_received(self) -> bool:
        """Hand on that there is no more."""
        return self._transport._ended()

    def connection_lost(self, exc: Exception | None) -> None:
        """Hand on that the transport below is gone."""
        self._transport._below_lost(exc)

    def pause_writing(self) -> None:
        """Let nothing more be sent for now."""
        self._transport._full = True

    def resume_writing(self) -> None:
        """Go on with what is kept."""
        self._transport._full = False
        # Not from here: asyncio's transports are in the middle of their writing, and would
        # not notice that they are closed.
        self._transport._loop.call_soon(self._transport._on_output)


class LayerTransport(Transport):
    """TLS over another transport, by a memory BIO."""

    __slots__ = ("_gone", "_last", "_lower", "_reading")

    _in_memory = True

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        protocol: asyncio.BaseProtocol,
        end: End,
        lower: asyncio.Transport,
    ) -> None:
        self._lower = lower
        self._gone = False  # the transport below is lost
        self._last: asyncio.TimerHandle | None = None
        super().__init__(loop, protocol, end)
        # Nobody else may be given what comes from here on.
        lower.pause_reading()
        self._reading = False
        lower.set_protocol(Layer(self))

    # ---- what comes from below

    def _came(self, data: bytes) -> None:
        if self._state != CLOSED:
            self._connection.bio_write(data)
            self._on_input()

    def _ended(self) -> bool:
        """The transport below has ended; whether it is to stay for what we have to send."""
        if self._state == CLOSED:
            return False
        self._connection.bio_shutdown()
        if self._heard_end:
            return self._state == OPEN
        self._on_input()
        return False

    def _below_lost(self, error: Exception | None) -> None:
        self._gone = True
        if self._last is not None:
            self._last.cancel()
            self._last = None
        if self._state == CLOSED:
            return
        if self._state == PARTING and self._parted:
            self._finish(None)
        elif error is not None or self._state == FLUSHING or self._heard_end:
            lost = error or SysCallError(-1, "Unexpected EOF")
            if self._state == SHAKING:
                self._not_made(lost)
            else:
                self._fail(lost)
        else:
            # What came before can still be read, by who has paused it too.
            self._connection.bio_shutdown()
            self._on_input()

    # ---- what the transport needs

    def _watch_input(self) -> None:
        if not self._reading and not self._gone:
            self._reading = True
            self._lower.resume_reading()

    def _ignore_input(self) -> None:
        if self._reading and not self._gone:
            self._reading = False
            self._lower.pause_reading()

    def _watch_output(self) -> None:
        """Nothing to do: the transport below tells by itself."""

    def _ignore_output(self) -> None:
        """Nothing to do."""

    def _put_out(self) -> None:
        data = take(self._connection)
        if data is not None and not self._gone:
            self._lower.write(data)

    def _after_handshake(self) -> None:
        if self._reading:
            self._loop.call_soon(self._read_later)

    def _leave(self, gently: bool) -> None:
        if self._gone:
            return
        if not gently:
            self._lower.abort()
            return
        self._lower.close()
        if self._lower.get_write_buffer_size():
            # An alert, or a close_notify: the peer has that long to take it.
            self._last = self._loop.call_later(self._end.patience, self._lower.abort)

    def _let_go(self) -> None:
        if not self._gone:
            self._lower.close()

    def _below(self, name: str) -> Any:
        return self._lower.get_extra_info(name)
