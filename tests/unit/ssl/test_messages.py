"""Messages in many buffers: gathered, scattered, and always through TLS."""

from __future__ import annotations

import array
import ctypes
import os
import select
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from kit import contexts, datagrams, pump, sockets, verdicts
from OpenSSL import SSL

Ends = tuple[SSL.Connection, SSL.Connection]


@pytest.fixture(params=["TLSv1.2", "TLSv1.3"])
def ends(request: pytest.FixtureRequest) -> Iterator[Ends]:
    context = contexts.server_context(version=request.param)
    with sockets.connected(context, contexts.client_context()) as both:
        yield both


@pytest.mark.differs("sendmsg, recvmsg, recvmsg_into")
def test_buffers_are_one_message(ends: Ends) -> None:
    server, client = ends
    buffers = [b"one ", bytearray(b"two "), memoryview(b"three "), array.array("I", [1, 2]), b""]
    wanted = b"one two three " + array.array("I", [1, 2]).tobytes()
    assert client.sendmsg(buffers) == len(wanted)
    assert sockets.receive_exactly(server, len(wanted)) == wanted


def test_nothing_goes_out_in_the_clear(ends: Ends) -> None:
    server, client = ends
    client.sendmsg([b"secret", b" words"])
    raw = server._socket.recv(65536)
    assert raw[0] == 0x17
    assert b"secret" not in raw


def test_more_buffers_than_a_system_call_takes(ends: Ends) -> None:
    server, client = ends
    pieces = [bytes([index % 256]) for index in range(5000)]
    assert client.sendmsg(pieces) == 5000
    assert sockets.receive_exactly(server, 5000) == b"".join(pieces)


def test_large_and_small_buffers_keep_their_order(ends: Ends) -> None:
    server, client = ends
    sizes = [1, 300_000, 5, 16384, 700_000, 0, 262_144, 3]
    pieces = [os.urandom(size) for size in sizes]
    receiving = sockets.in_thread(sockets.receive_exactly, server, sum(sizes))
    assert client.sendmsg(iter(pieces)) == sum(sizes)
    assert receiving.result(sockets.PATIENCE) == b"".join(pieces)


def test_messages_of_threads_stay_whole(ends: Ends) -> None:
    server, client = ends
    size, count, rounds = 50_000, 4, 5
    letters = [bytes([65 + index]) for index in range(count)]

    def talk(letter: bytes) -> None:
        for _ in range(rounds):
            client.sendmsg([letter * (size // 100)] * 100)

    threads = [threading.Thread(target=talk, args=(letter,)) for letter in letters]
    for thread in threads:
        thread.start()
    received = sockets.receive_exactly(server, size * count * rounds)
    for thread in threads:
        thread.join()
    blocks = [received[at : at + size] for at in range(0, len(received), size)]
    assert all(len(set(block)) == 1 for block in blocks)


def test_a_transport_that_does_not_wait_takes_a_part(ends: Ends) -> None:
    server, client = ends
    client.setblocking(False)
    data = os.urandom(30_000_000)
    view = memoryview(data)
    sent = client.sendmsg([view[:1000], view[1000:]])
    assert 0 < sent < len(data)
    receiving = sockets.in_thread(sockets.receive_exactly, server, len(data))
    while sent < len(data):
        rest = view[sent:]
        try:
            taken = client.sendmsg([rest[:1000], rest[1000:50_000], rest[50_000:]])
        except SSL.WantWriteError:
            select.select([], [client], [], sockets.PATIENCE)
            continue
        assert 0 < taken <= len(rest)
        sent += taken
    assert receiving.result(sockets.PATIENCE) == data


def test_a_timeout_tells_how_much_was_taken(ends: Ends) -> None:
    _, client = ends
    client.settimeout(0.2)
    huge = bytes(50_000_000)
    assert 0 < client.sendmsg([huge]) < len(huge)
    with pytest.raises(TimeoutError, match="write operation timed out") as caught:
        while client.sendmsg([huge]):
            pass
    assert caught.value.bytes_sent == 0  # type: ignore[attr-defined]


def test_a_failure_tells_how_much_was_taken(ends: Ends) -> None:
    server, client = ends

    def pieces() -> Iterator[bytes]:
        yield b"first"

    sockets.reset(server)
    with pytest.raises(SSL.SysCallError) as caught:
        while True:
            client.sendmsg(pieces())
    assert caught.value.bytes_sent is not None


def test_scattered_into_buffers(ends: Ends) -> None:
    server, client = ends
    server.sendall(b"abcdefghij")
    buffers: list[Any] = [bytearray(3), bytearray(0), array.array("H", [0, 0]), bytearray(10)]
    assert client.recvmsg_into(buffers) == (10, [], 0, None)
    assert bytes(buffers[0]) == b"abc"
    assert buffers[2].tobytes() == b"defg"
    assert bytes(buffers[3]) == b"hij" + bytes(7)


def test_buffers_of_forms_that_memoryview_does_not_know(ends: Ends) -> None:
    server, client = ends

    class Pair(ctypes.BigEndianStructure):
        _fields_ = (("left", ctypes.c_uint16), ("right", ctypes.c_uint16))

    server.sendmsg([Pair(1, 2), (ctypes.c_int * 2)(3, 4)])
    pair, numbers = Pair(), (ctypes.c_int * 2)()
    assert client.recvmsg_into([pair, numbers])[0] == 12
    assert (pair.left, pair.right, list(numbers)) == (1, 2, [3, 4])


def test_a_look_ahead_leaves_what_it_sees(ends: Ends) -> None:
    server, client = ends
    server.sendall(b"peek")
    buffers = [bytearray(2), bytearray(2)]
    assert client.recvmsg_into(buffers, 0, socket.MSG_PEEK)[0] == 4
    assert client.recvmsg(10, 0, socket.MSG_PEEK) == (b"peek", [], 0, None)
    assert b"".join(buffers) == client.recvmsg(10)[0] == b"peek"


def test_the_end_is_told_as_recv_tells_it(ends: Ends) -> None:
    server, client = ends
    server.shutdown()
    with verdicts.clean_close():
        client.recvmsg(1)
    with verdicts.clean_close():
        client.recvmsg_into([bytearray(1)])


WRONG: list[tuple[type[Exception], Callable[[SSL.Connection], object]]] = [
    (ValueError, lambda end: end.sendmsg([b"x"], [(1, 2, b"fd")])),
    (ValueError, lambda end: end.sendmsg([b"x"], (), socket.MSG_OOB)),
    (ValueError, lambda end: end.sendmsg([b"x"], (), 0, ("127.0.0.1", 9))),  # type: ignore[arg-type]
    (TypeError, lambda end: end.sendmsg([b"x"], (), "0")),  # type: ignore[arg-type]
    (TypeError, lambda end: end.sendmsg(b"x")),  # type: ignore[arg-type]
    (TypeError, lambda end: end.sendmsg(["x"])),  # type: ignore[list-item]
    (TypeError, lambda end: end.sendmsg([b"x", 3])),  # type: ignore[list-item]
    (BufferError, lambda end: end.sendmsg([memoryview(b"abcd")[::2]])),
    (ValueError, lambda end: end.recvmsg(1, 100)),
    (ValueError, lambda end: end.recvmsg(1, 0, socket.MSG_OOB)),
    (ValueError, lambda end: end.recvmsg(-1)),
    (ValueError, lambda end: end.recvmsg_into([bytearray(1)], 5)),
    (ValueError, lambda end: end.recvmsg_into([bytearray(1)], 0, socket.MSG_WAITALL)),
    (BufferError, lambda end: end.recvmsg_into([bytearray(1), b"const"])),  # type: ignore[list-item]
    (TypeError, lambda end: end.recvmsg_into([bytearray(1), None])),  # type: ignore[list-item]
    (BufferError, lambda end: end.recvmsg_into([memoryview(bytearray(4))[::2]])),
]


@pytest.mark.differs("sendmsg, recvmsg, recvmsg_into")
@pytest.mark.parametrize(("kind", "call"), WRONG)
def test_what_tls_cannot_carry_is_refused(
    ends: Ends, kind: type[Exception], call: Callable[[SSL.Connection], object]
) -> None:
    server, client = ends
    server.sendall(b"hello")
    with pytest.raises(kind):
        call(client)
    assert client.recv(10) == b"hello"  # nothing was taken
    client.sendall(b"answer")
    assert server.recv(10) == b"answer"  # and nothing went out


def test_a_buffer_cannot_be_resized_meanwhile(ends: Ends) -> None:
    server, client = ends
    buffer = bytearray(1000)
    receiving = sockets.in_thread(client.recvmsg_into, [buffer, bytearray(10)])
    for _ in range(1000):
        try:
            buffer.append(1)
            buffer.pop()
        except BufferError:
            break
        threading.Event().wait(0.01)
    else:
        raise AssertionError("the buffer is not held while it is waited for")
    server.sendall(b"now")
    assert receiving.result(sockets.PATIENCE)[0] == 3


def test_nothing_at_all(ends: Ends) -> None:
    _, client = ends
    assert client.sendmsg([]) == client.sendmsg([b"", b""]) == 0
    assert client.recvmsg_into([]) == client.recvmsg_into([bytearray()]) == (0, [], 0, None)
    assert client.recvmsg(0) == (b"", [], 0, None)


def test_in_memory() -> None:
    server, client = pump.connected(contexts.server_context(), contexts.client_context())
    assert client.sendmsg([b"x" * 20_000, b"y"]) == 20_001
    pump.exchange(server, client)
    buffers = [bytearray(20_000), bytearray(5)]
    assert server.recvmsg_into(buffers)[0] == 20_001
    assert buffers[1] == b"y" + bytes(4)
    with verdicts.wants_read():
        server.recvmsg(1)


def test_over_dtls_all_buffers_are_one_datagram() -> None:
    with datagrams.connected() as (server, client):
        assert client.sendmsg([b"one", b"two", b"three"]) == 11
        assert client.sendmsg([b"next"]) == 4
        assert server.recvmsg(100) == (b"onetwothree", [], 0, None)
        assert server.recvmsg(100)[0] == b"next"
