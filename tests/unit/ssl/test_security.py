"""What is refused beyond the security level, and by how much records are filled up."""

from __future__ import annotations

import pytest

from kit import authority, contexts, pump, resuming
from OpenSSL import SSL, crypto

VERSIONS = ["TLSv1.2", "TLSv1.3"]
SIDES = ["context", "connection"]
WHOLE = 5 + 16384 + 16


def install(where: str, server: SSL.Context, ends: pump.Pair, hook: object) -> pump.Pair:
    """Have the server ask ``hook``; a Context's are for connections made afterwards."""
    (server if where == "context" else ends.server).set_security_callback(hook)  # type: ignore[arg-type]
    return ends if where == "connection" else pump.pair(server, contexts.client_context())


def pair(version: str) -> tuple[SSL.Context, pump.Pair]:
    server = contexts.server_context(version=version)
    return server, pump.pair(server, contexts.client_context())


# ---- security callbacks


@pytest.mark.parametrize("where", SIDES)
@pytest.mark.parametrize("version", VERSIONS)
def test_it_is_asked_about_everything(version: str, where: str) -> None:
    asked: list[tuple[SSL.Connection, int, int, int]] = []

    def ask(connection: SSL.Connection, operation: int, bits: int, nid: int) -> bool:
        asked.append((connection, operation, bits, nid))
        return True

    ends = install(where, *pair(version), ask)
    assert pump.handshake_outcome(*ends) == (None, None)
    assert {each[0] for each in asked} == {ends.server}
    operations = {each[1] for each in asked}
    assert {SSL.SECOP_CIPHER_SHARED, SSL.SECOP_SIGALG_SHARED} <= operations
    assert all(each[2] >= 0 for each in asked)


@pytest.mark.parametrize("where", SIDES)
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("operation", ["CIPHER_SHARED", "SIGALG_SHARED"])
def test_its_no_is_obeyed(version: str, where: str, operation: str) -> None:
    refused = getattr(SSL, f"SECOP_{operation}")
    ends = install(where, *pair(version), lambda _end, asked, _bits, _nid: asked != refused)
    outcome = pump.handshake_outcome(*ends)
    assert isinstance(outcome.server, SSL.Error)
    assert outcome.client is not None


def test_a_client_refuses_what_the_server_signed_with() -> None:
    server = contexts.server_context()
    client = contexts.client_context()
    client.set_security_callback(
        lambda _end, operation, _bits, _nid: operation != SSL.SECOP_SIGALG_CHECK
    )
    outcome = pump.handshake_outcome(*pump.pair(server, client))
    assert isinstance(outcome.client, SSL.Error)
    assert outcome.server is not None


def test_it_allows_no_more_than_the_level_does() -> None:
    server, client = contexts.server_context(), contexts.client_context(version="TLSv1.2")
    client.set_security_level(5)
    client.set_security_callback(lambda *_: True)
    assert pump.handshake_outcome(*pump.pair(server, client)).client is not None


@pytest.mark.parametrize("answer", [RuntimeError("no"), "yes", 1.5])
@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_no_answer_ends_the_handshake(version: str, answer: object) -> None:
    def ask(*_: object) -> object:
        if isinstance(answer, Exception):
            raise answer
        return answer

    ends = install("context", *pair(version), ask)
    outcome = pump.handshake_outcome(*ends)
    assert isinstance(outcome.server, RuntimeError | TypeError)
    assert outcome.client is not None


def test_it_is_asked_in_handshakes_alone() -> None:
    """What it raised elsewhere nobody would raise, until another call did."""

    def ask(*_: object) -> bool:
        raise RuntimeError("asked")

    who = authority.identity()
    certificate = crypto.X509.from_cryptography(who.certificate)
    key = crypto.PKey.from_cryptography_key(who.private_key)
    for where in SIDES:
        ends = install(where, *pair("TLSv1.3"), ask)
        ends.server.use_certificate_and_key(certificate, key)
        assert ends.server.get_cipher_list()
        assert ends.server.check_chain(certificate, key)
        outcome = pump.handshake_outcome(*ends)
        assert str(outcome.server) == "asked"


@pytest.mark.parametrize("version", VERSIONS)
def test_a_session_of_laxer_days_is_not_resumed(version: str) -> None:
    server, client = contexts.server_context(version=version), contexts.client_context()
    session = resuming.session_of(*resuming.visit(server, client))
    client.set_security_callback(lambda *_: True)
    ends, outcome = resuming.visit(server, client, session)
    assert not resuming.resumes(ends, outcome)
    again = resuming.session_of(ends, outcome)
    assert resuming.resumes(*resuming.visit(server, client, again))


def test_a_connections_own_stays_with_another_context() -> None:
    first, second = contexts.server_context(), contexts.server_context()
    first.set_tlsext_servername_callback(lambda end: end.set_context(second))
    ends = pump.pair(first, contexts.client_context(), b"brisk.test")
    ends.server.set_security_callback(
        lambda _end, operation, _bits, _nid: operation != SSL.SECOP_SIGALG_SHARED
    )
    assert pump.handshake_outcome(*ends).server is not None


def test_another_context_brings_its_own() -> None:
    first, second = contexts.server_context(), contexts.server_context()
    second.set_security_callback(
        lambda _end, operation, _bits, _nid: operation != SSL.SECOP_SIGALG_SHARED
    )
    first.set_tlsext_servername_callback(lambda end: end.set_context(second))
    ends = pump.pair(first, contexts.client_context(), b"brisk.test")
    assert pump.handshake_outcome(*ends).server is not None


# ---- authorities


def test_authorities_are_read_back() -> None:
    name = crypto.load_certificate(
        crypto.FILETYPE_PEM, authority.trust_file().read_bytes()
    ).get_subject()
    server = contexts.server_context()
    assert server.get_ca_list() == []
    server.set_ca_list([name])
    assert server.get_ca_list() == [name]
    end = pump.pair(server, contexts.client_context()).server
    assert end.get_ca_list() == [name]
    end.set_ca_list([])
    assert end.get_ca_list() == []


def test_a_connection_names_its_own_authorities() -> None:
    name = crypto.load_certificate(
        crypto.FILETYPE_PEM, authority.trust_file().read_bytes()
    ).get_subject()
    other = crypto.X509Name(name)
    other.CN = "another"
    server = contexts.server_context(require_client=True)
    ends = pump.pair(server, contexts.client_context(authority.client_identity()))
    ends.server.set_client_ca_list([other])
    pump.handshake_outcome(*ends)
    assert ends.client.get_client_ca_list() == [other]
    with pytest.raises(TypeError, match="X509Name"):
        ends.server.set_client_ca_list(["a name"])  # type: ignore[list-item]
