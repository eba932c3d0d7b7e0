"""What a ring of ticket keys costs: resumed handshakes in memory, by turns with libssl's own key.

The option is the number of keys.  Answers how many times as long libssl's own key takes: 1 where
the ring costs nothing, less where it costs something.
"""

from __future__ import annotations

import os

from clock import Operation, best
from ends.interface import Pair, client_context, server_context
from OpenSSL import SSL
from works.fleet import first_session, say_goodbye
from works.handshake import CERTIFICATE

TURNS = 8


def resuming(keys: list[bytes] | None) -> Operation:
    """Resumed handshakes by tickets of the first key, or of libssl's own."""
    clients, servers = client_context(), server_context()
    servers.set_session_id(b"bench")
    servers.set_ticket_keys(keys)
    full = Pair(clients, servers).shake()
    session: SSL.Session = first_session(clients, servers, lambda: True)

    def operate(times: int) -> None:
        for _ in range(times):
            pair = Pair(clients, servers, session)
            assert pair.shake() < full - CERTIFICATE
            say_goodbye(pair)

    return operate


def work(_peer: str, option: str, seconds: float) -> float:
    """The time of libssl's own key over that of the ring."""
    own, ring = resuming(None), resuming([os.urandom(80) for _ in range(int(option))])
    alone = shared = float("inf")
    for _ in range(TURNS):
        alone = min(alone, best(own, seconds / TURNS))
        shared = min(shared, best(ring, seconds / TURNS))
    return alone / shared
