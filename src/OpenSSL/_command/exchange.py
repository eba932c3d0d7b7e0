"""The demo's traffic: a threaded server, a client, and random data each way.

On the wire: the client sends eight bytes with a size and then that much data;
the server answers with the SHA-256 of what came, as much data of its own, and
the SHA-256 of that.  Each side so learns what the other really got.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from OpenSSL import SSL

__all__ = ["Result", "Server", "Tick", "exchange", "quiet", "random_data"]

_BUFFER = 1 << 20
_PIECE = 1 << 18
_POOL_LIMIT = 128 << 20
_TIMEOUT = 30.0

Tick = Callable[[int], None]


@dataclass
class Result:
    """What one exchange showed: whether the sums agreed, and the seconds each way took."""

    to_server_equal: bool
    to_client_equal: bool
    to_server_seconds: float
    to_client_seconds: float


def random_data(size: int) -> memoryview:
    """Return random bytes for *size*; beyond 128 MiB they are sent again and again."""
    return memoryview(os.urandom(min(size, _POOL_LIMIT)))


def exchange(
    connection: SSL.Connection, data: memoryview, size: int, up: Tick, down: Tick
) -> Result:
    """Do the client's part over *connection*, telling *up* and *down* about each piece."""
    start = time.monotonic()
    connection.sendall(size.to_bytes(8, "big"))
    sent = _pour(connection, data, size, up)
    received_there = _exactly(connection, 32)
    middle = time.monotonic()
    received = _absorb(connection, size, down)
    end = time.monotonic()
    sent_there = _exactly(connection, 32)
    return Result(sent == received_there, received == sent_there, middle - start, end - middle)


class Server:
    """A TLS server on a free loopback port, one thread for each connection."""

    def __init__(self, context: SSL.Context, size: int) -> None:
        self.context = context
        self.data = random_data(size)
        self.failures: list[Exception] = []
        self.closed_cleanly = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._threads: list[threading.Thread] = []
        self._acceptor = threading.Thread(target=self._accept, name="demo server", daemon=True)

    def __enter__(self) -> Server:
        self._acceptor.start()
        return self

    def __exit__(self, *unused: object) -> None:
        # Closing alone would not wake the thread that waits in accept().
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in [self._acceptor, *self._threads]:
            thread.join(_TIMEOUT)

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(sock,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, sock: socket.socket) -> None:
        with sock:
            sock.settimeout(_TIMEOUT)
            try:
                connection = SSL.Connection(self.context, sock)
                connection.set_accept_state()
                connection.do_handshake()
            except (SSL.Error, OSError):
                # The stranger of the demo refuses us; that is its part.
                return
            try:
                self._converse(connection)
            except (SSL.Error, OSError) as error:
                self.failures.append(error)

    def _converse(self, connection: SSL.Connection) -> None:
        size = int.from_bytes(_exactly(connection, 8), "big")
        connection.sendall(_absorb(connection, size, quiet))
        sent = _pour(connection, self.data, size, quiet)
        connection.sendall(sent)
        try:
            connection.recv(1)
        except SSL.ZeroReturnError:
            connection.shutdown()
            self.closed_cleanly += 1


def quiet(count: int) -> None:
    """Show no progress: the other side does."""


def _pour(connection: SSL.Connection, data: memoryview, size: int, progress: Tick) -> bytes:
    """Send *size* bytes out of *data*, and return their SHA-256."""
    digest = hashlib.sha256()
    while size:
        for start in range(0, min(size, len(data)), _PIECE):
            piece = data[start : start + min(_PIECE, size)]
            connection.sendall(piece)
            digest.update(piece)
            progress(len(piece))
            size -= len(piece)
    return digest.digest()


def _absorb(connection: SSL.Connection, size: int, progress: Tick) -> bytes:
    """Receive *size* bytes, and return their SHA-256."""
    digest = hashlib.sha256()
    buffer = memoryview(bytearray(_BUFFER))
    while size:
        wanted = min(size, _BUFFER)
        filled = 0
        while filled < wanted:
            filled += connection.recv_into(buffer[filled:wanted])
        digest.update(buffer[:filled])
        progress(filled)
        size -= filled
    return digest.digest()


def _exactly(connection: SSL.Connection, count: int) -> bytes:
    received = b""
    while len(received) < count:
        received += connection.recv(count - len(received))
    return received
