"""Servers judged by records of DNS (TLSA), which the test makes itself."""

from __future__ import annotations

import contextlib
import hashlib
import socket

import pytest
from cryptography.hazmat.primitives import serialization

from kit import authority, contexts, peers, pump, sockets, verdicts
from OpenSSL import SSL, crypto

CODES = SSL.X509VerificationCodes
HOST = "brisk.test"
FULL, SHA256, SHA512 = 0, 1, 2
CERTIFICATE, KEY = 0, 1
PKIX_TA, PKIX_EE, DANE_TA, DANE_EE = range(4)
NO_MATCH = 65


def spki(who: authority.Identity) -> bytes:
    return who.private_key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def record(
    usage: int, selector: int, mtype: int, who: authority.Identity
) -> tuple[int, int, int, bytes]:
    if usage in (PKIX_TA, DANE_TA):
        data = who.root.public_bytes(serialization.Encoding.DER)
        if selector == KEY:
            key = who.root.public_key()
            data = key.public_bytes(
                serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
            )
    else:
        data = who.der if selector == CERTIFICATE else spki(who)
    digest = {FULL: lambda x: x, SHA256: sha256, SHA512: sha512}[mtype]
    return usage, selector, mtype, digest(data)


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def sha512(data: bytes) -> bytes:
    return hashlib.sha512(data).digest()


def dane_context(trust: bool = False, version: str | None = None) -> SSL.Context:
    context = contexts.blank_context(version)
    context.set_verify(SSL.VERIFY_PEER)
    context.dane_enable()
    if trust:
        context.load_verify_locations(str(authority.trust_file()))
    return context


def code(
    *records: tuple[int, int, int, bytes],
    who: authority.Identity | None = None,
    trust: bool = False,
    host: str = HOST,
) -> int:
    """What a client makes of a server by these records."""
    ends = pump.pair(contexts.server_context(who), dane_context(trust))
    ends.client.dane_enable(host)
    for each in records:
        assert ends.client.add_tlsa(*each) is True
    failure = pump.handshake_outcome(*ends).client
    if failure is None:
        return 0
    assert verdicts.is_protocol_error(failure, "certificate verify failed")
    assert isinstance(failure, SSL.Error)
    return failure.verify_code or -1


@pytest.mark.parametrize("mtype", [FULL, SHA256, SHA512])
@pytest.mark.parametrize("selector", [CERTIFICATE, KEY])
def test_the_servers_own_certificate(selector: int, mtype: int) -> None:
    ours, other = authority.identity(), authority.stranger()
    assert code(record(DANE_EE, selector, mtype, ours)) == 0
    assert code(record(DANE_EE, selector, mtype, other)) == NO_MATCH
    both = record(DANE_EE, selector, mtype, other), record(DANE_EE, selector, mtype, ours)
    assert code(*both) == 0


def test_what_a_record_names_need_not_be_trusted_otherwise() -> None:
    alone = authority.self_signed()
    assert code(record(DANE_EE, KEY, SHA256, alone), who=alone) == 0
    assert code(record(PKIX_EE, KEY, SHA256, alone), who=alone) != 0


def test_usages_that_narrow_trust_down() -> None:
    ours, other = authority.identity(), authority.stranger()
    for usage in (PKIX_TA, PKIX_EE):
        assert code(record(usage, KEY, SHA256, ours), trust=True) == 0
        assert code(record(usage, KEY, SHA256, ours), trust=False) != 0
        assert code(record(usage, KEY, SHA256, other), trust=True) == NO_MATCH


def test_an_authority_of_its_own() -> None:
    ours, other = authority.identity(), authority.stranger()
    whole = record(DANE_TA, CERTIFICATE, FULL, ours)
    assert code(whole) == 0
    assert code(whole, host="other.test") == CODES.ERR_HOSTNAME_MISMATCH
    assert code(whole, who=other) == NO_MATCH


@pytest.mark.parametrize(
    ("host", "flag", "expected"),
    [
        ("other.test", False, CODES.ERR_HOSTNAME_MISMATCH),
        ("other.test", True, 0),
        (HOST, False, 0),
    ],
)
@pytest.mark.parametrize("where", ["context", "connection"])
def test_the_host_of_a_certificate_that_a_record_names(
    where: str, host: str, flag: bool, expected: int
) -> None:
    context = dane_context()
    value = SSL.DANE_FLAG_NO_DANE_EE_NAMECHECKS
    if flag and where == "context":
        assert context.dane_set_flags(value) == value
        assert context.dane_clear_flags(value) == 0
        assert context.dane_set_flags(value) == value
    ends = pump.pair(contexts.server_context(), context)
    if flag and where == "connection":
        assert ends.client.dane_set_flags(value) == value
        assert ends.client.dane_clear_flags(value) == 0
        assert ends.client.dane_set_flags(value) == value
    ends.client.dane_enable(host)
    ends.client.add_tlsa(*record(DANE_EE, KEY, SHA256, authority.identity()))
    failure = pump.handshake_outcome(*ends).client
    assert (failure is None) is (expected == 0)
    assert ends.client.get_verify_result() == expected


def test_what_matched_is_told() -> None:
    ends = pump.pair(contexts.server_context(), dane_context())
    assert ends.client.get_dane_authority() is None
    assert ends.client.get_dane_tlsa() is None
    ends.client.dane_enable(HOST)
    wanted = record(DANE_EE, KEY, SHA256, authority.identity())
    ends.client.add_tlsa(*record(DANE_EE, KEY, SHA256, authority.stranger()))
    ends.client.add_tlsa(*wanted)
    pump.handshake(*ends)
    assert ends.client.get_dane_tlsa() == wanted
    found = ends.client.get_dane_authority()
    assert found is not None
    depth, certificate, key = found
    assert depth == 0
    assert key is None
    assert certificate is not None
    assert certificate.to_cryptography() == authority.identity().certificate
    del ends
    assert certificate.get_subject().CN


def test_the_name_of_the_records_is_sent() -> None:
    ends = pump.pair(contexts.server_context(), dane_context())
    ends.client.dane_enable(HOST)
    ends.client.add_tlsa(*record(DANE_EE, KEY, SHA256, authority.identity()))
    pump.handshake(*ends)
    assert ends.server.get_servername() == HOST.encode()


def test_a_record_of_no_use() -> None:
    ends = pump.pair(contexts.server_context(), dane_context(trust=True))
    ends.client.dane_enable(HOST)
    assert ends.client.add_tlsa(9, KEY, SHA256, b"x" * 32) is False
    assert ends.client.add_tlsa(DANE_EE, 9, SHA256, b"x" * 32) is False
    assert ends.client.add_tlsa(DANE_EE, KEY, 9, b"x" * 32) is False
    assert pump.handshake_outcome(*ends).client is None
    alone = pump.pair(contexts.server_context(), dane_context())
    alone.client.dane_enable(HOST)
    assert alone.client.add_tlsa(9, KEY, SHA256, b"x" * 32) is False
    assert pump.handshake_outcome(*alone).client is not None


def test_a_digest_by_a_number_of_ones_own() -> None:
    context = dane_context()
    context.dane_mtype_set("SHA384", 7, 5)
    ends = pump.pair(contexts.server_context(), context)
    ends.client.dane_enable(HOST)
    data = hashlib.sha384(spki(authority.identity())).digest()
    assert ends.client.add_tlsa(DANE_EE, KEY, 7, data) is True
    assert pump.handshake_outcome(*ends).client is None
    context.dane_mtype_set(None, 7, 0)
    other = pump.pair(contexts.server_context(), context)
    other.client.dane_enable(HOST)
    assert other.client.add_tlsa(DANE_EE, KEY, 7, data) is False


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
def test_no_session_stands_for_records(version: str) -> None:
    server = contexts.server_context(version=version)
    context = dane_context(trust=True, version=version)
    first = pump.connected(server, context)
    pump.drain(first.client)
    session = first.client.get_session()
    assert session is not None
    ends = pump.pair(server, context)
    ends.client.set_session(session)
    ends.client.dane_enable(HOST)
    ends.client.add_tlsa(*record(DANE_EE, KEY, SHA256, authority.stranger()))
    assert pump.handshake_outcome(*ends).client is not None
    again = pump.pair(server, context)
    again.client.set_session(session)
    pump.handshake(*again)
    assert again.client.session_reused()


def test_bad_calls() -> None:
    plain = pump.pair(contexts.server_context(), contexts.client_context()).client
    with pytest.raises(SSL.Error):
        plain.dane_enable(HOST)
    with pytest.raises(SSL.Error):
        plain.add_tlsa(DANE_EE, KEY, SHA256, b"x" * 32)
    client = pump.pair(contexts.server_context(), dane_context()).client
    for wrong in ("", ".", "a\0b", "127.0.0.1", ".brisk.test"):
        with pytest.raises(ValueError, match="basedomain"):
            client.dane_enable(wrong)
    client.dane_enable(HOST)
    with pytest.raises(SSL.Error):
        client.dane_enable(HOST)
    for numbers in ((-1, 0, 0), (0, 256, 0), (0, 0, 1000)):
        with pytest.raises(ValueError, match="from 0 to 255"):
            client.add_tlsa(*numbers, b"x")
    assert client.add_tlsa(DANE_EE, KEY, SHA256, b"short") is False
    assert client.add_tlsa(DANE_EE, KEY, FULL, b"no key") is False
    with pytest.raises(TypeError):
        client.add_tlsa(DANE_EE, KEY, SHA256, "x" * 32)  # type: ignore[arg-type]
    context = dane_context()
    with pytest.raises(ValueError, match="digest"):
        context.dane_mtype_set("no such", 7, 1)
    with pytest.raises(SSL.Error):
        context.dane_mtype_set("SHA256", 0, 1)


def test_not_after_another_context() -> None:
    client = pump.pair(contexts.server_context(), dane_context()).client
    client.set_context(dane_context())
    with pytest.raises(SSL.Error, match="too late"):
        client.dane_enable(HOST)


def test_another_context_does_not_take_records_away() -> None:
    ends = pump.pair(contexts.server_context(), dane_context())
    ends.client.dane_enable(HOST)
    ends.client.add_tlsa(*record(DANE_EE, KEY, SHA256, authority.stranger()))
    ends.client.set_context(contexts.client_context())
    failure = pump.handshake_outcome(*ends).client
    assert isinstance(failure, SSL.Error)
    assert failure.verify_code == NO_MATCH


def test_a_server_of_another_program() -> None:
    with peers.openssl_server(authority.self_signed()) as server:
        for who, good in ((authority.self_signed(), True), (authority.identity(), False)):
            with (
                socket.create_connection((sockets.LOOPBACK, server.port)) as sock,
                sockets.client_end(dane_context(), sock) as end,
            ):
                end.dane_enable("localhost")
                end.add_tlsa(*record(DANE_EE, KEY, SHA256, who))
                with contextlib.nullcontext() if good else verdicts.protocol_error("verify"):
                    end.do_handshake()
                if good:
                    end.shutdown()


def test_a_key_in_a_record_is_a_key() -> None:
    """An authority whose key alone is in the record."""
    ends = pump.pair(contexts.server_context(), dane_context())
    ends.client.dane_enable(HOST)
    intermediate = authority.authority().intermediate.public_key()
    data = intermediate.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    ends.client.add_tlsa(DANE_TA, KEY, FULL, data)
    pump.handshake(*ends)
    found = ends.client.get_dane_authority()
    assert found is not None
    assert found[2] is None or isinstance(found[2], crypto.PKey)
