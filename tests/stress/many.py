"""As many open connections in one process as its descriptors allow."""

from __future__ import annotations

import resource
import socket

from kit import contexts, pump
from OpenSSL import SSL

FULL = {"pairs": 1_000_000}
SHORT = {"pairs": 300}
SPARE = 60


def room() -> int:
    """How many pairs fit, with the limit as high as it may be."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return (hard - SPARE) // 2


def opened(server: SSL.Context, client: SSL.Context) -> tuple[SSL.Connection, SSL.Connection]:
    one, other = socket.socketpair()
    for each in (one, other):
        each.setblocking(False)
    ends = SSL.Connection(server, one), SSL.Connection(client, other)
    ends[0].set_accept_state()
    ends[1].set_connect_state()
    finished = [False, False]
    for _ in range(pump.ROUNDS):
        for number in (1, 0):
            finished[number] = finished[number] or pump.step(ends[number].do_handshake)
        if all(finished):
            return ends
    raise AssertionError("no handshake")


def run(pairs: int) -> dict[str, int]:
    server, client = contexts.server_context(), contexts.client_context()
    ends = [opened(server, client) for _ in range(min(pairs, room()))]
    for number, (one, other) in enumerate(ends):
        message = b"pair %d" % number
        one.sendall(message)
        other.sendall(message[::-1])
    for number, (one, other) in enumerate(ends):
        message = b"pair %d" % number
        assert other.recv(100) == message
        assert one.recv(100) == message[::-1]
    for one, other in ends:
        assert one.shutdown() is False
        try:
            other.recv(1)
        except SSL.ZeroReturnError:
            assert other.shutdown() is True
        one.close()
        other.close()
    return {"connections open at once": 2 * len(ends), "messages": 2 * len(ends)}
