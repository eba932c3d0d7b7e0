"""TLS over Unix sockets, by asyncio's functions for them."""

from __future__ import annotations

import asyncio
import socket
import sys
from pathlib import Path
from typing import Any

import pytest

from kit import contexts
from kit.streams import HOST, Recorder, descriptors, echo, run, settled
from OpenSSL import SSL, aio

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="has no Unix sockets")


async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"hello")
    writer.write_eof()
    assert await reader.read() == b"hello"
    writer.close()
    await writer.wait_closed()


def test_streams(tmp_path: Path) -> None:
    path = tmp_path / "tls"

    async def main() -> None:
        server = await aio.start_unix_server(echo, path, context=contexts.server_context())
        async with server:
            before = descriptors()
            reader, writer = await aio.open_unix_connection(
                path, context=contexts.client_context(), server_hostname=HOST
            )
            assert writer.get_extra_info("peername") == str(path)
            # libssl reads and writes the socket itself.
            connection: SSL.Connection = writer.get_extra_info("connection")
            assert connection.fileno() == writer.get_extra_info("socket").fileno()
            await greet(reader, writer)
            while descriptors() != before:
                await asyncio.sleep(0)

    run(main())


def test_transports_over_sockets_of_the_callers(tmp_path: Path) -> None:
    async def main() -> None:
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(str(tmp_path / "tls"))
        accepted = Recorder()
        server = await aio.create_unix_server(
            lambda: accepted, sock=listening, context=contexts.server_context()
        )
        sock = socket.socket(socket.AF_UNIX)
        sock.connect(str(tmp_path / "tls"))
        transport, client = await aio.create_unix_connection(
            Recorder, sock=sock, context=contexts.client_context(), server_hostname=HOST
        )
        transport.write(b"data")
        while accepted.data != b"data":
            await asyncio.sleep(0)
        accepted.stay = client.stay = False
        transport.close()
        await asyncio.gather(accepted.lost, client.lost)
        server.close()
        await server.wait_closed()

    run(main())


def test_a_library_on_our_loop(tmp_path: Path) -> None:
    """It knows of asyncio only."""
    path = tmp_path / "tls"

    async def main() -> None:
        server = await asyncio.start_unix_server(
            echo, path, ssl=contexts.server_context().as_ssl_context()
        )
        reader, writer = await asyncio.open_unix_connection(
            path, ssl=contexts.client_context().as_ssl_context(), server_hostname=HOST
        )
        assert isinstance(writer.transport, aio.Transport)
        await greet(reader, writer)
        plain = await asyncio.start_unix_server(echo, tmp_path / "plain")
        await greet(*await asyncio.open_unix_connection(tmp_path / "plain"))
        for each in (server, plain):
            each.close()
        await settled()

    run(main(), aio.EventLoop)


def test_what_is_wrong_changes_nothing(tmp_path: Path) -> None:
    async def main() -> None:
        client: dict[str, Any] = {"context": contexts.client_context(), "server_hostname": HOST}
        with pytest.raises(OSError):
            await aio.open_unix_connection(tmp_path / "nobody", **client)
        with pytest.raises(ValueError, match="server_hostname"):
            await aio.open_unix_connection(tmp_path / "x", context=contexts.client_context())
        with (
            socket.socket(socket.AF_UNIX) as sock,
            pytest.raises(ValueError, match="path and sock"),
        ):
            await aio.create_unix_connection(Recorder, tmp_path / "x", sock=sock, **client)
        with (
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock,
            pytest.raises(ValueError, match="Stream Socket"),
        ):
            await aio.create_unix_connection(Recorder, sock=sock, **client)
        with pytest.raises(ValueError, match="no path and sock"):
            await aio.create_unix_connection(Recorder, **client)
        with pytest.raises(ValueError, match="path and host/port"):
            await aio.create_server(
                Recorder, "localhost", path=tmp_path / "x", context=contexts.server_context()
            )
        with pytest.raises(TypeError, match="context must be"):
            await aio.start_unix_server(echo, tmp_path / "x", context=1)  # type: ignore[arg-type]
        assert not (tmp_path / "x").exists()

    run(main())
