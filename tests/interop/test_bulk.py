"""A hundred mebibytes each way, every byte checked."""

from __future__ import annotations

import hashlib
import random
import socket

import pytest

from kit import contexts, sockets, stdlib

TOTAL = 100 << 20
PIECE = 1 << 20
_BLOCK = random.Random(20).randbytes(PIECE)

pytestmark = pytest.mark.timeout(120)


def pieces():
    """The same hundred different pieces each time, so that order and loss both show."""
    for index in range(TOTAL // PIECE):
        yield index.to_bytes(8, "big") + _BLOCK[index * 1000 :] + _BLOCK[: index * 1000]


SIZE = sum(map(len, pieces()))


@pytest.fixture(scope="module")
def checksum():
    total = hashlib.sha256()
    for piece in pieces():
        total.update(piece)
    return total.hexdigest()


def send_all(end):
    for piece in pieces():
        end.sendall(piece)


def receive_checksum(end):
    """Receive ``SIZE`` bytes into one buffer and sum them up."""
    total, left, buffer = hashlib.sha256(), SIZE, bytearray(1 << 18)
    view = memoryview(buffer)
    while left:
        count = end.recv_into(buffer, min(left, len(buffer)))
        assert count > 0
        total.update(view[:count])
        left -= count
    return total.hexdigest()


@pytest.fixture(params=["TLSv1.2", "TLSv1.3"])
def version(request):
    return request.param


@pytest.fixture
def ends(version):
    with sockets.connected(
        contexts.server_context(version=version), contexts.client_context(version=version)
    ) as both:
        yield both


def test_between_our_own_ends(ends, checksum):
    for source, target in (ends, ends[::-1]):
        future = sockets.in_thread(receive_checksum, target)
        send_all(source)
        assert future.result(60) == checksum


def test_both_ways_at_once(ends, checksum):
    """One thread reads and another writes on the same connection, at both ends."""
    receivers = [sockets.in_thread(receive_checksum, end) for end in ends]
    senders = [sockets.in_thread(send_all, end) for end in ends]
    for future in senders:
        future.result(100)
    assert [future.result(100) for future in receivers] == [checksum, checksum]


def exchange_with_stdlib(sock):
    """The standard library's part: receive everything, tell its checksum, send everything."""
    told = receive_checksum(sock)
    sock.sendall(told.encode())
    send_all(sock)
    sock.unwrap()


def test_to_and_from_a_standard_server(version, checksum):
    with (
        stdlib.server(version=version, handler=exchange_with_stdlib) as server,
        socket.create_connection((sockets.LOOPBACK, server.port)) as sock,
    ):
        client = sockets.client_end(contexts.client_context(), sock)
        send_all(client)
        assert sockets.receive_exactly(client, 64).decode() == checksum
        assert receive_checksum(client) == checksum
        assert sockets.receive_all(client) == b""
        client.shutdown()
    assert server.failures == []


def test_to_and_from_a_standard_client(version, checksum):
    told = []

    def handler(connection):
        told.append(receive_checksum(connection))
        send_all(connection)
        connection.shutdown()

    with (
        sockets.ThreadedServer(contexts.server_context(version=version), handler) as server,
        stdlib.client(server.port) as sock,
    ):
        send_all(sock)
        assert receive_checksum(sock) == checksum
        assert sock.recv(1) == b""
    assert told == [checksum]
    assert server.failures == []
