"""What a Connection does with its socket."""

from __future__ import annotations

import errno
import select
import socket

import pytest

from kit import contexts, sockets, verdicts
from OpenSSL import SSL


class Mine(SSL.Connection):
    """A subclass, to see that it is kept."""


def test_accept_makes_connections_of_its_own_class() -> None:
    with sockets.listener() as listening:
        server = Mine(contexts.server_context(), listening)
        client = SSL.Connection(contexts.client_context(), socket.socket())
        with client._socket:
            assert client.connect(listening.getsockname()) is None
            accepted, address = server.accept()
            assert type(accepted) is Mine
            assert accepted.get_context() is server.get_context()
            assert address == client.getsockname()
            with accepted:
                future = sockets.in_thread(accepted.do_handshake)
                client.do_handshake()
                future.result(sockets.PATIENCE)


def test_connect_ex_answers_the_error() -> None:
    with sockets.listener() as listening:
        address = listening.getsockname()
        with socket.socket() as sock:
            assert SSL.Connection(contexts.client_context(), sock).connect_ex(address) == 0
    with socket.socket() as sock:
        connection = SSL.Connection(contexts.client_context(), sock)
        assert connection.connect_ex(address) == errno.ECONNREFUSED
    with socket.socket() as sock:
        connection = SSL.Connection(contexts.client_context(), sock)
        with pytest.raises(ConnectionRefusedError):
            connection.connect(address)


def test_connect_ex_of_a_connection_under_way() -> None:
    with sockets.listener() as listening, socket.socket() as sock:
        sock.setblocking(False)
        client = SSL.Connection(contexts.client_context(), sock)
        assert client.connect_ex(listening.getsockname()) in (0, errno.EINPROGRESS)
        accepted, _ = listening.accept()
        with accepted:
            select.select([], [sock], [], sockets.PATIENCE)
            with verdicts.wants_read():  # in client mode already
                client.do_handshake()


def test_unknown_attributes_are_the_sockets() -> None:
    with sockets.tcp_pair() as (_, sock):
        connection = SSL.Connection(contexts.client_context(), sock)
        assert connection.fileno() == sock.fileno()
        assert connection.getsockname() == sock.getsockname()
        connection.settimeout(3)
        assert sock.gettimeout() == connection.gettimeout() == 3
        assert connection.family == socket.AF_INET
        with pytest.raises(AttributeError, match="no_such_thing"):
            connection.no_such_thing()


@pytest.mark.parametrize("name", ["accept", "connect", "connect_ex", "sock_shutdown", "fileno"])
def test_a_memory_bio_has_no_socket(name: str) -> None:
    connection = SSL.Connection(contexts.client_context())
    with pytest.raises(AttributeError):
        getattr(connection, name)(*([1] if name.startswith("connect") else []))


def test_sock_shutdown_is_the_sockets_own() -> None:
    with sockets.connected(contexts.server_context(), contexts.client_context()) as ends:
        server, client = ends
        assert client.sock_shutdown(socket.SHUT_WR) is None
        with verdicts.dirty_close():
            server.recv(1)


def test_makefile_is_not_implemented() -> None:
    with pytest.raises(NotImplementedError):
        SSL.Connection(contexts.client_context()).makefile("rb")


def test_with_says_goodbye_and_closes() -> None:
    with sockets.connected(contexts.server_context(), contexts.client_context()) as ends:
        server, client = ends
        with client as entered:
            assert entered is client
        assert client._socket.fileno() == -1
        with verdicts.clean_close():
            server.recv(1)


def test_with_over_what_has_only_a_descriptor() -> None:
    class Bare:
        def __init__(self, sock: socket.socket) -> None:
            self.fileno = sock.fileno

    with sockets.unix_pair() as (end, _other):
        with SSL.Connection(contexts.client_context(), Bare(end)):
            pass
        with pytest.raises(KeyError), SSL.Connection(contexts.client_context(), Bare(end)):
            raise KeyError
        assert end.fileno() != -1


def test_with_after_an_error_closes_without_a_goodbye() -> None:
    # TLS 1.2 sends nothing after its handshake, so nothing unread makes a reset of the end.
    server_context = contexts.server_context(version="TLSv1.2")
    with sockets.connected(server_context, contexts.client_context()) as (server, client):
        with pytest.raises(KeyError), client:
            raise KeyError
        assert client._socket.fileno() == -1
        with verdicts.dirty_close():
            server.recv(1)


def test_a_connection_over_a_socket_has_its_attributes() -> None:
    class Marked(socket.socket):
        mark = 7

    with Marked() as sock:
        plain = SSL.Connection(contexts.client_context(), sock)
        assert plain.mark == 7
        assert Mine(contexts.client_context(), sock).mark == 7
        assert isinstance(plain, SSL.Connection)
        assert type(plain).__name__ == type(plain).__qualname__ == "Connection"
        with pytest.raises(AttributeError, match="mark_of_another"):
            _ = plain.mark_of_another
    in_memory = Mine(contexts.client_context(), None)
    with pytest.raises(AttributeError, match="'Mine' object has no attribute 'mark'"):
        _ = in_memory.mark


def test_a_subclass_keeps_its_own_look_up() -> None:
    class Own(SSL.Connection):
        def __getattr__(self, name: str) -> str:
            return "own " + name

    with socket.socket() as sock:
        assert Own(contexts.client_context(), sock).mark == "own mark"
