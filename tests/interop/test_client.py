"""We are the client; the servers are other people's."""

from __future__ import annotations

import contextlib
import socket

import pytest

from kit import authority, contexts, peers, sockets, stdlib
from kit.told import same_cipher, told_by_us

VERSIONS = ["TLSv1.2", "TLSv1.3"]
SERVERS = [
    pytest.param(peers.openssl_server, id="openssl"),
    pytest.param(peers.gnutls_server, id="gnutls"),
    pytest.param(stdlib.server, id="stdlib"),
]


@contextlib.contextmanager
def connection_to(port, context):
    """Our client after its handshake, over a blocking socket."""
    with socket.create_connection((sockets.LOOPBACK, port)) as sock:
        connection = sockets.client_end(context, sock, authority.HOST.encode())
        connection.do_handshake()
        yield connection


@pytest.mark.parametrize("mutual", [False, True], ids=["anonymous", "mutual"])
@pytest.mark.parametrize("kind", authority.KINDS)
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("peer", SERVERS)
def test_every_certificate(peer, version, kind, mutual):
    mine = authority.client_identity(kind) if mutual else None
    context = contexts.client_context(mine, version=version)
    with (
        peer(authority.identity(kind), version=version, require_client=mutual) as server,
        connection_to(server.port, context) as connection,
    ):
        connection.sendall(b"over the wire\n")
        assert sockets.receive_exactly(connection, 14) == server.answer(b"over the wire\n")
        ours, told = told_by_us(connection), server.told()
        connection.shutdown()
    assert ours.version == told.version == version
    assert same_cipher(ours.cipher, told.cipher)
    assert ours.common_name == "server"
    assert told.common_name == ("client" if mutual else "")


@pytest.mark.parametrize("peer", SERVERS)
def test_the_whole_chain_is_verified(peer):
    with (
        peer(authority.identity()) as server,
        connection_to(server.port, contexts.client_context()) as connection,
    ):
        sent = [each.get_subject().CN for each in connection.get_peer_cert_chain() or ()]
        verified = [each.get_subject().CN for each in connection.get_verified_chain() or ()]
    assert sent == ["server", "trusted intermediate"]
    assert verified == ["server", "trusted intermediate", "trusted root"]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("peer", SERVERS[:2])
def test_alpn_is_negotiated(peer, version):
    option = {peers.openssl_server: ("-alpn", "two"), peers.gnutls_server: ("--alpn=two",)}[peer]
    context = contexts.client_context(version=version)
    context.set_alpn_protos([b"one", b"two"])
    with (
        peer(None, *option, version=version) as server,
        connection_to(server.port, context) as connection,
    ):
        assert connection.get_alpn_proto_negotiated() == b"two"


@pytest.mark.parametrize(
    ("version", "setting", "cipher"),
    [
        ("TLSv1.2", "set_cipher_list", b"ECDHE-ECDSA-AES128-GCM-SHA256"),
        ("TLSv1.3", "set_tls13_ciphersuites", b"TLS_CHACHA20_POLY1305_SHA256"),
    ],
)
@pytest.mark.parametrize("peer", [SERVERS[0], SERVERS[2]])
def test_a_chosen_cipher_is_used(peer, version, setting, cipher):
    context = contexts.client_context(version=version)
    getattr(context, setting)(cipher)
    with (
        peer(authority.identity(), version=version) as server,
        connection_to(server.port, context) as connection,
    ):
        assert connection.get_cipher_name() == cipher.decode()
        assert connection.get_cipher_version() == version
        assert connection.get_cipher_bits() == {"TLSv1.2": 128, "TLSv1.3": 256}[version]
        connection.sendall(b"x\n")
        assert server.told().cipher == cipher.decode()


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("peer", SERVERS[1:])
def test_a_session_is_resumed(peer, version):
    context = contexts.client_context(version=version)
    with peer(version=version) as server:
        with connection_to(server.port, context) as first:
            # A TLS 1.3 ticket comes with the first bytes that are read.
            first.sendall(b"ticket\n")
            sockets.receive_exactly(first, 7)
            session = first.get_session()
            assert session is not None
            first.shutdown()
        assert not server.told().resumed
        with socket.create_connection((sockets.LOOPBACK, server.port)) as sock:
            second = sockets.client_end(context, sock, authority.HOST.encode())
            second.set_session(session)
            second.do_handshake()
            second.sendall(b"again\n")
            assert sockets.receive_exactly(second, 6) == server.answer(b"again\n")
            assert told_by_us(second).common_name == "server"
            second.shutdown()
        if server.program is not None:
            # The same program serves both connections, and prints when it likes.
            server.program.expect("This is a resumed session")
        else:
            assert server.told().resumed
