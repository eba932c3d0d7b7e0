"""What a store and a ring of ticket keys cost, for ``brisktls fleet bench``."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from OpenSSL import SSL

from .authority import Authority

if TYPE_CHECKING:
    from OpenSSL.fleet import SessionStore

__all__ = ["measure"]


def measure(store: SessionStore, count: int) -> dict[str, dict[str, float]]:
    """Median and 99th percentile of each kind of step, in microseconds."""
    rows = {what: _timed(step, count) for what, step in _steps_of(store).items()}
    for what, step in _handshakes().items():
        rows[what] = _timed(step, count)
    return rows


def _timed(step: Callable[[], object], count: int) -> dict[str, float]:
    taken = []
    for _ in range(count):
        start = time.perf_counter_ns()
        step()
        taken.append(time.perf_counter_ns() - start)
    taken.sort()
    return {
        "median_us": taken[len(taken) // 2] / 1000,
        "p99_us": taken[min(len(taken) - 1, len(taken) * 99 // 100)] / 1000,
    }


def _steps_of(store: SessionStore) -> dict[str, Callable[[], object]]:
    name = b"bench:" + os.urandom(8)
    value = os.urandom(600)  # what a ring of three keys is
    return {
        "store: write": lambda: store.put(name, value, 10),
        "store: read": lambda: store.get(name),
        "store: remove": lambda: store.remove(name),
    }


def _handshakes() -> dict[str, Callable[[], object]]:
    from OpenSSL.fleet import TicketKeys

    server = SSL.Context(SSL.TLS_SERVER_METHOD)
    Authority().issue(["localhost"]).install(server)
    server.set_session_id(b"bench")
    server.set_ticket_keys(TicketKeys.generate(time.time()).in_force(time.time()))
    client = SSL.Context(SSL.TLS_CLIENT_METHOD)
    session = _shake(server, client, None)
    return {
        "handshake: full": lambda: _shake(server, client, None),
        "handshake: resumed": lambda: _shake(server, client, session),
    }


def _shake(
    server: SSL.Context, client: SSL.Context, session: SSL.Session | None
) -> SSL.Session | None:
    ours, theirs = SSL.Connection(client, None), SSL.Connection(server, None)
    ours.set_connect_state()
    theirs.set_accept_state()
    if session is not None:
        ours.set_session(session)
    ends = [(ours, theirs), (theirs, ours)]
    waiting = True
    while waiting:
        waiting = False
        for one, other in ends:
            try:
                one.do_handshake()
            except SSL.WantReadError:
                waiting = True
            _carry(one, other)
    with contextlib.suppress(SSL.WantReadError):
        ours.recv(1)  # takes the tickets
    return ours.get_session()


def _carry(one: SSL.Connection, other: SSL.Connection) -> None:
    with contextlib.suppress(SSL.WantReadError):
        while True:
            other.bio_write(one.bio_read(1 << 16))
