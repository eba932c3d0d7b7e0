"""Contexts of servers and clients that share a key."""

from __future__ import annotations

import pytest

from kit import contexts
from OpenSSL import SSL

KEY = bytes(range(32))
IDENTITY = b"meter 17"
SESSION = SSL.Session.from_psk(KEY, max_early_data=1000)
VERSIONS = pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])


def serve(context: SSL.Context, key: bytes = KEY) -> SSL.Context:
    context.set_cipher_list(b"PSK")
    context.set_psk_server_callback(
        lambda _connection, identity: key if identity == IDENTITY else None
    )
    return context


def ask(context: SSL.Context, key: bytes = KEY, identity: str | bytes = IDENTITY) -> SSL.Context:
    context.set_cipher_list(b"PSK")
    context.set_psk_client_callback(lambda _connection, _hint: (identity, key))
    return context


def server_context(version: str | None = None, key: bytes = KEY) -> SSL.Context:
    return serve(contexts.blank_context(version), key)


def client_context(
    version: str | None = None, key: bytes = KEY, identity: str | bytes = IDENTITY
) -> SSL.Context:
    return ask(contexts.blank_context(version), key, identity)


class Forgot(Exception):
    pass


def forget(*_rest: object) -> None:
    raise Forgot
