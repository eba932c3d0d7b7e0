"""Flow control of what is written: water marks, and a protocol that is asked to wait."""

from __future__ import annotations

import asyncio
from asyncio.transports import _FlowControlMixin

__all__ = ["Limits"]

#: Where the marks are unless somebody says so, in bytes.
HIGH = 64 * 1024


class Limits(_FlowControlMixin):
    """The half of a transport that counts what is yet to be sent.

    Its parent is what asyncio's ``loop.sendfile`` asks for before it writes a file.
    """

    __slots__ = ("__weakref__", "_empty", "_high", "_low", "_protocol", "_size")

    _loop: asyncio.AbstractEventLoop
    _protocol: asyncio.BaseProtocol
    _protocol_paused: bool
    #: Told when nothing waits any more.
    _empty: asyncio.Future[None] | None

    def _begin_flow(self) -> None:
        self._high = HIGH
        self._low = HIGH // 4
        self._size = 0
        self._empty = None
        self._protocol_paused = False

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Ask the protocol to wait above ``high`` bytes, and to go on at ``low`` or fewer.

        None for ``high`` is four times ``low``, or 64 KiB; None for ``low`` is a quarter of
        ``high``. Raises ValueError unless ``high >= low >= 0``.
        """
        if high is None:
            high = HIGH if low is None else 4 * low
        if low is None:
            low = high // 4
        if not high >= low >= 0:
            raise ValueError(f"high ({high!r}) must be >= low ({low!r}) must be >= 0")
        self._high, self._low = high, low
        self._grow(0)

    def get_write_buffer_limits(self) -> tuple[int, int]:
        """Return ``(low, high)``, in bytes."""
        return self._low, self._high

    def get_write_buffer_size(self) -> int:
        """Return how many bytes wait to be sent."""
        return self._size

    def _grow(self, count: int) -> None:
        """Count bytes that wait."""
        self._size += count
        if self._size > self._high and not self._protocol_paused:
            self._protocol_paused = True
            self._call("pause_writing")

    def _shrink(self, count: int) -> None:
        """Count bytes that went."""
        self._size -= count
        if self._empty is not None and self._size == 0:
            self._tell_empty()
        if self._protocol_paused and self._size <= self._low:
            self._protocol_paused = False
            self._call("resume_writing")

    async def _emptied(self) -> None:
        """Wait until nothing waits to be sent, or the transport is closed."""
        while self._size and not self.is_closing():
            if self._empty is None or self._empty.done():
                self._empty = self._loop.create_future()
            # Several may wait; one that is cancelled does not cancel the others.
            await asyncio.shield(self._empty)

    def _tell_empty(self) -> None:
        told, self._empty = self._empty, None
        if told is not None and not told.done():
            told.set_result(None)

    def _call(self, name: str) -> None:
        try:
            getattr(self._protocol, name)()
        except (SystemExit, KeyboardInterrupt):
            raise
        except BaseException as error:  # noqa: BLE001  # as asyncio's transports do
            self._loop.call_exception_handler(
                {
                    "message": f"protocol.{name}() failed",
                    "exception": error,
                    "transport": self,
                    "protocol": self._protocol,
                }
            )
