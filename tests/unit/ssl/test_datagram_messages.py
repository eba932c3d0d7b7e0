"""A message over DTLS is one datagram or an error; packets of a handshake fit."""

from __future__ import annotations

import socket
from collections.abc import Callable

import pytest

from kit import datagrams, pump, sockets
from OpenSSL import SSL, crypto

MOST = 16384
#: More than libssl puts in front of a message and behind it.
SEAL = 64

Ends = tuple[SSL.Connection, SSL.Connection]
Sender = Callable[[SSL.Connection, bytes], int]

senders = pytest.mark.parametrize(
    "sender",
    [
        pytest.param(SSL.Connection.send, id="send"),
        pytest.param(SSL.Connection.write, id="write"),
        pytest.param(SSL.Connection.sendall, id="sendall"),
        pytest.param(lambda end, data: end.sendmsg([data[:7], data[7:]]), id="sendmsg"),
        pytest.param(lambda end, data: end.send(memoryview(data)), id="view"),
    ],
)


def packets(end: SSL.Connection) -> list[bytes]:
    """What ``end`` wants to send, datagram by datagram."""
    found = []
    while True:
        try:
            found.append(end.bio_read(65536))
        except SSL.WantReadError:
            return found


@pytest.fixture
def ends() -> Ends:
    server, client = pump.pair(datagrams.context(serving=True), datagrams.context())
    pump.handshake(server, client)
    return server, client


@senders
@pytest.mark.parametrize("size", [1, 1163, 1164, 5000, MOST])
@pytest.mark.holds("U-B1")
def test_a_message_is_one_datagram(ends: Ends, sender: Sender, size: int) -> None:
    server, client = ends
    assert sender(client, b"x" * size) == size
    (packet,) = packets(client)
    assert size < len(packet) < size + SEAL
    server.bio_write(packet)
    assert server.recv(70_000) == b"x" * size


@senders
@pytest.mark.parametrize("size", [MOST + 1, 20_000, 70_000, 300_000])
@pytest.mark.holds("U-B1")
def test_a_message_that_is_too_long_is_refused_whole(ends: Ends, sender: Sender, size: int) -> None:
    server, client = ends
    with pytest.raises(SSL.Error, match="dtls message too big") as caught:
        sender(client, b"x" * size)
    assert caught.value.bytes_sent == 0
    assert packets(client) == []
    assert sender(client, b"a shorter one") == 13
    server.bio_write(*packets(client))
    assert server.recv(100) == b"a shorter one"


@senders
@pytest.mark.parametrize("size", [MOST + 1, 300_000])
def test_one_that_is_too_long_is_refused_while_a_read_waits(
    ends: Ends, sender: Sender, size: int
) -> None:
    _server, client = ends
    with pytest.raises(SSL.WantReadError):
        client.recv(1)
    with pytest.raises(SSL.Error, match="dtls message too big"):
        sender(client, b"x" * size)
    assert packets(client) == []


def by_own_setting(target: SSL.Context | SSL.Connection) -> None:
    target.set_max_send_fragment(512)


def by_agreement(target: SSL.Context | SSL.Connection) -> None:
    target.set_tlsext_max_fragment_length(512)


@pytest.mark.differs("a message over DTLS that is longer")
@senders
@pytest.mark.parametrize("shorten", [by_own_setting, by_agreement])
@pytest.mark.parametrize("where", ["context", "connection"])
@pytest.mark.holds("U-B1")
def test_where_records_are_short_messages_are_refused_whole(
    sender: Sender, shorten: Callable[[SSL.Context | SSL.Connection], None], where: str
) -> None:
    """libssl itself gives the connection up, and the peer with it."""
    context = datagrams.context()
    if where == "context":
        shorten(context)
    ends = pump.pair(datagrams.context(serving=True), context)
    if where == "connection":
        shorten(ends.client)
    pump.handshake(*ends)
    for end, other in (ends[::-1], ends) if shorten is by_agreement else (ends[::-1],):
        for size in (513, 16384, 20_000):
            with pytest.raises(SSL.Error, match="dtls message too big"):
                sender(end, b"x" * size)
        assert packets(end) == []
        assert sender(end, b"y" * 512) == 512
        pump.exchange(*ends)
        assert other.recv(70_000) == b"y" * 512


@pytest.mark.parametrize("shorten", [by_own_setting, by_agreement, None])
@pytest.mark.parametrize("mtu", [500, 1200, 20_000, 65_507])
def test_what_a_packet_carries_can_be_sent_as_one_message(
    mtu: int, shorten: Callable[[SSL.Context | SSL.Connection], None] | None
) -> None:
    context = datagrams.context()
    if shorten is not None:
        shorten(context)
    ends = pump.pair(datagrams.context(serving=True), context)
    ends.client.set_options(SSL.OP_NO_QUERY_MTU)
    ends.client.set_ciphertext_mtu(mtu)
    pump.handshake(*ends)
    size = ends.client.get_cleartext_mtu()
    assert size == min(size, MOST if shorten is None else 512) > 400
    assert ends.client.send(b"x" * size) == size
    (packet,) = packets(ends.client)
    assert len(packet) <= mtu


@senders
def test_over_udp_as_well(sender: Sender) -> None:
    with datagrams.connected() as (server, client):
        with pytest.raises(SSL.Error, match="dtls message too big"):
            sender(client, b"x" * 20_000)
        assert sender(client, b"y" * MOST) == MOST
        assert server.recv(70_000) == b"y" * MOST


def identity_of_size(size: int) -> tuple[crypto.X509, crypto.PKey]:
    """A certificate of its own authority that has ``size`` bytes of comment."""
    certificate = crypto.X509()
    certificate.set_version(2)
    certificate.get_subject().CN = certificate.get_issuer().CN = "localhost"
    certificate.gmtime_adj_notBefore(-60)
    certificate.gmtime_adj_notAfter(3600)
    certificate.set_pubkey(KEY)
    certificate.add_extensions(
        [crypto.X509Extension(b"nsComment", critical=False, value=b"x" * size)]
    )
    certificate.sign(KEY, "sha256")
    return certificate, KEY


KEY = crypto.PKey()
KEY.generate_key(crypto.TYPE_RSA, 2048)


def context_of_size(size: int, ciphers: bytes) -> SSL.Context:
    context = SSL.Context(SSL.DTLS_METHOD)
    certificate, key = identity_of_size(size)
    context.use_certificate(certificate)
    context.use_privatekey(key)
    context.set_cipher_list(ciphers)
    context.set_verify(SSL.VERIFY_PEER, lambda *_: True)
    return context


def sizes_of_a_handshake(server: SSL.Connection, client: SSL.Connection) -> list[int]:
    found = []
    for _ in range(8):
        for source, target in ((client, server), (server, client)):
            pump.step(source.do_handshake)
            for packet in packets(source):
                found.append(len(packet))
                target.bio_write(packet)
    assert client.is_init_finished()
    assert server.is_init_finished()
    return found


@pytest.mark.differs("the last packet of a flight")
@pytest.mark.parametrize("ciphers", [b"ECDHE+AESGCM", b"ECDHE+AES+SHA"])
@pytest.mark.parametrize("mtu", [None, 256, 400])
@pytest.mark.holds("K4")
def test_packets_of_a_handshake_keep_the_size(mtu: int | None, ciphers: bytes) -> None:
    """Wherever in it the last packet of a flight ends."""
    most = mtu or 1200
    largest = 0
    for size in range(0, most, 19):
        # The server's last flight has the client's certificate as well, in its ticket.
        context = context_of_size(size, ciphers)
        ends = pump.pair(context, context)
        if mtu is not None:
            for end in ends:
                end.set_options(SSL.OP_NO_QUERY_MTU)
                end.set_ciphertext_mtu(mtu)
        found = sizes_of_a_handshake(*ends)
        assert max(found) <= most
        largest = max(largest, *found)
    assert largest > most - 19  # packets are not small for fear


def test_packets_keep_the_size_over_udp() -> None:
    """Also where one of two that were one finds no room."""
    context = context_of_size(150, b"ECDHE+AESGCM")
    with sockets.udp_pair() as (ours, theirs):
        theirs.setblocking(False)
        ours.setblocking(False)
        server = SSL.Connection(context, ours)
        server.set_accept_state()
        client = SSL.Connection(context, None)
        client.set_connect_state()
        for end in (server, client):
            end.set_options(SSL.OP_NO_QUERY_MTU)
            end.set_ciphertext_mtu(256)
        largest = 0
        for _ in range(30):
            pump.step(client.do_handshake)
            for packet in packets(client):
                theirs.send(packet)
            pump.step(server.do_handshake)
            for packet in waiting(theirs):
                largest = max(largest, len(packet))
                client.bio_write(packet)
            if client.is_init_finished() and server.is_init_finished():
                break
        else:
            raise AssertionError("the handshake never ended")
        assert 200 < largest <= 256


def waiting(sock: socket.socket) -> list[bytes]:
    found = []
    while True:
        try:
            found.append(sock.recv(65536))
        except BlockingIOError:
            return found
