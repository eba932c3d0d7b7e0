"""What every part of a transport knows: its connection, how far that has come, what is below.

Theory.  One state says how far the connection has come.  In it an event, "something can be
read" or "something can be written", is one call of the core, whose answer says what to wait
for next.  How that is waited for, and where the bytes go, is what the two kinds of transport
differ in: :mod:`OpenSSL.aio.sockets` and :mod:`OpenSSL.aio.layers`.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from OpenSSL._native.ssl.driving import OPEN, know
from OpenSSL.aio.flow import Limits

if TYPE_CHECKING:
    import collections
    from collections.abc import Callable

    from OpenSSL._face.ssl.connection import Connection
    from OpenSSL.aio.ends import End

__all__ = [
    "CLOSED",
    "FLUSHING",
    "OPEN",
    "PARTING",
    "READ",
    "ROUNDS",
    "SHAKING",
    "Core",
    "cannot_wait",
]

#: How far a connection has come; OPEN comes after SHAKING.
SHAKING: int = 0
FLUSHING: int = 2
PARTING: int = 3
CLOSED: int = 4
#: The most that is asked of the core at once, in bytes.
READ: int = 1 << 16
#: How many reads follow each other before others have the loop.
ROUNDS: int = 16


def cannot_wait() -> Exception:
    """Return what a callback's WantX509LookupError comes to."""
    return NotImplementedError(
        "in an event loop only a coroutine function given with the connection can wait"
    )


class Core(Limits):
    """A transport without its parts."""

    __slots__ = (
        "_backlog",
        "_buffered",
        "_connection",
        "_end",
        "_full",
        "_heard_end",
        "_known",
        "_lost",
        "_moved",
        "_on_done",
        "_on_made",
        "_parted",
        "_paused",
        "_read_wants_room",
        "_said_end",
        "_state",
        "_timer",
        "_write_wants_bytes",
    )

    _end: End
    _connection: Connection
    _state: int
    #: What is yet to be sent; None when that is nothing.
    _backlog: collections.deque[bytes | memoryview] | None
    #: What is below takes no more; ``_on_output`` comes when it does.
    _full: bool
    #: The protocol has a connection already: it is told also when there will be no TLS.
    _known: bool
    #: Writes into a closed transport.
    _lost: int
    #: When something went last, while closing.
    _moved: float
    _paused: bool
    #: The peer's close_notify has been told.
    _heard_end: bool
    #: ``write_eof`` was called: ours follows what is in the backlog.
    _said_end: bool
    #: It is out.
    _parted: bool
    _read_wants_room: bool
    _write_wants_bytes: bool
    _timer: asyncio.TimerHandle | None
    #: Told once of the end of the handshake, with an error or None.
    _on_made: Callable[[BaseException | None], None] | None
    #: Told once that it is all over.
    _on_done: Callable[[Any], None] | None
    _buffered: bool
    #: What the core has written is not in the system's hands, but for ``_put_out`` to hand on.
    _in_memory: bool = False

    def __init__(
        self, loop: asyncio.AbstractEventLoop, protocol: asyncio.BaseProtocol, end: End
    ) -> None:
        self._loop = loop
        self._end = end
        self._connection = end.connection
        self._state = SHAKING
        self._backlog = None
        self._full = False
        self._known = False
        self._lost = 0
        self._moved = 0.0
        self._paused = False
        self._heard_end = False
        self._said_end = False
        self._parted = False
        self._read_wants_room = False
        self._write_wants_bytes = False
        self._timer = None
        self._on_made = None
        self._on_done = None
        self._begin_flow()
        self.set_protocol(protocol)

    # ---- what a kind of transport has to add

    def _watch_input(self) -> None:
        """Let ``_on_input`` be called when something has come in."""
        raise NotImplementedError

    def _ignore_input(self) -> None:
        raise NotImplementedError

    def _watch_output(self) -> None:
        """Let ``_on_output`` be called when there is room."""
        raise NotImplementedError

    def _ignore_output(self) -> None:
        raise NotImplementedError

    def _put_out(self) -> None:
        """Hand on what the core has written, where that is not in the system's hands yet."""

    def _leave(self, gently: bool) -> None:
        """Want nothing more from what is below; what was put out may still go, if gently."""
        raise NotImplementedError

    def _let_go(self) -> None:
        """Close what is below; the loop may be gone already."""

    def _below(self, name: str) -> Any:
        """An answer about what is below, or None."""
        raise NotImplementedError

    def _after_handshake(self) -> None:
        """Look for what came with the last flight."""

    # ---- what the parts ask of each other

    def _read(self) -> None:
        """Hand the protocol what has come, as long as it wants it."""
        raise NotImplementedError

    def _flush(self) -> None:
        """Send what is kept, as far as that goes now."""
        raise NotImplementedError

    def _say_goodbye(self) -> None:
        """Send close_notify; when the transport is closing, also wait for the peer's."""
        raise NotImplementedError

    def _finish(self, error: BaseException | None, gently: bool = True) -> None:
        """Let go of what is below, and tell the protocol that it is lost."""
        raise NotImplementedError

    def _fail(self, error: BaseException) -> None:
        """End it by an error; what a callback has raised is told the loop as well."""
        raise NotImplementedError

    def _fatal(self, error: BaseException, method: str) -> None:
        """End it because the protocol failed."""
        raise NotImplementedError

    def _update_input(self) -> None:
        """Watch for input exactly when somebody wants it."""
        wanted = self._write_wants_bytes
        if self._state == OPEN:
            wanted = wanted or not (self._paused or self._heard_end)
        elif self._state != FLUSHING:
            wanted = self._state in (SHAKING, PARTING)
        if wanted:
            self._watch_input()
        else:
            self._ignore_input()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Speak to another protocol from here on."""
        self._protocol = protocol
        self._buffered = isinstance(protocol, asyncio.BufferedProtocol)

    def get_protocol(self) -> asyncio.BaseProtocol:
        """Return the protocol."""
        return self._protocol


know(Core)
