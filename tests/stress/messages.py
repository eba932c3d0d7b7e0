"""Very many small messages, in memory and over a socket, with each byte checked."""

from __future__ import annotations

import os
import socket

from kit import contexts, pump, sockets

FULL = {"messages": 1_000_000}
SHORT = {"messages": 20_000}
LONGEST = 200


def run(messages: int) -> dict[str, int]:
    source = os.urandom(LONGEST * 300)
    moved = 0
    server, client = pump.connected(contexts.server_context(), contexts.client_context())
    for number in range(messages):
        at = number * 31 % (len(source) - LONGEST)
        message = source[at : at + number % LONGEST + 1]
        one, other = (server, client) if number % 3 else (client, server)
        assert one.send(message) == len(message)
        other.bio_write(one.bio_read(65536))
        assert other.recv(LONGEST) == message, number
        moved += len(message)
    over = messages // 10
    with sockets.connected(contexts.server_context(), contexts.client_context()) as both:
        for end in both:
            # Without this the system waits for more to send.
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for number in range(over):
            at = number * 17 % (len(source) - LONGEST)
            message = source[at : at + number % LONGEST + 1]
            one, other = both if number % 3 else both[::-1]
            one.sendall(message)
            assert sockets.receive_exactly(other, len(message)) == message, number
            moved += len(message)
    return {"messages in memory": messages, "over a socket": over, "bytes compared": moved}
