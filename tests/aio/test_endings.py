"""Ends: close flushes, abort does not, a cut is an error, and every wait has a limit."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import time
from typing import Any

import pytest

from kit import contexts, stdlib
from kit.sockets import reset
from kit.streams import HOST, Recorder, connect, echo, run, serving
from OpenSSL import SSL, aio

BIG = 8_000_000


async def accepted(context: Any = None, **options: Any) -> tuple[aio.Server, Any, int]:
    """A server whose protocols are recorders: ``(server, queue of them, port)``."""
    made: asyncio.Queue[Recorder] = asyncio.Queue()

    class Put(Recorder):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            super().connection_made(transport)
            made.put_nowait(self)

    server = await aio.create_server(
        Put, "127.0.0.1", 0, context=context or contexts.server_context(), **options
    )
    return server, made, server.sockets[0].getsockname()[1]


def blocking_client(port: int, context: ssl.SSLContext | None = None) -> ssl.SSLSocket:
    sock = socket.create_connection(("127.0.0.1", port))
    sock.settimeout(20)
    return (context or stdlib.client_context()).wrap_socket(sock, server_hostname=HOST)


async def in_thread(call: Any, *args: Any) -> Any:
    return await asyncio.get_running_loop().run_in_executor(None, call, *args)


def test_close_sends_what_was_written_and_says_goodbye() -> None:
    async def main() -> None:
        server, made, port = await accepted()
        async with server:
            reader, writer = await connect(port)
            end = await made.get()
            end.transport.write(b"q" * BIG)
            end.transport.close()
            assert end.transport.is_closing()
            assert await reader.read() == b"q" * BIG
            writer.close()
            await writer.wait_closed()
            await end.lost
            assert end.error is None
            assert end.told == ["made", "pause", "resume", "lost"]

    run(main())


def test_abort_drops_what_was_written_and_the_peer_sees_a_cut() -> None:
    async def main() -> None:
        server, made, port = await accepted()
        async with server:
            reader, writer = await connect(port)
            end = await made.get()
            end.transport.write(b"q" * BIG)
            end.transport.abort()
            with pytest.raises(SSL.SysCallError):
                await reader.read()
            writer.close()
            with contextlib.suppress(SSL.SysCallError):
                await writer.wait_closed()
            await end.lost
            assert end.error is None

    run(main())


@pytest.mark.differs("a stream that is cut off without")
def test_a_stream_that_is_cut_is_an_error_and_no_end() -> None:
    async def main() -> None:
        server, made, port = await accepted()
        async with server:
            client = await in_thread(
                blocking_client, port, stdlib.client_context(version="TLSv1.2")
            )
            await in_thread(client.sendall, b"half of it")
            end = await made.get()
            socket.socket.close(client)  # no close_notify
            await end.lost
            assert bytes(end.data) == b"half of it"
            assert isinstance(end.error, SSL.SysCallError)
            assert end.error.args == (-1, "Unexpected EOF")
            assert "eof" not in end.told

    run(main())


def test_a_cut_in_the_handshake_reaches_who_waits() -> None:
    async def main() -> None:
        async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(10)
            writer.transport.abort()

        server = await asyncio.start_server(cut, "127.0.0.1", 0)
        async with server:
            with pytest.raises(SSL.SysCallError):
                await connect(server.sockets[0].getsockname()[1])

    run(main())


def test_what_is_no_tls_is_an_error_on_both_sides() -> None:
    async def main() -> None:
        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"220 mail.example ready\r\n" * 10)
            with contextlib.suppress(ConnectionError):
                await reader.read()
            writer.close()

        server = await asyncio.start_server(talk, "127.0.0.1", 0)
        async with server:
            with pytest.raises(SSL.Error, match="wrong version number|packet length"):
                await connect(server.sockets[0].getsockname()[1])
        async with serving(echo) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET / HTTP/1.0\r\n\r\n")
            with contextlib.suppress(ConnectionError):
                await reader.read()  # an alert, and the end
            writer.close()

    run(main())


@pytest.mark.differs("eof_received that returns True")
def test_the_end_of_the_peer_is_told_and_writing_goes_on() -> None:
    async def main() -> None:
        server, made, port = await accepted()
        async with server:
            reader, writer = await connect(port)
            writer.write_eof()
            end = await made.get()
            await end.ended
            assert not end.transport.is_closing()
            end.transport.write(b"still here")
            end.transport.close()
            assert await reader.read() == b"still here"
            writer.close()
            await writer.wait_closed()
            await end.lost
            assert end.error is None

    run(main())


def test_a_protocol_that_does_not_stay_is_closed_at_the_peers_end() -> None:
    async def main() -> None:
        server, made, port = await accepted()
        async with server:
            reader, writer = await connect(port)
            end = await made.get()
            end.stay = False
            writer.write_eof()
            assert await reader.read() == b""
            await end.lost
            assert end.told == ["made", "eof", "lost"]
            assert end.error is None
            writer.close()
            await writer.wait_closed()

    run(main())


def test_nothing_can_be_written_behind_the_end() -> None:
    async def main() -> None:
        async with serving(echo) as port:
            reader, writer = await connect(port)
            assert writer.can_write_eof()
            writer.write_eof()
            writer.write_eof()
            with pytest.raises(RuntimeError, match="after write_eof"):
                writer.write(b"more")
            assert await reader.read() == b""
            writer.close()
            await writer.wait_closed()

    run(main())


def test_writing_to_a_closed_transport_is_nothing_but_a_word_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def main() -> None:
        async with serving(echo) as port:
            _, writer = await connect(port)
            writer.close()
            for _ in range(7):
                writer.transport.write(b"late")  # type: ignore[attr-defined]
            await writer.wait_closed()

    run(main())
    assert "is closed" in caplog.text


def test_the_handshake_has_a_limit_on_both_sides() -> None:
    async def main() -> None:
        with (
            socket.create_server(("127.0.0.1", 0)) as listening,
            pytest.raises(ConnectionAbortedError, match="longer than 0.05 seconds"),
        ):
            await connect(listening.getsockname()[1], ssl_handshake_timeout=0.05)
        async with serving(echo, ssl_handshake_timeout=0.05) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            assert await reader.read() == b""
            writer.close()

    run(main())


def test_the_goodbye_has_a_limit() -> None:
    async def main() -> None:
        server, made, port = await accepted(ssl_shutdown_timeout=0.05)
        async with server:
            client = await in_thread(blocking_client, port)
            end = await made.get()
            end.transport.close()
            await end.lost
            assert isinstance(end.error, TimeoutError)
            client.close()

    run(main())


def test_a_peer_that_takes_nothing_more_is_given_up_after_the_limit() -> None:
    async def main() -> None:
        server, made, port = await accepted(ssl_shutdown_timeout=0.05)
        async with server:
            client = await in_thread(blocking_client, port)
            end = await made.get()
            end.transport.write(b"q" * BIG)
            end.transport.close()
            await end.lost
            assert isinstance(end.error, TimeoutError)
            client.close()

    run(main())


@pytest.mark.differs("ssl_shutdown_timeout while what")
def test_a_peer_that_is_slow_gets_all_that_was_written() -> None:
    limit = 1.0

    def read_slowly(client: ssl.SSLSocket) -> int:
        size = 0
        while data := client.recv(1 << 14):
            size += len(data)
            time.sleep(0.005)
        return size

    def connected(port: int) -> ssl.SSLSocket:
        sock = socket.socket()
        # The system must not take it all.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        sock.settimeout(20)
        sock.connect(("127.0.0.1", port))
        return stdlib.client_context().wrap_socket(sock, server_hostname=HOST)

    async def main() -> None:
        server, made, port = await accepted(ssl_shutdown_timeout=limit)
        async with server:
            client = await in_thread(connected, port)
            end = await made.get()
            end.transport.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 16
            )
            start = time.monotonic()
            end.transport.write(b"q" * BIG)
            end.transport.close()
            assert await in_thread(read_slowly, client) == BIG
            assert time.monotonic() - start > 2 * limit
            await in_thread(client.unwrap)
            await end.lost
            assert end.error is None
            client.close()

    run(main())


def test_a_reset_is_told() -> None:
    async def main() -> None:
        server, made, port = await accepted()
        async with server:
            client = await in_thread(blocking_client, port)
            end = await made.get()
            plain = socket.socket(fileno=client.detach())
            reset(plain)
            await end.lost
            assert isinstance(end.error, ConnectionResetError)

    run(main())


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
def test_a_refused_client_certificate_is_heard_by_the_client(version: str) -> None:
    async def main() -> None:
        context = contexts.server_context(require_client=True, version=version)
        async with serving(echo, context) as port:
            with pytest.raises(SSL.Error) as caught:
                reader, writer = await connect(port)
                writer.write(b"x")
                try:
                    await reader.read()
                finally:
                    writer.close()
            assert caught.value.alert in (40, 116)

    run(main())


@pytest.mark.differs("connection_lost of a transport")
def test_what_comes_behind_close_is_thrown_away() -> None:
    async def main() -> None:
        server, made, port = await accepted()
        async with server:
            reader, writer = await connect(port)
            end = await made.get()
            end.transport.close()
            assert await reader.read() == b""
            writer.write(b"late" * 100_000)
            await writer.drain()
            writer.close()
            await writer.wait_closed()
            await end.lost
            assert end.error is None
            assert end.data == b""

    run(main())


def test_a_transport_that_is_forgotten_says_so_and_closes_its_socket() -> None:
    async def main() -> None:
        server, made, port = await accepted()
        async with server:
            client = await in_thread(blocking_client, port)
            end = await made.get()
            transport = end.transport
            with pytest.warns(ResourceWarning, match="unclosed transport"):
                transport.__del__()
            assert await in_thread(client.recv, 1) == b""  # its suppressed ragged end
            client.close()
            server._transports.clear()

    run(main())
