"""What a Connection does with its socket."""

from __future__ import annotations

import errno
import select
import socket
import socketserver
import time
from typing import Any

import pytest

from kit import contexts, datagrams, pump, sockets, verdicts
from kit.records import HANDSHAKE
from OpenSSL import SSL


class Mine(SSL.Connection):
    """A subclass, to see that it is kept."""


@pytest.mark.promises("Connection.accept", "Connection.connect", "Connection.get_context")
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


@pytest.mark.promises("Connection.connect_ex")
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


@pytest.mark.differs("connect on a live connection")
@pytest.mark.parametrize("shaken", [True, False])
@pytest.mark.parametrize("name", ["connect", "connect_ex"])
def test_connecting_what_is_connected_leaves_it_alone(name: str, shaken: bool) -> None:
    """A refused call must not throw away a handshake, done or under way."""
    with sockets.listener() as listening, socket.create_connection(listening.getsockname()) as sock:
        accepted, _ = listening.accept()
        with accepted:
            server = sockets.server_end(contexts.server_context(), accepted)
            client = sockets.client_end(contexts.client_context(), sock)
            client.setblocking(False)
            with verdicts.wants_read():
                client.do_handshake()
            future = sockets.in_thread(server.do_handshake)
            if shaken:
                sockets.until_done(client, client.do_handshake)
            if name == "connect":
                with pytest.raises(OSError, match="already connected"):
                    client.connect(listening.getsockname())
            else:
                assert client.connect_ex(listening.getsockname()) == errno.EISCONN
            sockets.until_done(client, client.do_handshake)
            future.result(sockets.PATIENCE)
            server.sendall(b"unharmed")
            assert sockets.until_done(client, client.recv, 8) == b"unharmed"


def test_connecting_again_begins_again() -> None:
    with sockets.listener() as listening, socket.create_connection(listening.getsockname()) as sock:
        connection = SSL.Connection(contexts.client_context(), sock)
        assert connection.connect_ex(listening.getsockname()) == errno.EISCONN
        sock.setblocking(False)
        with verdicts.wants_read():  # in client mode, for nothing had begun
            connection.do_handshake()
    with datagrams.connected() as (_server, client):
        client.setblocking(False)
        with socket.socket(type=socket.SOCK_DGRAM) as other:
            other.bind((sockets.LOOPBACK, 0))
            assert client.connect(other.getsockname()) is None
            with verdicts.wants_read():
                client.do_handshake()
            hello, _address = other.recvfrom(4096)
            assert hello[0] == HANDSHAKE


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


@pytest.mark.promises("Connection.sock_shutdown")
def test_sock_shutdown_is_the_sockets_own() -> None:
    with sockets.connected(contexts.server_context(), contexts.client_context()) as ends:
        server, client = ends
        assert client.sock_shutdown(socket.SHUT_WR) is None
        with verdicts.dirty_close():
            server.recv(1)


@pytest.mark.differs("shutdown(how)")
@pytest.mark.parametrize("how", [socket.SHUT_WR, socket.SHUT_RDWR])
def test_shutdown_as_sockets_have_it_says_goodbye_first(how: int) -> None:
    with sockets.connected(contexts.server_context(), contexts.client_context()) as ends:
        server, client = ends
        client.sendall(b"last words")
        assert client.shutdown(how) is None
        assert server.recv(100) == b"last words"
        with verdicts.clean_close():
            server.recv(1)
        assert server._socket.recv(1) == b""
        if how == socket.SHUT_WR:
            server.sendall(b"answer")
            assert client.recv(100) == b"answer"


def test_shutdown_of_reading_alone_wakes_a_reader() -> None:
    with sockets.connected(contexts.server_context(), contexts.client_context()) as ends:
        server, client = ends
        reading = sockets.in_thread(client.recv, 1)
        time.sleep(0.1)  # most often it waits by now; what must hold, holds if it does not
        client.shutdown(socket.SHUT_RD)
        with verdicts.dirty_close():
            reading.result(sockets.PATIENCE)
        assert not server.get_shutdown()


def test_shutdown_of_both_waits_for_nobody() -> None:
    with sockets.connected(contexts.server_context(), contexts.client_context()) as ends:
        _, client = ends
        sending = sockets.in_thread(client.sendall, bytes(50_000_000))
        sockets.until_full(client)
        client.shutdown(socket.SHUT_RDWR)
        with pytest.raises(BrokenPipeError):
            sending.result(sockets.PATIENCE)


def test_shutdown_of_both_wakes_a_reader() -> None:
    with sockets.connected(contexts.server_context(), contexts.client_context()) as ends:
        server, client = ends
        reading = sockets.in_thread(client.recv, 1)
        time.sleep(0.1)  # most often it waits by now; what must hold, holds if it does not
        client.shutdown(socket.SHUT_RDWR)
        with verdicts.dirty_close():
            reading.result(sockets.PATIENCE)
        with verdicts.clean_close():
            server.recv(1)


@pytest.mark.parametrize("how", [socket.SHUT_RD, socket.SHUT_WR, socket.SHUT_RDWR])
def test_shutdown_before_the_handshake_is_the_sockets_alone(how: int) -> None:
    with sockets.tcp_pair() as (_, sock):
        client = sockets.client_end(contexts.client_context(), sock)
        client.shutdown(how)
        if how == socket.SHUT_WR:
            with pytest.raises(BrokenPipeError):
                client.do_handshake()
        elif how == socket.SHUT_RDWR:
            with verdicts.dirty_close():  # what cannot be read is looked at first
                client.do_handshake()
        told = "Unexpected EOF" if how == socket.SHUT_RDWR else "shutdown while in init"
        with pytest.raises(SSL.Error, match=told):
            client.shutdown()


def test_shutdown_waits_for_a_goodbye_that_finds_no_room() -> None:
    with sockets.connected(contexts.server_context(), contexts.client_context()) as ends:
        server, client = ends
        client.setblocking(False)
        taken = 0
        with pytest.raises(SSL.WantWriteError):
            while True:
                taken += client.send(bytes(16384))
        with pytest.raises(SSL.WantWriteError):
            client.shutdown(socket.SHUT_WR)
        assert len(sockets.receive_exactly(server, taken)) == taken  # it is not shut yet


def test_shutdown_after_shutdown_and_of_a_socket_that_is_gone() -> None:
    with sockets.connected(contexts.server_context(), contexts.client_context()) as ends:
        server, client = ends
        client.shutdown()
        client.shutdown(socket.SHUT_WR)
        with verdicts.clean_close():
            server.recv(1)
        assert server._socket.recv(10) == b""  # one goodbye, not two
    with pytest.raises(OSError):
        client.shutdown(socket.SHUT_WR)


@pytest.mark.parametrize(("how", "kind"), [(3, ValueError), (-1, ValueError), ("1", TypeError)])
def test_shutdown_of_something_else_is_refused(how: int, kind: type[Exception]) -> None:
    with sockets.connected(contexts.server_context(), contexts.client_context()) as ends:
        with pytest.raises(kind):
            ends[1].shutdown(how)
        ends[1].sendall(b"on")
        assert ends[0].recv(10) == b"on"


def test_shutdown_in_memory_has_only_the_goodbye_to_say() -> None:
    server, client = pump.connected(contexts.server_context(), contexts.client_context())
    assert client.shutdown(socket.SHUT_RD) is None
    assert pump.shuttle(client, server) == 0
    assert client.shutdown(socket.SHUT_RDWR) is None
    pump.shuttle(client, server)
    with verdicts.clean_close():
        server.recv(1)


def test_the_standard_servers_end_their_connections_cleanly() -> None:
    """``socketserver`` calls ``shutdown(SHUT_WR)`` and ``close``, and uses files."""
    context = contexts.server_context()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(self.rfile.readline().upper())

    class Server(socketserver.TCPServer):
        def get_request(self) -> tuple[Any, Any]:
            sock, address = super().get_request()
            return sockets.server_end(context, sock), address

    with Server((sockets.LOOPBACK, 0), Handler) as server:
        serving = sockets.in_thread(server.handle_request)
        with socket.create_connection(server.server_address) as sock:
            client = sockets.client_end(contexts.client_context(), sock)
            client.sendall(b"line\n")
            assert sockets.receive_all(client) == b"LINE\n"
        serving.result(sockets.PATIENCE)


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


@pytest.mark.differs("type(connection) over a socket")
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
