"""send takes what the transport takes; what it could not send comes again, and only that."""

from __future__ import annotations

import contextlib
import errno
import os
import random
import select
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from kit import contexts, datagrams, pump, sockets, verdicts
from OpenSSL import SSL

RECORD = 16384
BURST = 16 * RECORD
SHAPES: list[Callable[[bytes], Any]] = [bytes, bytearray, memoryview]
Ends = tuple[SSL.Connection, SSL.Connection]

versions = pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
kinds = pytest.mark.parametrize("kind", ["tcp", "unix"])


@contextlib.contextmanager
def over(kind: str, version: str, room: int = 0) -> Iterator[Ends]:
    """A sender over a socket whose buffer is as small as may be when `room` is, and its peer."""
    with sockets.tcp_pair() if kind == "tcp" else sockets.unix_pair() as (one, other):
        if room:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, room)
            other.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
        sender = sockets.server_end(contexts.server_context(version=version), one)
        receiver = sockets.client_end(contexts.client_context(version=version), other)
        shaking = sockets.in_thread(sender.do_handshake)
        receiver.do_handshake()
        shaking.result(sockets.PATIENCE)
        yield sender, receiver


def stopped(sender: SSL.Connection, data: bytes) -> int:
    """Send until the transport takes no more; how many bytes it said that it took."""
    sent = 0
    sender.setblocking(False)
    with pytest.raises(SSL.WantWriteError) as caught:
        while True:
            sent += sender.send(data[sent : sent + BURST])
    assert caught.value.bytes_sent == 0, "a caller of send looks at no count"
    return sent


@pytest.mark.differs("send of more than a record of")
@pytest.mark.parametrize("size", [1, RECORD, RECORD + 1, 100_000, BURST])
@pytest.mark.parametrize("shape", SHAPES)
def test_all_of_it_in_one_call(size: int, shape: Callable[[bytes], Any]) -> None:
    data = os.urandom(size)
    with over("tcp", "TLSv1.3") as (sender, receiver):
        receiving = sockets.in_thread(sockets.receive_exactly, receiver, size)
        assert sender.send(shape(data)) == size
        assert receiving.result(sockets.PATIENCE) == data


def test_a_burst_at_most() -> None:
    """The lock is held meanwhile, and others want to read."""
    with over("tcp", "TLSv1.3") as (sender, receiver):
        receiving = sockets.in_thread(sockets.receive_exactly, receiver, BURST)
        assert sender.send(bytes(BURST + 1)) == BURST
        receiving.result(sockets.PATIENCE)


@pytest.mark.differs("send of more than a record of")
def test_more_and_more_in_memory() -> None:
    server, client = pump.connected(contexts.server_context(), contexts.client_context())
    data = os.urandom(BURST + 1)
    counts = [client.send(data) for _ in range(6)]
    assert counts == [n * RECORD for n in (1, 2, 4, 8, 16, 16)]
    pump.shuttle(client, server)
    assert pump.drain(server) == b"".join(data[:count] for count in counts)


def test_what_a_bounded_memory_takes() -> None:
    """What is said to be taken is all that libssl has: other bytes may follow."""
    server, client = pump.connected(contexts.server_context(), contexts.client_context())
    while client.send(bytes(BURST)) < BURST:
        pump.shuttle(client, server)
    pump.shuttle(client, server)
    pump.drain(server)
    client.set_bio_limit(30_000)
    assert client.send(b"a" * 100_000) == 2 * RECORD
    pump.shuttle(client, server)
    assert client.send(b"b" * 100) == 100
    pump.shuttle(client, server)
    assert pump.drain(server) == b"a" * 2 * RECORD + b"b" * 100


def test_a_datagram_is_one() -> None:
    with datagrams.connected() as (server, client):
        assert client.send(b"x" * 500) == 500
        assert server.recv(1000) == b"x" * 500


@pytest.mark.differs("send after WantWriteError, with")
@versions
@kinds
@pytest.mark.parametrize("room", [0, 10_000])
def test_the_rest_from_any_buffer(version: str, kind: str, room: int) -> None:
    """In pieces of any size, by send or sendall, it arrives once."""
    choose = random.Random(f"{version} {kind} {room}")
    data = choose.randbytes(150_000 if room else 15_000_000 if kind == "tcp" else 2_000_000)
    with over(kind, version, room) as (sender, receiver):
        sender.setblocking(False)
        go = threading.Event()

        def receive() -> bytes:
            go.wait(sockets.PATIENCE)
            return sockets.receive_exactly(receiver, len(data))

        receiving = sockets.in_thread(receive)
        sent = wants = 0
        while sent < len(data):
            size = choose.choice((1, 100, RECORD, RECORD + 1, 100_000, 400_000))
            part = choose.choice(SHAPES)(data[sent : sent + size])
            whole = choose.random() < 0.3
            try:
                sent += sender.sendall(part) if whole else sender.send(part)
            except SSL.WantWriteError as error:
                wants += 1
                go.set()
                assert whole or error.bytes_sent == 0
                sent += error.bytes_sent or 0
                assert sender.want_write() is True
                select.select([], [sender.fileno()], [], sockets.PATIENCE)
        assert receiving.result(sockets.PATIENCE) == data
        assert wants > 0, "it never had to stop"
        assert sender.want_write() is False


@versions
@kinds
def test_a_stop_tells_what_has_left(version: str, kind: str) -> None:
    """To the record: what the peer can read by then is what need not come again."""
    data = os.urandom(20_000_000)
    with over(kind, version) as (sender, receiver):
        sender.setblocking(False)
        receiver.setblocking(False)
        with pytest.raises(SSL.WantWriteError) as caught:
            sender.sendall(data)
        heard = bytearray()
        with contextlib.suppress(SSL.WantReadError):
            while True:
                heard += receiver.recv(1 << 16)
        assert caught.value.bytes_sent == len(heard) > 0
        assert data.startswith(heard)


@kinds
@pytest.mark.parametrize("room", [0, 10_000])
def test_nothing_is_owed_after_a_count(kind: str, room: int) -> None:
    """What was not counted need not come: other bytes may."""
    with over(kind, "TLSv1.3", room) as (sender, receiver):
        sender.setblocking(False)
        expected = b""
        receiving = sockets.in_thread(sockets.receive_all, receiver)
        for turn in range(20 if room else 60):
            data = bytes([turn]) * (50_000 + 1000 * turn)
            count = sockets.until_done(sender, sender.send, data)
            assert 0 < count <= len(data)
            expected += data[:count]
        sockets.until_done(sender, sender.shutdown)
        assert receiving.result(sockets.PATIENCE) == expected


@pytest.mark.differs("send after WantWriteError, with")
@versions
@kinds
def test_other_bytes_than_are_owed_are_refused(version: str, kind: str) -> None:
    """libssl would send the old ones in their place, and the new ones be lost."""
    data = os.urandom(20_000_000)
    with over(kind, version) as (sender, receiver):
        sent = stopped(sender, data)
        for other in (b"something else", bytes(RECORD), bytes(BURST - 1)):
            for call in (sender.send, sender.sendall):
                with verdicts.protocol_error("bad write retry"):
                    call(other)
        changed = bytearray(data[sent : sent + RECORD])
        changed[-1] ^= 1
        with verdicts.protocol_error("bad write retry"):
            sender.send(changed)
        receiving = sockets.in_thread(sockets.receive_exactly, receiver, sent + BURST)
        sender.setblocking(True)
        assert sender.sendall(data[sent : sent + BURST]) == BURST
        assert receiving.result(sockets.PATIENCE) == data[: sent + BURST]


@versions
@kinds
def test_reading_goes_on_while_something_is_owed(version: str, kind: str) -> None:
    data = os.urandom(20_000_000)
    with over(kind, version) as (sender, receiver):
        sent = stopped(sender, data)
        receiver.sendall(b"a question")
        assert sockets.until_done(sender, sender.recv, 100) == b"a question"
        with pytest.raises(SSL.WantReadError):
            sender.recv(100)
        receiving = sockets.in_thread(sockets.receive_exactly, receiver, sent + BURST)
        sender.setblocking(True)
        assert sender.sendall(data[sent : sent + BURST]) == BURST
        assert receiving.result(sockets.PATIENCE) == data[: sent + BURST]


@pytest.mark.differs("shutdown() in the middle of a record")
@versions
@kinds
def test_a_goodbye_comes_behind_what_has_begun(version: str, kind: str) -> None:
    """In the middle of a record it would be none."""
    data = os.urandom(20_000_000)
    with over(kind, version) as (sender, receiver):
        sent = stopped(sender, data)
        with pytest.raises(SSL.WantWriteError):
            sender.shutdown()
        receiving = sockets.in_thread(sockets.receive_all, receiver)
        assert sockets.until_done(sender, sender.shutdown) is False
        got = receiving.result(sockets.PATIENCE)
        assert data.startswith(got)
        assert sent <= len(got) <= sent + BURST


@kinds
def test_a_failure_behind_a_stop(kind: str) -> None:
    with over(kind, "TLSv1.3") as (sender, receiver):
        data = bytes(20_000_000)
        sent = stopped(sender, data)
        if kind == "tcp":
            sockets.reset(receiver)
        else:
            receiver.close()
        with verdicts.system_error(errno.ECONNRESET, errno.EPIPE):
            while True:
                sender.send(data[sent : sent + BURST])


def test_a_timeout_of_send_counts_nothing() -> None:
    """The same call can be made again, and brings the same bytes."""
    data = os.urandom(20_000_000)
    with over("tcp", "TLSv1.3") as (sender, receiver):
        sender.settimeout(0.2)
        sent = 0
        with pytest.raises(TimeoutError) as caught:
            while True:
                sent += sender.send(data[sent : sent + BURST])
        assert caught.value.bytes_sent == 0  # type: ignore[attr-defined]
        receiving = sockets.in_thread(sockets.receive_exactly, receiver, sent + BURST)
        sender.settimeout(sockets.PATIENCE)
        assert sender.sendall(data[sent : sent + BURST]) == BURST
        assert receiving.result(sockets.PATIENCE) == data[: sent + BURST]
