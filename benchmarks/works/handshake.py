"""A handshake in memory, new connections included: TLS 1.3, ECDSA P-256.

Options: ``full``, or ``resumed`` by the session of an earlier one.  A connection that
is freed without a goodbye makes libssl give up its session, so resumed ones pretend
to have said theirs; the standard module works on copies of the session instead.
"""

from __future__ import annotations

from collections.abc import Callable

from clock import best
from ends.peers import SSL

#: Bytes by which the server's flight is shorter without its certificate, at least.
CERTIFICATE = 300


def of_interface(resumed: bool) -> Callable[[], int]:
    """One handshake; answers the length of the server's flight."""
    from ends.interface import Pair, client_context, server_context
    from OpenSSL.SSL import RECEIVED_SHUTDOWN, SENT_SHUTDOWN

    clients, servers = client_context(), server_context()
    if not resumed:
        return lambda: Pair(clients, servers).shake()
    first = Pair(clients, servers)
    first.shake()
    first.settle()
    first.client.set_shutdown(SENT_SHUTDOWN | RECEIVED_SHUTDOWN)
    session = first.client.get_session()
    assert session is not None

    def once() -> int:
        pair = Pair(clients, servers, session)
        length = pair.shake()
        pair.client.set_shutdown(SENT_SHUTDOWN | RECEIVED_SHUTDOWN)
        return length

    return once


def of_standard(resumed: bool) -> Callable[[], int]:
    """The same through the standard module."""
    from ends.standard import Pair, client_context, server_context

    clients, servers = client_context(), server_context()
    session = None
    if resumed:
        first = Pair(clients, servers)
        first.shake()
        first.settle()
        session = first.client.tls.session
    return lambda: Pair(clients, servers, session).shake()


def work(peer: str, option: str, seconds: float) -> float:
    """Seconds of CPU for one handshake, of both ends together."""
    resumed = option == "resumed"
    make = of_standard if peer == SSL else of_interface
    full, once = make(False)(), make(resumed)

    def operate(times: int) -> None:
        for _ in range(times):
            once()

    found = best(operate, seconds)
    assert (once() < full - CERTIFICATE) is resumed
    return found
