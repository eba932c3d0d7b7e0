"""A certificate callback of one connection, which may be a coroutine function.

Theory.  libssl asks for a certificate in the middle of a call, which has to end: where the
callback returns something to be awaited, a task is made of that, and libssl is told "not yet".
When the task has come to its end the transport shakes hands again, libssl asks again, and is
given what the task came to.  The time for the handshake goes on meanwhile; when that is over,
or the transport is closed, the task is cancelled.
"""

from __future__ import annotations

import asyncio
import inspect
from typing import TYPE_CHECKING, Any

from OpenSSL._exceptions import WantX509LookupError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import TypeAlias

    from OpenSSL._face.ssl.connection import Connection

    CertCallback: TypeAlias = Callable[[Connection], Awaitable[object] | object]

__all__ = ["Choice", "check_callback"]


def check_callback(callback: Any) -> Any:
    """Return ``callback``; raise TypeError unless it can be called or is None."""
    if callback is not None and not callable(callback):
        raise TypeError("cert_callback must be callable")
    return callback


class Choice:
    """Asks the callback for libssl, and waits for it."""

    __slots__ = ("_callback", "_go_on", "_task")

    def __init__(self, callback: CertCallback) -> None:
        self._callback = callback
        #: Called when the callback has answered; None when nobody waits for that.
        self._go_on: Callable[[], None] | None = None
        self._task: asyncio.Future[Any] | None = None

    def begin(self, go_on: Callable[[], None]) -> None:
        """A handshake begins, which ``go_on`` goes on with."""
        self._go_on = go_on

    def end(self) -> None:
        """Nobody waits any more."""
        self._go_on = None
        if self._task is not None:
            self._task.cancel()

    def is_awaited(self) -> bool:
        """Whether the callback is yet to answer."""
        return self._task is not None

    def __call__(self, connection: Connection) -> None:
        """Answer libssl: at once, or with "not yet"."""
        if self._task is None:
            answer = self._callback(connection)
            if not inspect.isawaitable(answer):
                return
            self._task = self._start(answer)
        if not self._task.done():
            raise WantX509LookupError
        task, self._task = self._task, None
        if task.cancelled():
            raise ConnectionAbortedError("the certificate callback was cancelled")
        task.result()

    def _start(self, answer: Any) -> asyncio.Future[Any]:
        if self._go_on is None:
            if inspect.iscoroutine(answer):
                answer.close()  # it would complain that nobody has awaited it
            raise NotImplementedError(
                "after the handshake a certificate callback must not be a coroutine function"
            )
        task: asyncio.Future[Any] = asyncio.ensure_future(answer)
        if not task.done():
            task.add_done_callback(self._answered)
        return task

    def _answered(self, _task: asyncio.Future[Any]) -> None:
        if self._go_on is not None:
            self._go_on()
