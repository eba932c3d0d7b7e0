"""Ten thousand idle connections of asyncio in one process; all of them still answer."""

from __future__ import annotations

import asyncio
import gc
import os
import resource
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kit import contexts
from OpenSSL import aio

FULL = {"connections": 10_000}
SHORT = {"connections": 60}
#: Handshakes at once, and connections from one address.
CROWD, PORTS = 50, 5000
HELLO = b"still there?"


def room(count: int) -> None:
    """Let the process have that many descriptors, and some more."""
    wanted = count + 200
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, max(hard, wanted)))


def resident() -> int:
    """Bytes of memory that this process occupies; 0 where the system does not say."""
    try:
        text = Path("/proc/self/statm").read_text(encoding="ascii")
    except OSError:
        return 0
    return int(text.split()[1]) * os.sysconf("SC_PAGE_SIZE")


class Ends:
    """All connections of one side, and a way to wait for what happens to them."""

    def __init__(self) -> None:
        self.open: set[Any] = set()
        self.heard = 0
        self.failed = 0
        self._changed = asyncio.Event()

    def note(self) -> None:
        self._changed.set()

    async def until(self, done: Callable[[], bool]) -> None:
        while not done():
            self._changed.clear()
            await self._changed.wait()


class End(asyncio.Protocol):
    def __init__(self, ends: Ends) -> None:
        self.ends = ends
        self.data = b""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.ends.open.add(self)
        self.ends.note()

    def data_received(self, data: bytes) -> None:
        self.data += data
        if self.data == HELLO:
            self.ends.heard += 1
            self.ends.note()

    def connection_lost(self, exc: Exception | None) -> None:
        self.ends.open.discard(self)
        self.ends.failed += exc is not None
        self.ends.note()


async def visitors(port: int, count: int) -> None:
    """The other process: connect all, answer all, and wait for the end."""
    room(count)
    ends = Ends()
    context = contexts.client_context(verify=False)
    crowd = asyncio.Semaphore(CROWD)

    async def visit(number: int) -> None:
        async with crowd:
            await aio.create_connection(
                lambda: End(ends),
                "127.0.0.1",
                port,
                context=context,
                local_addr=(f"127.0.0.{1 + number // PORTS}", 0),
            )

    await asyncio.gather(*(visit(number) for number in range(count)))
    print("open", flush=True)
    await ends.until(lambda: ends.heard == count)
    for each in ends.open:
        each.transport.write(HELLO)
    await ends.until(lambda: not ends.open)
    print("failed", ends.failed, flush=True)


async def serve(count: int) -> dict[str, int]:
    room(count)
    ends = Ends()
    server = await aio.create_server(
        lambda: End(ends), "127.0.0.1", 0, context=contexts.server_context(), backlog=4 * CROWD
    )
    port = server.sockets[0].getsockname()[1]
    before = resident()
    other = await asyncio.create_subprocess_exec(
        *(sys.executable, __file__, str(port), str(count)),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[1])},
    )
    assert other.stdout is not None
    assert await other.stdout.readline() == b"open\n"
    await ends.until(lambda: len(ends.open) == count)
    gc.collect()
    each = (resident() - before) // count
    for end in ends.open:
        end.transport.write(HELLO)
    await ends.until(lambda: ends.heard == count)
    server.close()
    server.close_clients()
    await server.wait_closed()
    assert await other.stdout.readline() == b"failed 0\n"
    assert await other.wait() == 0
    assert ends.failed == 0
    return {"connections open at once": count, "bytes each": each}


def run(connections: int) -> dict[str, int]:
    return asyncio.run(serve(connections))


if __name__ == "__main__":
    asyncio.run(visitors(int(sys.argv[1]), int(sys.argv[2])))
