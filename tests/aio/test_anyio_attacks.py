"""Streams of anyio under attack, on asyncio and on trio: peers that mean harm, odd moments."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Awaitable, Callable

import anyio
import pytest

from kit import contexts, floods
from kit.floods import Flood
from kit.streams import descriptors
from kit.wrapped import cancelled_after, connect, echo, run, serving, wrapped
from OpenSSL import SSL
from OpenSSL.aio.anyio import TLSStream

pytestmark = pytest.mark.parametrize("backend", ["asyncio", "trio"])
needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="the peer is a process of its own")
#: How a stream ends for who is at work when it is closed.
ENDS = (anyio.BrokenResourceError, anyio.ClosedResourceError, anyio.EndOfStream)


async def tolerant(stream: TLSStream) -> None:
    """An echo that takes its client's faults as they come."""
    with contextlib.suppress(*ENDS, SSL.Error):
        await echo(stream)
    await anyio.aclose_forcefully(stream)


def shaken(flood: Flood, port: int, sock: socket.socket) -> SSL.Connection:
    """The peer that floods, after its handshake."""
    sock.settimeout(30)
    sock.connect(("127.0.0.1", port))
    end = floods.peer(flood, sock)
    end.set_tlsext_host_name(b"localhost")
    end.do_handshake()
    return end


@needs_fork
@pytest.mark.parametrize("flood", [each for each in floods.STREAMS if each.to], ids=str)
def test_a_flood_costs_its_own_stream_and_nothing_else(flood: Flood, backend: str) -> None:
    """Others are served while it comes, and it comes to an end."""
    ended: list[BaseException] = []

    async def main() -> None:
        over = anyio.Event()

        async def hear(stream: TLSStream) -> None:
            try:
                await stream.receive()
            except Exception as error:  # looked at below
                ended.append(error)
            finally:
                await anyio.aclose_forcefully(stream)
                over.set()

        context = floods._context(True, flood.version)
        with contextlib.ExitStack() as stack:
            async with (
                serving(context, hear) as port,
                serving(contexts.server_context()) as other,
            ):
                sock = stack.enter_context(socket.socket())
                peer = await anyio.to_thread.run_sync(shaken, flood, port, sock)
                stack.enter_context(floods.sent(sock, flood.parts(peer, 4 << 20)))
                async with await connect(other) as stream:
                    for number in range(20):
                        await stream.send(b"%9d" % number)
                        assert await stream.receive() == b"%9d" % number
                await over.wait()

    run(backend, main)
    assert len(ended) == 1
    assert isinstance(ended[0], SSL.Error)


def test_a_peer_that_reads_nothing_stops_who_sends_and_nobody_else(backend: str) -> None:
    """What waits for it is bounded, and the other direction goes on."""

    async def main() -> None:
        client, server = await wrapped(size=1)
        async with anyio.create_task_group() as group:
            group.start_soon(client.send, bytes(64 << 20))
            await anyio.wait_all_tasks_blocked()
            assert len(client._outgoing) < 1 << 20
            for number in range(20):
                async with anyio.create_task_group() as pair:
                    pair.start_soon(server.send, b"%9d" % number)
                    assert await client.receive() == b"%9d" % number
            group.cancel_scope.cancel()

    run(backend, main)


# ---- closed while others are at work


async def closed(stream: TLSStream) -> None:
    await stream.aclose()


async def dropped(stream: TLSStream) -> None:
    await anyio.aclose_forcefully(stream)


async def closed_twice(stream: TLSStream) -> None:
    async with anyio.create_task_group() as group:
        group.start_soon(stream.aclose)
        group.start_soon(stream.aclose)
    await stream.aclose()


async def closed_and_dropped(stream: TLSStream) -> None:
    async with anyio.create_task_group() as group:
        group.start_soon(stream.aclose)
        await anyio.wait_all_tasks_blocked()
        await anyio.aclose_forcefully(stream)


CLOSINGS = (closed, dropped, closed_twice, closed_and_dropped)


async def receives(stream: TLSStream) -> None:
    await stream.receive()


async def sends(stream: TLSStream) -> None:
    while True:
        await stream.send(bytes(1 << 20))


async def says_goodbye(stream: TLSStream) -> None:
    await stream.unwrap()
    raise anyio.EndOfStream  # as the others end


@pytest.mark.parametrize("work", [receives, sends, says_goodbye])
@pytest.mark.parametrize("close", CLOSINGS)
def test_closed_while_another_task_is_at_work(
    backend: str,
    close: Callable[[TLSStream], Awaitable[None]],
    work: Callable[[TLSStream], Awaitable[None]],
) -> None:
    """Who closes hears nothing; who is at work is told; the descriptor is closed."""

    async def keep(stream: TLSStream) -> None:
        try:
            await anyio.sleep_forever()
        finally:
            await anyio.aclose_forcefully(stream)

    async def main() -> None:
        told: list[BaseException] = []
        async with serving(contexts.server_context(), keep) as port:
            stream = await connect(port, shutdown_timeout=0.05)

            async def at_work() -> None:
                try:
                    await work(stream)
                except ENDS as error:
                    told.append(error)

            async with anyio.create_task_group() as group:
                group.start_soon(at_work)
                await anyio.wait_all_tasks_blocked()
                await close(stream)
            assert len(told) == 1
            for call in (stream.receive, lambda: stream.send(b"x"), stream.send_eof):
                with pytest.raises((anyio.ClosedResourceError, anyio.BrokenResourceError)):
                    await call()
            await stream.aclose()

    run(backend, main)


@pytest.mark.parametrize("close", CLOSINGS)
def test_nobody_else_is_at_work(
    backend: str, close: Callable[[TLSStream], Awaitable[None]]
) -> None:
    async def main() -> None:
        async with serving(contexts.server_context(), tolerant) as port:
            stream = await connect(port)
            await stream.send(b"x")
            assert await stream.receive() == b"x"
            await close(stream)
            with pytest.raises((anyio.ClosedResourceError, anyio.BrokenResourceError)):
                await stream.receive()

    run(backend, main)


# ---- cancelled


@pytest.mark.skipif(not descriptors(), reason="needs /proc to count descriptors")
@pytest.mark.parametrize("how", ["send", "send_eof", "unwrap", "aclose"])
def test_cancelled_at_any_step_of_a_method(backend: str, how: str) -> None:
    """The stream can still be closed, nothing is left open, and the peer hears no lie."""
    sent = bytes(1 << 20)
    heard = bytearray()

    async def hear(stream: TLSStream) -> None:
        heard.clear()
        with contextlib.suppress(*ENDS):
            async with stream:
                await stream.send(b"x")
                while True:
                    heard.extend(await stream.receive())

    async def main() -> None:
        async with serving(contexts.server_context(), hear, shutdown_timeout=0.05) as port:
            await (await connect(port)).aclose()
            await settled()
            before = descriptors()
            for steps in range(1000):
                stream = await connect(port, shutdown_timeout=0.05)
                assert await stream.receive() == b"x"
                program = {
                    "send": lambda stream=stream: stream.send(sent),
                    "send_eof": stream.send_eof,
                    "unwrap": stream.unwrap,
                    "aclose": stream.aclose,
                }[how]
                unfinished = await cancelled_after(steps, program)
                await stream.aclose()
                await anyio.aclose_forcefully(stream.transport_stream)
                await settled(before)
                assert descriptors() == before, steps
                assert sent.startswith(bytes(heard))
                if how == "send" and not unfinished:
                    assert len(heard) == len(sent)
                if not unfinished:
                    return
            raise AssertionError("it never came to its end")

    run(backend, main)


async def settled(count: set[str] | None = None) -> None:
    """Let the other end go, too."""
    for _ in range(100):
        await anyio.sleep(0.001)
        if descriptors() == count:
            return


# ---- peers that vanish


@pytest.mark.parametrize("moment", ["receive", "send", "unwrap", "aclose"])
def test_a_peer_that_is_reset(backend: str, moment: str) -> None:
    """Whoever is at work is told at once; closing says nothing of it."""

    async def main() -> None:
        gone = anyio.Event()

        async def vanish(stream: TLSStream) -> None:
            sock = stream.extra(anyio.abc.SocketAttribute.raw_socket)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            await gone.wait()
            await anyio.aclose_forcefully(stream)

        async with serving(contexts.server_context(), vanish) as port:
            stream = await connect(port)
            async with anyio.create_task_group() as group:

                async def at_work() -> None:
                    if moment == "aclose":
                        await stream.aclose()
                        return
                    with pytest.raises((anyio.BrokenResourceError, OSError)):
                        while True:
                            if moment == "send":
                                await stream.send(bytes(1 << 20))
                            elif moment == "receive":
                                await stream.receive()
                            else:
                                await stream.unwrap()

                group.start_soon(at_work)
                await anyio.wait_all_tasks_blocked()
                gone.set()
            await stream.aclose()

    run(backend, main)


def test_a_peer_that_goes_on_after_the_goodbye_is_not_heard(backend: str) -> None:
    """Text behind a close_notify is not handed out, and closing does not wait for more."""

    async def main() -> None:
        client, server = await wrapped()
        await server.send_eof()
        await server.transport_stream.send(b"\x17\x03\x03\x00\x20" + bytes(32))
        for _ in range(2):
            with pytest.raises(anyio.EndOfStream):
                await client.receive()
        await client.send(b"the other way")
        assert await server.receive() == b"the other way"
        await client.aclose()

    run(backend, main)


def test_one_bad_record_ends_its_stream_only(backend: str) -> None:
    async def main() -> None:
        async with (
            serving(contexts.server_context(), tolerant) as port,
            await connect(port) as good,
        ):
            bad = await connect(port)
            await bad.transport_stream.send(b"\x17\x03\x03\x00\x20" + bytes(32))
            with pytest.raises(SSL.Error):
                await bad.receive()
            with pytest.raises((*ENDS, SSL.Error)):
                await bad.send(b"x")
            await bad.aclose()
            await good.send(b"still served")
            assert await good.receive() == b"still served"

    run(backend, main)
