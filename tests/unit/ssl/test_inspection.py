"""What was offered and agreed on, and how records are cut and filled."""

from __future__ import annotations

import socket

import pytest

from kit import authority, contexts, peers, pump, sockets, stdlib
from OpenSSL import SSL, crypto

VERSIONS = ["TLSv1.2", "TLSv1.3"]


def pair(version: str | None = None) -> pump.Pair:
    return pump.pair(
        contexts.server_context(version=version), contexts.client_context(version=version)
    )


# ---- offered


@pytest.mark.parametrize("version", VERSIONS)
def test_groups(version: str) -> None:
    server, client = contexts.server_context(version=version), contexts.client_context()
    server.set_groups_list("P-384:X25519:P-256")
    client.set_groups_list("X25519:P-384:P-521:P-256")
    ends = pump.connected(server, client)
    offered = [each.lower() for each in ends.server.get_peer_groups()]
    assert [offered[0], len(offered)] == ["x25519", 4]
    shared = {each.lower() for each in ends.server.get_shared_groups()}
    assert shared == {"x25519", offered[1], offered[3]}
    assert ends.client.get_shared_groups() == []
    assert pair(version).server.get_peer_groups() == []


@pytest.mark.parametrize("version", VERSIONS)
def test_signature_algorithms(version: str) -> None:
    server, client = contexts.server_context(version=version), contexts.client_context()
    server.set_sigalgs_list("ECDSA+SHA256:RSA-PSS+SHA256:ed25519")
    client.set_sigalgs_list("ed25519:ECDSA+SHA384:ECDSA+SHA256")
    ends = pump.connected(server, client)
    wanted = ["ed25519", "ecdsa_secp384r1_sha384", "ecdsa_secp256r1_sha256"]
    assert ends.server.get_peer_sigalgs() == wanted
    assert set(ends.server.get_shared_sigalgs()) == {"ed25519", "ecdsa_secp256r1_sha256"}


@pytest.mark.parametrize("where", ["context", "connection"])
def test_client_signature_algorithms(where: str) -> None:
    server = contexts.server_context(require_client=True)
    ends = pump.pair(server, contexts.client_context(authority.client_identity()))
    (server if where == "context" else ends.server).set_client_sigalgs_list("ed25519")
    if where == "context":
        ends = pump.pair(server, contexts.client_context(authority.client_identity()))
    outcome = pump.handshake_outcome(*ends)
    assert ends.client.get_peer_sigalgs() == ["ed25519"]
    assert outcome.server is not None, "the client has an ECDSA key"


@pytest.mark.parametrize("where", ["context", "connection"])
def test_client_certificate_types(where: str) -> None:
    server = contexts.server_context(version="TLSv1.2", ask_client=True)
    if where == "context":
        server.set_client_certificate_types(["ecdsa_sign"])
    ends = pump.pair(server, contexts.client_context())
    if where == "connection":
        ends.server.set_client_certificate_types(["ecdsa_sign"])
    pump.handshake(*ends)
    assert ends.client.get_client_certificate_types() == ["ecdsa_sign"]
    with pytest.raises(ValueError, match="kinds"):
        server.set_client_certificate_types(["paper"])


@pytest.mark.parametrize("where", ["context", "connection"])
def test_authorities_told_to_the_server(where: str) -> None:
    name = crypto.X509.from_cryptography(authority.identity().root).get_subject()
    client = contexts.client_context()
    if where == "context":
        client.set_ca_list([name])
    ends = pump.pair(contexts.server_context(version="TLSv1.3"), client)
    if where == "connection":
        ends.client.set_ca_list([name])
    pump.handshake(*ends)
    assert ends.server.get_peer_ca_list() == [name]
    assert ends.client.get_peer_ca_list() == []
    with pytest.raises(TypeError, match="X509Name"):
        client.set_ca_list(["CN=nobody"])  # type: ignore[list-item]


# ---- agreed on


@pytest.mark.parametrize("version", VERSIONS)
def test_the_cipher_in_detail(version: str) -> None:
    ends = pair(version)
    assert ends.client.get_cipher() is None
    pump.handshake(*ends)
    found = ends.client.get_cipher()
    assert found is not None
    assert found["name"] == ends.client.get_cipher_name()
    assert found["aead"] is True
    assert found["strength_bits"] == ends.client.get_cipher_bits()
    assert ends.server.get_cipher() == found


@pytest.mark.parametrize("version", VERSIONS)
def test_old_extensions(version: str) -> None:
    ends = pair(version)
    assert ends.client.get_extms_support() is None
    pump.handshake(*ends)
    for end in ends:
        assert end.get_extms_support() is True
        assert version == "TLSv1.3" or end.get_secure_renegotiation_support() is True
        assert end.get_client_version() == SSL.TLS1_2_VERSION
    server = contexts.server_context(version="TLSv1.2")
    server.set_options(SSL.OP_NO_EXTENDED_MASTER_SECRET)
    other = pump.connected(server, contexts.client_context())
    assert other.client.get_extms_support() is False


def test_bytes_are_counted() -> None:
    ends = pair()
    assert [ends.client.get_bytes_read(), ends.client.get_bytes_written()] == [0, 0]
    pump.handshake(*ends)
    before = ends.client.get_bytes_written()
    ends.client.send(b"x" * 1000)
    assert ends.client.get_bytes_written() - before > 1000
    assert ends.server.get_bytes_read() == before
    pump.exchange(*ends)
    assert ends.server.recv(2000) == b"x" * 1000
    assert ends.server.get_bytes_read() == ends.client.get_bytes_written()


def test_what_is_pending() -> None:
    ends = pump.connected(contexts.server_context(), contexts.client_context())
    assert ends.server.has_pending() is False
    ends.client.send(b"x" * 100)
    pump.exchange(*ends)
    assert ends.server.recv(10) == b"x" * 10
    assert ends.server.has_pending() is True
    assert ends.server.recv(100) == b"x" * 90
    assert ends.server.has_pending() is False


def test_srtp_profiles_of_a_connection() -> None:
    ends = pump.pair(
        *(contexts.server_context(), SSL.Context(SSL.TLS_METHOD)),
    )
    assert ends.client.get_srtp_profiles() == []
    ends.client.set_tlsext_use_srtp(b"SRTP_AES128_CM_SHA1_80:SRTP_AEAD_AES_128_GCM")
    assert ends.client.get_srtp_profiles() == ["SRTP_AES128_CM_SHA1_80", "SRTP_AEAD_AES_128_GCM"]
    with pytest.raises(SSL.Error):
        ends.client.set_tlsext_use_srtp(b"none")


# ---- new keys


@pytest.mark.parametrize("ask", [True, False])
def test_new_keys(ask: bool) -> None:
    lines: list[bytes] = []
    server = contexts.server_context(version="TLSv1.3")
    client = contexts.client_context(version="TLSv1.3")
    seen: list[int] = []
    client.set_message_callback(
        lambda _c, writing, _v, kind, data: seen.append(data[0]) if kind == 22 else None
    )
    ends = pump.connected(server, client)
    pump.drain(ends.client)
    del seen[:], lines[:]
    ends.client.key_update(ask)
    assert ends.client.get_key_update_pending() is True
    assert pump.transfer(ends.client, ends.server, b"one") == b"one"
    assert ends.client.get_key_update_pending() is False
    assert pump.transfer(ends.server, ends.client, b"two") == b"two"
    assert pump.transfer(ends.client, ends.server, b"three") == b"three"
    assert seen.count(24) == (2 if ask else 1), "key_update is message 24"


def test_no_new_keys() -> None:
    for ends in (pair("TLSv1.3"), pair("TLSv1.2")):
        with pytest.raises(SSL.Error):
            ends.client.key_update()
        pump.handshake(*ends)
        if ends.client.get_protocol_version() == SSL.TLS1_2_VERSION:
            with pytest.raises(SSL.Error):
                ends.client.key_update()
        assert pump.transfer(ends.client, ends.server, b"data") == b"data"


def test_new_keys_with_another_program() -> None:
    context = contexts.client_context(version="TLSv1.3")
    with (
        stdlib.server() as server,
        socket.create_connection((sockets.LOOPBACK, server.port)) as sock,
        sockets.client_end(context, sock, authority.HOST.encode()) as end,
    ):
        end.do_handshake()
        for _ in range(3):
            end.key_update(True)
            end.sendall(b"hello\n")
            assert sockets.receive_exactly(end, 6) == b"hello\n"
        end.shutdown()
    with (
        peers.openssl_server(version="TLSv1.3") as program,
        socket.create_connection((sockets.LOOPBACK, program.port)) as sock,
        sockets.client_end(context, sock, authority.HOST.encode()) as end,
    ):
        end.do_handshake()
        end.key_update(True)
        end.sendall(b"hello\n")
        assert sockets.receive_exactly(end, 6) == b"olleh\n"
        end.shutdown()
