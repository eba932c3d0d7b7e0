"""Early data by a key that both sides know: the Contexts for it, and the two at work."""

from __future__ import annotations

import base64

from kit import contexts, pump
from kit.shared import IDENTITY, KEY
from OpenSSL import SSL

__all__ = ["ends_with", "flight", "key_session", "made_again", "pem_of", "taken", "with_key"]

MOST = 1000


def key_session(
    key: bytes = KEY,
    cipher: str = "TLS_AES_128_GCM_SHA256",
    most: int = MOST,
    alpn: bytes | None = None,
    hostname: bytes | None = None,
) -> SSL.Session:
    return SSL.Session.from_psk(key, cipher, max_early_data=most, alpn=alpn, hostname=hostname)


def with_key(
    context: SSL.Context,
    session: SSL.Session | bytes,
    *,
    allow: bool = True,
    cipher: bytes = b"TLS_AES_128_GCM_SHA256",
    most: int = 10_000,
) -> SSL.Context:
    """Let it use the session as either end would."""
    context.set_tls13_ciphersuites(cipher)
    context.set_psk_use_session_callback(lambda _connection: (IDENTITY, session))
    context.set_psk_find_session_callback(
        lambda _connection, identity: session if identity == IDENTITY else None
    )
    context.set_max_early_data(most)
    if allow:
        context.set_allow_early_data_callback(lambda _connection: True)
    return context


def ends_with(
    server: SSL.Session | bytes, client: SSL.Session | bytes, **how: bool | bytes | int
) -> pump.Pair:
    offers = b"TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256"
    return pump.pair(
        with_key(contexts.blank_context("TLSv1.3"), server, **how),  # type: ignore[arg-type]
        with_key(contexts.blank_context("TLSv1.3"), client, cipher=offers),
    )


def made_again(ends: pump.Pair) -> pump.Pair:
    """A pair by the same Contexts, with what these have been told since."""
    return pump.pair(ends.server.get_context(), ends.client.get_context())


def flight(ends: pump.Pair, data: bytes = b"early") -> bytes:
    """What the client sends at first."""
    sent = 0
    while sent < len(data):
        sent += ends.client.write_early_data(data[sent:])
    return pump.outgoing(ends.client)


def taken(server: SSL.Connection, hello: bytes) -> bytes:
    """What a server reads of that early."""
    server.bio_write(hello)
    found = b""
    try:
        while part := server.read_early_data(16384):
            found += part
    except SSL.WantReadError:
        pass
    return found


def pem_of(session: SSL.Session) -> str:
    """As OpenSSL's programs read it."""
    text = base64.encodebytes(session.to_bytes()).decode()
    return f"-----BEGIN SSL SESSION PARAMETERS-----\n{text}-----END SSL SESSION PARAMETERS-----\n"
