"""Contexts and connections that show and expect raw public keys."""

from __future__ import annotations

import pytest

from kit import authority, contexts, pump
from OpenSSL import SSL, crypto
from OpenSSL._face.common import library

THERE = library.features()["raw_public_keys"]


newer = pytest.mark.skipif(not THERE, reason="this OpenSSL is older than 3.2")


VERSIONS = pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])


ANOTHER = "another key"


def key_of(who: authority.Identity) -> crypto.PKey:
    return crypto.PKey.from_cryptography_key(who.private_key.public_key())


def server_context(
    version: str | None = None, types: tuple[str, ...] = ("rpk", "x509")
) -> SSL.Context:
    context = contexts.server_context(version=version)
    context.set_server_cert_type(types)
    return context


def client_context(
    version: str | None = None, types: tuple[str, ...] = ("rpk", "x509")
) -> SSL.Context:
    context = contexts.client_context(version=version)
    context.set_server_cert_type(types)
    return context


def talk(server: SSL.Connection, client: SSL.Connection) -> None:
    """Something each way; tickets are read on the way."""
    assert pump.transfer(client, server, b"there") == b"there"
    assert pump.transfer(server, client, b"back") == b"back"
