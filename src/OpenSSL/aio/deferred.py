"""What a stream of anyio has in the place of asyncio's tasks.

Theory.  Nobody runs while the caller waits for its handshake, so the caller itself awaits what a
callback has returned.  A caller that is cancelled meanwhile is cancelled in the callback too, and
no task is left behind.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable

__all__ = ["Deferred"]


class Deferred:
    """An answer that is awaited later: as much of a future as :class:`Asked` looks at."""

    __slots__ = ("_awaitable", "_done", "_error", "_value")

    def __init__(self, awaitable: Awaitable[Any]) -> None:
        self._awaitable = awaitable
        self._done = False
        self._value: Any = None
        self._error: Exception | None = None

    def done(self) -> bool:
        """Whether there is an answer."""
        return self._done

    def cancelled(self) -> bool:
        """False: where the callback is cancelled, so is the caller, who takes no answer."""
        return False

    def add_done_callback(self, _callback: Any) -> None:
        """Nobody has to be told."""

    def cancel(self) -> None:
        """Nobody will await it any more."""
        if not self._done and inspect.iscoroutine(self._awaitable):
            self._awaitable.close()

    def result(self) -> Any:
        """Return the answer, or raise what came in its place."""
        if self._error is not None:
            raise self._error
        return self._value

    async def run(self) -> None:
        """Wait for the answer."""
        try:
            self._value = await self._awaitable
        except Exception as error:  # noqa: BLE001  # it comes out of the handshake
            self._error = error
        self._done = True
