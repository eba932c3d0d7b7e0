"""TLS over other transports: upgrades midway, TLS in TLS either way round, pipes."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import Any

import pytest

from kit import contexts, stdlib
from kit.streams import HOST, Recorder, connect, echo, run, serving
from OpenSSL import SSL, aio

SIZE = 1_000_000


async def upgrade_here(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A server that is asked to speak TLS after one line of plain text."""
    assert await reader.readline() == b"STARTTLS\n"
    writer.write(b"go ahead\n")
    await aio.start_tls_stream(writer, contexts.server_context())
    await echo(reader, writer)


async def upgraded(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"STARTTLS\n")
    assert await reader.readline() == b"go ahead\n"
    await aio.start_tls_stream(writer, contexts.client_context(), server_hostname=HOST)
    return reader, writer


@contextlib.asynccontextmanager
async def plain(handler: Any) -> Any:
    server = await asyncio.start_server(handler, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send much, say that it is all, and read it back."""
    writer.write(b"l" * SIZE)
    writer.write_eof()
    data = bytearray()
    while part := await reader.read(65536):
        data += part
    assert data == b"l" * SIZE
    writer.close()
    await writer.wait_closed()


def test_streams_are_upgraded_midway_on_both_sides() -> None:
    async def main() -> None:
        async with plain(upgrade_here) as port:
            reader, writer = await upgraded(port)
            assert writer.get_extra_info("cipher")[1] == "TLSv1.3"
            assert writer.get_extra_info("peername") == ("127.0.0.1", port)
            writer.write(b"l" * SIZE)
            assert await reader.readexactly(SIZE) == b"l" * SIZE
            writer.close()
            await writer.wait_closed()

    run(main())


@pytest.mark.differs("StreamWriter.start_tls with bytes")
def test_text_that_came_before_tls_is_never_read_as_if_it_came_by_it() -> None:
    async def main() -> None:
        failed: list[BaseException] = []

        async def inject(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readline()
            # In one piece with the answer: somebody in the middle has added to it.
            writer.write(b"go ahead\n250 injected\r\n")
            try:
                await aio.start_tls_stream(writer, contexts.server_context())
            except (SSL.Error, OSError) as error:
                failed.append(error)
            writer.close()

        async with plain(inject) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"STARTTLS\n")
            assert await reader.readline() == b"go ahead\n"
            with pytest.raises(SSL.Error):
                await aio.start_tls_stream(writer, contexts.client_context(), server_hostname=HOST)
            writer.close()

    run(main())


def test_a_hello_that_came_early_is_not_lost() -> None:
    async def main() -> None:
        async def late(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readline()
            while not reader._buffer:  # type: ignore[attr-defined]
                await asyncio.sleep(0.001)
            await aio.start_tls_stream(writer, contexts.server_context())
            await echo(reader, writer)

        async with plain(late) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"STARTTLS\n")
            await aio.start_tls_stream(writer, contexts.client_context(), server_hostname=HOST)
            await ask(reader, writer)

    run(main())


def test_wrong_arguments_leave_a_stream_as_it_was() -> None:
    async def main() -> None:
        async with plain(echo) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            for options, error in (
                ({"context": None}, TypeError),
                ({"context": contexts.client_context()}, ValueError),
                ({"context": contexts.client_context(), "ssl_handshake_timeout": 0}, ValueError),
            ):
                with pytest.raises(error):
                    await aio.start_tls_stream(writer, **options)
            writer.write(b"plain still")
            assert await reader.readexactly(11) == b"plain still"
            with pytest.raises(TypeError, match="needs a transport"):
                await aio.start_tls(
                    object(),
                    asyncio.Protocol(),
                    contexts.client_context(),
                    server_hostname=HOST,  # type: ignore[arg-type]
                )
            writer.close()
            await writer.wait_closed()
            with pytest.raises(ConnectionResetError):
                await aio.start_tls_stream(writer, contexts.client_context(), server_hostname=HOST)

    run(main())


def test_tls_in_our_tls() -> None:
    async def inner(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await upgrade_here(reader, writer)

    async def main() -> None:
        async with serving(inner) as port:
            reader, writer = await connect(port)
            writer.write(b"STARTTLS\n")
            assert await reader.readline() == b"go ahead\n"
            outer = writer.get_extra_info("connection")
            await aio.start_tls_stream(writer, contexts.client_context(), server_hostname=HOST)
            assert writer.get_extra_info("connection") is not outer
            await ask(reader, writer)

    run(main())


def test_our_tls_in_asyncios_own() -> None:
    async def main() -> None:
        server = await asyncio.start_server(
            upgrade_here, "127.0.0.1", 0, ssl=stdlib.server_context()
        )
        async with server:
            port = server.sockets[0].getsockname()[1]
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", port, ssl=stdlib.client_context(), server_hostname=HOST
            )
            writer.write(b"STARTTLS\n")
            assert await reader.readline() == b"go ahead\n"
            await aio.start_tls_stream(writer, contexts.client_context(), server_hostname=HOST)
            writer.write(b"l" * SIZE)
            assert await reader.readexactly(SIZE) == b"l" * SIZE
            writer.close()
            await writer.wait_closed()

    run(main())


def test_a_pair_of_unix_sockets() -> None:
    async def main() -> None:
        one, other = socket.socketpair()
        reader, writer = await asyncio.open_connection(sock=one)
        far_reader, far_writer = await asyncio.open_connection(sock=other)
        await asyncio.gather(
            aio.start_tls_stream(writer, contexts.client_context(), server_hostname=HOST),
            aio.start_tls_stream(far_writer, contexts.server_context(), server_side=True),
        )
        serving = asyncio.ensure_future(echo(far_reader, far_writer))
        writer.write(b"l" * SIZE)
        assert await reader.readexactly(SIZE) == b"l" * SIZE
        writer.close()
        await writer.wait_closed()
        await serving

    run(main())


async def two_ends(version: str | None = None) -> tuple[Recorder, Recorder]:
    """Two recorders over TLS over a pair of sockets with transports of asyncio's."""
    loop = asyncio.get_running_loop()
    ends = [Recorder(), Recorder()]
    lower = [
        (await loop.create_connection(asyncio.Protocol, sock=sock))[0]
        for sock in socket.socketpair()
    ]
    made = await asyncio.gather(
        aio.start_tls(
            lower[0],
            ends[0],
            contexts.client_context(version=version),
            server_hostname=HOST,
        ),
        aio.start_tls(
            lower[1], ends[1], contexts.server_context(version=version), server_side=True
        ),
    )
    for end, transport in zip(ends, made, strict=True):
        end.transport = transport
    return ends[0], ends[1]


def test_close_flushes_and_reading_goes_on_behind_write_eof() -> None:
    async def main() -> None:
        client, server = await two_ends()
        client.transport.write(b"l" * SIZE)
        client.transport.write_eof()
        await server.ended
        assert server.data == b"l" * SIZE
        server.transport.write(b"m" * SIZE)
        server.transport.close()
        await client.ended
        assert client.data == b"m" * SIZE
        client.transport.close()
        await client.lost
        await server.lost
        assert (client.error, server.error) == (None, None)
        # A start_tls does not call connection_made.
        assert "made" not in client.told

    run(main())


def test_flow_control_reaches_through() -> None:
    async def main() -> None:
        client, server = await two_ends()
        server.transport.pause_reading()
        while "pause" not in client.told:
            client.transport.write(b"l" * 65536)
            await asyncio.sleep(0)
        size = client.transport.get_write_buffer_size()
        assert 65536 < size <= 200_000
        assert client.transport._lower.get_write_buffer_size() < 600_000
        assert server.data == b""
        server.transport.resume_reading()
        while "resume" not in client.told:
            await asyncio.sleep(0.001)
        client.transport.close()
        await server.ended
        assert set(server.data) == {ord("l")}
        server.transport.close()
        await client.lost
        await server.lost

    run(main())


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
def test_a_cut_below_is_an_error(version: str) -> None:
    async def main() -> None:
        client, server = await two_ends(version)
        client.transport.write(b"some")
        await asyncio.sleep(0)
        client.transport._lower.close()
        await server.lost
        assert server.data == b"some"
        assert isinstance(server.error, SSL.SysCallError)
        assert "eof" not in server.told
        await client.lost
        assert isinstance(client.error, SSL.SysCallError)

    run(main())


def test_what_came_before_a_cut_can_be_read_by_who_has_paused() -> None:
    async def main() -> None:
        client, server = await two_ends()
        server.transport.pause_reading()
        client.transport.write(b"some")
        client.transport._lower.close()
        await client.lost
        await asyncio.sleep(0.01)
        server.transport.resume_reading()
        await server.lost
        assert server.data == b"some"
        assert isinstance(server.error, SSL.SysCallError)

    run(main())


def test_abort_says_nothing() -> None:
    async def main() -> None:
        client, server = await two_ends()
        client.transport.write(b"l" * SIZE * 4)
        client.transport.abort()
        await client.lost
        assert client.error is None
        await server.lost
        assert isinstance(server.error, SSL.SysCallError)
        assert len(server.data) < SIZE * 4

    run(main())


def test_a_handshake_that_fails_closes_what_is_below() -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        lower = [
            (await loop.create_connection(asyncio.Protocol, sock=sock))[0]
            for sock in socket.socketpair()
        ]
        results = await asyncio.gather(
            aio.start_tls(
                lower[0], Recorder(), contexts.client_context(), server_hostname="other.example"
            ),
            aio.start_tls(lower[1], Recorder(), contexts.server_context(), server_side=True),
            return_exceptions=True,
        )
        assert isinstance(results[0], SSL.Error)
        assert all(each.is_closing() for each in lower)

    run(main())


async def plain_streams() -> Any:
    """Both ends of a connection that speaks no TLS yet: ``((reader, writer), (...))``."""
    ours, theirs = socket.socketpair()
    return await asyncio.open_connection(sock=ours), await asyncio.open_connection(sock=theirs)


def test_streams_whose_handshake_failed_have_ended() -> None:
    async def main() -> None:
        client, server = await plain_streams()
        results = await asyncio.gather(
            aio.start_tls_stream(
                client[1], contexts.client_context(), server_hostname="other.example"
            ),
            aio.start_tls_stream(server[1], contexts.server_context(), server_side=True),
            return_exceptions=True,
        )
        assert all(isinstance(each, SSL.Error) for each in results)
        for (reader, writer), error in zip((client, server), results, strict=True):
            writer.close()
            for ended in (reader.read(), writer.wait_closed()):
                with pytest.raises(SSL.Error) as caught:
                    await asyncio.wait_for(ended, 5)
                assert caught.value is error

    run(main())


def test_a_stream_whose_handshake_was_cancelled_has_ended() -> None:
    async def main() -> None:
        (reader, writer), (_, silent) = await plain_streams()
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(
                aio.start_tls_stream(writer, contexts.client_context(), server_hostname=HOST), 0.02
            )
        for ended in (reader.read(), writer.wait_closed()):
            with pytest.raises(ConnectionAbortedError):
                await asyncio.wait_for(ended, 5)
        silent.close()

    run(main())


def test_a_protocol_is_told_that_its_upgrade_failed() -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        ours, theirs = socket.socketpair()
        lower, protocol = await loop.create_connection(Recorder, sock=ours)
        theirs.sendall(b"this is no TLS")
        with pytest.raises(SSL.Error) as caught:
            await aio.start_tls(lower, protocol, contexts.client_context(), server_hostname=HOST)
        await asyncio.wait_for(protocol.lost, 5)
        assert protocol.told == ["made", "lost"]
        assert protocol.error is caught.value
        theirs.close()

    run(main())
