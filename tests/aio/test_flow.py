"""Flow control: water marks one way, a paused protocol the other, bounded memory for both."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import pytest

from kit import contexts
from kit.streams import HOST, Recorder, connect, run, serving, settled
from OpenSSL import aio

PIECE = b"p" * 65536


async def pair(factory: Any = Recorder) -> tuple[aio.Server, Any, Any]:
    """A server and both protocols of one connection: its own and a client's recorder."""
    made = asyncio.get_running_loop().create_future()

    class Tell(factory):  # type: ignore[misc]
        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            made.set_result(self)

    server = await aio.create_server(Tell, "127.0.0.1", 0, context=contexts.server_context())
    _, client = await aio.create_connection(
        Recorder,
        "127.0.0.1",
        server.sockets[0].getsockname()[1],
        context=contexts.client_context(),
        server_hostname=HOST,
    )
    return server, await made, client


async def ended(server: aio.Server, *ends: Any) -> None:
    for end in ends:
        end.transport.close()
    for end in ends:
        await end.lost
    server.close()
    await server.wait_closed()


async def until(truth: Any) -> None:
    while not truth():
        await asyncio.sleep(0.001)


def test_a_writer_is_asked_to_wait_and_to_go_on() -> None:
    async def main() -> None:
        server, end, client = await pair()
        client.transport.pause_reading()
        assert not client.transport.is_reading()
        end.transport.set_write_buffer_limits(high=200_000, low=1000)
        assert end.transport.get_write_buffer_limits() == (1000, 200_000)
        count = 0
        while "pause" not in end.told:
            end.transport.write(PIECE)
            count += len(PIECE)
            await asyncio.sleep(0)
        # Not much more than the mark, whatever was written.
        assert 200_000 < end.transport.get_write_buffer_size() <= 200_000 + len(PIECE)
        assert len(client.data) == 0
        client.transport.resume_reading()
        await until(lambda: "resume" in end.told)
        await until(lambda: len(client.data) == count)
        assert end.transport.get_write_buffer_size() == 0
        await ended(server, end, client)

    run(main())


def test_the_marks_are_checked_and_take_effect_at_once() -> None:
    async def main() -> None:
        server, end, client = await pair()
        for wrong in ({"high": 1, "low": 2}, {"high": -1}, {"low": -1}):
            with pytest.raises(ValueError, match="must be >="):
                end.transport.set_write_buffer_limits(**wrong)
        assert end.transport.get_write_buffer_limits() == (16384, 65536)
        end.transport.set_write_buffer_limits(low=10)
        assert end.transport.get_write_buffer_limits() == (10, 40)
        end.transport.set_write_buffer_limits(high=1 << 30)
        client.transport.pause_reading()
        while end.transport.get_write_buffer_size() < 10_000:
            end.transport.write(PIECE)
        assert "pause" not in end.told
        end.transport.set_write_buffer_limits(high=0)
        assert "pause" in end.told
        client.transport.resume_reading()
        await until(lambda: "resume" in end.told)
        await ended(server, end, client)

    run(main())


def test_nothing_is_delivered_to_who_pauses_when_it_is_made() -> None:
    class Paused(Recorder):
        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            transport.pause_reading()

    async def main() -> None:
        server, end, client = await pair(Paused)
        client.transport.write(b"early")
        for _ in range(10):
            await asyncio.sleep(0.005)
        assert end.data == b""
        end.transport.resume_reading()
        end.transport.resume_reading()
        await until(lambda: end.data == b"early")
        await ended(server, end, client)

    run(main())


def test_who_pauses_while_reading_is_given_no_more() -> None:
    class Once(Recorder):
        def data_received(self, data: bytes) -> None:
            assert self.transport.is_reading()
            super().data_received(data)
            self.transport.pause_reading()

    async def main() -> None:
        server, end, client = await pair(Once)
        size = 300_000
        client.transport.write(b"r" * size)
        before = 0
        while len(end.data) < size:
            while len(end.data) == before:
                await asyncio.sleep(0.001)
            before = len(end.data)
            await settled()
            assert len(end.data) == before
            end.transport.resume_reading()
        await ended(server, end, client)

    run(main())


def test_a_peer_that_does_not_read_costs_bounded_memory() -> None:
    async def main() -> None:
        sizes: list[int] = []

        async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with contextlib.suppress(ConnectionError):
                while True:
                    writer.write(PIECE)
                    sizes.append(writer.transport.get_write_buffer_size())  # type: ignore[attr-defined]
                    await writer.drain()

        async with serving(flood) as port:
            _, writer = await connect(port)
            writer.transport.pause_reading()  # type: ignore[attr-defined]
            count = -1
            while count != len(sizes):
                count = len(sizes)
                await asyncio.sleep(0.05)
            assert max(sizes) <= 65536 + 2 * len(PIECE)
            writer.transport.abort()

    run(main())


def test_a_reader_that_is_slow_costs_bounded_memory() -> None:
    async def main() -> None:
        async def sip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            total = 0
            while total < 3_000_000:
                assert len(reader._buffer) <= 2 * 1000 + 65536  # type: ignore[attr-defined]
                total += len(await reader.read(10_000))
            writer.write(b"done")
            writer.close()

        async with serving(sip, limit=1000) as port:
            reader, writer = await connect(port)
            writer.write(b"s" * 3_000_000)
            assert await reader.read() == b"done"
            writer.close()
            await writer.wait_closed()

    run(main())


def test_what_changes_after_write_is_sent_as_it_was() -> None:
    async def main() -> None:
        server, end, client = await pair()
        client.transport.pause_reading()
        while end.transport.get_write_buffer_size() == 0:
            end.transport.write(PIECE)
        kept = bytearray(b"before")
        end.transport.write(kept)
        end.transport.write(memoryview(kept)[::2])
        kept[:] = b"after!"
        end.transport.writelines([b"a", bytearray(b"b"), memoryview(b"c")])
        client.transport.resume_reading()
        end.transport.write_eof()
        await client.ended
        assert bytes(client.data[-12:]) == b"beforebfrabc"
        for wrong in ("text", 5, None):
            with pytest.raises(TypeError):
                client.transport.write(wrong)
        client.transport.write(b"")
        await ended(server, end, client)

    run(main())
