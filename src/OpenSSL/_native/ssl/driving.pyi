# Written by tools/make_stubs.py from driving.pyx.

from typing import Any, Final

from OpenSSL._native.ssl.connection import Connection
from OpenSSL._types import Buffer

OPEN: Final[int]
DONE: Final[int]
WANT_READ: Final[int]
WANT_WRITE: Final[int]
WANT_LOOKUP: Final[int]

def shake(connection: Connection) -> int:
    """Go on with the handshake: DONE, or what has to happen first."""

def receive(connection: Connection, size: int) -> bytes | int:
    """At most `size` bytes; b"" behind the peer's close_notify; a number for "not yet"."""

def receive_into(connection: Connection, buffer: Buffer) -> int:
    """How many bytes have come into `buffer`; 0 behind the peer's close_notify.

    "Not yet" is a number below 0.
    """

def send(connection: Connection, data: Buffer, start: int, most: int) -> int:
    """How many bytes of `data`, from `start` on, were taken; below 0 when none are yet.

    After "not yet" at least the same bytes have to come again.
    """

def part(connection: Connection) -> int:
    """Send close_notify: DONE when it is out, or what has to happen first."""

def peer_has_parted(connection: Connection) -> bool:
    """Whether the peer's close_notify has come."""

def judge_once(connection: Connection) -> None:
    """Somebody judges the peer when the handshake is done: there is to be no later one."""

def refuse(connection: Connection, error: BaseException) -> None:
    """End it with a fatal alert after the handshake; `error` is what every later call raises."""

def has_more(connection: Connection) -> bool:
    """Whether a read may find something, or an end, that no selector shows.

    In memory that is always so.
    """

def know(kind: type) -> None:
    """Say what class the transports are of; what is asked of each is in its slots."""

def expect(transport: type, connection: type) -> None:
    """Say of what classes transports, and their connections, nearly always are."""

def deliver(transport: Any) -> bool:
    """Hand a transport's Protocol one piece of what has come; False where it gets no other now."""

def drive(transport: Any) -> None:
    """Something has come in: what nearly always follows at once, all else by ``_on_input``."""

def write(self: Any, data: Buffer) -> None:
    """Send ``data``, in its turn; what cannot go at once is kept.

    Raises TypeError if it is not bytes-like, RuntimeError after ``write_eof``.
    ``SSL_write_ex(3)``
    """

def take(connection: Connection) -> bytes | None:
    """What is to be sent to the peer, in memory; None when there is nothing."""
