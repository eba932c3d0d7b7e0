"""Certificates that are sent compressed, and only those that are in force."""

from __future__ import annotations

import zlib
from collections.abc import Callable

import pytest

from kit import authority, contexts, programs, pump, sockets
from OpenSSL import SSL
from OpenSSL._face.common import library

THERE = library.OpenSSL_version(0) >= b"OpenSSL 3.2"
newer = pytest.mark.skipif(not THERE, reason="this OpenSSL is older than 3.2")
COMPRESSED = 25  # the type of the message


def able() -> list[str]:
    """The ways to compress that this OpenSSL was built with."""
    found = []
    for name in ("zlib", "brotli", "zstd"):
        try:
            SSL.Context(SSL.TLS_METHOD).set_cert_comp_preference([name])
        except SSL.Error:
            continue
        found.append(name)
    return found


def way_of() -> str:
    """The first of them; skips the test where there is none."""
    if not able():
        pytest.skip("this OpenSSL was built without a way to compress certificates")
    return able()[0]


def watched(context: SSL.Context) -> list[int]:
    """The types of the messages that connections of a Context are sent."""
    kinds: list[int] = []

    def watch(
        _connection: SSL.Connection, sent: bool, _version: int, content: int, message: bytes
    ) -> None:
        if not sent and content == 22:
            kinds.append(message[0])

    context.set_message_callback(watch)
    return kinds


def visit(server: SSL.Context, client: SSL.Context) -> tuple[bool, pump.Pair]:
    """Whether a client was sent a compressed certificate."""
    kinds = watched(client)
    ends = pump.pair(server, client)
    pump.handshake(*ends)
    return COMPRESSED in kinds, ends


def compressing(way: str, who: authority.Identity | None = None) -> SSL.Context:
    server = contexts.server_context(who)
    server.set_cert_comp_preference([way])
    server.compress_certs()
    return server


@pytest.mark.skipif(THERE, reason="this OpenSSL compresses certificates")
def test_an_older_openssl_is_told_apart() -> None:
    context = SSL.Context(SSL.TLS_METHOD)
    calls: list[Callable[[], object]] = [
        lambda: context.set_cert_comp_preference(["zlib"]),
        lambda: SSL.Connection(context, None).set_cert_comp_preference([]),
        context.compress_certs,
    ]
    for call in calls:
        with pytest.raises(NotImplementedError, match=r"3\.2"):
            call()


def test_wrong_arguments() -> None:
    context = SSL.Context(SSL.TLS_METHOD)
    for end in (context, SSL.Connection(context, None)):
        with pytest.raises(ValueError):
            end.set_cert_comp_preference(["gzip"])
        with pytest.raises(ValueError):
            end.set_cert_comp_preference(["zlib", "zlib"])
        for bad in ("zlib", b"zlib", [1], None):
            with pytest.raises(TypeError):
                end.set_cert_comp_preference(bad)  # type: ignore[arg-type]
    with pytest.raises(ValueError):
        context.get_compressed_cert("gzip")
    assert context.get_compressed_cert("zlib") is None


@newer
def test_a_server_sends_it_compressed() -> None:
    assert way_of()
    for way in able():
        client = contexts.client_context()
        assert not visit(contexts.server_context(), client)[0]
        server = compressing(way)
        done, ends = visit(server, client)
        assert done
        shown = ends.client.get_peer_certificate()
        assert shown is not None
        assert shown.to_cryptography() == authority.identity().certificate
        found = server.get_compressed_cert(way)
        assert found is not None
        data, length = found
        assert len(data) < length
        if way == "zlib":
            assert len(zlib.decompress(data)) == length


@newer
def test_both_sides_say_what_they_take() -> None:
    way = way_of()
    server, client = compressing(way), contexts.client_context()
    client.set_cert_comp_preference([])
    assert not visit(server, client)[0]
    client.set_cert_comp_preference([way])
    assert visit(server, client)[0]
    ends = pump.pair(server, client)
    ends.client.set_cert_comp_preference([])
    kinds = watched(client)
    pump.handshake(*ends)
    assert COMPRESSED not in kinds


@pytest.mark.differs("a certificate that is given after")
@newer
@pytest.mark.parametrize("used", [True, False])
def test_a_new_certificate_is_sent_in_place_of_the_old_one(used: bool) -> None:
    server, client = compressing(way_of()), contexts.client_context()
    if used:
        assert visit(server, client)[0]
    other = authority.authority().issue("renewed")
    contexts.use_identity(server, other)
    done, ends = visit(server, client)
    assert done
    shown = ends.client.get_peer_certificate()
    assert shown is not None
    assert shown.to_cryptography() == other.certificate


@newer
@pytest.mark.parametrize("commands", [False, True])
def test_a_certificate_of_the_connections_own_is_sent_as_it_is(commands: bool) -> None:
    server, client = compressing(way_of()), contexts.client_context()
    other = authority.authority().issue("own")
    chain, key = other.files.chain, other.files.key

    def choose(connection: SSL.Connection) -> None:
        if commands and connection.get_state_string() == b"before SSL initialization":
            connection.configure("Certificate", str(chain))
            connection.configure("PrivateKey", str(key))
        else:  # commands come too late in a handshake
            connection.use_certificate_pem(chain.read_bytes(), key.read_bytes())

    early = pump.pair(server, client)
    choose(early.server)
    pump.handshake(*early)
    server.set_cert_callback(choose)
    done, ends = visit(server, client)
    assert not done
    for end in (early.client, ends.client):
        shown = end.get_peer_certificate()
        assert shown is not None
        assert shown.to_cryptography() == other.certificate


@newer
def test_another_context_brings_its_certificate() -> None:
    plain, inner = compressing(way_of()), compressing(way_of(), authority.identity("rsa"))
    plain.set_tlsext_servername_callback(lambda connection: connection.set_context(inner))
    contexts.use_identity(inner, authority.authority().issue("renewed"))
    ends = pump.pair(plain, contexts.client_context(), authority.HOST.encode())
    pump.handshake(*ends)
    assert ends.client.get_peer_certificate() is not None


@newer
def test_what_cannot_be_compressed() -> None:
    with pytest.raises(SSL.Error):
        SSL.Context(SSL.TLS_METHOD).compress_certs()
    server = contexts.server_context()
    server.set_cert_comp_preference([])
    with pytest.raises(SSL.Error):
        server.compress_certs()
    assert not visit(server, contexts.client_context())[0]


@newer
def test_a_client_of_openssl() -> None:
    programs.need_openssl(3, 2)
    with (
        sockets.ThreadedServer(compressing(way_of()), sockets.echo) as running,
        programs.running(
            *("openssl", "s_client", "-connect", f"{sockets.LOOPBACK}:{running.port}"),
            *("-CAfile", str(authority.trust_file()), "-verify_return_error", "-msg"),
        ) as program,
    ):
        program.write(b"over the wire\n")
        program.expect("CompressedCertificate")
        program.expect("over the wire")
