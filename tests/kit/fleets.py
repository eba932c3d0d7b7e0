"""Servers and visits for tests of a fleet."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from kit import contexts, pump
from kit.patience import PATIENCE
from OpenSSL import SSL

SECRET = "a secret of the operator"


def server(*fleets: object) -> SSL.Context:
    """A server's Context that keeps no sessions itself, attached to each fleet."""
    context = contexts.server_context()
    context.set_session_id(b"fleet")
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    for fleet in fleets:
        fleet.attach(context)  # type: ignore[attr-defined]
    return context


def session_after(ends: pump.Pair) -> SSL.Session:
    """The client's session, with the tickets that came behind the handshake."""
    pump.exchange(*ends)
    with pytest.raises(SSL.WantReadError):
        ends.client.recv(1)
    session = ends.client.get_session()
    assert session is not None
    return session


def visit(
    context: SSL.Context, client: SSL.Context, session: SSL.Session | None = None
) -> tuple[bool, SSL.Session]:
    """One connection: whether it was resumed, and the session it leaves behind."""
    ends = pump.pair(context, client)
    if session is not None:
        ends.client.set_session(session)
    assert pump.handshake_outcome(*ends) == (None, None)
    return ends.client.session_reused(), session_after(ends)


def until(condition: Callable[[], object]) -> None:
    """Wait for something that another thread brings about."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.01)
