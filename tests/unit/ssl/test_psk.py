"""Pre-shared keys, on both sides, and what they stand for."""

from __future__ import annotations

import pytest

from kit import authority, contexts, pump, shared, verdicts
from kit.shared import IDENTITY, KEY, VERSIONS, Forgot, client_context, forget, server_context
from OpenSSL import SSL

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
