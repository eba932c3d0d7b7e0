"""Peers that show a key without a certificate, and which keys are good."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kit import authority, contexts, pump
from kit.raw_keys import (
    ANOTHER,
    THERE,
    VERSIONS,
    client_context,
    key_of,
    newer,
    server_context,
    talk,
)
from OpenSSL import SSL, crypto

CODES = SSL.X509VerificationCodes
UNTRUSTED = 95


def ends(version: str | None = None, *expected: authority.Identity) -> pump.Pair:
    both = pump.pair(server_context(version), client_context(version))
    for each in expected:
        both.client.add_expected_rpk(key_of(each))
    return both


def refusal(both: pump.Pair, words: str) -> None:
    """The client refuses, and the server is told and lets nothing through."""
    outcome = pump.handshake_outcome(*both)
    assert isinstance(outcome.client, SSL.Error)
    assert words in str(outcome.client)
    with pytest.raises(SSL.Error):
        both.client.send(b"secret")
    assert isinstance(outcome.server, SSL.Error)


# ---- without it


@pytest.mark.skipif(THERE, reason="this OpenSSL has raw public keys")
def test_an_older_openssl_is_told_apart() -> None:
    context = SSL.Context(SSL.TLS_METHOD)
    connection = SSL.Connection(context, None)
    calls: list[Callable[[], object]] = [
        lambda: context.set_client_cert_type(["rpk"]),
        lambda: context.set_server_cert_type(["rpk"]),
        lambda: connection.set_client_cert_type(["rpk"]),
        lambda: connection.set_server_cert_type(["rpk"]),
        lambda: connection.add_expected_rpk(key_of(authority.identity())),
    ]
    for call in calls:
        with pytest.raises(NotImplementedError, match=r"3\.2"):
            call()


def test_without_them_certificates_are_shown() -> None:
    both = pump.pair(contexts.server_context(), contexts.client_context())
    assert both.client.get_context().get_server_cert_type() == []
    assert both.client.get_client_cert_type() == []
    pump.handshake(*both)
    assert both.client.get_peer_rpk() is None
    assert both.client.get_negotiated_server_cert_type() == "x509"
    assert both.client.get_negotiated_client_cert_type() == "x509"
    assert both.client.get_peer_certificate() is not None


@pytest.mark.parametrize("name", ["set_client_cert_type", "set_server_cert_type"])
def test_wrong_types_are_refused(name: str) -> None:
    context = SSL.Context(SSL.TLS_METHOD)
    for end in (context, SSL.Connection(context, None)):
        for bad in (["pgp"], ["rpk", "rpk"], ["x509", "rpk", "x509"]):
            with pytest.raises(ValueError, match="type"):
                getattr(end, name)(bad)
        for worse in ("rpk", b"rpk", 2, None):
            with pytest.raises(TypeError):
                getattr(end, name)(worse)


def test_what_is_no_key_is_refused() -> None:
    connection = SSL.Connection(SSL.Context(SSL.TLS_METHOD), None)
    for bad in (None, b"key", authority.identity().private_key):
        with pytest.raises(TypeError):
            connection.add_expected_rpk(bad)  # type: ignore[arg-type]


# ---- a server's key


@newer
@VERSIONS
def test_a_server_shows_its_key(version: str) -> None:
    both = ends(version, authority.identity())
    pump.handshake(*both)
    assert both.client.get_negotiated_server_cert_type() == "rpk"
    assert both.server.get_negotiated_server_cert_type() == "rpk"
    assert both.client.get_negotiated_client_cert_type() == "x509"
    shown = both.client.get_peer_rpk()
    assert shown is not None
    assert shown.only_public
    wanted = authority.identity().private_key.public_key()
    assert shown.to_cryptography_key() == wanted
    assert both.client.get_peer_certificate() is None
    assert both.client.get_verify_result() == CODES.OK
    talk(*both)


@newer
@VERSIONS
def test_a_server_without_a_certificate(version: str) -> None:
    context = contexts.blank_context(version)
    context.use_privatekey_file(str(authority.identity().files.key))
    context.set_server_cert_type(["rpk"])
    both = pump.pair(context, client_context(version, ("rpk",)))
    both.client.add_expected_rpk(key_of(authority.identity()))
    pump.handshake(*both)
    assert both.client.get_peer_rpk() is not None


@newer
@VERSIONS
def test_a_key_that_nobody_expects_is_refused(version: str) -> None:
    refusal(ends(version), "certificate verify failed")
    both = ends(version, authority.stranger())
    refusal(both, ANOTHER)
    assert both.client.get_verify_result() != CODES.OK


@pytest.mark.differs("a peer with another key than")
@newer
@VERSIONS
def test_what_is_expected_counts_in_every_mode(version: str) -> None:
    both = ends(version, authority.stranger())
    both.client.set_verify(SSL.VERIFY_NONE)
    refusal(both, ANOTHER)
    good = ends(version, authority.stranger(), authority.identity())
    good.client.set_verify(SSL.VERIFY_NONE)
    pump.handshake(*good)
    assert good.client.get_verify_result() == CODES.OK


@newer
def test_without_verification_the_result_tells() -> None:
    both = ends()
    both.client.set_verify(SSL.VERIFY_NONE)
    pump.handshake(*both)
    assert both.client.get_verify_result() == UNTRUSTED


@newer
@pytest.mark.parametrize("answer", [True, False])
def test_a_verify_callback_is_not_asked_about_a_key(answer: bool) -> None:
    asked: list[object] = []

    def verify(*args: object) -> bool:
        asked.append(args)
        return answer

    context = client_context()
    context.set_verify(SSL.VERIFY_PEER, verify)
    refusal(pump.pair(server_context(), context), "certificate verify failed")
    both = pump.pair(server_context(), context)
    both.client.add_expected_rpk(key_of(authority.identity()))
    pump.handshake(*both)
    assert asked == []


@newer
@pytest.mark.parametrize("expected", [True, False])
def test_a_callback_in_the_place_of_verification_has_no_certificate(expected: bool) -> None:
    context = client_context()
    context.set_cert_verify_callback(lambda connection, chain: True)
    both = pump.pair(server_context(), context)
    if expected:
        both.client.add_expected_rpk(key_of(authority.identity()))
    outcome = pump.handshake_outcome(*both)
    assert isinstance(outcome.client, SSL.Error)
    assert "no certificate" in str(outcome.client)
    assert outcome.server is not None


@newer
def test_a_weak_key_is_refused_even_if_it_is_expected() -> None:
    weak = crypto.PKey()
    weak.generate_key(crypto.TYPE_RSA, 1024)
    context = contexts.blank_context()
    context.set_cipher_list(b"DEFAULT:@SECLEVEL=0")
    context.use_privatekey(weak)
    context.set_server_cert_type(["rpk"])
    both = pump.pair(context, client_context(None, ("rpk",)))
    both.client.add_expected_rpk(weak)
    outcome = pump.handshake_outcome(*both)
    assert isinstance(outcome.client, SSL.Error)
    assert "certificate verify failed" in str(outcome.client)


# ---- a certificate where keys are expected


@newer
@VERSIONS
def test_a_certificate_has_to_be_for_an_expected_key(version: str) -> None:
    def both(*expected: authority.Identity, **options: bool) -> pump.Pair:
        found = pump.pair(
            contexts.server_context(version=version),
            contexts.client_context(version=version, **options),
        )
        for each in expected:
            found.client.add_expected_rpk(key_of(each))
        return found

    good = both(authority.identity())
    pump.handshake(*good)
    assert good.client.get_peer_rpk() is None
    refusal(both(authority.stranger()), ANOTHER)
    refusal(both(authority.stranger(), verify=False), ANOTHER)


@pytest.mark.differs("a certificate for a key that")
@newer
def test_a_certificate_is_verified_besides() -> None:
    both = pump.pair(contexts.server_context(authority.expired()), contexts.client_context())
    both.client.add_expected_rpk(key_of(authority.expired()))
    refusal(both, "certificate verify failed")
    assert both.client.get_verify_result() == CODES.ERR_CERT_HAS_EXPIRED


@pytest.mark.differs("a server that shows a certificate")
@newer
@VERSIONS
@pytest.mark.parametrize("verify", [True, False])
def test_a_server_that_knows_nothing_of_keys(version: str, verify: bool) -> None:
    context = contexts.client_context(version=version, verify=verify)
    context.set_server_cert_type(["rpk"])
    both = pump.pair(contexts.server_context(version=version), context)
    refusal(both, "may show only a raw key")


@newer
def test_a_server_with_no_key_at_all() -> None:
    secret = bytes(range(32))
    server = contexts.blank_context("TLSv1.3")
    server.set_psk_server_callback(lambda connection, identity: secret)
    client = contexts.client_context(version="TLSv1.3")
    client.set_psk_client_callback(lambda connection, hint: (b"who", secret))
    pump.handshake(*pump.pair(server, client))
    both = pump.pair(server, client)
    both.client.add_expected_rpk(key_of(authority.identity()))
    refusal(both, "has shown none")


# ---- sessions


@pytest.mark.differs("sessions that were made with a raw")
@newer
@VERSIONS
def test_no_session_stands_for_a_key(version: str) -> None:
    server, client = server_context(version), client_context(version)
    server.set_session_id(b"raw")
    first = pump.pair(server, client)
    first.client.add_expected_rpk(key_of(authority.identity()))
    pump.handshake(*first)
    talk(*first)
    session = first.client.get_session()
    assert session is not None
    second = pump.pair(server, client)
    second.client.set_session(session)
    refusal(second, "certificate verify failed")
    third = pump.pair(server, client)
    third.client.set_session(session)
    third.client.add_expected_rpk(key_of(authority.identity()))
    pump.handshake(*third)
    assert not third.client.session_reused()


@newer
@VERSIONS
def test_no_session_passes_an_expected_key_by(version: str) -> None:
    server, client = (
        contexts.server_context(version=version),
        contexts.client_context(version=version),
    )
    first = pump.pair(server, client)
    pump.handshake(*first)
    talk(*first)
    session = first.client.get_session()
    assert session is not None
    again = pump.pair(server, client)
    again.client.set_session(session)
    pump.handshake(*again)
    assert again.client.session_reused()
    pinned = pump.pair(server, client)
    pinned.client.set_session(session)
    pinned.client.add_expected_rpk(key_of(authority.stranger()))
    refusal(pinned, ANOTHER)


@newer
@VERSIONS
def test_no_session_passes_by_that_a_key_is_wanted(version: str) -> None:
    server, client = server_context(version, ("x509",)), contexts.client_context(version=version)
    first = pump.pair(server, client)
    pump.handshake(*first)
    talk(*first)
    session = first.client.get_session()
    assert session is not None
    wanting = pump.pair(server, client)
    wanting.client.set_session(session)
    wanting.client.set_server_cert_type(["rpk"])
    assert pump.handshake_outcome(*wanting).client is not None
