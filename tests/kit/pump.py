"""Two Connections in memory, moved step by step: no sockets, no threads, no clocks.

Every loop has a bound and ends in an AssertionError when it is reached, so a
connection that never gets anywhere fails a test instead of hanging it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import NamedTuple

from kit import authority, contexts
from OpenSSL import SSL

ROUNDS = 30
CHUNK = 65536
Failure = SSL.Error | None


class Pair(NamedTuple):
    """Both ends of one connection."""

    server: SSL.Connection
    client: SSL.Connection


def pair(
    server_context: SSL.Context,
    client_context: SSL.Context,
    server_name: bytes | None = None,
) -> Pair:
    """Two ends in memory that have not yet spoken to each other."""
    server = SSL.Connection(server_context, None)
    server.set_accept_state()
    client = SSL.Connection(client_context, None)
    client.set_connect_state()
    if server_name is not None:
        client.set_tlsext_host_name(server_name)
    return Pair(server, client)


def outgoing(source: SSL.Connection) -> bytes:
    """Take everything that ``source`` wants to send."""
    parts = []
    while True:
        try:
            parts.append(source.bio_read(CHUNK))
        except SSL.WantReadError:
            return b"".join(parts)


def shuttle(source: SSL.Connection, target: SSL.Connection) -> int:
    """Move what ``source`` wants to send to ``target``; how many bytes that was."""
    data = outgoing(source)
    moved = 0
    while moved < len(data):
        moved += target.bio_write(data[moved:])
    return moved


def exchange(one: SSL.Connection, other: SSL.Connection) -> int:
    """Move what either side wants to send; how many bytes that was."""
    return shuttle(one, other) + shuttle(other, one)


def step(call: Callable[[], object]) -> bool:
    """Make one attempt; False when it has to be made again after more bytes."""
    try:
        call()
    except (SSL.WantReadError, SSL.WantWriteError):
        return False
    return True


def handshake(server: SSL.Connection, client: SSL.Connection) -> None:
    """Complete the handshake, or raise what either side raised.

    What follows a TLS 1.3 handshake (session tickets) is left in the client's
    read end, as it would be in a socket's.
    """
    finished: dict[SSL.Connection, bool] = {client: False, server: False}
    for _ in range(ROUNDS):
        for end, done in finished.items():
            if not done:
                finished[end] = step(end.do_handshake)
        moved = exchange(client, server)
        if all(finished.values()):
            return
        assert moved or any(finished.values()), "both sides wait for the other"
    raise AssertionError(f"no handshake after {ROUNDS} rounds")


class Outcome(NamedTuple):
    """What a handshake came to on each side; None is success."""

    server: Exception | None
    client: Exception | None


def handshake_outcome(server: SSL.Connection, client: SSL.Connection) -> Outcome:
    """Run the handshake until both sides have succeeded, failed or stand still.

    A TLS 1.3 client is done before its server has judged it, so an end that
    succeeded is asked to read once more, and may still learn that it was refused.
    """
    results: dict[SSL.Connection, Exception | None] = {}
    for _ in range(ROUNDS):
        for end in (client, server):
            if end in results:
                continue
            try:
                if step(end.do_handshake):
                    results[end] = None
            except Exception as error:
                results[end] = error
        if not exchange(client, server) or len(results) == 2:
            break
    for end in (client, server):
        if results.get(end, True) is None:
            try:
                end.recv(1)
            except SSL.WantReadError:
                pass
            except SSL.Error as error:
                results[end] = error
        elif end not in results:
            results[end] = SSL.WantReadError()
    try:
        return Outcome(results[server], results[client])
    finally:
        # The errors' tracebacks hold this frame; what it holds must not hold them.
        results.clear()


def transfer(source: SSL.Connection, target: SSL.Connection, data: bytes) -> bytes:
    """Send ``data`` from ``source`` and return what ``target`` received."""
    sent = 0
    received = bytearray()
    view = memoryview(data)
    rounds = 0
    while len(received) < len(data):
        rounds += 1
        assert rounds <= ROUNDS + len(data) // 1024, "the transfer stands still"
        if sent < len(data):
            with contextlib.suppress(SSL.WantReadError, SSL.WantWriteError):
                sent += source.send(view[sent : sent + CHUNK])
        exchange(source, target)
        received += drain(target)
    return bytes(received)


def drain(target: SSL.Connection) -> bytes:
    """Receive everything that has reached ``target``."""
    parts = []
    while True:
        try:
            part = target.recv(CHUNK)
        except SSL.WantReadError:
            return b"".join(parts)
        assert part, "an empty answer from recv"
        parts.append(part)


def shutdown(first: SSL.Connection, second: SSL.Connection) -> None:
    """Close cleanly: ``first`` says so first, ``second`` answers."""
    assert first.shutdown() is False
    shuttle(first, second)
    try:
        second.recv(1)
    except SSL.ZeroReturnError:
        pass
    else:
        raise AssertionError("no close_notify arrived")
    assert second.shutdown() is True
    shuttle(second, first)
    assert first.shutdown() is True


def connected(
    server_context: SSL.Context,
    client_context: SSL.Context,
    server_name: bytes | None = None,
) -> Pair:
    """Two ends in memory after their handshake."""
    ends = pair(server_context, client_context, server_name)
    handshake(*ends)
    return ends


def works(server_context: SSL.Context) -> bool:
    """Whether ``server_context`` still makes a connection that carries data."""
    contexts.use_identity(server_context, authority.identity())
    ends = connected(server_context, contexts.client_context())
    return transfer(ends.server, ends.client, b"fine") == b"fine"
