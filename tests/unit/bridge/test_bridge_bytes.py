"""Bytes through bridged sockets and objects: all of them, in order, and both ends told."""

from __future__ import annotations

import contextlib
import gc
import ssl
import weakref

import pytest

from kit import contexts
from kit.bridged_pairs import KINDS, client, in_memory, server, talking
from kit.sockets import PATIENCE, in_thread, tcp_pair
from OpenSSL import SSL

# ---- moving bytes


@pytest.mark.parametrize("one", KINDS)
def test_files_large_messages_and_buffers(one) -> None:
    data = bytes(range(256)) * 8000
    with talking(server(one), client()) as (a, b):
        sent = in_thread(a.sendall, data)
        with b.makefile("rb") as file:
            assert file.read(len(data)) == data
        sent.result(PATIENCE)
        room = bytearray(10)
        a.sendall(b"0123456789abc")
        assert b.recv_into(room) == 10 and room == b"0123456789"
        assert b.pending() == 3
        assert b.read(10) == b"abc"


def test_a_record_at_a_time_is_taken_from_the_caller() -> None:
    serving, asking, _ = in_memory(server("standard"), client())
    with pytest.raises(ssl.SSLWantReadError):
        asking.read(1)  # the tickets
    incoming = asking._sslobj._incoming
    for part in (b"one", b"two", b"three"):
        serving.write(part)
    before = incoming.pending
    assert asking.read(100) == b"one"
    assert 0 < incoming.pending < before
    assert (asking.read(2), asking.pending(), asking.read(9)) == (b"tw", 1, b"o")
    assert asking.read(0, room := bytearray(16)) == 5 and room.startswith(b"three")


@pytest.mark.parametrize("size", [1, 2, 4, 5, 6, 100])
def test_bytes_may_come_in_pieces_of_any_size(size) -> None:
    a, b, c, d = (ssl.MemoryBIO() for _ in range(4))
    serving = server().wrap_bio(a, b, server_side=True)
    asking = client().wrap_bio(c, d, server_hostname="localhost")
    done = set()
    for _ in range(20_000):
        for each in (serving, asking):
            if each not in done:
                with contextlib.suppress(ssl.SSLWantReadError):
                    each.do_handshake()
                    done.add(each)
        a.write(d.read(size))
        c.write(b.read(size))
        if len(done) == 2:
            break
    assert len(done) == 2


@pytest.mark.parametrize(
    "junk",
    [b"GET / HTTP/1.0\r\n\r\n", b"\x80\x2e\x01\x03\x01", b"\xff" * 40, b"\x16\x03\x01\xff\xff"],
)
@pytest.mark.parametrize("size", [1, 3, 64])
def test_junk_is_an_error_or_waits_for_more_and_never_hangs(junk, size) -> None:
    incoming = ssl.MemoryBIO()
    serving = server().wrap_bio(incoming, ssl.MemoryBIO(), server_side=True)
    for at in range(0, len(junk), size):
        incoming.write(junk[at : at + size])
        with contextlib.suppress(ssl.SSLError):
            serving.do_handshake()
    incoming.write_eof()
    with pytest.raises(ssl.SSLError):
        for _ in range(5):
            serving.do_handshake()


@pytest.mark.differs("an end of the transport without")
def test_the_end_of_the_transport_is_no_clean_end() -> None:
    ours = contexts.client_context().as_ssl_context()
    _, asking, _ = in_memory(server("standard"), ours)
    asking._sslobj._incoming.write_eof()
    with pytest.raises(ssl.SSLEOFError) as caught:
        for _ in range(3):
            asking.read(1)
    assert caught.value.reason == "UNEXPECTED_EOF_WHILE_READING"


@pytest.mark.parametrize("one", KINDS)
def test_both_say_goodbye(one) -> None:
    with talking(server(one), client()) as (a, b):
        said = in_thread(a.unwrap)
        plain = b.unwrap()
        other = said.result(PATIENCE)
        assert b.connection is None
        plain.sendall(b"plain")
        assert other.recv(10) == b"plain"
    serving, asking, until = in_memory(server(one), client())
    until(serving.unwrap, asking.unwrap)


def test_time_limits_and_non_blocking_sockets() -> None:
    with talking(server("standard"), client()) as (_one, other):
        other.settimeout(0.05)
        with pytest.raises(TimeoutError, match="read operation timed out"):
            while True:
                other.recv(1)
        other.setblocking(False)
        with pytest.raises(ssl.SSLWantReadError):
            other.recv(1)
        sent = 0
        with pytest.raises(ssl.SSLWantWriteError):
            while True:
                sent += other.send(b"x" * 100_000)
        assert sent
    with tcp_pair() as (_serving, asking):
        asking.settimeout(0.05)
        with pytest.raises(TimeoutError, match="handshake operation timed out"):
            client().wrap_socket(asking, server_hostname="localhost")


# ---- lifetimes


def test_a_socket_that_is_let_go_is_closed_at_once() -> None:
    gc.collect()
    gc.disable()
    try:
        with talking(server(), client()) as (_one, other):
            known = weakref.ref(other)
            connection = other.connection
        del other, _one
        assert known() is None
        with pytest.raises(SSL.SysCallError):
            connection.send(b"x")
    finally:
        gc.enable()
