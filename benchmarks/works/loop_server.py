"""A server on an event loop: ``loop_server.py KIND LOOP``, a process of its own.

Kinds: ``brisktls``, ``ssl`` (the loop's own TLS), ``aiofastnet`` and ``tcp`` (no TLS).  It prints
its port.  A connection says in its first byte what it wants: ``e``, everything back; ``d``, eight
bytes with a number, and so many bytes after it; ``u``, a byte back for each so many.  For each line
on its input it prints its CPU seconds and the bytes of memory that it occupies.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from typing import Any

from works.idle import resident

PIECE = bytes(256 * 1024)


class Served(asyncio.Protocol):
    """One protocol for all: what differs is below it."""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.wanted = b""
        self.left = 0
        self.paused = False

    def data_received(self, data: bytes) -> None:
        if not self.wanted:
            self.wanted, data = data[:1], data[1:]
            if self.wanted == b"e" and not data:
                return
        if self.wanted == b"e":
            self.transport.write(data)
        elif self.wanted == b"d":
            self.left += int.from_bytes(data, "big")
            self.go_on()
        elif not self.left:
            self.left = int.from_bytes(data[:8], "big") - len(data) + 8
        else:
            self.left -= len(data)
            if not self.left:
                self.transport.write(b"!")

    def go_on(self) -> None:
        while self.left and not self.paused:
            size = min(self.left, len(PIECE))
            self.left -= size
            self.transport.write(PIECE if size == len(PIECE) else PIECE[:size])

    def pause_writing(self) -> None:
        self.paused = True

    def resume_writing(self) -> None:
        self.paused = False
        self.go_on()


async def listen(kind: str) -> asyncio.AbstractServer:
    loop = asyncio.get_running_loop()
    place = ("127.0.0.1", 0)
    options: dict[str, Any] = {"backlog": 2000}
    if kind == "brisktls":
        from ends.interface import server_context as ours
        from OpenSSL import aio

        return await aio.create_server(Served, *place, context=ours(), **options)
    if kind != "tcp":
        from ends.standard import server_context

        options["ssl"] = server_context()
    if kind == "aiofastnet":
        import aiofastnet

        listening: asyncio.AbstractServer = await aiofastnet.create_server(
            loop, Served, *place, **options
        )
        return listening
    return await loop.create_server(Served, *place, **options)


async def serve(kind: str) -> None:
    server: Any = await listen(kind)
    print(server.sockets[0].getsockname()[1], flush=True)
    loop = asyncio.get_running_loop()
    over = loop.create_future()

    def tell() -> None:
        line = sys.stdin.readline()
        if not line:
            over.set_result(None)
            return
        if line == "memory\n":
            gc.collect()
        print(repr(time.process_time()), resident(), flush=True)

    loop.add_reader(sys.stdin, tell)
    await over


def main(kind: str, loop: str) -> None:
    if loop == "uvloop":
        import uvloop

        made: Any = uvloop.new_event_loop()
    else:
        made = asyncio.new_event_loop()
    asyncio.set_event_loop(made)
    made.run_until_complete(serve(kind))


if __name__ == "__main__":
    main(*sys.argv[1:])
