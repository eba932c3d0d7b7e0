"""anyio over a bridged context, at both ends, on asyncio and on trio."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest
from adapters.loops import inside
from anyio.streams.tls import TLSAttribute, TLSConnectable, TLSListener, TLSStream

from kit import authority, bridges
from kit.relays import relay
from kit.sockets import PATIENCE
from kit.web import BODY, CUT

backends = pytest.mark.parametrize("backend", ["asyncio", "trio"])


def run(backend: str, test: Callable[[], Awaitable[None]]) -> None:
    async def limited() -> None:
        with anyio.fail_after(4 * PATIENCE):
            await test()

    anyio.run(limited, backend=backend)


@asynccontextmanager
async def serving(context: ssl.SSLContext) -> AsyncIterator[tuple[int, list[Any]]]:
    """The port of a server that sends back all bytes, and what went wrong there."""
    told: list[Any] = []

    class Listener(TLSListener):
        @staticmethod
        async def handle_handshake_error(error: BaseException, stream: Any) -> None:
            told.append(error)
            await anyio.aclose_forcefully(stream)

    async def echo(stream: TLSStream) -> None:
        try:
            async with stream:
                async for part in stream:
                    await stream.send(part)
        except (anyio.BrokenResourceError, ssl.SSLError) as error:
            told.append(error)

    plain = await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=0)
    async with Listener(plain, context) as listener, anyio.create_task_group() as group:
        group.start_soon(listener.serve, echo)
        yield plain.extra(anyio.abc.SocketAttribute.local_port), told
        group.cancel_scope.cancel()


async def connect(port: int, context: ssl.SSLContext) -> TLSStream:
    return await anyio.connect_tcp("127.0.0.1", port, ssl_context=context, tls_hostname="localhost")


async def exchange(stream: TLSStream, data: bytes) -> bytes:
    got = b""
    async with anyio.create_task_group() as group:
        group.start_soon(stream.send, data)
        while len(got) < len(data):
            got += await stream.receive()
    return got


@backends
def test_large_bodies_go_both_ways(backend: str) -> None:
    async def test() -> None:
        async with serving(bridges.serving(protocols=["x"])) as (port, told):
            async with await connect(port, bridges.asking(protocols=["x"])) as stream:
                for count in (1, 16385, len(BODY)):
                    assert await exchange(stream, BODY[:count]) == BODY[:count]
                assert stream.extra(TLSAttribute.alpn_protocol) == "x"
                assert stream.extra(TLSAttribute.tls_version) == "TLSv1.3"
                certificate: Any = stream.extra(TLSAttribute.peer_certificate)
                assert ("DNS", "localhost") in certificate["subjectAltName"]
            assert not told

    run(backend, test)


@backends
def test_a_connectable_connects(backend: str) -> None:
    async def test() -> None:
        async with serving(bridges.serving()) as (port, _):
            way = TLSConnectable(
                anyio.TCPConnectable("127.0.0.1", port),
                ssl_context=bridges.asking(),
                hostname="localhost",
            )
            async with await way.connect() as stream:
                await stream.send(b"hello")
                assert await stream.receive() == b"hello"

    run(backend, test)


@backends
def test_wrong_hosts_and_unknown_authorities_are_refused(backend: str) -> None:
    async def test() -> None:
        for who, asking, code in (
            (authority.wrong_host(), bridges.asking(), 62),
            (authority.identity(), bridges.asking(trusting=False), 20),
        ):
            async with serving(bridges.serving(who)) as (port, told):
                with pytest.raises(ssl.SSLCertVerificationError) as caught:
                    await connect(port, asking)
                assert caught.value.verify_code == code
                while not told:
                    await anyio.sleep(0.01)

    run(backend, test)


@backends
@pytest.mark.parametrize("most", [CUT, 0])
def test_a_cut_is_an_error(backend: str, most: int) -> None:
    async def test() -> None:
        async with serving(bridges.serving()) as (port, _):
            with relay(port, most) as cutting:
                with pytest.raises(BaseException) as caught:
                    stream = await connect(cutting.port, bridges.asking())
                    async with stream:
                        await exchange(stream, BODY)
                assert isinstance(inside(caught.value), (anyio.BrokenResourceError, ssl.SSLError))
                assert cutting.cuts == 1

    run(backend, test)


@backends
def test_an_end_without_goodbye_is_an_error_and_one_with_it_is_none(backend: str) -> None:
    async def test() -> None:
        async with serving(bridges.serving()) as (port, told):
            stream = await connect(port, bridges.asking())
            await stream.send(b"x")
            assert await stream.receive() == b"x"
            plain, left = await stream.unwrap()
            assert left == b""
            await plain.aclose()
            assert not told
            stream = await connect(port, bridges.asking())
            await stream.send(b"x")
            assert await stream.receive() == b"x"
            await stream.transport_stream.aclose()
            while not told:
                await anyio.sleep(0.01)
            assert isinstance(told[0], anyio.BrokenResourceError)
            assert isinstance(told[0].__cause__, ssl.SSLEOFError)

    run(backend, test)


@backends
def test_clients_show_their_certificates(backend: str) -> None:
    async def test() -> None:
        async with serving(bridges.serving(require_client=True)) as (port, told):
            asking = bridges.asking(authority.client_identity())
            async with await connect(port, asking) as stream:
                assert await exchange(stream, BODY) == BODY
            for who in (None, authority.client_stranger()):
                with pytest.raises((anyio.BrokenResourceError, ssl.SSLError)):
                    async with await connect(port, bridges.asking(who)) as stream:
                        await stream.receive()
            assert len(told) == 2

    run(backend, test)
