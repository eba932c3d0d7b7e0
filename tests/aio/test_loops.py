"""Loops: whoever asks them for TLS with a bridged context gets our transports."""

from __future__ import annotations

import asyncio
import importlib.util
import ssl
from typing import Any

import pytest

from kit import authority, contexts, stdlib
from kit.streams import HOST, Recorder, connect, echo, run, serving
from OpenSSL import SSL, aio

SIZE = 300_000
FACTORIES: list[Any] = [
    aio.EventLoop,
    pytest.param(
        aio.new_uvloop,
        marks=pytest.mark.skipif(
            importlib.util.find_spec("uvloop") is None, reason="uvloop is not installed"
        ),
    ),
]
both = pytest.mark.parametrize("factory", FACTORIES)


def client() -> Any:
    return contexts.client_context().as_ssl_context()


@both
def test_streams_of_asyncio_go_over_our_transports(factory: Any) -> None:
    async def main() -> None:
        server = await asyncio.start_server(
            echo, "127.0.0.1", 0, ssl=contexts.server_context().as_ssl_context()
        )
        async with server:
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", server.sockets[0].getsockname()[1], ssl=client(), server_hostname=HOST
            )
            assert isinstance(writer.transport, aio.Transport)
            assert isinstance(writer.get_extra_info("connection"), SSL.Connection)
            assert writer.get_extra_info("ssl_object").version() == "TLSv1.3"
            writer.write(b"a" * SIZE)
            assert await reader.readexactly(SIZE) == b"a" * SIZE
            writer.close()
            await writer.wait_closed()

    run(main(), factory)


@both
def test_errors_are_the_standard_modules(factory: Any) -> None:
    async def main() -> None:
        server = await asyncio.start_server(
            echo,
            "127.0.0.1",
            0,
            ssl=contexts.server_context(authority.wrong_host()).as_ssl_context(),
        )
        async with server:
            with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
                await asyncio.open_connection(
                    "127.0.0.1",
                    server.sockets[0].getsockname()[1],
                    ssl=client(),
                    server_hostname=HOST,
                )

    run(main(), factory)


@both
def test_an_upgrade_goes_over_ours(factory: Any) -> None:
    async def main() -> None:
        async with serving(echo, contexts.server_context()) as port:
            loop = asyncio.get_running_loop()
            transport, protocol = await loop.create_connection(Recorder, "127.0.0.1", port)
            made: Any = await loop.start_tls(transport, protocol, client(), server_hostname=HOST)
            assert isinstance(made, aio.Transport)
            made.write(b"up")
            while protocol.data != b"up":
                await asyncio.sleep(0.001)
            made.close()
            await protocol.lost

    run(main(), factory)


@both
def test_other_contexts_go_their_usual_way(factory: Any) -> None:
    async def main() -> None:
        async with serving(echo) as port:
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", port, ssl=stdlib.client_context(), server_hostname=HOST
            )
            assert not isinstance(writer.transport, aio.Transport)
            writer.write(b"a" * SIZE)
            assert await reader.readexactly(SIZE) == b"a" * SIZE
            writer.close()
            await writer.wait_closed()

    run(main(), factory)


@both
def test_our_own_functions_work_there(factory: Any) -> None:
    async def main() -> None:
        async with serving(echo) as port:
            reader, writer = await connect(port)
            writer.write(b"a" * SIZE)
            writer.write_eof()
            assert await reader.read() == b"a" * SIZE
            writer.close()
            await writer.wait_closed()

    run(main(), factory)


def test_a_bridged_context_is_taken_where_a_context_is() -> None:
    async def main() -> None:
        async with serving(echo, contexts.server_context().as_ssl_context()) as port:  # type: ignore[arg-type]
            with pytest.raises(ssl.SSLCertVerificationError):
                await connect(port, context=client(), server_hostname="other.example")
            reader, writer = await connect(port, context=client())
            writer.write(b"a")
            assert await reader.readexactly(1) == b"a"
            writer.close()
            await writer.wait_closed()

    run(main())
