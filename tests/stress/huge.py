"""Buffers beyond 2 GiB are counted right; what is not written costs no memory."""

from __future__ import annotations

import mmap

from kit import contexts, sockets

FULL = {"mebibytes": 4200}
SHORT = {"mebibytes": 2049}
EDGE = 1 << 31


def run(mebibytes: int) -> dict[str, int]:
    size = (mebibytes << 20) + 4321
    marks = {0: 1, EDGE - 1: 2, EDGE: 3, EDGE + 1: 4, size - 1: 5}
    if size > 2 * EDGE:
        marks |= {2 * EDGE - 1: 6, 2 * EDGE: 7}
    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | getattr(mmap, "MAP_NORESERVE", 0)
    with mmap.mmap(-1, size, flags=flags) as source, mmap.mmap(-1, size, flags=flags) as target:
        for at, value in marks.items():
            source[at] = value
        with sockets.connected(contexts.server_context(), contexts.client_context()) as ends:
            server, client = ends
            part = server.send(source)
            assert 0 < part <= size
            sending = sockets.in_thread(send_rest, server, source, part)
            found: dict[int, int] = {}
            done = 0
            while done < size:
                # All there is of the buffer is offered; only its beginning is used.
                got = client.recv_into(target, min(size, size - done))
                assert 0 < got <= size - done
                for at in marks:
                    if done <= at < done + got:
                        found[at] = target[at - done]
                done += got
            assert done == size
            assert found == marks
            assert sending.result(sockets.PATIENCE) == size - part
    return {"bytes": size, "marks around 2 GiB": len(marks)}


def send_rest(server: object, source: mmap.mmap, part: int) -> int:
    with memoryview(source) as whole, whole[part:] as rest:
        return int(server.sendall(rest))  # type: ignore[attr-defined]
