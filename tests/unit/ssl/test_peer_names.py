"""Several names, e-mail addresses, and a client that has to say whom it wants."""

from __future__ import annotations

import dataclasses
import socket

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from kit import authority, contexts, peers, pump, sockets, verdicts
from OpenSSL import SSL

CODES = SSL.X509VerificationCodes
EMAIL = "someone@brisk.test"


def with_email() -> authority.Identity:
    return authority.authority().issue(
        "e-mail",
        client=True,
        extensions=[x509.SubjectAlternativeName([x509.RFC822Name(EMAIL)])],
    )


def pair(client: SSL.Context | None = None, who: authority.Identity | None = None) -> pump.Pair:
    return pump.pair(contexts.server_context(who), client or contexts.client_context())


def outcome(ends: pump.Pair) -> int:
    failure = pump.handshake_outcome(*ends).client
    if failure is None:
        return 0
    assert verdicts.is_protocol_error(failure, "certificate verify failed")
    assert isinstance(failure, SSL.Error)
    return failure.verify_code or -1


# ---- several names


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["brisk.test"], 0),
        (["other.test", "brisk.test"], 0),
        (["brisk.test", "other.test"], 0),
        (["other.test", "any.wild.test"], 0),
        (["other.test", "another.test"], CODES.ERR_HOSTNAME_MISMATCH),
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_one_of_several_names(names: list[str], expected: int, first: bool) -> None:
    ends = pair()
    for index, name in enumerate(names):
        if first and index == 0:
            ends.client.set_host(name)
        else:
            ends.client.add_host(name)
    assert outcome(ends) == expected
    if not expected:
        matched = ends.client.get_peername()
        assert matched is not None
        assert matched.partition(".")[2] in ("test", "wild.test")


def test_set_host_takes_the_place_of_all_names() -> None:
    ends = pair()
    ends.client.add_host("brisk.test")
    ends.client.add_host("localhost")
    ends.client.set_host("other.test")
    assert outcome(ends) == CODES.ERR_HOSTNAME_MISMATCH


@pytest.mark.parametrize(
    "name", ["", "a\0b", "a b", ".test", "test.", "ü.test", "10.1", "::1", "127.0.0.1"]
)
def test_what_is_no_further_name(name: str) -> None:
    ends = pair()
    ends.client.set_host("other.test")
    with pytest.raises(ValueError, match="name"):
        ends.client.add_host(name)
    assert outcome(ends) == CODES.ERR_HOSTNAME_MISMATCH


@pytest.mark.parametrize("way", ["set_host", "set_ip_asc"])
@pytest.mark.parametrize("then", ["set_host", "add_host"])
@pytest.mark.parametrize(
    ("address", "expected"), [("127.0.0.1", 0), ("192.0.2.1", CODES.ERR_IP_ADDRESS_MISMATCH)]
)
def test_an_address_has_to_match_besides_names(
    way: str, then: str, address: str, expected: int
) -> None:
    ends = pair()
    getattr(ends.client, way)(address)
    getattr(ends.client, then)("brisk.test")
    assert outcome(ends) == expected


def test_a_common_name_is_no_further_name() -> None:
    who = authority.authority().issue("common.test", client=True)
    ends = pair(who=who)
    ends.client.add_host("common.test")
    assert outcome(ends) != 0


# ---- e-mail


def test_an_email_address() -> None:
    server = contexts.server_context(require_client=True)
    for address, expected in ((EMAIL, 0), ("other@brisk.test", CODES.ERR_EMAIL_MISMATCH)):
        ends = pump.pair(server, contexts.client_context(with_email()))
        ends.server.set_email(address)
        failure = pump.handshake_outcome(*ends).server
        assert (failure is None) is (expected == 0)
        assert ends.server.get_verify_result() == expected


@pytest.mark.parametrize("address", ["", "a\0b@brisk.test", "ü@brisk.test"])
def test_what_is_no_email_address(address: str) -> None:
    with pytest.raises(ValueError, match="address"):
        pair().client.set_email(address)


@pytest.mark.parametrize("address", ["nobody", "@", "a@b@c", "a@x", "x" * 200, "*@brisk.test"])
def test_any_spelling_takes_the_place_of_the_address_before(address: str) -> None:
    ends = pair(who=with_email())
    ends.client.set_purpose("any")
    ends.client.set_email(EMAIL)
    ends.client.set_email(address)
    assert outcome(ends) == CODES.ERR_EMAIL_MISMATCH


def with_email_in_subject() -> authority.Identity:
    plain = authority.identity().certificate
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.EMAIL_ADDRESS, EMAIL)]))
        .issuer_name(plain.issuer)
        .public_key(plain.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(plain.not_valid_before_utc)
        .not_valid_after(plain.not_valid_after_utc)
    )
    for each in plain.extensions:
        builder = builder.add_extension(each.value, each.critical)
    made = builder.sign(authority.authority().intermediate_key, hashes.SHA256())
    return dataclasses.replace(authority.identity(), name="subject", certificate=made)


@pytest.mark.parametrize("flags", [None, 0, SSL.X509_CHECK_FLAG_NEVER_CHECK_SUBJECT])
@pytest.mark.parametrize("host", [False, True])
def test_a_subject_counts_the_same_after_a_callback_s_yes(host: bool, flags: int | None) -> None:
    found = []
    for judged in (False, True):
        context = contexts.client_context()
        if judged:
            context.set_cert_verify_callback(lambda *_: True)
        ends = pair(context, with_email_in_subject())
        if host:
            ends.client.set_host("brisk.test")
        if flags is not None:
            ends.client.set_hostflags(flags)
        ends.client.set_email(EMAIL)
        found.append(outcome(ends))
    assert found[0] == found[1]
    if SSL.OPENSSL_VERSION_NUMBER < 0x40000000 or flags == 0 or (flags is None and not host):
        assert found[0] == 0


def test_an_offered_session_is_for_the_address_too() -> None:
    server = contexts.server_context(with_email(), version="TLSv1.2")
    server.set_session_id(b"here")
    client = contexts.client_context(version="TLSv1.2")
    client.set_purpose("any")  # it is a certificate of a client
    first = pump.pair(server, client)
    first.client.set_email(EMAIL)
    assert pump.handshake_outcome(*first).client is None
    session = first.client.get_session()
    assert session is not None
    for address, resumed in ((EMAIL, True), ("other@brisk.test", False)):
        ends = pump.pair(server, client)
        ends.client.set_session(session)
        ends.client.set_email(address)
        pump.handshake_outcome(*ends)
        assert ends.client.session_reused() is resumed


# ---- a client that has to say whom it wants


def named_context(version: str | None = None) -> SSL.Context:
    context = contexts.client_context(version=version)
    assert context.check_hostname is False
    context.check_hostname = True
    assert context.check_hostname is True
    return context


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
def test_a_client_without_a_name_sends_nothing(version: str) -> None:
    ends = pair(named_context(version))
    with pytest.raises(SSL.Error, match="set_host"):
        ends.client.do_handshake()
    with pytest.raises(SSL.WantReadError):
        ends.client.bio_read(100)
    with pytest.raises(SSL.Error, match="set_host"):
        ends.client.send(b"data")
    ends.client.set_host("brisk.test")
    assert outcome(ends) == 0


@pytest.mark.parametrize("way", ["set_host", "add_host", "set_ip_asc", "set_email"])
def test_any_kind_of_name_will_do(way: str) -> None:
    named = {"set_ip_asc": "127.0.0.1", "set_email": EMAIL}.get(way, "brisk.test")
    ends = pair(named_context())
    getattr(ends.client, way)(named)
    assert outcome(ends) == (CODES.ERR_EMAIL_MISMATCH if way == "set_email" else 0)


def test_who_does_not_verify_needs_no_name() -> None:
    context = contexts.client_context(verify=False)
    context.check_hostname = True
    assert outcome(pair(context)) == 0


def test_a_server_needs_no_name() -> None:
    server = contexts.server_context(require_client=True)
    server.check_hostname = True
    client = contexts.client_context(authority.client_identity())
    assert pump.handshake_outcome(*pump.pair(server, client)) == (None, None)


def test_a_context_chosen_later_asks_for_a_name_too() -> None:
    ends = pair(contexts.client_context(verify=False))
    ends.client.set_context(named_context())
    with pytest.raises(SSL.Error, match="set_host"):
        ends.client.do_handshake()
    ends.client.set_host("brisk.test")
    assert outcome(ends) == 0


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
@pytest.mark.parametrize("way", ["verify", "context"])
def test_verifying_from_the_middle_on_needs_a_name(version: str, way: str) -> None:
    """Whoever asks for verification in a callback has to have said whom."""
    context = contexts.client_context(version=version, verify=False)
    context.load_verify_locations(str(authority.trust_file()))
    context.check_hostname = True
    asked: list[Exception | None] = []

    def info(connection: SSL.Connection, where: int, _value: int) -> None:
        if where & SSL.SSL_CB_LOOP and not asked and not connection.is_server():
            if b"before" in connection.get_state_string():
                return
            asked.append(None)
            if way == "verify":
                connection.set_verify(SSL.VERIFY_PEER)
            else:
                connection.set_context(named_context(version))

    context.set_info_callback(info)
    ends = pair(context)
    failure = pump.handshake_outcome(*ends).client
    assert asked
    assert isinstance(failure, SSL.Error)
    assert ("set_host" if way == "verify" else "too late") in str(failure)


def test_a_connection_keeps_what_its_context_said() -> None:
    context = named_context()
    ends = pair(context)
    context.check_hostname = False
    with pytest.raises(SSL.Error, match="set_host"):
        ends.client.do_handshake()


def test_with_another_program() -> None:
    with peers.openssl_server() as server:
        for name, expected in (("brisk.test", None), ("other.test", "verify failed")):
            with (
                socket.create_connection((sockets.LOOPBACK, server.port)) as sock,
                sockets.client_end(named_context(), sock) as end,
            ):
                with pytest.raises(SSL.Error, match="set_host"):
                    end.do_handshake()
                end.add_host("another.test")
                end.add_host(name)
                if expected is None:
                    end.do_handshake()
                    assert end.get_peername() == name
                    end.shutdown()
                else:
                    with verdicts.protocol_error(expected):
                        end.do_handshake()
