"""Servers and visits for tests of a fleet."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Callable

import pytest

from kit import contexts, early, pump
from kit.patience import PATIENCE
from OpenSSL import SSL

SECRET = "a secret of the operator"
QUICK = 0.02  # seconds
#: Keywords of a Fleet whose store is asked often, and may take its time.
PATIENT = {"refresh": QUICK, "patience": 60.0}


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


def grown_up(path: os.PathLike[str]) -> None:
    """Let a `SharedFile` have been there for ever: it knows early data of tickets from then on."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as database:
        assert database.execute("UPDATE kept_since SET at = 0").rowcount == 1


# ---- early data

EARLY = b"what happens twice if it is taken twice"


def takes_early(*fleets: object) -> SSL.Context:
    """A server's Context that takes early data, attached to each fleet."""
    context = contexts.server_context(version="TLSv1.3")
    context.set_session_id(b"fleet")
    context.set_max_early_data(10_000)
    for fleet in fleets:
        fleet.attach(context)  # type: ignore[attr-defined]
    return context


def recorded(context: SSL.Context, client: SSL.Context, name: bytes | None = None) -> bytes:
    """The first flight of a client that comes back to a server with early data."""
    ends = pump.pair(context, client, name)
    ends.client.set_session(early.session_of(context, client, name))
    assert ends.client.write_early_data(EARLY) == len(EARLY)
    return pump.outgoing(ends.client)


def played(context: SSL.Context, flight: bytes) -> bytes:
    """What a server takes of a flight: the early data, or nothing."""
    end = SSL.Connection(context, None)
    end.set_accept_state()
    end.bio_write(flight)
    try:
        return end.read_early_data(1000)
    except SSL.WantReadError:
        return b""
