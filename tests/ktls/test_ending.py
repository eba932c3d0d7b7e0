"""How connections end over kernel TLS, and what is noticed of damage on the way."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import socket
import ssl
from collections.abc import Iterator
from typing import Any

import pytest

from kit import authority, contexts, sockets, stdlib, verdicts
from OpenSSL import SSL

VERSIONS = ("TLSv1.2", "TLSv1.3")


@pytest.fixture(params=VERSIONS)
def ends(request: pytest.FixtureRequest) -> Iterator[tuple[SSL.Connection, SSL.Connection]]:
    version = request.param
    with sockets.connected(
        contexts.server_context(version=version), contexts.client_context(version=version)
    ) as both:
        assert both[0].ktls_send
        yield both


def test_a_clean_close(ends: Any) -> None:
    server, client = ends
    server.sendall(b"last words")
    assert server.shutdown() is False
    assert sockets.receive_all(client) == b"last words"
    assert client.shutdown() is True
    with pytest.raises(SSL.ZeroReturnError):
        server.recv(1)
    assert server.shutdown() is True


@pytest.mark.parametrize("closer", [0, 1])
def test_a_truncation_is_told_after_the_data(ends: Any, closer: int) -> None:
    closing, left = ends[closer], ends[1 - closer]
    closing.sendall(b"x" * 50_000)
    closing.close()
    assert sockets.receive_exactly(left, 50_000) == b"x" * 50_000
    with verdicts.dirty_close():
        left.recv(1)
    with verdicts.dirty_close():
        left.recv(1)


def test_goodbye_after_a_truncation_is_no_protocol_error(ends: Any) -> None:
    """libssl may say anything here, but it must be an Error and not a crash or success."""
    server, client = ends
    client.close()
    with verdicts.dirty_close():
        server.recv(1)
    with contextlib.suppress(SSL.Error):
        assert server.shutdown() is False


def test_a_reset(ends: Any) -> None:
    server, client = ends
    sockets.reset(client)
    with verdicts.system_error(errno.ECONNRESET):
        server.recv(1)
    # The kernel would take them, and lose them.
    with verdicts.system_error(errno.EPIPE):
        server.sendall(b"x" * 100_000)
    with verdicts.system_error(errno.EPIPE):
        server.sendfile(io.BytesIO(b"x" * 100_000))


def test_a_closed_socket_is_noticed(ends: Any) -> None:
    server, _ = ends
    server.close()
    for call in (lambda: server.recv(1), lambda: server.send(b"x"), server.shutdown):
        with verdicts.system_error(errno.EBADF):
            call()


class Wire:
    """The standard module's TLS in memory over a plain socket, so that bytes can be spoilt."""

    def __init__(self, sock: socket.socket, version: str) -> None:
        self.sock = sock
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = stdlib.client_context(version=version).wrap_bio(
            self.incoming, self.outgoing, server_hostname=authority.HOST
        )

    def handshake(self) -> None:
        while True:
            try:
                self.tls.do_handshake()
                self.sock.sendall(self.outgoing.read())
                return
            except ssl.SSLWantReadError:
                self.sock.sendall(self.outgoing.read())
                self.incoming.write(self.sock.recv(65536))

    def sealed(self, data: bytes) -> bytes:
        self.tls.write(data)
        return self.outgoing.read()

    def opened(self) -> bytes:
        while True:
            try:
                return self.tls.read(65536)
            except ssl.SSLWantReadError:
                part = self.sock.recv(65536)
                if part:
                    self.incoming.write(part)
                else:
                    self.incoming.write_eof()


@pytest.fixture(params=VERSIONS)
def wire(request: pytest.FixtureRequest) -> Iterator[tuple[SSL.Connection, Wire]]:
    version = request.param
    with sockets.tcp_pair() as (mine, theirs):
        server = sockets.server_end(contexts.server_context(version=version), mine)
        future = sockets.in_thread(server.do_handshake)
        other = Wire(theirs, version)
        other.handshake()
        future.result(sockets.PATIENCE)
        assert server.ktls_send
        yield server, other


def test_records_byte_by_byte(wire: Any) -> None:
    server, other = wire
    data = os.urandom(300)
    receiving = sockets.in_thread(sockets.receive_exactly, server, len(data))
    for byte in other.sealed(data):
        other.sock.sendall(bytes([byte]))
    assert receiving.result(sockets.PATIENCE) == data


@pytest.mark.parametrize("place", [0, 1, 3, 7, 13, 40, -1])
def test_a_spoilt_record_is_refused(wire: Any, place: int) -> None:
    server, other = wire
    text = b"spoilt on the way, for sure, at some place or other"
    other.sock.sendall(other.sealed(b"good"))
    record = bytearray(other.sealed(text))
    record[place] ^= 0x41
    other.sock.sendall(record + other.sealed(b"x" * 16_000) * 2)
    if place == 0 and server.ktls_recv and server.get_protocol_version() == SSL.TLS1_3_VERSION:
        # The kernel does not look at the outer type; what is inside is authentic all the same.
        assert sockets.receive_exactly(server, 4 + len(text)) == b"good" + text
        assert sockets.receive_exactly(server, 16_000) == b"x" * 16_000
        with pytest.raises(SSL.Error):  # the same record once more
            server.recv(100)
        return
    assert server.recv(100) == b"good"
    with pytest.raises(SSL.Error) as caught:
        server.recv(100)
    assert not isinstance(caught.value, (SSL.WantReadError, SSL.ZeroReturnError))
    with pytest.raises(SSL.Error):
        server.recv(100)


@pytest.mark.parametrize(
    "record",
    [
        pytest.param(b"\x15\x03\x03\x00\x02\x01\x00", id="goodbye"),
        pytest.param(b"\x15\x03\x03\x00\x28" + b"\x01\x00" * 20, id="many goodbyes"),
        pytest.param(b"\x17\x03\x03\x00\x40" + b"A" * 63 + b"\x17", id="data"),
        pytest.param(b"\x17\x03\x03\x00\x40" + b"\x01\x00\x15" + bytes(61), id="inner goodbye"),
    ],
)
def test_a_record_in_plain_text_is_refused(wire: Any, record: bytes) -> None:
    server, other = wire
    other.sock.sendall(other.sealed(b"good") + record)
    assert server.recv(100) == b"good"
    # Linux 6.12 says nothing about a record of TLS 1.2 too short to be one, and waits.
    server.settimeout(1)
    with pytest.raises((SSL.Error, TimeoutError)) as caught:
        server.recv(100)
    assert not isinstance(caught.value, (SSL.WantReadError, SSL.ZeroReturnError))
    server.close()


def test_what_the_kernel_could_not_decrypt_is_told_to_the_peer(wire: Any) -> None:
    server, other = wire
    record = bytearray(other.sealed(b"spoilt"))
    record[-1] ^= 1
    other.sock.sendall(record)
    with pytest.raises(SSL.Error) as caught:
        server.recv(100)
    assert "decryption failed or bad record mac" in str(caught.value)
    if not server.ktls_recv:
        with pytest.raises(ssl.SSLError, match="BAD_RECORD_MAC|bad record mac"):
            other.opened()
    # A kernel that could not decrypt sends nothing any more, not even the alert.
    server.close()


def test_an_end_in_the_middle_of_a_record(wire: Any) -> None:
    server, other = wire
    other.sock.sendall(other.sealed(b"whole") + other.sealed(b"never ends")[:-3])
    other.sock.shutdown(socket.SHUT_WR)
    assert server.recv(100) == b"whole"
    with pytest.raises(SSL.Error):
        server.recv(100)


def test_a_timeout_leaves_the_connection_alive(ends: Any) -> None:
    server, client = ends
    client.settimeout(0.1)
    for _ in range(3):
        with pytest.raises(TimeoutError):
            client.recv(1)
    server.sendall(b"late")
    assert client.recv(10) == b"late"


def test_a_non_blocking_one_wants_and_goes_on(ends: Any) -> None:
    server, client = ends
    client.setblocking(False)
    with verdicts.wants_read():
        client.recv(1)
    server.sendall(b"now")
    assert sockets.until_done(client, client.recv, 10) == b"now"
