"""How a connection ends: cleanly, by the transport's end, by a reset, or in mid-handshake.

Data sent before the end is always delivered first, and the end itself is
never an empty answer.
"""

from __future__ import annotations

import errno
import socket

import pytest

from kit import authority, contexts, peers, pump, sockets, stdlib
from kit.verdicts import (
    clean_close,
    dirty_close,
    is_protocol_error,
    protocol_error,
    system_error,
    wants_read,
)
from OpenSSL import SSL

VERSIONS = ["TLSv1.2", "TLSv1.3"]
SENT, RECEIVED = SSL.SENT_SHUTDOWN, SSL.RECEIVED_SHUTDOWN


@pytest.fixture(params=VERSIONS)
def version(request):
    return request.param


@pytest.fixture
def ends(version):
    """Server and client after their handshake over loopback TCP."""
    with sockets.connected(
        contexts.server_context(version=version), contexts.client_context(version=version)
    ) as both:
        yield both


@pytest.fixture(params=["server first", "client first"])
def ordered(request, ends):
    """The end that closes first, then the other."""
    return ends if request.param == "server first" else ends[::-1]


# ---- clean


@pytest.mark.holds("C22")
def test_a_clean_close(ordered):
    first, second = ordered
    first.sendall(b"last words")
    assert first.shutdown() is False
    assert first.get_shutdown() == SENT
    assert sockets.receive_exactly(second, 10) == b"last words"
    for _ in range(2):
        with clean_close():
            second.recv(10)
    assert second.get_shutdown() == RECEIVED
    assert second.shutdown() is True
    with clean_close():
        first.recv(10)
    assert first.shutdown() is True
    assert first.get_shutdown() == second.get_shutdown() == SENT | RECEIVED


def test_a_clean_close_stays_clean_after_the_transport_ends(ordered):
    first, second = ordered
    first.shutdown()
    first.close()
    for _ in range(2):
        with clean_close():
            second.recv(10)


def test_one_direction_may_stay_open(ordered):
    first, second = ordered
    first.shutdown()
    with clean_close():
        second.recv(1)
    second.sendall(b"still talking")
    assert sockets.receive_exactly(first, 13) == b"still talking"
    with protocol_error("protocol is shutdown"):
        first.send(b"no more")
    second.shutdown()
    with clean_close():
        first.recv(1)


def test_both_close_at_once(ends):
    server, client = ends
    assert server.shutdown() is False
    assert client.shutdown() is False
    assert server.shutdown() is True
    assert client.shutdown() is True


def test_recv_into_reports_a_clean_close(ordered):
    first, second = ordered
    first.sendall(b"abc")
    first.shutdown()
    buffer = bytearray(10)
    assert second.recv_into(buffer) == 3
    with clean_close():
        second.recv_into(buffer)
    assert buffer[:3] == b"abc"


# ---- the transport ends without close_notify


@pytest.mark.parametrize("how", ["close", "half close"])
@pytest.mark.holds("C20")
def test_a_dirty_close(ordered, how):
    first, second = ordered
    first.sendall(b"last words")
    if how == "close":
        first.close()
    else:
        first.sock_shutdown(socket.SHUT_WR)
    assert sockets.receive_exactly(second, 10) == b"last words"
    with dirty_close():
        second.recv(10)
    assert not second.get_shutdown() & RECEIVED
    # Asked again it fails again; it neither hangs nor answers nothing.
    with pytest.raises(SSL.Error) as caught:
        second.recv(10)
    assert not isinstance(caught.value, (SSL.WantReadError, SSL.ZeroReturnError))


def test_recv_into_reports_a_dirty_close(ordered):
    first, second = ordered
    first.sendall(b"abc")
    first.close()
    buffer = bytearray(10)
    assert second.recv_into(buffer) == 3
    with dirty_close():
        second.recv_into(buffer)


def test_a_dirty_close_in_memory(version):
    server, client = pump.connected(
        contexts.server_context(version=version), contexts.client_context(version=version)
    )
    client.sendall(b"last words")
    pump.shuttle(client, server)
    server.bio_shutdown()
    assert server.recv(100) == b"last words"
    with dirty_close():
        server.recv(100)


def test_an_end_in_the_middle_of_a_record(version):
    server, client = pump.connected(
        contexts.server_context(version=version), contexts.client_context(version=version)
    )
    client.sendall(b"whole")
    pump.shuttle(client, server)
    client.sendall(b"broken")
    server.bio_write(pump.outgoing(client)[:-3])
    assert server.recv(100) == b"whole"
    with wants_read():
        server.recv(100)
    server.bio_shutdown()
    with dirty_close():
        server.recv(100)


@pytest.mark.parametrize("peer", [peers.openssl_server, peers.gnutls_server])
def test_a_server_that_is_killed(peer, version):
    with (
        peer(authority.identity(), version=version) as server,
        socket.create_connection((sockets.LOOPBACK, server.port)) as sock,
    ):
        client = sockets.client_end(contexts.client_context(), sock, authority.HOST.encode())
        client.do_handshake()
        client.sendall(b"abc\n")
        assert sockets.receive_exactly(client, 4) == server.answer(b"abc\n")
        server.program.stop()
        with dirty_close():
            client.recv(1)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_standard_library_closes(version):
    with (
        stdlib.server(version=version, handler=lambda sock: sock.unwrap()) as server,
        socket.create_connection((sockets.LOOPBACK, server.port)) as sock,
    ):
        client = sockets.client_end(contexts.client_context(), sock)
        client.do_handshake()
        with clean_close():
            client.recv(1)
        assert client.shutdown() is True
    assert server.failures == []


@pytest.mark.parametrize("version", VERSIONS)
def test_we_close_to_the_standard_library(version):
    with (
        sockets.ThreadedServer(contexts.server_context(), lambda end: end.shutdown()) as server,
        stdlib.client(server.port, version=version) as sock,
    ):
        assert sock.recv(10) == b""
        sock.unwrap().close()
    assert server.failures == []


# ---- reset


@pytest.mark.holds("C14")
def test_a_reset(ordered):
    first, second = ordered
    sockets.reset(first)
    with system_error(errno.ECONNRESET):
        second.recv(10)


def test_sending_into_a_reset(ordered):
    first, second = ordered
    sockets.reset(first)
    with system_error(errno.ECONNRESET, errno.EPIPE):
        for _ in range(10):
            second.sendall(b"x" * 65536)


# ---- in mid-handshake


def client_hello(version):
    client = SSL.Connection(contexts.client_context(version=version), None)
    client.set_connect_state()
    with wants_read():
        client.do_handshake()
    return pump.outgoing(client)


@pytest.mark.parametrize("part", ["nothing", "half a hello", "a whole hello"])
@pytest.mark.holds("C21")
def test_a_client_that_leaves_in_mid_handshake(version, part):
    hello = client_hello(version)
    with sockets.tcp_pair() as (accepted, plain):
        server = sockets.server_end(contexts.server_context(version=version), accepted)
        plain.sendall({"nothing": b"", "half a hello": hello[:50]}.get(part, hello))
        plain.shutdown(socket.SHUT_WR)
        with dirty_close():
            server.do_handshake()


def test_a_client_that_resets_in_mid_handshake(version):
    with sockets.tcp_pair() as (accepted, plain):
        server = sockets.server_end(contexts.server_context(version=version), accepted)
        plain.sendall(client_hello(version)[:50])
        sockets.reset(plain)
        with system_error(errno.ECONNRESET):
            server.do_handshake()


def test_a_server_that_leaves_in_mid_handshake(version):
    server, client = pump.pair(
        contexts.server_context(version=version), contexts.client_context(version=version)
    )
    with wants_read():
        client.do_handshake()
    pump.shuttle(client, server)
    with wants_read():
        server.do_handshake()
    flight = pump.outgoing(server)
    with sockets.tcp_pair() as (accepted, plain):
        other = sockets.client_end(contexts.client_context(version=version), plain)
        # Not an answer to this client's hello, but the end comes before that matters.
        accepted.sendall(flight[:40])
        accepted.shutdown(socket.SHUT_WR)
        with dirty_close():
            other.do_handshake()


def test_shutdown_before_the_handshake_is_an_error(version):
    server, _ = pump.pair(
        contexts.server_context(version=version), contexts.client_context(version=version)
    )
    with protocol_error("shutdown while in init"):
        server.shutdown()


def test_a_close_in_the_handshake_is_not_a_clean_close(version):
    """A close_notify alert in the clear, before anything was agreed."""
    server, _ = pump.pair(
        contexts.server_context(version=version), contexts.client_context(version=version)
    )
    server.bio_write(b"\x15\x03\x01\x00\x02\x01\x00")
    with pytest.raises(SSL.Error) as caught:
        server.do_handshake()
    assert is_protocol_error(caught.value) or type(caught.value) is SSL.ZeroReturnError
