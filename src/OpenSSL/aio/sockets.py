"""A TLS transport over a socket: its Connection reads and writes the descriptor itself."""

from __future__ import annotations

import contextlib
import socket
from asyncio.trsock import TransportSocket
from typing import TYPE_CHECKING, Any

from OpenSSL._face.ssl.connection import OverSocket
from OpenSSL._native.ssl.driving import drive, expect, write
from OpenSSL.aio.core import READ, ROUNDS
from OpenSSL.aio.transports import Transport

if TYPE_CHECKING:
    import asyncio

    from OpenSSL.aio.ends import End

__all__ = ["SocketTransport"]


class SocketTransport(Transport):
    """TLS over a socket that is this transport's own."""

    __slots__ = ("_names", "_number", "_reading", "_roomy", "_socket", "_writing")

    # Natively, while nothing waits to be sent; it calls ``_write`` for all else.
    if not TYPE_CHECKING:
        write = write

    #: Told when there is room for more of a file.
    _roomy: asyncio.Future[None] | None

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        protocol: asyncio.BaseProtocol,
        end: End,
        sock: socket.socket,
    ) -> None:
        self._socket = sock
        self._number = sock.fileno()
        self._reading = False
        self._writing = False
        self._roomy = None
        # They are asked for when the socket may be gone already.
        self._names = _name(sock.getsockname), _name(sock.getpeername)
        super().__init__(loop, protocol, end)

    def _watch_input(self) -> None:
        if not self._reading:
            self._loop.add_reader(self._number, drive, self)
            self._reading = True

    def _ignore_input(self) -> None:
        if self._reading:
            self._reading = False
            self._loop.remove_reader(self._number)

    def _watch_output(self) -> None:
        if not self._writing:
            self._loop.add_writer(self._number, self._on_output)
            self._writing = True

    def _ignore_output(self) -> None:
        if self._writing:
            self._writing = False
            self._loop.remove_writer(self._number)

    async def _room(self) -> None:
        """Wait until the socket takes more, or the transport is closed."""
        self._roomy = self._loop.create_future()
        self._watch_output()
        try:
            await self._roomy
        finally:
            self._roomy = None

    def _on_output(self) -> None:
        if self._roomy is None:
            super()._on_output()
        elif not self._roomy.done():
            self._ignore_output()
            self._roomy.set_result(None)

    def _leave(self, gently: bool) -> None:
        if self._roomy is not None and not self._roomy.done():
            self._roomy.set_result(None)
        with contextlib.suppress(RuntimeError):  # the loop is closed
            self._ignore_input()
            self._ignore_output()
        if gently:
            # Closed over bytes that nobody has read, the system drops what is still on its
            # way out: our alert.
            with contextlib.suppress(OSError):
                for _ in range(ROUNDS):
                    if len(self._socket.recv(READ)) < READ:
                        break

    def _let_go(self) -> None:
        self._leave(False)
        self._socket.close()

    def _below(self, name: str) -> Any:
        if name == "sockname":
            return self._names[0]
        if name == "peername":
            return self._names[1]
        return TransportSocket(self._socket) if name == "socket" else None


def _name(ask: Any) -> Any:
    try:
        return ask()
    except OSError:
        return None


def without_delay(sock: socket.socket) -> None:
    """Send small records at once, as asyncio's transports do."""
    if sock.family in (socket.AF_INET, getattr(socket, "AF_INET6", None)):
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


expect(SocketTransport, OverSocket)
