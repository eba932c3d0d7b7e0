"""Kernel TLS: whether the kernel does it, and says so."""

from __future__ import annotations

import io
import socket
from collections.abc import Iterator

import pytest

from kit import contexts, offload, pump, sockets
from kit.offload import Ends, asking
from OpenSSL import SSL


@pytest.fixture(params=["TLSv1.2", "TLSv1.3"])
def ends(request: pytest.FixtureRequest) -> Iterator[Ends]:
    with offload.connected(request.param) as both:
        yield both


def kernel_can() -> bool:
    with sockets.tcp_pair() as (_, sock):
        try:
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, "TCP_ULP", 31), b"tls")
        except OSError:
            return False
        return True


def test_the_kernel_encrypts_where_it_can_and_is_asked(ends: Ends) -> None:
    server, client = ends
    assert server.ktls_send is client.ktls_send is kernel_can()
    assert server.ktls_recv is client.ktls_recv
    assert server.ktls_send or not server.ktls_recv


def test_the_kernel_does_nothing_unasked() -> None:
    with sockets.connected(contexts.server_context(), contexts.client_context()) as both:
        wanted = contexts.KERNEL_TLS and kernel_can()
        assert [each.ktls_send for each in both] == [wanted, wanted]


def test_only_tcp_can_have_it() -> None:
    one, other = pump.connected(
        asking(contexts.server_context()), asking(contexts.client_context())
    )
    assert not (one.ktls_send or one.ktls_recv or other.ktls_send or other.ktls_recv)
    with sockets.unix_pair() as pair:
        server = sockets.server_end(asking(contexts.server_context()), pair[0])
        client = sockets.client_end(asking(contexts.client_context()), pair[1])
        future = sockets.in_thread(server.do_handshake)
        client.do_handshake()
        future.result(sockets.PATIENCE)
        server.sendall(b"hello")
        assert client.recv(10) == b"hello"
        assert not (server.ktls_send or server.ktls_recv)


def test_a_connection_that_was_never_made_is_no_crash() -> None:
    empty = SSL.Connection.__new__(SSL.Connection)
    for call in (
        lambda: empty.ktls_send,
        lambda: empty.ktls_recv,
        lambda: empty.sendfile(io.BytesIO(b"x")),
    ):
        with pytest.raises(ValueError, match="never initialised"):
            call()
