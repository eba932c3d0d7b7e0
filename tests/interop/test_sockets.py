"""What a Connection may stand on, and how it behaves as a socket."""

from __future__ import annotations

import errno
import select
import socket
from typing import Any

import pytest

from kit import sockets
from OpenSSL import SSL

# ---- ways to get connected


def test_accept_on_a_listening_connection(server_context, client_context):
    with sockets.listener() as plain:
        listening = SSL.Connection(server_context, plain)
        with socket.create_connection(plain.getsockname()) as sock:
            client = sockets.client_end(client_context, sock)
            future = sockets.in_thread(client.do_handshake)
            accepted, address = listening.accept()
            assert isinstance(accepted, SSL.Connection)
            assert address == sock.getsockname()
            assert accepted.get_context() is server_context
            # accept() made it a server; the first call shakes hands by itself.
            accepted.sendall(b"welcome")
            future.result(sockets.PATIENCE)
            assert sockets.receive_exactly(client, 7) == b"welcome"
            accepted.close()


def test_connect(server_context, client_context):
    with sockets.ThreadedServer(server_context) as server:
        client = SSL.Connection(client_context, socket.socket())
        assert client.connect(server.address) is None
        client.sendall(b"abc")
        assert sockets.receive_exactly(client, 3) == b"abc"
        sockets.close_cleanly(client)
    assert server.failures == []


def test_connect_ex(server_context, client_context):
    with sockets.ThreadedServer(server_context) as server:
        client = SSL.Connection(client_context, socket.socket())
        assert client.connect_ex(server.address) == 0
        client.do_handshake()
        sockets.close_cleanly(client)
    assert server.failures == []


@pytest.fixture
def nobody():
    """An address where nobody listens."""
    with socket.socket() as taken:
        taken.bind((sockets.LOOPBACK, 0))
        yield taken.getsockname()


def test_connect_to_nobody(nobody, client_context):
    with socket.socket() as sock, pytest.raises(ConnectionRefusedError):
        SSL.Connection(client_context, sock).connect(nobody)


def test_connect_ex_to_nobody(nobody, client_context):
    with socket.socket() as sock:
        assert SSL.Connection(client_context, sock).connect_ex(nobody) == errno.ECONNREFUSED


def test_connect_ex_without_blocking(server_context, client_context):
    with sockets.ThreadedServer(server_context) as server, socket.socket() as sock:
        sock.setblocking(False)
        client = SSL.Connection(client_context, sock)
        assert client.connect_ex(server.address) in (0, errno.EINPROGRESS)
        client.set_connect_state()
        sockets.until_done(client, client.do_handshake)
        sock.setblocking(True)
        sockets.close_cleanly(client)
    assert server.failures == []


def test_unix_sockets(server_context, client_context):
    with sockets.unix_pair() as (one, other):
        server = sockets.server_end(server_context, one)
        client = sockets.client_end(client_context, other)
        future = sockets.in_thread(sockets.echo, server)
        client.sendall(b"abc")
        assert sockets.receive_exactly(client, 3) == b"abc"
        client.shutdown()
        future.result(sockets.PATIENCE)


class OnlyFileno:
    """As little as can be called a socket."""

    def __init__(self, sock):
        self._number = sock.fileno()

    def fileno(self):
        return self._number


@pytest.mark.parametrize("shape", [OnlyFileno, lambda sock: sock.fileno()], ids=["object", "int"])
def test_anything_with_a_descriptor(shape, server_context, client_context):
    with sockets.tcp_pair() as (one, other):
        server = SSL.Connection(server_context, shape(one))
        server.set_accept_state()
        client = SSL.Connection(client_context, shape(other))
        client.set_connect_state()
        future = sockets.in_thread(sockets.echo, server)
        client.sendall(b"abc")
        assert sockets.receive_exactly(client, 3) == b"abc"
        client.shutdown()
        future.result(sockets.PATIENCE)
        with pytest.raises(AttributeError):
            client.getsockname()


# ---- what passes through to the socket


def test_attributes_of_the_socket(ends):
    server, client = ends
    assert client.getsockname() == server.getpeername()
    assert client.fileno() >= 0
    assert client.family == socket.AF_INET
    assert client.gettimeout() is None
    client.settimeout(5)
    assert client.gettimeout() == 5
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    assert client.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    with pytest.raises(AttributeError, match="no_such_attribute"):
        _ = client.no_such_attribute


def test_select_takes_a_connection(ends):
    ready: list[Any] = [ends[1]]
    assert select.select([], ready, [], sockets.PATIENCE)[1] == ready


def test_sock_shutdown_reaches_the_socket(ends):
    server, client = ends
    client.sock_shutdown(socket.SHUT_WR)
    with pytest.raises(SSL.SysCallError):
        server.recv(1)


def test_close_closes_the_socket(ends):
    _, client = ends
    client.close()
    assert client.fileno() == -1


def test_a_file_reads_and_writes_through_tls(ends):
    server, client = ends
    with client.makefile("w", newline="\n") as lines, server.makefile("r") as read:
        lines.write("one\ntwo\n")
        lines.flush()
        assert [read.readline(), read.readline()] == ["one\n", "two\n"]


def test_a_connection_in_memory_has_no_socket(client_context):
    client = SSL.Connection(client_context, None)
    for name in ("connect", "connect_ex"):
        with pytest.raises(AttributeError):
            getattr(client, name)(("127.0.0.1", 1))
    with pytest.raises(AttributeError):
        client.getsockname()


def test_a_connection_on_a_socket_has_no_memory(ends):
    for call in (
        lambda: ends[1].bio_read(1),
        lambda: ends[1].bio_write(b"x"),
        ends[1].bio_shutdown,
    ):
        with pytest.raises(TypeError):
            call()
