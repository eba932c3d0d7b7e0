"""Real sockets on the loopback interface, and a threaded server made of our Connections."""

from __future__ import annotations

import contextlib
import select
import socket
import threading
import time
import types
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from kit.patience import PATIENCE
from OpenSSL import SSL

P = ParamSpec("P")
T = TypeVar("T")

LOOPBACK = "127.0.0.1"


@contextlib.contextmanager
def listener(backlog: int = 256) -> Iterator[socket.socket]:
    """A listening socket on a free port."""
    with socket.create_server((LOOPBACK, 0), backlog=backlog) as sock:
        yield sock


@contextlib.contextmanager
def tcp_pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Two connected TCP sockets, accepted one first, both blocking."""
    with listener() as listening:
        client = socket.create_connection(listening.getsockname())
        server, _ = listening.accept()
    with server, client:
        yield server, client


@contextlib.contextmanager
def udp_pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Two UDP sockets that are connected with each other, both blocking."""
    with (
        socket.socket(type=socket.SOCK_DGRAM) as one,
        socket.socket(type=socket.SOCK_DGRAM) as other,
    ):
        for each in (one, other):
            each.bind((LOOPBACK, 0))
        one.connect(other.getsockname())
        other.connect(one.getsockname())
        yield one, other


@contextlib.contextmanager
def unix_pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Two connected sockets without a network."""
    one, other = socket.socketpair()
    with one, other:
        yield one, other


def reset(sock: socket.socket | SSL.Connection) -> None:
    """Close a socket, or the one under a Connection, so that its peer gets RST instead of FIN."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    sock.close()


def in_thread(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
    """Run ``call`` in a thread of its own; ask the result with ``.result(PATIENCE)``."""
    pool = ThreadPoolExecutor(1)
    future = pool.submit(call, *args, **kwargs)
    pool.shutdown(wait=False)
    return future


def server_end(context: SSL.Context, sock: socket.socket) -> SSL.Connection:
    connection = SSL.Connection(context, sock)
    connection.set_accept_state()
    return connection


def client_end(
    context: SSL.Context, sock: socket.socket, server_name: bytes | None = None
) -> SSL.Connection:
    connection = SSL.Connection(context, sock)
    connection.set_connect_state()
    if server_name is not None:
        connection.set_tlsext_host_name(server_name)
    return connection


@contextlib.contextmanager
def connected(
    server_context: SSL.Context, client_context: SSL.Context
) -> Iterator[tuple[SSL.Connection, SSL.Connection]]:
    """Server and client over loopback TCP with blocking sockets, after their handshake.

    The client has read its session tickets, so closing it ends the connection
    with FIN: closing a socket that holds unread bytes would reset it.
    """
    with tcp_pair() as (server_sock, client_sock):
        server = server_end(server_context, server_sock)
        client = client_end(client_context, client_sock)
        future = in_thread(server.do_handshake)
        client.do_handshake()
        future.result(PATIENCE)
        server.sendall(b".")
        assert client.recv(1) == b"."
        yield server, client


def receive_exactly(connection: SSL.Connection, count: int) -> bytes:
    """Receive ``count`` bytes from a blocking connection."""
    parts = []
    while count:
        part = connection.recv(min(count, 65536))
        assert part, "an empty answer from recv"
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def receive_all(connection: SSL.Connection) -> bytes:
    """Receive until the peer closes cleanly; anything else is raised."""
    parts = []
    while True:
        try:
            part = connection.recv(65536)
        except SSL.ZeroReturnError:
            return b"".join(parts)
        assert part, "an empty answer from recv"
        parts.append(part)


def until_full(connection: SSL.Connection) -> None:
    """Wait until the transport takes no more of what another thread sends."""
    deadline = time.monotonic() + PATIENCE
    while select.select([], [connection.fileno()], [], 0)[1]:
        assert time.monotonic() < deadline, "the transport never got full"
        time.sleep(0.01)


def until_done(
    connection: SSL.Connection, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs
) -> T:
    """Repeat ``call`` as its want-states say, with select in between."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            return call(*args, **kwargs)
        except SSL.WantReadError:
            select.select([connection.fileno()], [], [], PATIENCE)
        except SSL.WantWriteError:
            select.select([], [connection.fileno()], [], PATIENCE)
    raise AssertionError("the want-states never ended")


def close_cleanly(connection: SSL.Connection) -> None:
    """Say goodbye, wait for the peer's goodbye, and close the socket.

    Closing without waiting could reset the connection under the peer's answer.
    """
    connection.shutdown()
    assert receive_all(connection) == b""
    connection.close()


def echo(connection: SSL.Connection) -> None:
    """Send back whatever comes until the peer closes cleanly, then close too."""
    while True:
        try:
            data = connection.recv(65536)
        except SSL.ZeroReturnError:
            connection.shutdown()
            return
        connection.sendall(data)


class ThreadedServer:
    """Accepts TLS connections and gives each to ``handler`` in a thread of its own.

    ``in_turn`` accepts one when the one before has ended.  What went wrong in a
    handshake or a handler is kept in ``failures``; leaving the ``with`` block waits
    for every thread.
    """

    def __init__(
        self,
        context: SSL.Context,
        handler: Callable[[SSL.Connection], object] = echo,
        *,
        in_turn: bool = False,
    ) -> None:
        self.failures: list[BaseException] = []
        self.handled = 0
        self._context = context
        self._handler = handler
        self._in_turn = in_turn
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._socket = socket.create_server((LOOPBACK, 0), backlog=512)
        self._closing = False
        self._acceptor = threading.Thread(target=self._accept, daemon=True)

    @property
    def address(self) -> tuple[str, int]:
        host, port = self._socket.getsockname()[:2]
        return host, port

    @property
    def port(self) -> int:
        return self.address[1]

    def __enter__(self) -> ThreadedServer:
        self._acceptor.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: types.TracebackType | None,
    ) -> None:
        self._closing = True
        # A connection of our own wakes the acceptor, also where closing would not.
        with contextlib.suppress(OSError), socket.create_connection(self.address):
            pass
        self._acceptor.join(PATIENCE)
        self._socket.close()
        for thread in self._threads:
            thread.join(PATIENCE)
        if kind is None:
            alive = [thread.name for thread in self._threads if thread.is_alive()]
            assert not alive, f"threads that never ended: {alive}"

    def _accept(self) -> None:
        while True:
            sock, _ = self._socket.accept()
            if self._closing:
                sock.close()
                return
            thread = threading.Thread(target=self._serve, args=(sock,), daemon=True)
            self._threads.append(thread)
            thread.start()
            if self._in_turn:
                thread.join(PATIENCE)

    def begin(self, connection: SSL.Connection) -> None:
        """Shake hands with a client."""
        connection.do_handshake()

    def _serve(self, sock: socket.socket) -> None:
        with sock:
            try:
                connection = server_end(self._context, sock)
                self.begin(connection)
                self._handler(connection)
            except BaseException as error:
                with self._lock:
                    self.failures.append(error)
            else:
                with self._lock:
                    self.handled += 1
