"""``ssl.SSLObject`` over a Connection in memory.

Theory.  The bytes wait in the caller's two ``ssl.MemoryBIO``.  Callers look at
``incoming.pending`` and ``pending()`` to see whether reading again is any use, so no more
than one record at a time is moved from the first into the Connection; bytes are never
held back here, because libssl may want fewer than a record of what is not TLS at all.
"""

from __future__ import annotations

import ssl
import threading
from typing import TYPE_CHECKING, Any

from OpenSSL import _exceptions as ours
from OpenSSL._bridge.links import Link, check_room, contents

if TYPE_CHECKING:
    from collections.abc import Callable

    from OpenSSL._bridge.contexts import SSLContext
    from OpenSSL._face.ssl.connection import Connection

__all__ = ["ObjectLink", "SSLObject"]

HEADER = 5  # bytes before a record; the last two are the length of the rest
MOST = 1 << 18  # bytes moved out at a time


class ObjectLink(Link):
    """The TLS of an :class:`SSLObject`."""

    __slots__ = ("_ended", "_head", "_incoming", "_lock", "_outgoing", "_taken", "_wanted")

    def __init__(
        self,
        bridge: SSLContext,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool,
        server_hostname: str | None,
        owner: Any,
        session: Any,
    ) -> None:
        for name, bio in (("incoming", incoming), ("outgoing", outgoing)):
            if not isinstance(bio, ssl.MemoryBIO):
                raise TypeError(f"{name} must be an ssl.MemoryBIO, not {type(bio).__name__}")
        self._incoming = incoming
        self._outgoing = outgoing
        self._lock = threading.Lock()  # bytes keep their order whichever thread moves them
        self._head = b""  # of the record that has begun to come in
        self._wanted = 0  # how many bytes of it are yet to come
        self._taken = 0  # bytes of an interrupted write that need no second go
        self._ended = False
        super().__init__(bridge, None, server_side, server_hostname, owner, session)

    # ---- moving bytes

    def _feed(self) -> bool:
        """Move what there is of one record in; False where there is nothing to move."""
        with self._lock:
            moved = False
            if not self._wanted:
                head = self._incoming.read(HEADER - len(self._head))
                if head:
                    moved = True
                    self.connection.bio_write(head)
                    self._head += head
                if len(self._head) == HEADER:
                    self._wanted = int.from_bytes(self._head[3:], "big")
                    self._head = b""
            if self._wanted:
                body = self._incoming.read(self._wanted)
                if body:
                    moved = True
                    self.connection.bio_write(body)
                    self._wanted -= len(body)
            if not moved and self._incoming.eof and not self._ended:
                self._ended = moved = True
                self.connection.bio_shutdown()
            return moved

    def _flush(self) -> None:
        """Move out what is to be sent."""
        with self._lock:
            while True:
                try:
                    data = self.connection.bio_read(MOST)
                except ours.WantReadError:
                    return
                self._outgoing.write(data)

    def _run(self, call: Callable[..., Any], *args: Any) -> Any:
        try:
            while True:
                try:
                    return call(*args)
                except ours.WantReadError:
                    if not self._feed():
                        raise
        finally:
            self._flush()

    # ---- operations

    def do_handshake(self) -> None:
        """Shake hands, or go on with it."""
        try:
            self._run(self.connection.do_handshake)
        except (ours.WantReadError, ours.WantWriteError) as error:
            raise self.failed(error) from None
        except ours.Error as error:
            raise self.failed(error) from error

    def read(self, size: int = 1024, buffer: Any = None) -> Any:
        """Read up to ``size`` bytes, or into ``buffer``; empty at the end."""
        try:
            if buffer is None:
                if size < 0:
                    raise ValueError("size should not be negative")
                return self._run(self.connection.recv, size)
            check_room(buffer)
            return self._run(self.connection.recv_into, buffer, size if size > 0 else None)
        except ours.ZeroReturnError:
            return self.ended(size, buffer)
        except (ours.WantReadError, ours.WantWriteError) as error:
            raise self.failed(error) from None
        except ours.Error as error:
            raise self.failed(error) from error

    def write(self, data: Any) -> int:
        """Send all of ``data`` and return how many bytes that is."""
        with memoryview(contents(data)) as view, view.cast("B") as rest:
            size = len(rest)
            if self._taken > size:
                raise self.failed(ours.Error([("SSL routines", "", "bad write retry")]))
            try:
                self._run(self.connection.sendall, rest[self._taken :])
            except (ours.WantReadError, ours.WantWriteError) as error:
                # ssl's callers come again with all of it.
                self._taken += error.bytes_sent or 0
                raise self.failed(error) from None
            except ours.Error as error:
                raise self.failed(error) from error
        self._taken = 0
        return size

    def shutdown(self) -> None:
        """Send close_notify, and wait for the peer's."""
        try:
            if not self._run(self.connection.shutdown):
                self._run(self.connection.shutdown)
        except (ours.WantReadError, ours.WantWriteError) as error:
            raise self.failed(error) from None
        except ours.Error as error:
            raise self.failed(error) from error


class SSLObject(ssl.SSLObject):
    """TLS in memory, by a :class:`OpenSSL.SSL.Connection`."""

    _sslobj: Any

    @property
    def connection(self) -> Connection:
        """The Connection behind."""
        connection: Connection = self._sslobj.connection
        return connection
