"""A handshake in memory, new connections included: TLS 1.3, ECDSA P-256.

Options: ``full``, or ``resumed`` by the session of an earlier one.
"""

from __future__ import annotations

from clock import Operation, best
from ends.peers import SSL


def through_interface(resumed: bool) -> Operation:
    from ends.interface import Pair, client_context, server_context

    clients, servers = client_context(), server_context()
    session = None
    if resumed:
        first = Pair(clients, servers)
        first.shake()
        first.settle()
        session = first.client.get_session()
        assert session is not None
    Pair(clients, servers, session).shake()

    def operate(times: int) -> None:
        for _ in range(times):
            Pair(clients, servers, session).shake()

    return operate


def through_standard(resumed: bool) -> Operation:
    from ends.standard import Pair, client_context, server_context

    clients, servers = client_context(), server_context()
    session = None
    if resumed:
        first = Pair(clients, servers)
        first.shake()
        first.settle()
        session = first.client.tls.session
    pair = Pair(clients, servers, session)
    pair.shake()
    assert pair.client.tls.session_reused is resumed

    def operate(times: int) -> None:
        for _ in range(times):
            Pair(clients, servers, session).shake()

    return operate


def work(peer: str, option: str, seconds: float) -> float:
    """Seconds of CPU for one handshake, of both ends together."""
    through = through_standard if peer == SSL else through_interface
    return best(through(option == "resumed"), seconds)
