"""Objects that carry bytes by methods of their own: what a Connection may stand on."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from typing import Any

from kit import authority, bridges, contexts, sockets
from OpenSSL import SSL

__all__ = ["KINDS", "Secret", "inside", "pair", "tapped"]


TURNED = bytes(range(255, -1, -1))


class Secret(socket.socket):
    """A socket that turns every bit of what goes through it."""

    @classmethod
    def over(cls, sock: socket.socket) -> Secret:
        made = cls(sock.family, sock.type, sock.proto, sock.detach())
        made.setblocking(True)
        return made

    def recv(self, bufsize: int, flags: int = 0) -> bytes:
        return super().recv(bufsize, flags).translate(TURNED)

    def send(self, data: Any, flags: int = 0) -> int:
        return super().send(bytes(data).translate(TURNED), flags)

    def sendall(self, data: Any, flags: int = 0) -> None:
        super().sendall(bytes(data).translate(TURNED), flags)


class Bare:
    """No more than ``recv`` and ``send``: it has no descriptor and no timeout to show."""

    def __init__(self, sock: Any) -> None:
        self._below = Secret.over(sock)

    def recv(self, size: int) -> bytes:
        return self._below.recv(size)

    def send(self, data: bytes) -> int:
        return self._below.send(data)

    def setblocking(self, flag: bool) -> None:
        self._below.setblocking(flag)

    def close(self) -> None:
        self._below.close()


class Other:
    """The other two methods: ``recv_into`` and ``sendall``."""

    def __init__(self, sock: Any) -> None:
        self._below = Secret.over(sock)

    def recv_into(self, buffer: bytearray) -> int:
        data = self._below.recv(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def sendall(self, data: bytes) -> None:
        while data:
            data = data[self._below.send(data) :]

    def close(self) -> None:
        self._below.close()


def _ours(server: socket.socket, client: socket.socket) -> tuple[Any, Any]:
    ends = (
        sockets.server_end(contexts.server_context(), server),
        sockets.client_end(contexts.client_context(), client),
    )
    future = sockets.in_thread(ends[0].do_handshake)
    ends[1].do_handshake()
    future.result(sockets.PATIENCE)
    return ends


def _wrapped(
    serving: ssl.SSLContext, asking: ssl.SSLContext, server: socket.socket, client: socket.socket
) -> tuple[Any, Any]:
    future = sockets.in_thread(serving.wrap_socket, server, server_side=True)
    end = asking.wrap_socket(client, server_hostname="localhost")
    return future.result(sockets.PATIENCE), end


def _standard(server: socket.socket, client: socket.socket) -> tuple[Any, Any]:
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    files = authority.identity().files
    serving.load_cert_chain(files.chain, files.key)
    asking = ssl.create_default_context(cafile=str(authority.trust_file()))
    return _wrapped(serving, asking, server, client)


def _bridged(server: socket.socket, client: socket.socket) -> tuple[Any, Any]:
    return _wrapped(bridges.serving(), bridges.asking(), server, client)


def _nested(server: socket.socket, client: socket.socket) -> tuple[Any, Any]:
    return _ours(*_standard(server, client))


#: What makes a pair of carrying objects of a pair of sockets.
KINDS: dict[str, Callable[[socket.socket, socket.socket], tuple[Any, Any]]] = {
    "connection": _ours,
    "ssl": _standard,
    "bridged": _bridged,
    "nested": _nested,
    "subclass": lambda server, client: (Secret.over(server), Secret.over(client)),
    "bare": lambda server, client: (Bare(server), Bare(client)),
    "other": lambda server, client: (Other(server), Other(client)),
}


@contextlib.contextmanager
def pair(kind: str, *, small: bool = False) -> Iterator[tuple[Any, Any]]:
    """Two ends of one kind, the server's first; ``small`` ones take little at a time."""
    with sockets.tcp_pair() as (server, client), contextlib.ExitStack() as stack:
        if small:
            for each in (server, client):
                each.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8192)
                each.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        ends = KINDS[kind](server, client)
        for end in ends:
            stack.callback(end.close)
        yield ends


def inside(
    server: Any, client: Any, version: str | None = None
) -> tuple[SSL.Connection, SSL.Connection]:
    """Connections over the ends of a pair, after their handshake."""
    one = sockets.server_end(contexts.server_context(version=version), server)
    other = sockets.client_end(contexts.client_context(version=version), client, b"inner.test")
    future = sockets.in_thread(one.do_handshake)
    other.do_handshake()
    future.result(sockets.PATIENCE)
    return one, other


@contextlib.contextmanager
def tapped() -> Iterator[tuple[socket.socket, socket.socket, bytearray]]:
    """Two sockets with a wire between them, and all that goes over the wire."""
    seen = bytearray()

    def pass_on(source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                seen.extend(data)
                target.sendall(data)

    with sockets.tcp_pair() as (server, left), sockets.tcp_pair() as (right, client):
        threads = [
            threading.Thread(target=pass_on, args=ways) for ways in ((left, right), (right, left))
        ]
        for each in threads:
            each.start()
        try:
            yield server, client, seen
        finally:
            for sock in (left, right):
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)
            for each in threads:
                each.join(sockets.PATIENCE)
