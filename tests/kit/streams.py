"""asyncio programs for tests: run to their end with a limit, and looked at for what they leave."""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from kit import contexts
from kit.patience import PATIENCE
from OpenSSL import SSL, aio

_T = TypeVar("_T")

HOST = "localhost"


def run(main: Coroutine[Any, Any, _T], loop_factory: Callable[[], Any] | None = None) -> _T:
    """Run a program; what it leaves to the loop's exception handler fails the test."""
    told: list[dict[str, Any]] = []

    async def watched() -> _T:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
        try:
            return await asyncio.wait_for(main, PATIENCE)
        finally:
            await settled()

    loop = (loop_factory or asyncio.new_event_loop)()
    try:
        result = loop.run_until_complete(watched())
        gc.collect()
    finally:
        loop.close()
    assert told == [], told
    return result


async def settled() -> None:
    """Let everything happen that is due."""
    for _ in range(5):
        await asyncio.sleep(0)


def descriptors() -> set[str]:
    """The descriptors that this process has open."""
    return set(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else set()


@asynccontextmanager
async def serving(
    handler: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
    context: SSL.Context | None = None,
    **options: Any,
) -> Any:
    """A server of streams on a port of its own; answers the port."""
    server = await aio.start_server(
        handler, "127.0.0.1", 0, context=context or contexts.server_context(), **options
    )
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        server.close_clients()
        await server.wait_closed()


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send back what comes until its end."""
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()


async def connect(port: int, **options: Any) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A client's streams, verified."""
    options.setdefault("context", contexts.client_context())
    options.setdefault("server_hostname", HOST)
    return await aio.open_connection("127.0.0.1", port, **options)


class Recorder(asyncio.Protocol):
    """Notes what a transport tells its protocol."""

    def __init__(self) -> None:
        self.transport: Any = None
        self.data = bytearray()
        self.told: list[str] = []
        self.error: BaseException | None = None
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.stay = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.told.append("made")

    def data_received(self, data: bytes) -> None:
        self.data += data

    def eof_received(self) -> bool:
        self.told.append("eof")
        if not self.ended.done():
            self.ended.set_result(None)
        return self.stay

    def connection_lost(self, exc: BaseException | None) -> None:
        self.told.append("lost")
        self.error = exc
        self.lost.set_result(None)

    def pause_writing(self) -> None:
        self.told.append("pause")

    def resume_writing(self) -> None:
        self.told.append("resume")
