"""Pre-shared keys: what a key stands for, beside certificates, sessions and other Contexts."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kit import authority, contexts, pump, verdicts
from kit.shared import IDENTITY, KEY, VERSIONS, client_context, forget, server_context
from OpenSSL import SSL

REQUIRED = SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT


@pytest.mark.differs("a pre-shared key where a certificate")
@VERSIONS
@pytest.mark.parametrize("serving", [True, False])
@pytest.mark.parametrize("when", ["before", "in the handshake"])
def test_a_key_is_not_a_certificate(when: str, serving: bool, version: str) -> None:
    """Where one is required a key does not do, however late that was said."""
    server, client = server_context(version), client_context(version)
    strict = server if serving else client
    if when == "before":
        strict.set_verify(REQUIRED)
    else:
        strict.set_info_callback(lambda connection, _where, _value: connection.set_verify(REQUIRED))
    ends = pump.pair(server, client)
    failures = pump.handshake_outcome(*ends)
    ours = failures.server if serving else failures.client
    assert verdicts.is_protocol_error(ours, "a certificate is required")
    assert isinstance(failures.client if serving else failures.server, SSL.Error)


@VERSIONS
def test_either_a_key_or_a_good_certificate(version: str) -> None:
    server, client = server_context(version), client_context(version)
    for each in (server, client):
        each.set_cipher_list(b"PSK:ECDHE+AESGCM")
    client.load_verify_locations(authority.trust_file())
    client.set_verify(SSL.VERIFY_PEER)
    server.set_verify(SSL.VERIFY_PEER)
    assert pump.connected(server, client).client.get_psk_identity() == IDENTITY
    server.set_psk_server_callback(None)
    contexts.use_identity(server, authority.identity())
    ends = pump.connected(server, client)
    assert ends.client.get_peer_certificate() is not None
    assert ends.client.get_psk_identity() is None
    stranger = contexts.server_context(authority.stranger(), version=version)
    failures = pump.handshake_outcome(*pump.pair(stranger, client))
    assert verdicts.is_protocol_error(failures.client, "certificate verify failed")


@pytest.mark.differs("a client with a callback for")
@VERSIONS
def test_a_server_cannot_do_without_the_key(version: str) -> None:
    """Nobody verifies its certificate: whoever is on the way could have one."""
    server = contexts.server_context(authority.stranger(), version=version)
    client = client_context(version)
    client.set_cipher_list(b"PSK:ECDHE+AESGCM")
    ends = pump.pair(server, client)
    failures = pump.handshake_outcome(*ends)
    assert verdicts.is_protocol_error(failures.client, "used no pre-shared key")
    with pytest.raises(SSL.Error):
        ends.client.sendall(b"secret")
    # Unless there is no key for this one, and the program says so.
    client.set_psk_client_callback(lambda _connection, _hint: None)
    if version == "TLSv1.3":
        pump.connected(server, client)
    else:
        failures = pump.handshake_outcome(*pump.pair(server, client))
        assert verdicts.is_protocol_error(failures.client, "used no pre-shared key")


def test_a_hook_that_knows_no_key_needs_a_certificate() -> None:
    server = contexts.server_context(version="TLSv1.3")
    server.set_psk_find_session_callback(lambda _c, _identity: None)
    client = contexts.client_context(version="TLSv1.3")
    client.set_psk_use_session_callback(lambda _c: (IDENTITY, KEY))
    ends = pump.connected(server, client)
    assert ends.client.get_peer_certificate() is not None
    client.set_psk_use_session_callback(lambda _c: None)
    assert pump.connected(server, client).client.get_peer_certificate() is not None


@pytest.mark.differs("sessions that were made with a pre-shared")
@VERSIONS
@pytest.mark.parametrize("mode", [SSL.VERIFY_NONE, SSL.VERIFY_PEER])
def test_no_session_stands_for_a_key(mode: int, version: str) -> None:
    """It would let in whose key was withdrawn."""
    known = [KEY]
    server, client = server_context(version), client_context(version)
    server.set_session_id(b"here")
    server.set_verify(mode)
    client.set_verify(mode)
    server.set_psk_server_callback(lambda _c, _identity: known[0] if known else None)
    ends = pump.connected(server, client)
    pump.transfer(ends.server, ends.client, b"tickets")
    session = ends.client.get_session()
    assert session is not None
    for changes in (lambda: None, known.clear):
        changes()
        again = pump.pair(server, client)
        again.client.set_session(session)
        failures = pump.handshake_outcome(*again)
        if known:
            assert failures == (None, None)
            assert again.server.get_psk_identity() == IDENTITY
            assert version == "TLSv1.3" or not again.server.session_reused()
        else:
            assert verdicts.is_protocol_error(failures.server)


@pytest.mark.parametrize("when", ["server", "client"])
def test_data_in_tickets_leaves_a_key_a_key(when: str) -> None:
    """What a program keeps in a session stands beside what says how it was made."""
    server, client = server_context("TLSv1.3"), client_context("TLSv1.3")
    if when == "server":
        server.set_session_ticket_callback(lambda _connection: b"the program's own")

    def keep(connection: SSL.Connection, _where: int, _value: int) -> None:
        session = connection.get_session()
        if session is not None and when == "client":
            session.set_ticket_appdata(b"the program's own")

    server.set_info_callback(keep)
    ends = pump.connected(server, client)
    pump.transfer(ends.server, ends.client, b"tickets")
    assert [end.get_psk_identity() for end in ends] == [IDENTITY, IDENTITY]
    session = ends.client.get_session()
    assert session is not None
    again = pump.pair(server, client)
    again.client.set_session(session)
    pump.handshake(*again)
    assert again.server.get_psk_identity() == IDENTITY
    server.set_verify(REQUIRED)
    failures = pump.handshake_outcome(*pump.pair(server, client))
    assert verdicts.is_protocol_error(failures.server, "a certificate is required")


@VERSIONS
def test_sessions_of_certificates_are_resumed_beside_keys(version: str) -> None:
    server = contexts.server_context(version=version)
    server.set_session_id(b"here")
    server.set_psk_server_callback(lambda _c, identity: KEY if identity == IDENTITY else None)
    client = contexts.client_context(version=version)
    ends = pump.connected(server, client)
    pump.transfer(ends.server, ends.client, b"tickets")
    session = ends.client.get_session()
    assert session is not None
    again = pump.pair(server, client)
    again.client.set_session(session)
    pump.handshake(*again)
    assert again.server.session_reused()
    assert again.server.get_psk_identity() is None


def test_a_certificate_may_come_after_the_key() -> None:
    server, client = server_context("TLSv1.3"), client_context("TLSv1.3")
    server.load_verify_locations(authority.trust_file())
    server.set_verify(REQUIRED | SSL.VERIFY_POST_HANDSHAKE)
    contexts.use_identity(client, authority.client_identity())
    client.set_post_handshake_auth(True)
    ends = pump.connected(server, client)
    ends.server.verify_client_post_handshake()
    ends.server.do_handshake()
    assert pump.transfer(ends.server, ends.client, b"back") == b"back"
    assert pump.transfer(ends.client, ends.server, b"data") == b"data"
    assert ends.server.get_peer_certificate() is not None


def choose(host: SSL.Context) -> Callable[[SSL.Connection], None]:
    return lambda connection: connection.set_context(host)


@VERSIONS
def test_a_chosen_context_brings_its_keys(version: str) -> None:
    first = contexts.server_context(version=version)
    first.set_cipher_list(b"PSK:ECDHE+AESGCM")
    host = server_context(version)
    first.set_tlsext_servername_callback(choose(host))
    first.set_psk_server_callback(forget)
    ends = pump.connected(first, client_context(version), b"brisk.test")
    assert ends.server.get_psk_identity() == IDENTITY


@VERSIONS
def test_and_takes_those_of_the_first_one_away(version: str) -> None:
    first = server_context(version)
    first.set_tlsext_servername_callback(choose(contexts.server_context(version=version)))
    failures = pump.handshake_outcome(*pump.pair(first, client_context(version), b"brisk.test"))
    assert isinstance(failures.server, SSL.Error)
    assert isinstance(failures.client, SSL.Error)
