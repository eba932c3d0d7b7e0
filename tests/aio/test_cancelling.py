"""Cancelled at any await, nothing is left: no task, no descriptor, no reader."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import socket
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from kit import contexts, peers
from kit.streams import HOST, connect, descriptors, echo, run, settled
from OpenSSL import aio

pytestmark = pytest.mark.skipif(not descriptors(), reason="needs /proc to count descriptors")


class Left:
    """What a loop has in hand: tasks, what its selector watches, and what is due."""

    def __init__(self) -> None:
        loop: Any = asyncio.get_running_loop()
        self.tasks = len(asyncio.all_tasks())
        self.watched = set(loop._selector.get_map())
        self.timers = sum(not each.cancelled() for each in loop._scheduled)
        self.descriptors = descriptors()

    def __eq__(self, other: object) -> bool:
        return vars(self) == vars(other)

    def __repr__(self) -> str:
        return repr(vars(self))


async def cancelled_after(steps: int, main: Coroutine[Any, Any, Any]) -> bool:
    """Cancel a program after so many turns of the loop; False when it was quicker."""
    task = asyncio.get_running_loop().create_task(main)
    for _ in range(steps):
        await asyncio.sleep(0)
        if task.done():
            break
    # Leave the peer some time of its own on every tenth step.
    if steps % 10 == 9:
        await asyncio.sleep(0.002)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        return True
    return False


async def at_every_step(program: Callable[[], Coroutine[Any, Any, Any]]) -> int:
    """Cancel a program at every step of its way; answer how many there were."""
    await program()
    await settled()
    gc.collect()
    before = Left()
    steps = 0
    while await cancelled_after(steps, program()):
        steps += 1
        for _ in range(200):
            await settled()
            gc.collect(0)
            if Left() == before:
                break
            await asyncio.sleep(0.001)
        assert Left() == before, steps
        assert steps < 500
    return steps


def test_connecting() -> None:
    with peers.openssl_server() as peer:

        async def program() -> None:
            reader, writer = await connect(peer.port)
            try:
                writer.write(b"x\n")
                await writer.drain()
                assert await reader.readexactly(2) == b"x\n"
                writer.close()
                await writer.wait_closed()
            finally:
                writer.transport.abort()

        assert run(at_every_step(program)) > 5


def test_upgrading() -> None:
    with peers.openssl_server() as peer:

        async def program() -> None:
            reader, writer = await asyncio.open_connection("127.0.0.1", peer.port)
            try:
                await aio.start_tls_stream(writer, contexts.client_context(), server_hostname=HOST)
                writer.write(b"x\n")
                assert await reader.readexactly(2) == b"x\n"
            finally:
                writer.transport.abort()

        assert run(at_every_step(program)) > 5


def test_serving() -> None:
    async def program() -> None:
        async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await reader.read()
            finally:
                writer.transport.abort()

        server = await aio.start_server(hold, "127.0.0.1", 0, context=contexts.server_context())
        try:
            await server.start_serving()
            port = server.sockets[0].getsockname()[1]
            with socket.create_connection(("127.0.0.1", port)):
                await asyncio.sleep(0)
                await asyncio.sleep(0)
        finally:
            # What asyncio is accepting while a server is closed it leaves to the collector.
            try:
                await settled()
            finally:
                server.close()
                server.abort_clients()

    run(at_every_step(program))


def test_a_handshake_that_nobody_waits_for_is_gone_at_once() -> None:
    async def main() -> None:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            await settled()
            before = Left()
            task = asyncio.ensure_future(connect(listening.getsockname()[1]))
            other = await asyncio.get_running_loop().run_in_executor(None, listening.accept)
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            other[0].close()
            await settled()
            after = Left()
            assert after.watched == before.watched
            assert after.timers == before.timers

    run(main())


def test_a_server_that_is_cancelled_closes() -> None:
    async def main() -> None:
        server = await aio.start_server(
            echo, "127.0.0.1", 0, context=contexts.server_context(), start_serving=False
        )
        assert not server.is_serving()
        task = asyncio.ensure_future(server.serve_forever())
        await settled()
        assert server.is_serving()
        assert server.get_loop() is asyncio.get_running_loop()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not server.is_serving()
        await server.wait_closed()
        assert server.sockets == ()

    run(main())


def test_waiting_for_a_server_waits_for_its_connections() -> None:
    async def main() -> None:
        held: list[asyncio.StreamWriter] = []

        async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            held.append(writer)
            await reader.read()
            writer.close()

        server = await aio.start_server(hold, "127.0.0.1", 0, context=contexts.server_context())
        _, writer = await connect(server.sockets[0].getsockname()[1])
        server.close()
        waiting = asyncio.ensure_future(server.wait_closed())
        other = asyncio.ensure_future(server.wait_closed())
        await settled()
        other.cancel()
        await settled()
        assert not waiting.done()
        writer.close()
        await writer.wait_closed()
        await waiting

    run(main())
