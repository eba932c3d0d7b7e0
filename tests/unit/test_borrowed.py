"""A socket that is closed while libssl is at work: a stranger never gets its bytes."""

from __future__ import annotations

import errno
import os
import socket
import threading
from collections.abc import Iterator

import pytest

from kit import contexts, sockets, verdicts
from OpenSSL import SSL


class Thief:
    """Closes a socket, and has its number belong to another one."""

    def __init__(self, victim: socket.socket) -> None:
        self._victim = victim
        self._number = victim.fileno()
        self._mine, self.theirs = socket.socketpair()

    def strike(self) -> None:
        self._victim.close()
        os.dup2(self._mine.fileno(), self._number)

    def heard(self) -> bytes:
        """What came at the other end of the stranger's socket."""
        self.theirs.setblocking(False)
        try:
            return self.theirs.recv(100_000)
        except BlockingIOError:
            return b""

    def __enter__(self) -> Thief:
        return self

    def __exit__(self, *_: object) -> None:
        self._mine.close()
        self.theirs.close()
        os.close(self._number)


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    with sockets.tcp_pair() as both:
        yield both


@pytest.mark.holds("D3")
@pytest.mark.parametrize("raises", [False, True])
def test_a_callback_that_closes_the_socket(
    pair: tuple[socket.socket, socket.socket], raises: bool
) -> None:
    ours, other = pair
    context = contexts.server_context()
    client = sockets.client_end(contexts.client_context(), other)
    client.set_tlsext_host_name(b"localhost")
    with Thief(ours) as thief:

        def close(_: SSL.Connection) -> None:
            thief.strike()
            if raises:
                raise LookupError("of the callback")

        def listen() -> None:
            client.do_handshake()
            client.recv(1)

        context.set_tlsext_servername_callback(close)
        server = sockets.server_end(context, ours)
        waiting = sockets.in_thread(listen)
        with pytest.raises(LookupError if raises else SSL.SysCallError):
            server.do_handshake()
        # Nobody holds the socket any longer: the client sees its end, or our alert.
        with pytest.raises(SSL.Error):
            waiting.result(sockets.PATIENCE)
        assert thief.heard() == b""


@pytest.mark.holds("D3")
def test_a_close_in_the_middle_of_sending() -> None:
    with sockets.connected(contexts.server_context(), contexts.client_context()) as ends:
        server, client = ends
        data = bytes(1 << 24)
        received = sockets.in_thread(sockets.receive_all, server)
        sending = threading.Event()
        with Thief(client._socket) as thief:

            def send() -> None:
                sending.set()
                while True:
                    client.sendall(data)

            future = sockets.in_thread(send)
            assert sending.wait(sockets.PATIENCE)
            thief.strike()
            with verdicts.system_error(errno.EBADF):
                future.result(sockets.PATIENCE)
            with pytest.raises(SSL.SysCallError):
                received.result(sockets.PATIENCE)
            assert thief.heard() == b""


def test_no_descriptor_is_left_behind() -> None:
    with sockets.connected(contexts.server_context(), contexts.client_context()) as ends:
        server, client = ends
        before = os.listdir("/proc/self/fd") if os.path.isdir("/proc/self/fd") else []
        for _ in range(20):
            client.sendall(bytes(100_000))
            left = 100_000
            while left:
                left -= len(server.recv(30_000))
        server.setblocking(False)
        with pytest.raises(SSL.WantReadError):
            server.recv(30_000)
        after = os.listdir("/proc/self/fd") if os.path.isdir("/proc/self/fd") else []
        assert len(after) == len(before)
