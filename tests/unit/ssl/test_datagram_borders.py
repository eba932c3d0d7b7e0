"""Datagrams stay apart, fit, and fail in the call that handles them."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from kit import authority, contexts, memory, pump, sockets
from OpenSSL import SSL


def datagram_context(*, serving: bool = False) -> SSL.Context:
    context = SSL.Context(SSL.DTLS_METHOD)
    if serving:
        contexts.use_identity(context, authority.identity())
    return context


@pytest.fixture
def udp() -> Iterator[tuple[socket.socket, socket.socket]]:
    with sockets.udp_pair() as both:
        yield both


@pytest.mark.holds("D27")
def test_two_datagrams_are_not_one() -> None:
    server, client = pump.connected(datagram_context(serving=True), datagram_context())
    pump.exchange(server, client)
    client.send(b"first")
    client.send(b"second")
    packets = [client.bio_read(65536), client.bio_read(65536)]
    with pytest.raises(SSL.WantReadError):
        client.bio_read(65536)
    # Each is whole: they may come in the other order.
    for packet in reversed(packets):
        server.bio_write(packet)
    assert [server.recv(100), server.recv(100)] == [b"second", b"first"]


def test_datagrams_that_always_wait_take_no_more_room() -> None:
    server, client = pump.connected(datagram_context(serving=True), datagram_context())
    pump.exchange(server, client)
    client.send(b"one that always waits")

    def work(times: int) -> None:
        for _ in range(times):
            client.send(b"another")
            client.bio_read(65536)

    work(1000)
    before = memory.in_use()
    work(20_000)
    assert memory.in_use() - before < 16_384


def test_datagrams_keep_their_order_and_sizes_while_others_wait() -> None:
    server, client = pump.connected(datagram_context(serving=True), datagram_context())
    pump.exchange(server, client)
    for number in range(5):
        client.send(b"-" * number + b">")
    for number in range(5, 100):
        client.send(b"-" * number + b">")
        server.bio_write(client.bio_read(65536))
        assert server.recv(1000) == b"-" * (number - 5) + b">"


@pytest.mark.holds("D27")
def test_a_udp_socket_is_given_packets_that_fit(udp: tuple[socket.socket, socket.socket]) -> None:
    one, other = udp
    one.setblocking(False)
    other.settimeout(10)
    server = sockets.server_end(datagram_context(serving=True), one)
    client = SSL.Connection(datagram_context(), None)
    client.set_connect_state()
    for end in (server, client):
        end.set_options(SSL.OP_NO_QUERY_MTU)
        end.set_ciphertext_mtu(300)
    sizes: list[int] = []
    for _ in range(30):
        if pump.step(client.do_handshake):
            break
        while True:
            try:
                other.send(client.bio_read(65536))
            except SSL.WantReadError:
                break
        pump.step(server.do_handshake)
        other.setblocking(False)
        while True:
            try:
                packet = other.recv(65536)
            except BlockingIOError:
                break
            sizes.append(len(packet))
            client.bio_write(packet)
    assert client.get_cipher_name()
    assert len(sizes) > 4
    assert max(sizes) <= 300


@pytest.mark.holds("D9")
@pytest.mark.parametrize("kind", [ValueError, KeyboardInterrupt])
@pytest.mark.parametrize("which", ["generate", "verify"])
def test_what_a_cookie_callback_raises_comes_out_of_the_handshake(
    which: str, kind: type[BaseException]
) -> None:
    raised: list[BaseException] = []

    def fail(*_: object) -> Any:
        raised.append(kind("cookie"))
        raise raised[-1]

    context = datagram_context(serving=True)
    context.set_options(SSL.OP_COOKIE_EXCHANGE)
    context.set_cookie_generate_callback(fail if which == "generate" else lambda _: b"cookie")
    context.set_cookie_verify_callback(fail if which == "verify" else lambda *_: True)
    with pytest.raises(kind) as caught:
        pump.handshake(*pump.pair(context, datagram_context()))
    assert caught.value is raised[0]


@pytest.mark.parametrize("good", [True, False])
def test_who_gave_a_cookie_out_judges_it_wherever_its_client_goes(good: bool) -> None:
    """Under a Context that a callback has chosen, and that knows nothing of cookies."""
    asked: list[bytes] = []
    first, host = datagram_context(serving=True), datagram_context(serving=True)
    for context in (first, host):
        context.set_options(SSL.OP_COOKIE_EXCHANGE)
    first.set_cookie_generate_callback(lambda _: b"cookie")
    first.set_cookie_verify_callback(lambda _, cookie: bool(asked.append(cookie)) or good)
    first.set_tlsext_servername_callback(lambda connection: connection.set_context(host))
    # Twice: the second time the host's handle asks already.
    for _ in range(2):
        ends = pump.pair(first, datagram_context(), b"server.test")
        outcome = pump.handshake_outcome(*ends)
        assert (outcome.server is None) is good
        assert ends.server.get_context() is host
    assert asked == [b"cookie"] * 2
    # The host's own connections have no such hooks.
    assert pump.handshake_outcome(*pump.pair(host, datagram_context())).server is not None
