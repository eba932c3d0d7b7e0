"""Flow control of what is written: water marks, and a protocol that is asked to wait."""

from __future__ import annotations

import asyncio

__all__ = ["Limits"]

#: Where the marks are unless somebody says so, in bytes.
HIGH = 64 * 1024


class Limits(asyncio.Transport):
    """The half of a transport that counts what is yet to be sent."""

    __slots__ = ("__weakref__", "_high", "_loop", "_low", "_protocol", "_protocol_paused", "_size")

    _loop: asyncio.AbstractEventLoop
    _protocol: asyncio.BaseProtocol

    def _begin_flow(self) -> None:
        self._high = HIGH
        self._low = HIGH // 4
        self._size = 0
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
        if self._protocol_paused and self._size <= self._low:
            self._protocol_paused = False
            self._call("resume_writing")

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
