"""anyio programs for tests, and both ends of a TLS stream over a pipe or a socket."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import anyio
from anyio.abc import ByteStream, SocketAttribute
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from anyio.streams.stapled import StapledObjectStream

from kit import contexts
from kit.patience import PATIENCE
from OpenSSL import SSL
from OpenSSL.aio.anyio import TLSListener, TLSStream, connect_tcp

__all__ = ["Pipe", "cancelled_after", "connect", "echo", "pipe", "run", "serving", "wrapped"]

HOST = "localhost"
#: What a test has opened; anyio warns of what is left open.
opened: list[MemoryObjectSendStream[bytes] | MemoryObjectReceiveStream[bytes]] = []


def run(backend: str, test: Callable[[], Awaitable[None]]) -> None:
    async def limited() -> None:
        with anyio.fail_after(PATIENCE):
            await test()

    try:
        anyio.run(limited, backend=backend)
    finally:
        while opened:
            opened.pop().close()


class Pipe(ByteStream):
    """One end of two streams of objects in memory: what is below is any stream of bytes."""

    def __init__(self, both: StapledObjectStream[bytes]) -> None:
        self.both = both
        self.sent = bytearray()
        self.ahead = b""

    async def send(self, item: bytes) -> None:
        self.sent += item
        await self.both.send(bytes(item))

    async def receive(self, max_bytes: int = 65536) -> bytes:
        data = self.ahead or await self.both.receive()
        self.ahead = data[max_bytes:]
        return data[:max_bytes]

    async def send_eof(self) -> None:
        await self.both.send_eof()

    async def aclose(self) -> None:
        await self.both.aclose()


def pipe(size: int = 1000) -> tuple[Pipe, Pipe]:
    """Two ends; ``size`` pieces fit into it each way."""
    there, here = anyio.create_memory_object_stream[bytes](size)
    back, again = anyio.create_memory_object_stream[bytes](size)
    opened.extend([there, here, back, again])
    return Pipe(StapledObjectStream(there, again)), Pipe(StapledObjectStream(back, here))


async def wrapped(
    of_client: dict[str, Any] | None = None,
    of_server: dict[str, Any] | None = None,
    version: str | None = None,
    size: int = 1000,
) -> tuple[TLSStream, TLSStream]:
    """A client's and a server's stream over a pipe."""
    lower, other = pipe(size)
    made: list[TLSStream] = []
    client: dict[str, Any] = {"context": contexts.client_context(), **(of_client or {})}
    server: dict[str, Any] = {
        "context": contexts.server_context(version=version),
        **(of_server or {}),
    }

    async def serve() -> None:
        made.append(await TLSStream.wrap(other, **server))

    async with anyio.create_task_group() as group:
        group.start_soon(serve)
        made.insert(0, await TLSStream.wrap(lower, hostname=HOST, **client))
    return made[0], made[-1]


async def echo(stream: TLSStream) -> None:
    async with stream:
        async for part in stream:
            await stream.send(part)


@asynccontextmanager
async def serving(
    context: SSL.Context,
    handler: Callable[[TLSStream], Awaitable[None]] = echo,
    kind: type[TLSListener] = TLSListener,
    **options: Any,
) -> AsyncIterator[int]:
    """A server over real sockets; answers its port."""
    plain = await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=0)
    async with (
        kind(plain, context, **options) as listener,
        anyio.create_task_group() as group,
    ):
        group.start_soon(listener.serve, handler)
        yield listener.extra(SocketAttribute.local_port)
        group.cancel_scope.cancel()


async def connect(port: int, **options: Any) -> TLSStream:
    """A client over a real socket, verified."""
    options.setdefault("context", contexts.client_context())
    options.setdefault("tls_hostname", HOST)
    return await connect_tcp("127.0.0.1", port, **options)


async def cancelled_after(steps: int, program: Callable[[], Awaitable[Any]]) -> bool:
    """Whether a program was not done after so many turns of the loop."""
    done = False

    async def watched() -> None:
        nonlocal done
        await program()
        done = True

    async with anyio.create_task_group() as group:
        group.start_soon(watched)
        for _ in range(steps):
            await anyio.sleep(0)
        group.cancel_scope.cancel()
    return not done
