"""One reader and one writer thread on each side, in parts of any size, each byte checked."""

from __future__ import annotations

import os
import random
import threading

from kit import contexts, sockets
from OpenSSL import SSL

FULL = {"mebibytes": 512}
SHORT = {"mebibytes": 8}
PATTERN = os.urandom(1_000_003)
TWICE = PATTERN * 2


def write(end: SSL.Connection, size: int, chance: random.Random) -> None:
    done = 0
    while done < size:
        part = min(chance.choice((1, 50, 1000, 16_384, 16_385, 100_000, 900_000)), size - done)
        at = done % len(PATTERN)
        if part < 1000 and chance.random() < 0.5:
            done += end.send(TWICE[at : at + part])
        else:
            done += end.sendall(memoryview(TWICE)[at : at + part])  # type: ignore[func-returns-value]


def read(end: SSL.Connection, size: int, chance: random.Random) -> None:
    done = 0
    buffer = bytearray(200_000)
    while done < size:
        part = chance.choice((1, 100, 5000, 16_384, 200_000))
        if chance.random() < 0.5:
            got: bytes | bytearray = end.recv(part)
        else:
            got = buffer[: end.recv_into(buffer, part)]
        at = done % len(PATTERN)
        assert got
        assert got == TWICE[at : at + len(got)], f"wrong bytes behind {done}"
        done += len(got)
    assert done == size


def run(mebibytes: int) -> dict[str, int]:
    size = mebibytes << 20
    moved = 0
    for version in ("TLSv1.2", "TLSv1.3"):
        failures: list[BaseException] = []

        def guarded(
            call: object, *arguments: object, failures: list[BaseException] = failures
        ) -> None:
            try:
                call(*arguments)  # type: ignore[operator]
            except BaseException as error:
                failures.append(error)

        with sockets.connected(
            contexts.server_context(version=version), contexts.client_context(version=version)
        ) as ends:
            threads = [
                threading.Thread(target=guarded, args=(call, end, size // 2, random.Random(seed)))
                for seed, (call, end) in enumerate((c, e) for e in ends for c in (read, write))
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        if failures:
            raise failures[0]
        moved += 2 * (size // 2)
    return {"bytes compared": moved}
