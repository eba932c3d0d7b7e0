"""Handshakes that must fail, on our side with a plain ``Error`` that names the cause."""

from __future__ import annotations

import contextlib
import re
import socket
import ssl

import pytest

from kit import authority, contexts, peers, sockets, stdlib
from kit.verdicts import is_protocol_error, protocol_error
from OpenSSL import SSL

VERSIONS = ["TLSv1.2", "TLSv1.3"]
OTHER = {"TLSv1.2": "TLSv1.3", "TLSv1.3": "TLSv1.2"}
SERVERS = [
    pytest.param(peers.openssl_server, id="openssl"),
    pytest.param(peers.gnutls_server, id="gnutls"),
    pytest.param(stdlib.server, id="stdlib"),
]
PROGRAMS = [
    pytest.param(peers.openssl_client, id="openssl"),
    pytest.param(peers.gnutls_client, id="gnutls"),
    pytest.param(peers.curl, id="curl"),
]


@contextlib.contextmanager
def client_of(server, context):
    with socket.create_connection((sockets.LOOPBACK, server.port)) as sock:
        yield sockets.client_end(context, sock, authority.HOST.encode())


# ---- we are the client, and the server is not to our liking


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "who",
    [authority.stranger, authority.expired, authority.not_yet_valid, authority.self_signed],
)
@pytest.mark.parametrize("peer", SERVERS)
def test_a_bad_server_certificate(peer, who, version):
    context = contexts.client_context(version=version)
    with peer(who(), version=version) as server, client_of(server, context) as client:
        with protocol_error("^certificate verify failed$"):
            client.do_handshake()
        # It does not heal: the same connection never carries data.
        with protocol_error():
            client.recv(1)


def test_an_unverified_client_takes_any_certificate():
    context = contexts.client_context(verify=False)
    with stdlib.server(authority.self_signed()) as server, client_of(server, context) as client:
        client.do_handshake()
        client.sendall(b"hello")
        assert sockets.receive_exactly(client, 5) == b"hello"
        client.shutdown()


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("peer", SERVERS)
def test_a_server_without_a_common_protocol(peer, version):
    context = contexts.client_context(version=OTHER[version])
    with (
        peer(authority.identity(), version=version) as server,
        client_of(server, context) as client,
        protocol_error("unsupported protocol|alert protocol version|alert handshake failure"),
    ):
        client.do_handshake()


@pytest.mark.parametrize(
    ("version", "words"),
    [
        # GnuTLS calls an empty list of certificates a decoding error.
        ("TLSv1.2", "alert (handshake failure|bad certificate|decode error)"),
        ("TLSv1.3", "alert certificate required"),
    ],
)
@pytest.mark.parametrize("peer", SERVERS)
def test_a_server_that_wants_a_certificate(peer, version, words):
    context = contexts.client_context(version=version)
    with (
        peer(authority.identity(), version=version, require_client=True) as server,
        client_of(server, context) as client,
        protocol_error(words),
    ):
        client.do_handshake()
        # In TLS 1.3 the client is done before the server has judged it.
        assert version == "TLSv1.3"
        client.recv(1)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("peer", [SERVERS[0], SERVERS[2]])
def test_a_server_that_does_not_know_our_authority(peer, version):
    context = contexts.client_context(authority.client_stranger(), version=version)
    with (
        peer(authority.identity(), version=version, require_client=True) as server,
        client_of(server, context) as client,
        protocol_error("alert unknown ca"),
    ):
        client.do_handshake()
        assert version == "TLSv1.3"
        client.recv(1)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_server_without_a_common_application_protocol(version):
    context = contexts.client_context(version=version)
    context.set_alpn_protos([b"one", b"two"])
    with (
        peers.openssl_server(None, "-alpn", "three", version=version) as server,
        client_of(server, context) as client,
        protocol_error("alert no application protocol"),
    ):
        client.do_handshake()


def test_a_server_without_a_common_cipher():
    context = contexts.client_context(version="TLSv1.2")
    context.set_cipher_list(b"ECDHE-ECDSA-AES128-GCM-SHA256")
    with (
        peers.openssl_server(
            None, "-cipher", "ECDHE-ECDSA-AES256-GCM-SHA384", version="TLSv1.2"
        ) as server,
        client_of(server, context) as client,
        protocol_error("alert handshake failure"),
    ):
        client.do_handshake()


# ---- we are the server, and the client is not to our liking


@contextlib.contextmanager
def refusing(context, words):
    """Our server, whose only client must fail in the handshake because of ``words``."""
    with sockets.ThreadedServer(context) as server:
        yield server
    (failure,) = server.failures
    assert is_protocol_error(failure, words), repr(failure)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("client", PROGRAMS)
def test_a_client_without_a_certificate(client, version):
    context = contexts.server_context(version=version, require_client=True)
    with (
        refusing(context, "peer did not return a certificate") as server,
        client(server.port, version=version) as program,
    ):
        program.finish()


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("who", [authority.client_stranger, authority.client_expired])
@pytest.mark.parametrize("client", PROGRAMS)
def test_a_bad_client_certificate(client, who, version):
    context = contexts.server_context(version=version, ask_client=True)
    # GnuTLS presents nothing that the server's list of authorities does not name.
    silent = client is peers.gnutls_client and who is authority.client_stranger
    if silent:
        pytest.skip("gnutls-cli keeps a certificate from an authority we do not name to itself")
    with (
        refusing(context, "certificate verify failed") as server,
        client(server.port, who(), version=version) as program,
    ):
        program.finish()


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("client", PROGRAMS)
def test_a_client_without_a_common_protocol(client, version):
    with (
        refusing(contexts.server_context(version=version), "unsupported protocol") as server,
        client(server.port, version=OTHER[version]) as program,
    ):
        assert program.finish() != 0


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("who", "words"),
    [
        (authority.stranger, "alert unknown ca"),
        (authority.expired, "alert certificate expired"),
    ],
)
@pytest.mark.parametrize("client", [PROGRAMS[0], PROGRAMS[2]])
def test_a_client_that_does_not_trust_us(client, who, words, version):
    context = contexts.server_context(who(), version=version)
    with (
        sockets.ThreadedServer(context) as server,
        client(server.port, version=version) as program,
    ):
        assert program.finish() != 0
    if client is peers.curl and "OpenSSL verify result: " in program.output:
        pytest.skip("this curl verifies after the handshake, and leaves without an alert")
    (failure,) = server.failures
    assert is_protocol_error(failure, words), repr(failure)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_client_that_expects_another_host(version):
    context = contexts.server_context(authority.wrong_host(), version=version)
    with (
        refusing(context, "alert bad certificate") as server,
        pytest.raises(ssl.SSLCertVerificationError),
        stdlib.client(server.port, version=version),
    ):
        pass


def test_a_client_without_a_common_cipher():
    context = contexts.server_context(version="TLSv1.2")
    context.set_cipher_list(b"ECDHE-ECDSA-AES128-GCM-SHA256")
    with (
        refusing(context, "no shared cipher") as server,
        peers.openssl_client(
            server.port, None, "-cipher", "ECDHE-ECDSA-AES256-GCM-SHA384", version="TLSv1.2"
        ) as program,
    ):
        assert program.finish() != 0


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("client", [PROGRAMS[0], PROGRAMS[1]])
def test_a_client_without_a_common_application_protocol(client, version):
    option = {peers.openssl_client: ("-alpn", "one"), peers.gnutls_client: ("--alpn=one",)}
    context = contexts.server_context(version=version)
    context.set_alpn_select_callback(lambda _connection, _offered: b"")
    with (
        refusing(context, "") as server,
        client(server.port, None, *option[client], version=version) as program,
    ):
        assert program.finish() != 0
        # RFC 7301 has an alert of its own for this, and it must be the one.
        assert re.search(r"(?i)no( supported)? application protocol", program.program.output)


@pytest.mark.parametrize("version", VERSIONS)
def test_no_overlap_may_be_allowed(version):
    context = contexts.server_context(version=version)
    context.set_alpn_select_callback(lambda _connection, _offered: SSL.NO_OVERLAPPING_PROTOCOLS)
    with (
        sockets.ThreadedServer(context) as server,
        peers.openssl_client(server.port, None, "-alpn", "one", version=version) as program,
    ):
        program.told()
        assert program.finish() == 0
    assert server.failures == []
