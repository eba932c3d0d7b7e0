"""TLS inside TLS: a Connection over an object that moves bytes by methods of its own."""

from __future__ import annotations

import contextlib
import gc
import socket
import time
import weakref
from collections.abc import Callable
from typing import Any

import pytest

from kit import bridges, contexts, datagrams, outer, pump, sockets, verdicts
from OpenSSL import SSL

kinds = pytest.mark.parametrize("kind", list(outer.KINDS))
versions = pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
#: Those whose ends can be made not to block.
WITH_MODES = [kind for kind in outer.KINDS if kind != "other"]
BIG = bytes(range(256)) * 2000
#: More than small sockets take.
SOME = BIG[:100_000]


@kinds
@versions
def test_a_whole_conversation(kind: str, version: str) -> None:
    with outer.pair(kind) as (below, under):
        server, client = outer.inside(below, under, version)
        assert client.get_protocol_version_name() == version
        for source, target in ((client, server), (server, client)):
            future = sockets.in_thread(source.sendall, BIG)
            assert sockets.receive_exactly(target, len(BIG)) == BIG
            assert future.result(sockets.PATIENCE) == len(BIG)
        client.sendall(b"last words")
        assert client.shutdown() is False
        assert server.recv(100) == b"last words"
        with verdicts.clean_close():
            server.recv(1)
        assert server.shutdown() is True
        assert client.shutdown() is True


@kinds
def test_what_follows_the_goodbye_stays_with_what_carried(kind: str) -> None:
    with outer.pair(kind) as (below, under):
        server, client = outer.inside(below, under)
        client.sendall(b"inner")
        client.shutdown()
        if hasattr(under, "sendall"):
            under.sendall(b"in the outer one")
        else:
            under.send(b"in the outer one")
        assert server.recv(65536) == b"inner"
        with verdicts.clean_close():
            server.recv(65536)
        assert outer_received(below, 16) == b"in the outer one"


class Borrower:
    """Has a socket's own methods, and no descriptor to go around them by."""

    def __init__(self, sock: socket.socket) -> None:
        self.recv, self.send = sock.recv, sock.send


@versions
def test_methods_that_are_borrowed_from_a_socket(version: str) -> None:
    with sockets.tcp_pair() as (here, there):
        server, client = outer.inside(Borrower(here), Borrower(there), version)
        client.sendall(b"data")
        assert server.recv(4) == b"data"
        client.shutdown()
        with verdicts.clean_close():
            server.recv(1)


def outer_received(below: Any, size: int) -> bytes:
    data = b""
    while len(data) < size:
        if hasattr(below, "recv"):
            data += below.recv(size - len(data))
        else:
            buffer = bytearray(size - len(data))
            data += buffer[: below.recv_into(buffer)]
    return data


@pytest.mark.differs("a Connection over an object with")
@kinds
def test_nothing_goes_around_what_carries(kind: str) -> None:
    with outer.tapped() as (server_sock, client_sock, seen):
        below, under = outer.KINDS[kind](server_sock, client_sock)
        del seen[:]
        server, client = outer.inside(below, under)
        client.sendall(b"data")
        assert server.recv(4) == b"data"
        client.shutdown()
        with verdicts.clean_close():
            server.recv(1)
        wire = bytes(seen)
        assert b"inner.test" not in wire  # the inner ClientHello says it in plain text
        for end in (below, under):
            end.close()
    if kind in ("subclass", "bare", "other"):
        turned = bytes(each ^ 255 for each in wire)
        assert b"inner.test" in turned
    else:
        assert wire[:3] == b"\x17\x03\x03"  # records of data, and nothing but these
        position = 0
        while position < len(wire):
            assert wire[position] == 23
            position += 5 + int.from_bytes(wire[position + 3 : position + 5], "big")
        assert position == len(wire)


def drive(calls: dict[SSL.Connection, Callable[[], Any]]) -> None:
    """Make all calls without a thread, as their want-states say."""
    deadline = time.monotonic() + sockets.PATIENCE
    while calls:
        assert time.monotonic() < deadline, "they never got there"
        for end, call in list(calls.items()):
            try:
                call()
            except SSL.WantReadError:
                assert end.want_read()
                assert not end.want_write()
            except SSL.WantWriteError:
                assert end.want_write()
                assert not end.want_read()
            else:
                del calls[end]


def expect_goodbye(end: SSL.Connection) -> None:
    with contextlib.suppress(SSL.ZeroReturnError):
        end.recv(1)
        raise AssertionError("it has received something")


class Sending:
    """Sends ``data``, going on where it has stopped."""

    def __init__(self, end: SSL.Connection, data: bytes) -> None:
        self.end, self.data = end, memoryview(data)
        self.waits = 0

    def __call__(self) -> None:
        try:
            while self.data:
                self.data = self.data[self.end.send(self.data) :]
        except SSL.WantWriteError:
            self.waits += 1
            raise


class Receiving:
    def __init__(self, end: SSL.Connection, size: int) -> None:
        self.end, self.size, self.data = end, size, b""

    def __call__(self) -> None:
        while len(self.data) < self.size:
            self.data += self.end.recv(self.size - len(self.data))


@pytest.mark.parametrize("kind", WITH_MODES)
@versions
def test_without_blocking(kind: str, version: str) -> None:
    with outer.pair(kind, small=True) as (below, under):
        for each in (below, under):
            each.setblocking(False)
        server = sockets.server_end(contexts.server_context(version=version), below)
        client = sockets.client_end(contexts.client_context(version=version), under)
        with pytest.raises(SSL.WantReadError):
            server.do_handshake()
        drive({client: client.do_handshake, server: server.do_handshake})
        sending, receiving = Sending(client, SOME), Receiving(server, len(SOME))
        drive({client: sending, server: receiving})
        assert receiving.data == SOME
        assert sending.waits, "this test is about room that lacks"
        with pytest.raises(SSL.WantReadError):
            server.recv(1)
        assert client.shutdown() is False
        drive({server: lambda: expect_goodbye(server)})
        assert server.shutdown() is True
        drive({client: client.shutdown})


def test_a_selector_works_with_want_states() -> None:
    with outer.pair("ssl", small=True) as (below, under):
        server, client = outer.inside(below, under)
        for each in (below, under):
            each.setblocking(False)
        future = sockets.in_thread(
            lambda: [sockets.until_done(server, server.recv, 4096) for _ in range(50)]
        )
        sent = 0
        while sent < 50 * 4096:
            sent += sockets.until_done(client, client.send, b"x" * 4096)
        assert sum(map(len, future.result(sockets.PATIENCE))) == 50 * 4096


def test_pending_tells_of_what_the_carrier_has_taken() -> None:
    with outer.pair("ssl") as (below, under):
        server = sockets.server_end(contexts.server_context(), below)
        client = SSL.Connection(contexts.client_context())
        client.set_connect_state()
        shaking = sockets.in_thread(server.do_handshake)
        while not pump.step(client.do_handshake):
            if sent := pump.outgoing(client):
                under.sendall(sent)
            client.bio_write(under.recv(65536))
        under.sendall(pump.outgoing(client))
        shaking.result(sockets.PATIENCE)
        for _ in range(3):
            client.send(b"x" * 10)
        under.sendall(pump.outgoing(client))  # one record of the outer TLS
        for left in (1, 1, 0):
            assert server.recv(10) == b"x" * 10
            assert server.pending() == left


# ---- what carries, and what does not


def test_a_plain_socket_is_used_by_its_descriptor() -> None:
    calls = []

    class Counting:
        def __init__(self, sock: socket.socket) -> None:
            self._sock = sock

        def __getattr__(self, name: str) -> Any:
            calls.append(name)
            return getattr(self._sock, name)

    with sockets.tcp_pair() as (below, under):
        server = sockets.server_end(contexts.server_context(), Counting(below))  # type: ignore[arg-type]
        client = sockets.client_end(contexts.client_context(), under)
        assert calls
        del calls[:]
        future = sockets.in_thread(server.do_handshake)
        client.do_handshake()
        future.result(sockets.PATIENCE)
        assert set(calls) <= {"fileno"}


def test_an_object_that_can_only_send_is_refused() -> None:
    class Half:
        def send(self, data: bytes) -> int:
            return len(data)

    with pytest.raises(TypeError, match="Half has a method to send, and none to receive"):
        SSL.Connection(contexts.client_context(), Half())  # type: ignore[arg-type]


@pytest.mark.differs("a Connection over an object with")
def test_datagrams_are_refused() -> None:
    with (
        outer.pair("subclass") as (_, under),
        pytest.raises(TypeError, match="DTLS needs a socket"),
    ):
        SSL.Connection(datagrams.context(), under)


def test_a_bridged_context_does_not_take_the_descriptor_of_a_tls_socket() -> None:
    with outer.pair("ssl") as (_, under):
        with pytest.raises(ValueError, match="wrap_bio"):
            bridges.asking().wrap_socket(under, server_hostname="localhost")
        under.sendall(b"as before")


def test_over_a_connection_in_memory() -> None:
    server, client = pump.connected(contexts.server_context(), contexts.client_context())
    inner = (
        sockets.server_end(contexts.server_context(), server),  # type: ignore[arg-type]
        sockets.client_end(contexts.client_context(), client),  # type: ignore[arg-type]
    )
    for _ in range(10):
        for end in inner:
            pump.step(end.do_handshake)
        pump.exchange(server, client)
    inner[1].sendall(b"through both")
    pump.exchange(server, client)
    assert inner[0].recv(100) == b"through both"
    with pytest.raises(SSL.WantReadError):
        inner[0].recv(1)


def test_rings_through_what_carries_are_collected() -> None:
    class Ring(outer.Bare):
        inner: Any

    with sockets.tcp_pair() as (_, sock):
        carrier = Ring(sock)
        carrier.inner = SSL.Connection(contexts.client_context(), carrier)
        gone = weakref.ref(carrier)
        carrier.close()
        del carrier
        gc.collect()
        assert gone() is None
