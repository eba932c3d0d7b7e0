"""Pre-shared keys, on both sides, and what they stand for."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kit import authority, contexts, pump, shared, verdicts
from kit.shared import IDENTITY, KEY, client_context, server_context
from OpenSSL import SSL

VERSIONS = pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
SHA384 = "TLS_AES_256_GCM_SHA384"
OTHER = bytes(reversed(KEY))


@VERSIONS
def test_both_sides_know_the_key(version: str) -> None:
    ends = pump.connected(server_context(version), client_context(version))
    assert pump.transfer(ends.client, ends.server, b"data") == b"data"
    assert pump.transfer(ends.server, ends.client, b"back") == b"back"
    for end in ends:
        assert end.get_peer_certificate() is None
        assert end.get_psk_identity() == IDENTITY


def test_over_dtls() -> None:
    ends = pump.pair(
        shared.serve(SSL.Context(SSL.DTLS_METHOD)), shared.ask(SSL.Context(SSL.DTLS_METHOD))
    )
    for end in ends:
        end.set_ciphertext_mtu(1200)
    pump.handshake(*ends)
    assert pump.transfer(ends.client, ends.server, b"data") == b"data"
    assert ends.server.get_psk_identity() == IDENTITY


@VERSIONS
def test_there_is_no_identity_without_a_key(version: str) -> None:
    ends = pump.pair(contexts.server_context(version=version), contexts.client_context())
    assert [end.get_psk_identity() for end in ends] == [None, None]
    assert [end.get_psk_identity_hint() for end in ends] == [None, None]
    pump.handshake(*ends)
    assert [end.get_psk_identity() for end in ends] == [None, None]


# ---- what does not fit


@VERSIONS
@pytest.mark.parametrize(
    ("key", "identity"),
    [
        (OTHER, IDENTITY),
        (KEY[:-1], IDENTITY),
        (KEY + b"\0", IDENTITY),
        (KEY[:1], IDENTITY),
        (KEY, b"nobody"),
        (KEY, IDENTITY.upper()),
        (KEY, IDENTITY + b" "),
        (KEY, IDENTITY[:-1]),
        (KEY, b"x" * 255),
    ],
)
def test_a_wrong_key_or_identity(key: bytes, identity: bytes, version: str) -> None:
    ends = pump.pair(server_context(version), client_context(version, key, identity))
    failures = pump.handshake_outcome(*ends)
    for failure, end in zip(failures, ends, strict=True):
        assert verdicts.is_protocol_error(failure)
        with pytest.raises(SSL.Error):
            end.sendall(b"secret")


def test_an_empty_identity_is_one_in_tls_1_2() -> None:
    asked: list[bytes] = []

    def known(_connection: SSL.Connection, identity: bytes) -> bytes | None:
        asked.append(identity)
        return KEY if identity == b"" else None

    for highest in ("TLSv1.2", None):
        server = server_context("TLSv1.2")
        server.set_psk_server_callback(known)
        client = client_context("TLSv1.2", KEY, b"")
        if highest is None:
            client.set_max_proto_version(0)
        ends = pump.connected(server, client)
        assert [end.get_psk_identity() for end in ends] == [b"", b""]
    assert asked == [b"", b""]


def test_tls_1_3_is_not_offered_a_key_without_a_name() -> None:
    """It has no empty identity: the server needs a certificate, and a good one."""
    server = server_context("TLSv1.3")
    server.set_psk_server_callback(lambda *_: KEY)
    server.set_psk_find_session_callback(lambda *_: KEY)
    client = client_context("TLSv1.3", KEY, b"")
    outcome = pump.handshake_outcome(*pump.pair(server, client))
    assert isinstance(outcome.client, SSL.Error)
    contexts.use_identity(server, authority.identity())
    client.set_verify(SSL.VERIFY_PEER)
    outcome = pump.handshake_outcome(*pump.pair(server, client))
    assert outcome.client is not None
    client.load_verify_locations(str(authority.trust_file()))
    ends = pump.connected(server, client)
    assert ends.client.get_psk_identity() is None
    client.set_psk_client_callback(None)
    client.set_psk_use_session_callback(lambda _: (b"", KEY))
    with pytest.raises(ValueError, match="identity"):
        pump.handshake(*pump.pair(server, client))


def test_an_identity_with_a_nul_byte_is_not_the_one_before_it() -> None:
    """TLS 1.3 carries any bytes, and libssl would cut them."""
    asked: list[bytes] = []
    server = server_context("TLSv1.3")

    def known(_connection: SSL.Connection, identity: bytes) -> bytes | None:
        asked.append(identity)
        return KEY

    server.set_psk_server_callback(known)
    client = contexts.blank_context("TLSv1.3")
    client.set_psk_use_session_callback(lambda _c: (IDENTITY + b"\0x", KEY))
    failures = pump.handshake_outcome(*pump.pair(server, client))
    assert asked == []
    assert verdicts.is_protocol_error(failures.server)
    # Where all of it is asked about, it is an identity like others.
    server.set_psk_find_session_callback(known)
    ends = pump.connected(server, client)
    assert asked == [IDENTITY + b"\0x"]
    assert ends.server.get_psk_identity() == IDENTITY + b"\0x"


def test_a_key_for_another_digest_is_of_no_use() -> None:
    server = contexts.blank_context("TLSv1.3")
    server.set_psk_find_session_callback(lambda _c, _identity: (KEY, SHA384))
    client = contexts.blank_context("TLSv1.3")
    client.set_psk_use_session_callback(lambda _c: (IDENTITY, KEY))
    failures = pump.handshake_outcome(*pump.pair(server, client))
    assert verdicts.is_protocol_error(failures.server)
    assert verdicts.is_protocol_error(failures.client)


@pytest.mark.parametrize("cipher", [None, SHA384, "TLS_CHACHA20_POLY1305_SHA256"])
def test_keys_for_sessions(cipher: str | None) -> None:
    server, client = contexts.blank_context("TLSv1.3"), contexts.blank_context("TLSv1.3")
    if cipher:
        server.set_tls13_ciphersuites(cipher.encode())
        server.set_psk_find_session_callback(
            lambda _c, identity: (KEY, cipher) if identity == IDENTITY else None
        )
        client.set_psk_use_session_callback(lambda _c: (IDENTITY, KEY, cipher))
    else:
        server.set_tls13_ciphersuites(b"TLS_AES_128_GCM_SHA256")
        server.set_psk_find_session_callback(lambda _c, _identity: KEY)
        client.set_psk_use_session_callback(lambda _c: (IDENTITY, KEY))
    ends = pump.connected(server, client)
    assert pump.transfer(ends.client, ends.server, b"data") == b"data"
    assert ends.client.get_psk_identity() == IDENTITY
    if cipher:
        assert ends.client.get_cipher_name() == cipher


@pytest.mark.parametrize("cipher", ["TLS_AES_128_GCM_SHA256", SHA384])
def test_a_server_that_asks_for_another_hello(cipher: str) -> None:
    """The client is asked again then, and its key has to suit the cipher that was chosen."""
    server, client = contexts.blank_context("TLSv1.3"), contexts.blank_context("TLSv1.3")
    server.set_groups_list(b"P-384")
    server.set_tls13_ciphersuites(cipher.encode())
    server.set_psk_find_session_callback(lambda _c, _identity: (KEY, cipher))
    asked: list[int] = []

    def known(_connection: SSL.Connection) -> tuple[bytes, bytes, str]:
        asked.append(1)
        return IDENTITY, KEY, cipher

    client.set_groups_list(b"X25519:P-384")
    client.set_psk_use_session_callback(known)
    ends = pump.connected(server, client)
    assert len(asked) == 2
    assert ends.server.get_psk_identity() == IDENTITY


def test_a_hint_is_told() -> None:
    heard: list[bytes | None] = []

    def known(_connection: SSL.Connection, hint: bytes | None) -> tuple[bytes, bytes]:
        heard.append(hint)
        return IDENTITY, KEY

    server = server_context("TLSv1.2")
    server.use_psk_identity_hint(b"meters")
    client = client_context("TLSv1.2")
    client.set_psk_client_callback(known)
    ends = pump.connected(server, client)
    assert heard == [b"meters"]
    assert ends.client.get_psk_identity_hint() == b"meters"
    server.use_psk_identity_hint(None)
    pump.connected(server, client)
    assert heard == [b"meters", None]
    with pytest.raises(ValueError, match="NUL"):
        server.use_psk_identity_hint(b"a\0b")
    with pytest.raises(TypeError):
        server.use_psk_identity_hint("x")  # type: ignore[arg-type]
    with pytest.raises(SSL.Error):
        server.use_psk_identity_hint(b"x" * 300)


# ---- what callbacks raise and return


class Forgot(Exception):
    pass


def forget(*_rest: object) -> None:
    raise Forgot


HOOKS: list[tuple[str, str, bool]] = [
    ("set_psk_client_callback", "TLSv1.2", False),
    ("set_psk_client_callback", "TLSv1.3", False),
    ("set_psk_use_session_callback", "TLSv1.3", False),
    ("set_psk_server_callback", "TLSv1.2", True),
    ("set_psk_server_callback", "TLSv1.3", True),
    ("set_psk_find_session_callback", "TLSv1.3", True),
]
EVERY = pytest.mark.parametrize(("name", "version", "serving"), HOOKS)


@EVERY
def test_what_a_callback_raises_ends_the_handshake(name: str, version: str, serving: bool) -> None:
    """Also where a certificate would do: a failing callback lets nobody in."""
    server, client = server_context(version), client_context(version)
    contexts.use_identity(server, authority.identity())
    getattr(server if serving else client, name)(forget)
    ends = pump.pair(server, client)
    failures = pump.handshake_outcome(*ends)
    assert isinstance(failures.server if serving else failures.client, Forgot)
    assert isinstance(failures.client if serving else failures.server, SSL.Error)
    for end in ends:
        with pytest.raises(SSL.Error):
            end.sendall(b"secret")


@EVERY
@pytest.mark.parametrize(
    "answer",
    [
        5,
        "text",
        b"",
        b"x" * 600,
        (),
        (b"a",),
        (b"a\0b", KEY),
        ("a", "key"),
        (b"", KEY),
        (b"i" * 70_000, KEY),
        ("a", KEY, "no cipher"),
        (KEY, "no cipher", 1),
        bytearray(KEY),
    ],
)
def test_bad_answers(name: str, version: str, serving: bool, answer: object) -> None:
    server, client = server_context(version), client_context(version)
    getattr(server if serving else client, name)(lambda *_rest: answer)
    failures = pump.handshake_outcome(*pump.pair(server, client))
    ours = failures.server if serving else failures.client
    # TLS 1.2 has the empty identity, TLS 1.3 that with a NUL byte: nobody knows them here.
    fine = (answer, name) in (
        ((b"a\0b", KEY), "set_psk_use_session_callback"),
        ((b"", KEY), "set_psk_client_callback"),
    )
    assert isinstance(ours, SSL.Error if fine else (TypeError, ValueError))


@pytest.mark.parametrize("name", sorted({name for name, _version, _serving in HOOKS}))
def test_what_cannot_be_called(name: str) -> None:
    with pytest.raises(TypeError, match="callable"):
        getattr(contexts.blank_context(), name)(5)
    getattr(contexts.blank_context(), name)(None)


def test_a_callback_that_is_taken_away() -> None:
    server, client = server_context(), client_context()
    server.set_psk_server_callback(None)
    failures = pump.handshake_outcome(*pump.pair(server, client))
    assert verdicts.is_protocol_error(failures.server, "no shared cipher|no suitable")
    client.set_psk_client_callback(None)
    contexts.use_identity(server, authority.identity())
    server.set_cipher_list(b"DEFAULT")
    client.set_cipher_list(b"DEFAULT")
    assert pump.connected(server, client).client.get_psk_identity() is None


# ---- what a key stands for

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
