"""asyncio's own TLS on top of our transports, and every way in which it can end.

Below it are protocols and no streams: from Python 3.12 on a stream closes its transport when it
is forgotten, also where another protocol has taken the transport over.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from typing import Any

import pytest

from kit import authority, contexts, stdlib
from kit.streams import HOST, Recorder, run, settled
from OpenSSL import aio
from OpenSSL.aio.core import CLOSED

SIZE = 1_000_000


class Held(Recorder):
    """Is given nothing before another protocol has taken its place."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.transport.pause_reading()


@contextlib.asynccontextmanager
async def ours() -> AsyncIterator[tuple[Any, Any]]:
    """The transports of two ends that speak our TLS."""
    made: asyncio.Queue[Any] = asyncio.Queue()

    class Accepted(Held):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            super().connection_made(transport)
            made.put_nowait(transport)

    server = await aio.create_server(Accepted, "127.0.0.1", 0, context=contexts.server_context())
    client, _ = await aio.create_connection(
        Held,
        "127.0.0.1",
        server.sockets[0].getsockname()[1],
        context=contexts.client_context(),
        server_hostname=HOST,
    )
    other = await made.get()
    server.close()
    try:
        yield client, other
        # Whatever became of the upper ones, ours are gone.
        await server.wait_closed()
        await settled()
        assert client._state == other._state == CLOSED
    finally:
        client.abort()
        other.abort()


async def outer(
    client: Any, server: Any, who: authority.Identity | None = None, **options: Any
) -> tuple[Recorder, Recorder]:
    """Two ends of asyncio's TLS over two of ours; raises what the client's handshake raises."""
    loop = asyncio.get_running_loop()
    ends = Recorder(), Recorder()
    made = await asyncio.gather(
        loop.start_tls(client, ends[0], stdlib.client_context(), server_hostname=HOST, **options),
        loop.start_tls(server, ends[1], stdlib.server_context(who), server_side=True, **options),
        return_exceptions=True,
    )
    for end, transport in zip(ends, made, strict=True):
        if isinstance(transport, BaseException):
            raise transport
        end.transport = transport
    return ends


def test_it_ends_with_a_goodbye() -> None:
    async def main() -> None:
        async with ours() as (client, server):
            one, other = await outer(client, server)
            one.transport.write(b"t" * SIZE)
            one.transport.close()
            await asyncio.gather(one.lost, other.lost)
            assert other.data == b"t" * SIZE
            assert (one.error, other.error) == (None, None)

    run(main())


def test_it_is_aborted() -> None:
    async def main() -> None:
        async with ours() as (client, server):
            one, other = await outer(client, server)
            one.transport.abort()
            await asyncio.gather(one.lost, other.lost)

    run(main())


def test_a_peer_that_does_not_say_goodbye_has_its_time() -> None:
    async def main() -> None:
        async with ours() as (client, server):
            one, other = await outer(client, server, ssl_shutdown_timeout=0.05)
            server.pause_reading()
            one.transport.close()
            await one.lost
            assert isinstance(one.error, (TimeoutError, asyncio.TimeoutError))
            server.abort()
            await other.lost

    run(main())


def test_what_is_no_record_ends_it() -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        told: list[Any] = []
        async with ours() as (client, server):
            one, other = await outer(client, server)
            loop.set_exception_handler(lambda _, each: told.append(each))
            server.write(b"this is no record" * 100)
            await asyncio.gather(one.lost, other.lost)
            assert isinstance(one.error, ssl.SSLError)
        assert not [each for each in told if isinstance(each.get("exception"), AttributeError)]

    run(main())


def test_a_certificate_that_nobody_believes() -> None:
    async def main() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda *_: None)
        async with ours() as (client, server):
            with pytest.raises(ssl.SSLCertVerificationError):
                await outer(client, server, authority.stranger())

    run(main())


def test_a_handshake_that_is_never_answered() -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda *_: None)
        async with ours() as (client, server):
            with pytest.raises(ConnectionAbortedError):
                await loop.start_tls(
                    client,
                    Recorder(),
                    stdlib.client_context(),
                    server_hostname=HOST,
                    ssl_handshake_timeout=0.05,
                )
            server.abort()

    run(main())


def test_ours_is_aborted_below_it() -> None:
    async def main() -> None:
        async with ours() as (client, server):
            one, other = await outer(client, server)
            client.abort()
            await asyncio.gather(one.lost, other.lost)

    run(main())
