"""A storm of signals while calls block: each is handled, and no byte is lost."""

from __future__ import annotations

import io
import os
import signal

from kit import contexts, sockets

FULL = {"mebibytes": 256, "microseconds": 200}
SHORT = {"mebibytes": 8, "microseconds": 500}


def run(mebibytes: int, microseconds: int) -> dict[str, int]:
    data = os.urandom(1 << 20)
    seen = 0

    def count(number: int, frame: object) -> None:
        nonlocal seen
        seen += 1

    before = signal.signal(signal.SIGALRM, count)
    moved = 0
    try:
        with sockets.connected(contexts.server_context(), contexts.client_context()) as ends:
            server, client = ends
            signal.setitimer(signal.ITIMER_REAL, microseconds / 1e6, microseconds / 1e6)
            for number in range(mebibytes):
                # This thread, which gets the signals, takes every part in turn.
                if number % 3 == 0:
                    other = sockets.in_thread(sockets.receive_exactly, client, len(data))
                    assert server.sendall(data) == len(data)
                    assert other.result(sockets.PATIENCE) == data
                elif number % 3 == 1:
                    sending = sockets.in_thread(server.sendall, data)
                    assert sockets.receive_exactly(client, len(data)) == data
                    assert sending.result(sockets.PATIENCE) == len(data)
                else:
                    other = sockets.in_thread(sockets.receive_exactly, client, len(data))
                    assert server.sendfile(io.BytesIO(data)) == len(data)
                    assert other.result(sockets.PATIENCE) == data
                moved += len(data)
            signal.setitimer(signal.ITIMER_REAL, 0)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert seen > mebibytes
    return {"signals": seen, "bytes compared": moved}
