"""Visits with early data, of which a server has to be told what to take."""

from __future__ import annotations

from kit import contexts, pump
from OpenSSL import SSL

__all__ = [
    "again",
    "contexts_for_early_data",
    "finish",
    "read_to_the_end",
    "sent_early",
    "session_of",
    "statuses",
]


def contexts_for_early_data(size: int = 10_000) -> tuple[SSL.Context, SSL.Context]:
    server = contexts.server_context(version="TLSv1.3")
    server.set_session_id(b"here")
    server.set_max_early_data(size)
    return server, contexts.client_context(version="TLSv1.3")


def session_of(server: SSL.Context, client: SSL.Context, name: bytes | None = None) -> SSL.Session:
    ends = pump.connected(server, client, name)
    pump.drain(ends.client)
    session = ends.client.get_session()
    assert session is not None
    # libssl forgets the session of a connection that was cut off.
    pump.shutdown(ends.client, ends.server)
    return session


def again(server: SSL.Context, client: SSL.Context) -> pump.Pair:
    """A second visit, that is about to begin."""
    ends = pump.pair(server, client)
    ends.client.set_session(session_of(server, client))
    return ends


def sent_early(data: bytes = b"early", size: int = 10_000) -> pump.Pair:
    """A client has sent early data, and it is there for the server."""
    ends = again(*contexts_for_early_data(size))
    assert ends.client.write_early_data(data) == len(data)
    pump.shuttle(ends.client, ends.server)
    return ends


def read_to_the_end(ends: pump.Pair) -> bytes:
    """What the server is sent early, with the client's part of it."""
    found = b""
    for _ in range(pump.ROUNDS):
        try:
            part = ends.server.read_early_data(16384)
        except SSL.WantReadError:
            pump.shuttle(ends.server, ends.client)
            pump.step(ends.client.do_handshake)
            pump.shuttle(ends.client, ends.server)
            continue
        if not part:
            return found
        found += part
    raise AssertionError("it never ends")


def finish(ends: pump.Pair) -> None:
    pump.handshake(*ends)
    assert pump.transfer(ends.client, ends.server, b"later") == b"later"
    assert pump.transfer(ends.server, ends.client, b"back") == b"back"


def statuses(ends: pump.Pair) -> list[str]:
    return [end.get_early_data_status() for end in ends]
