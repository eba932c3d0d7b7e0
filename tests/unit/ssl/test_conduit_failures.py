"""What fails in an object that carries a Connection's bytes, and who is told."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from kit import contexts, outer, sockets, verdicts
from OpenSSL import SSL


class Failing:
    """Carries until it is told to fail."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.error: BaseException | None = None
        self.answer: Any = None

    def recv(self, size: int) -> Any:
        if self.error is not None:
            raise self.error
        return self.sock.recv(size) if self.answer is None else self.answer

    def send(self, data: bytes) -> Any:
        if self.error is not None:
            raise self.error
        return self.sock.send(data) if self.answer is None else self.answer

    def fileno(self) -> int:
        return self.sock.fileno()


@pytest.fixture
def failing() -> Iterator[tuple[SSL.Connection, SSL.Connection, Failing]]:
    with sockets.tcp_pair() as (below, under):
        carrier = Failing(under)
        server, client = outer.inside(below, carrier)
        yield server, client, carrier


CALLS = pytest.mark.parametrize(
    "call", [lambda end: end.recv(1), lambda end: end.send(b"x")], ids=["recv", "send"]
)


class Own(Exception):
    pass


@CALLS
@pytest.mark.parametrize("kind", [Own, KeyboardInterrupt, TimeoutError, ssl.SSLError])
def test_its_own_errors_reach_the_caller_as_they_are(
    failing: tuple[SSL.Connection, SSL.Connection, Failing],
    call: Callable[[SSL.Connection], Any],
    kind: type[BaseException],
) -> None:
    server, client, carrier = failing
    carrier.error = kind("of the carrier")
    with pytest.raises(kind) as caught:
        call(client)
    assert caught.value is carrier.error
    carrier.error = None
    server.sendall(b"a")
    assert client.recv(1) == b"a"
    client.sendall(b"x")
    assert server.recv(1) == b"x"


@CALLS
def test_failures_of_the_system_are_told_as_over_a_socket(
    failing: tuple[SSL.Connection, SSL.Connection, Failing],
    call: Callable[[SSL.Connection], Any],
) -> None:
    _, client, carrier = failing
    carrier.error = ConnectionResetError(104, "reset")
    with pytest.raises(SSL.SysCallError, match="ECONNRESET") as caught:
        call(client)
    assert isinstance(caught.value, ConnectionResetError)
    assert caught.value.__cause__ is carrier.error


@CALLS
@pytest.mark.parametrize("answer", ["text", 3.5, [1], -1, 10**9, b"x" * 70_000])
def test_answers_of_no_sense_are_refused(
    failing: tuple[SSL.Connection, SSL.Connection, Failing],
    call: Callable[[SSL.Connection], Any],
    answer: Any,
) -> None:
    server, client, carrier = failing
    carrier.answer = answer
    with pytest.raises((TypeError, ValueError), match=r"(recv|send)\(\) of Failing"):
        call(client)
    carrier.answer = None
    server.sendall(b"a")
    assert client.recv(1) == b"a"


@pytest.mark.parametrize(
    ("error", "want"),
    [
        (BlockingIOError(), SSL.WantReadError),
        (ssl.SSLWantReadError(), SSL.WantReadError),
        (ssl.SSLWantWriteError(), SSL.WantWriteError),
        (SSL.WantReadError(), SSL.WantReadError),
        (SSL.WantWriteError(), SSL.WantWriteError),
    ],
    ids=["blocking", "ssl-read", "ssl-write", "read", "write"],
)
def test_what_it_waits_for_is_told(
    failing: tuple[SSL.Connection, SSL.Connection, Failing],
    error: BaseException,
    want: type[SSL.Error],
) -> None:
    _, client, carrier = failing
    carrier.error = error
    with pytest.raises(want):
        client.recv(1)
    assert client.want_read() is (want is SSL.WantReadError)
    assert client.want_write() is (want is SSL.WantWriteError)
    if isinstance(error, BlockingIOError):
        want = SSL.WantWriteError
    with pytest.raises(want):
        client.send(b"x")
    assert client.want_write() is (want is SSL.WantWriteError)


@pytest.mark.parametrize("kind", ["connection", "ssl", "bridged"])
def test_the_end_of_the_outer_tls_is_no_goodbye_of_the_inner_one(kind: str) -> None:
    with outer.pair(kind) as (below, under):
        server, client = outer.inside(below, under)
        client.sendall(b"x")
        assert server.recv(1) == b"x"
        ended = sockets.in_thread(under.shutdown if kind == "connection" else under.unwrap)
        with verdicts.dirty_close():
            server.recv(1)
        with verdicts.dirty_close():
            server.recv(1)
        # A thread of `ssl` that still waits there would go on with whatever has the
        # descriptor's number next.
        if kind != "connection":
            below.unwrap()
        ended.exception(sockets.PATIENCE)  # what it raises is no matter here


@pytest.mark.parametrize("kind", list(outer.KINDS))
def test_a_refusal_comes_through(kind: str) -> None:
    """The alert that libssl writes when it fails is not lost."""
    with outer.pair(kind) as (below, under):
        server = sockets.server_end(contexts.server_context(version="TLSv1.2"), below)
        client = sockets.client_end(contexts.client_context(version="TLSv1.3"), under)
        future = sockets.in_thread(server.do_handshake)
        with pytest.raises(SSL.Error) as told:
            client.do_handshake()
        with pytest.raises(SSL.Error):
            future.result(sockets.PATIENCE)
        assert told.value.alert == 70
        assert not told.value.alert_sent


def test_after_unwrap_nothing_goes_in_the_clear() -> None:
    with outer.tapped() as (server_sock, client_sock, seen):
        below, under = outer.KINDS["ssl"](server_sock, client_sock)
        server, client = outer.inside(below, under)
        server.sendall(b".")
        assert client.recv(1) == b"."  # and the tickets before it
        future = sockets.in_thread(below.unwrap)
        under.unwrap()
        future.result(sockets.PATIENCE)
        before = len(seen)
        with pytest.raises(SSL.SysCallError, match="EPIPE"):
            client.sendall(b"secret")
        with pytest.raises(SSL.SysCallError, match="EPIPE"):
            server.sendall(b"secret")
        assert len(seen) == before
        below.close()
        under.close()
