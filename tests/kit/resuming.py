"""Visits that leave a session behind, and come back with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kit import authority, contexts, pump
from OpenSSL import SSL

__all__ = [
    "NAME",
    "REQUIRED",
    "VERSIONS",
    "nothing",
    "resumes",
    "session_of",
    "stranger",
    "strict_server",
    "visit",
    "visitor",
]

REQUIRED = SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT
NAME = b"brisk.test"
VERSIONS = pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
Prepare = Callable[[SSL.Connection], object]


def nothing(_end: SSL.Connection) -> None:
    """Nothing to prepare."""


def visit(
    server_context: SSL.Context,
    client_context: SSL.Context,
    session: SSL.Session | None = None,
    *,
    name: bytes | None = NAME,
    server: Prepare = nothing,
    client: Prepare = nothing,
) -> tuple[pump.Pair, pump.Outcome]:
    ends = pump.pair(server_context, client_context, name)
    server(ends.server)
    client(ends.client)
    if session is not None:
        ends.client.set_session(session)
    return ends, pump.handshake_outcome(*ends)


def session_of(ends: pump.Pair, outcome: pump.Outcome) -> SSL.Session:
    assert outcome == (None, None)
    pump.transfer(ends.server, ends.client, b"tickets")
    session = ends.client.get_session()
    assert session is not None
    return session


def resumes(ends: pump.Pair, outcome: pump.Outcome) -> bool:
    assert outcome == (None, None)
    assert ends.server.session_reused() == ends.client.session_reused()
    return ends.server.session_reused()


def strict_server(version: str | None = None, **trust: Any) -> SSL.Context:
    return contexts.server_context(version=version, require_client=True, **trust)


def visitor(version: str | None = None) -> SSL.Context:
    return contexts.client_context(authority.client_identity(), version=version)


def stranger(version: str | None = None) -> SSL.Context:
    return contexts.client_context(authority.client_stranger(), version=version)
