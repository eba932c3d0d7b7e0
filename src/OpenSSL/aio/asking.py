"""Callbacks of one connection in its handshake, which may be coroutine functions.

Theory.  A handshake asks in the middle of a call, which has to end: where a callback returns
something to be awaited, a task is made of that, and the answer is "not yet".  When the task has
come to its end the transport goes on, asks again, and is given what the task came to.  The time
for the handshake goes on meanwhile; when that is over, or the transport is closed, the task is
cancelled.
"""

from __future__ import annotations

import asyncio
import inspect
from typing import TYPE_CHECKING, Any, NamedTuple

from OpenSSL._exceptions import WantX509LookupError
from OpenSSL._native.common.hooks import settle

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import TypeAlias

    from OpenSSL._face.crypto.certificates import X509
    from OpenSSL._face.ssl.client_hello import ClientHello
    from OpenSSL._face.ssl.connection import Connection

    CertCallback: TypeAlias = Callable[[Connection], Awaitable[object] | object]
    ServernameCallback: TypeAlias = Callable[[Connection], Awaitable[object] | object]
    HelloCallback: TypeAlias = Callable[
        [Connection, ClientHello], Awaitable[bool | None] | bool | None
    ]
    PeerCallback: TypeAlias = Callable[[Connection], Awaitable[bool] | bool]
    VerifyCallback: TypeAlias = Callable[[Connection, list[X509]], Awaitable[bool] | bool]

__all__ = ["NO_CALLBACKS", "Asked", "Callbacks", "checked"]


class Callbacks(NamedTuple):
    """What the caller has given for its connections."""

    cert: CertCallback | None = None
    peer: PeerCallback | None = None
    client_hello: HelloCallback | None = None
    servername: ServernameCallback | None = None
    verify: VerifyCallback | None = None


NO_CALLBACKS: Callbacks = Callbacks()


def checked(
    server_side: bool,
    cert: CertCallback | None,
    peer: PeerCallback | None,
    client_hello: HelloCallback | None = None,
    servername: ServernameCallback | None = None,
    verify: VerifyCallback | None = None,
) -> Callbacks:
    """Return the callbacks; raise TypeError for what cannot be called.

    Raises ValueError where one side is given what only the other is asked.
    """
    given = Callbacks(cert, peer, client_hello, servername, verify)
    for name, callback in zip(Callbacks._fields, given, strict=True):
        if callback is not None and not callable(callback):
            raise TypeError(f"{name}_callback must be callable")
        if callback is not None and name in ("client_hello", "servername") and not server_side:
            raise ValueError(f"{name}_callback is for servers")
    if verify is not None and server_side:
        # libssl cannot wait there on a server (tls_process_client_certificate, 3.0 to 4.0).
        raise ValueError("verify_callback is for clients; a server has peer_callback")
    return given


class Asked:
    """Asks a callback, and waits for its answer."""

    __slots__ = ("_ensure", "_go_on", "_task")

    #: Which callback it is, for error messages.
    name: str

    def __init__(self) -> None:
        #: Called when the callback has answered; None when nobody waits for that.
        self._go_on: Callable[[], None] | None = None
        self._ensure: Callable[[Any], Any] = asyncio.ensure_future
        #: A future, or as much of one as there is without asyncio.
        self._task: Any = None

    def begin(
        self,
        go_on: Callable[[], None],
        ensure: Callable[[Any], Any] = asyncio.ensure_future,
    ) -> None:
        """A handshake begins, which ``go_on`` goes on with; ``ensure`` makes the task."""
        self._go_on = go_on
        self._ensure = ensure

    def end(self) -> None:
        """Nobody waits any more."""
        self._go_on = None
        if self._task is not None:
            self._task.cancel()

    def is_awaited(self) -> bool:
        """Whether the callback is yet to answer."""
        return self._task is not None and not self._task.done()

    def answer(self, ask: Callable[[], Any]) -> Any:
        """Return what ``ask`` answers; raise WantX509LookupError for "not yet"."""
        if self._task is None:
            answer = ask()
            if not inspect.isawaitable(answer):
                return settle(answer, f"a {self.name} callback")
            self._task = self._start(answer)
        if not self._task.done():
            raise WantX509LookupError
        task, self._task = self._task, None
        if task.cancelled():
            raise ConnectionAbortedError(f"the {self.name} callback was cancelled")
        return task.result()

    async def run(self) -> None:
        """Wait for the answer, where there is no task that does."""
        await self._task.run()

    def _start(self, answer: Any) -> Any:
        if self._go_on is None:
            if inspect.iscoroutine(answer):
                answer.close()  # it would complain that nobody has awaited it
            raise NotImplementedError(
                f"after the handshake a {self.name} callback must not be a coroutine function"
            )
        task = self._ensure(answer)
        if not task.done():
            task.add_done_callback(self._answered)
        return task

    def _answered(self, _task: Any) -> None:
        if self._go_on is not None:
            self._go_on()
