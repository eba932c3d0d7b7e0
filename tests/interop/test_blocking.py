"""Sockets that do not wait, or not for ever."""

from __future__ import annotations

import socket
import time

import pytest

from kit import sockets
from kit.verdicts import wants_read
from OpenSSL import SSL


def test_select_drives_both_ends(server_context, client_context):
    with sockets.tcp_pair() as (one, other):
        one.setblocking(False)
        other.setblocking(False)
        server = sockets.server_end(server_context, one)
        client = sockets.client_end(client_context, other)
        future = sockets.in_thread(sockets.until_done, server, server.do_handshake)
        sockets.until_done(client, client.do_handshake)
        future.result(sockets.PATIENCE)
        sockets.until_done(client, client.send, b"abc")
        assert sockets.until_done(server, server.recv, 10) == b"abc"
        with wants_read():
            server.recv(10)
        assert server.want_read()
        assert not server.want_write()


@pytest.mark.holds("C15")
def test_a_full_socket_wants_write_and_loses_nothing(ends):
    server, client = ends
    data = bytes(range(256)) * 65536
    client.setblocking(False)
    view, sent, received = memoryview(data), 0, bytearray()
    refusals = 0
    while sent < len(data):
        try:
            sent += client.send(view[sent:])
        except SSL.WantWriteError:
            refusals += 1
            assert client.want_write()
            # A record that waits is only finished when the other end makes room.
            received += server.recv(1 << 20)
    assert refusals
    client.shutdown()
    received += sockets.receive_all(server)
    assert received == data


def test_a_timeout_is_a_timeout(ends):
    _, client = ends
    client.settimeout(0.2)
    before = time.monotonic()
    with pytest.raises(TimeoutError):
        client.recv(1)
    assert 0.15 < time.monotonic() - before < 5


def test_a_timeout_leaves_the_connection_usable(ends):
    server, client = ends
    client.settimeout(0.05)
    with pytest.raises(TimeoutError):
        client.recv(1)
    server.sendall(b"late")
    client.settimeout(sockets.PATIENCE)
    assert sockets.receive_exactly(client, 4) == b"late"


def test_a_handshake_times_out(client_context):
    with sockets.tcp_pair() as (_, other):
        other.settimeout(0.1)
        client = sockets.client_end(client_context, other)
        with pytest.raises(TimeoutError):
            client.do_handshake()


def test_sending_times_out(ends):
    _, client = ends
    client.settimeout(0.2)
    with pytest.raises(TimeoutError):
        client.sendall(bytes(64 << 20))


def test_peek_leaves_the_bytes(ends):
    server, client = ends
    server.sendall(b"abcdef")
    assert client.recv(3, socket.MSG_PEEK) == b"abc"
    buffer = bytearray(4)
    assert client.recv_into(buffer, 4, socket.MSG_PEEK) == 4
    assert client.recv(10) == b"abcdef"
    assert buffer == b"abcd"


def test_pending_counts_what_needs_no_socket(ends):
    server, client = ends
    server.sendall(b"abcdef")
    assert client.pending() == 0
    assert client.recv(2) == b"ab"
    assert client.pending() == 4


def test_nothing_is_not_an_end(ends):
    """Asking for, or sending, no bytes at all is neither an error nor an end."""
    server, client = ends
    assert client.send(b"") == 0
    client.sendall(b"")
    assert client.recv(0) == b""
    assert client.recv_into(bytearray()) == 0
    assert client.recv_into(bytearray(5), 0) == 0
    server.sendall(b"abc")
    assert client.recv(3) == b"abc"
