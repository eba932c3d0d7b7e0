"""Raw public keys: a client's key, another Context's, and the openssl program."""

from __future__ import annotations

import hashlib
import socket

import pytest

from kit import authority, contexts, peers, programs, pump, sockets
from kit.raw_keys import (
    ANOTHER,
    VERSIONS,
    client_context,
    key_of,
    newer,
    server_context,
    talk,
)
from OpenSSL import SSL, crypto

# ---- clients


def with_clients(version: str, *, required: bool = True) -> tuple[SSL.Context, SSL.Context]:
    server = contexts.server_context(version=version)
    server.set_client_cert_type(["rpk", "x509"])
    mode = SSL.VERIFY_PEER | (SSL.VERIFY_FAIL_IF_NO_PEER_CERT if required else 0)
    server.set_verify(mode)
    client = contexts.client_context(authority.client_identity(), version=version)
    client.set_client_cert_type(["rpk"])
    return server, client


@newer
@VERSIONS
def test_a_client_shows_its_key(version: str) -> None:
    both = pump.pair(*with_clients(version))
    both.server.add_expected_rpk(key_of(authority.client_identity()))
    pump.handshake(*both)
    assert both.server.get_negotiated_client_cert_type() == "rpk"
    shown = both.server.get_peer_rpk()
    assert shown is not None
    assert shown.to_cryptography_key() == authority.client_identity().private_key.public_key()
    talk(*both)


@newer
@VERSIONS
@pytest.mark.parametrize("required", [True, False])
@pytest.mark.parametrize("expected", [True, False])
def test_a_client_that_nobody_expects(version: str, required: bool, expected: bool) -> None:
    both = pump.pair(*with_clients(version, required=required))
    if expected:
        both.server.add_expected_rpk(key_of(authority.client_stranger()))
    outcome = pump.handshake_outcome(*both)
    assert isinstance(outcome.server, SSL.Error)
    with pytest.raises(SSL.Error):
        both.server.recv(1)


@newer
@VERSIONS
def test_a_client_without_a_key_where_one_is_required(version: str) -> None:
    server, _ = with_clients(version)
    client = contexts.client_context(version=version)
    client.set_client_cert_type(["rpk"])
    both = pump.pair(server, client)
    both.server.add_expected_rpk(key_of(authority.client_identity()))
    assert isinstance(pump.handshake_outcome(*both).server, SSL.Error)


@newer
def test_another_context_brings_its_types() -> None:
    plain, raw = contexts.server_context(), server_context()
    plain.set_tlsext_servername_callback(lambda connection: connection.set_context(raw))
    both = pump.pair(plain, client_context(), b"brisk.test")
    both.client.add_expected_rpk(key_of(authority.identity()))
    pump.handshake(*both)
    assert both.client.get_negotiated_server_cert_type() == "rpk"
    own = pump.pair(plain, client_context(), b"brisk.test")
    own.server.set_server_cert_type(["x509"])
    pump.handshake(*own)
    assert own.client.get_negotiated_server_cert_type() == "x509"


@newer
def test_what_was_set_is_told_and_taken_back() -> None:
    context = SSL.Context(SSL.TLS_METHOD)
    connection = SSL.Connection(context, None)
    for end in (context, connection):
        end.set_client_cert_type(["rpk", "x509"])
        end.set_server_cert_type(["x509"])
        assert end.get_client_cert_type() == ["rpk", "x509"]
        assert end.get_server_cert_type() == ["x509"]
        end.set_client_cert_type([])
        assert end.get_client_cert_type() == []


# ---- the openssl program


def digest(who: authority.Identity) -> str:
    """Of a key, as a record of DNS has it: so every version of the program can be told."""
    return hashlib.sha256(crypto.dump_publickey(crypto.FILETYPE_ASN1, key_of(who))).hexdigest()


@newer
@VERSIONS
@pytest.mark.parametrize("expected", [True, False])
def test_a_server_of_openssl(version: str, expected: bool) -> None:
    programs.need_openssl(3, 2)
    context = client_context(version, ("rpk",))
    with (
        peers.openssl_server(None, "-enable_server_rpk", version=version) as server,
        socket.create_connection((sockets.LOOPBACK, server.port)) as sock,
        sockets.client_end(context, sock) as end,
    ):
        end.add_expected_rpk(key_of(authority.identity() if expected else authority.stranger()))
        if not expected:
            with pytest.raises(SSL.Error, match=ANOTHER):
                end.do_handshake()
            return
        end.do_handshake()
        end.sendall(b"hello\n")
        assert sockets.receive_exactly(end, 6) == b"olleh\n"
        assert end.get_negotiated_server_cert_type() == "rpk"
        end.shutdown()


@newer
@VERSIONS
@pytest.mark.parametrize("expected", [True, False])
def test_a_client_of_openssl(version: str, expected: bool) -> None:
    programs.need_openssl(3, 2)
    who = authority.identity() if expected else authority.stranger()
    with (
        sockets.ThreadedServer(server_context(version), sockets.echo) as running,
        programs.running(
            *("openssl", "s_client", "-connect", f"{sockets.LOOPBACK}:{running.port}"),
            *("-enable_server_rpk", "-dane_tlsa_domain", authority.HOST),
            *("-dane_tlsa_rrdata", f"3 1 1 {digest(who)}", "-verify_return_error", "-brief"),
        ) as program,
    ):
        if expected:
            program.write(b"over the wire\n")
            program.expect("over the wire")
        else:
            assert program.finish() != 0
