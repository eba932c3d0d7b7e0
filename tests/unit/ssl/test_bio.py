"""The channel between libssl and its transport, in memory."""

from __future__ import annotations

import contextlib
import gc
import os
import socket
import sys

import pytest

from kit import contexts, memory, pump, verdicts
from OpenSSL import SSL


@pytest.fixture
def ends() -> pump.Pair:
    return pump.connected(contexts.server_context(), contexts.client_context())


def test_nothing_to_read_is_a_want_state(ends: pump.Pair) -> None:
    pump.exchange(*ends)
    with verdicts.wants_read():
        ends.client.bio_read(100)


@pytest.mark.parametrize("step", [1, 2, 7, 100, 5000])
def test_outgoing_bytes_are_the_same_in_whatever_pieces(ends: pump.Pair, step: int) -> None:
    pump.exchange(*ends)
    data = os.urandom(40_000)
    assert ends.client.sendall(data) == len(data)
    while True:
        try:
            piece = ends.client.bio_read(step)
        except SSL.WantReadError:
            break
        assert 0 < len(piece) <= step
        ends.server.bio_write(piece)
    assert pump.drain(ends.server) == data


def test_incoming_bytes_may_come_one_by_one(ends: pump.Pair) -> None:
    pump.exchange(*ends)
    ends.client.sendall(b"abc" * 3000)
    for byte in pump.outgoing(ends.client):
        ends.server.bio_write(bytes([byte]))
    assert pump.drain(ends.server) == b"abc" * 3000


@pytest.mark.promises("Connection.bio_write")
def test_what_is_handed_in_may_change_afterwards(ends: pump.Pair) -> None:
    ends.client.send(b"unchanged")
    data = bytearray(pump.outgoing(ends.client))
    assert ends.server.bio_write(data) == len(data)
    data[:] = b"\0" * len(data)
    assert ends.server.recv(100) == b"unchanged"


def test_bytes_handed_in_are_given_back_once_read(ends: pump.Pair) -> None:
    pump.exchange(*ends)
    ends.client.send(b"x" * 1000)
    data = pump.outgoing(ends.client)
    before = sys.getrefcount(data)
    ends.server.bio_write(data)
    assert sys.getrefcount(data) == before + 1
    ends.server.recv(2000)
    assert sys.getrefcount(data) == before


def test_bytes_never_read_are_given_back_with_the_connection() -> None:
    data = b"\x16\x03\x01" + bytes(1000)
    before = sys.getrefcount(data)
    connection = SSL.Connection(contexts.client_context())
    connection.bio_write(data)
    del connection
    gc.collect()
    assert sys.getrefcount(data) == before


def test_handed_out_bytes_are_nobody_elses(ends: pump.Pair) -> None:
    pump.exchange(*ends)
    taken = []
    for index in range(50):
        ends.client.send(bytes([index]) * 100)
        taken.append(ends.client.bio_read(10_000))
    for index, record in enumerate(taken):
        ends.server.bio_write(record)
        assert ends.server.recv(1000) == bytes([index]) * 100


@pytest.mark.promises("Connection.bio_read")
@pytest.mark.holds("D19")
def test_a_bound_makes_the_buffer_fill_up(ends: pump.Pair) -> None:
    pump.exchange(*ends)
    ends.client.set_bio_limit(30_000)
    data = os.urandom(100_000)
    with pytest.raises(SSL.WantWriteError) as caught:
        ends.client.sendall(data)
    sent = caught.value.bytes_sent
    assert sent is not None
    assert 0 < sent < len(data)
    received = b""
    while sent < len(data):
        pump.shuttle(ends.client, ends.server)
        received += pump.drain(ends.server)
        try:
            sent += ends.client.sendall(memoryview(data)[sent:])
        except SSL.WantWriteError as error:
            assert error.bytes_sent is not None
            sent += error.bytes_sent
    pump.shuttle(ends.client, ends.server)
    assert received + pump.drain(ends.server) == data


@pytest.mark.holds("D19", "C34")
def test_many_records_at_once_do_not_make_the_next_ones_costly(ends: pump.Pair) -> None:
    """What a record adds to its payload is learned from single records only."""
    _, client = ends
    pump.outgoing(client)
    for _ in range(4):
        client.sendall(bytes(1 << 18))
        pump.outgoing(client)
        client.send(b"x")
        for _ in range(20):
            client.sendall(bytes(50_000))
        client.bio_read(1 << 30)
        before = memory.in_use()
        client.send(b"x")
        assert memory.in_use() - before < 16_384
        pump.outgoing(client)


def test_the_memory_calls_need_a_memory_bio() -> None:
    one, other = socket.socketpair()
    with one, other:
        connection = SSL.Connection(contexts.client_context(), one)
        for call in (
            lambda: connection.bio_read(1),
            lambda: connection.bio_write(b"x"),
            connection.bio_shutdown,
            lambda: connection.set_bio_limit(1),
        ):
            with pytest.raises(TypeError, match="Connection sock was not None"):
                call()


def test_text_is_handed_in_with_a_warning(ends: pump.Pair) -> None:
    with pytest.warns(DeprecationWarning, match="str for buf is no longer accepted"):
        ends.client.bio_write("x")


@pytest.mark.parametrize("first", ["send", "sendall"])
@pytest.mark.parametrize("second", ["send", "sendall"])
@pytest.mark.holds("C15")
def test_what_was_to_be_sent_may_be_sent_the_other_way(
    ends: pump.Pair, first: str, second: str
) -> None:
    """The same bytes again, as WantWriteError asks for, whichever method is asked."""
    server, client = ends
    pump.transfer(server, client, b"the tickets have gone")
    data = bytes(range(256)) * 120
    server.set_bio_limit(1)
    server.send(b"!")
    got = b""
    sent = turn = 0
    while sent < len(data):
        turn += 1
        assert turn < 30
        call = getattr(server, (first, second)[turn % 2])
        try:
            sent += call(data[sent:])
        except SSL.WantWriteError as error:
            sent += error.bytes_sent
        # Room for a record's first part only: what is pending goes, the next is stopped.
        pump.shuttle(server, client)
        got += pump.drain(client)
    pump.shuttle(server, client)
    assert got + pump.drain(client) == b"!" + data


def test_a_record_without_data_does_not_hide_what_is_behind_it() -> None:
    """Without MODE_AUTO_RETRY libssl stops after each session ticket; more is here already."""
    ends = pump.connected(contexts.server_context(), contexts.client_context())
    ends.client.clear_mode(SSL.MODE_AUTO_RETRY)
    ends.server.send(b"behind the tickets")
    pump.shuttle(ends.server, ends.client)
    for _ in range(3):
        with contextlib.suppress(SSL.WantReadError):
            assert ends.client.recv(100) == b"behind the tickets"
            return
    raise AssertionError("what was handed in is not looked at")
