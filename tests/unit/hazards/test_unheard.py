"""What a peer had said before it reset the connection is read, though libssl's answers fail.

libssl answers a request for new keys, and sends those that were asked for here, before it reads on.
"""

from __future__ import annotations

import contextlib
import errno
import socket
import time
from collections.abc import Callable, Iterator

import pytest

from kit import contexts, sockets
from OpenSSL import SSL

RESET = (errno.ECONNRESET, "ECONNRESET")
SETTLED = 0.05  # seconds after which a reset has come, on one machine

roles = pytest.mark.parametrize("client", [True, False], ids=["client", "server"])
cases = pytest.mark.parametrize("case", ["nothing", "own", "own request", "asked", "both"])


@contextlib.contextmanager
def connected(client: bool, timeout: float | None) -> Iterator[tuple[SSL.Connection, ...]]:
    """The reader, which has taken all tickets, and its peer."""
    with sockets.tcp_pair() as (one, other):
        for each in (one, other):
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        server = sockets.server_end(contexts.server_context(version="TLSv1.3"), one)
        visitor = sockets.client_end(contexts.client_context(), other)
        shaking = sockets.in_thread(server.do_handshake)
        visitor.do_handshake()
        shaking.result(sockets.PATIENCE)
        server.send(b"x")
        assert visitor.recv(1) == b"x"
        (other if client else one).settimeout(timeout)
        yield (visitor, server) if client else (server, visitor)


def whole(reader: SSL.Connection) -> bytes:
    return reader.recv(1 << 20)


def piece(reader: SSL.Connection) -> bytes:
    return reader.recv(2)


def into(reader: SSL.Connection) -> bytes:
    buffer = bytearray(100)
    return bytes(buffer[: reader.recv_into(buffer)])


def peeked(reader: SSL.Connection) -> bytes:
    seen = reader.recv(3, socket.MSG_PEEK)
    assert reader.recv(len(seen)) == seen
    return seen


def speak(case: str, reader: SSL.Connection, peer: SSL.Connection) -> bytes:
    """What the peer says, mixed with requests for new keys, before it resets."""
    said = b""
    for number in range(6):
        if case in ("asked", "both"):
            peer.key_update(True)
        data = b"word %d " % number
        peer.sendall(data)
        said += data
    sockets.reset(peer)
    time.sleep(SETTLED)
    if case != "asked" and case != "nothing":
        reader.key_update(case != "own")
    return said


def rest(reader: SSL.Connection, read: Callable[[SSL.Connection], bytes]) -> tuple[bytes, object]:
    got = b""
    while True:
        try:
            got += read(reader)
        except SSL.Error as error:
            return got, error


@roles
@cases
@pytest.mark.parametrize(
    ("read", "timeout"),
    [(whole, None), (whole, 0.0), (piece, 5.0), (into, None), (peeked, 5.0)],
)
def test_all_of_it_is_read_and_then_the_reset(
    client: bool, case: str, read: Callable[[SSL.Connection], bytes], timeout: float | None
) -> None:
    with connected(client, timeout) as (reader, peer):
        said = speak(case, reader, peer)
        got, error = rest(reader, read)
        assert got == said
        assert isinstance(error, SSL.SysCallError)
        assert error.args == RESET
        for call in (lambda: reader.recv(1), lambda: reader.send(b"x"), reader.shutdown):
            with pytest.raises(SSL.SysCallError) as again:
                call()
            assert again.value.args == RESET


@roles
@cases
def test_a_close_notify_before_the_reset_counts(client: bool, case: str) -> None:
    with connected(client, 5.0) as (reader, peer):
        if case in ("asked", "both"):
            peer.key_update(True)
        peer.sendall(b"last")
        peer.shutdown()
        sockets.reset(peer)
        time.sleep(SETTLED)
        if case not in ("asked", "nothing"):
            reader.key_update(case != "own")
        got, error = rest(reader, whole)
        assert got == b"last"
        assert isinstance(error, SSL.ZeroReturnError)


@roles
def test_shutdown_finds_the_close_notify_behind_a_request_for_keys(client: bool) -> None:
    with connected(client, 5.0) as (reader, peer):
        assert reader.shutdown() is False
        peer.key_update(True)
        peer.sendall(b"")
        with contextlib.suppress(SSL.Error):
            peer.recv(1)  # our close_notify
        peer.shutdown()
        sockets.reset(peer)
        time.sleep(SETTLED)
        assert reader.shutdown() is True


@roles
def test_what_is_sent_is_never_said_to_have_gone(client: bool) -> None:
    """Only answers are given up: a program's own bytes fail as they did."""
    with connected(client, 5.0) as (reader, peer):
        speak("both", reader, peer)
        assert reader.recv(1) == b"w"
        with pytest.raises(SSL.SysCallError) as caught:
            reader.sendall(b"data")
        assert caught.value.args == RESET
        assert caught.value.bytes_sent == 0
        got, _ = rest(reader, whole)
        assert got.startswith(b"ord 0 ")


def test_a_handshake_is_not_taken_for_an_answer() -> None:
    """Before the first one has ended a reset is the end of it."""
    with sockets.tcp_pair() as (one, other):
        client = sockets.client_end(contexts.client_context(), one)
        sockets.reset(other)
        time.sleep(SETTLED)
        with pytest.raises(SSL.SysCallError) as caught:
            client.recv(10)
        assert caught.value.args[0] in (errno.ECONNRESET, errno.EPIPE)


def test_half_of_a_socket_that_was_closed_here_is_no_reset() -> None:
    """Who sends no more may read on, and the end is the one that came."""
    with connected(True, 5.0) as (reader, peer):
        assert reader._socket is not None
        reader._socket.shutdown(socket.SHUT_WR)
        peer.key_update(True)
        peer.sendall(b"one")
        peer.key_update(True)
        peer.sendall(b"two")
        assert peer._socket is not None
        peer._socket.shutdown(socket.SHUT_WR)
        got, error = rest(reader, whole)
        assert got == b"onetwo"
        assert isinstance(error, SSL.SysCallError)
        assert error.args == (-1, "Unexpected EOF")
