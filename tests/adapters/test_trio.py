"""trio over a bridged context, at both ends."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import trio
import trio.testing
from adapters.loops import inside

from kit import authority, bridges
from kit.relays import relay
from kit.sockets import PATIENCE
from kit.web import BODY, CUT


def run(test: Callable[[], Awaitable[None]]) -> None:
    async def limited() -> None:
        with trio.fail_after(4 * PATIENCE):
            await test()

    trio.run(limited)


async def everything(stream: Any) -> bytes:
    parts = [part async for part in stream]
    return b"".join(parts)


@asynccontextmanager
async def serving(context: ssl.SSLContext) -> AsyncIterator[tuple[int, list[Any]]]:
    """The port of a server that sends back all bytes, and what went wrong there."""
    told: list[Any] = []

    async def echo(stream: trio.SSLStream[Any]) -> None:
        try:
            async with stream:
                async for part in stream:
                    await stream.send_all(part)
        except trio.BrokenResourceError as error:
            told.append(error.__cause__)

    async with trio.open_nursery() as nursery:
        listeners = await trio.open_ssl_over_tcp_listeners(0, context, host="127.0.0.1")
        nursery.start_soon(trio.serve_listeners, echo, listeners)
        listening: Any = listeners[0].transport_listener
        yield listening.socket.getsockname()[1], told
        nursery.cancel_scope.cancel()


async def connect(port: int, context: ssl.SSLContext) -> trio.SSLStream[Any]:
    # By the address: the certificate's name is asked for all the same.
    return trio.SSLStream(
        await trio.open_tcp_stream("127.0.0.1", port), context, server_hostname="localhost"
    )


async def exchange(stream: Any, data: bytes) -> bytes:
    """Send and receive at once, as much as there is room for."""
    async with trio.open_nursery() as nursery:
        nursery.start_soon(stream.send_all, data)
        got = b""
        while len(got) < len(data):
            part = await stream.receive_some(65536)
            assert part, "an early end"
            got += part
    return got


def test_large_bodies_go_both_ways() -> None:
    async def test() -> None:
        async with serving(bridges.serving()) as (port, told):
            async with await connect(port, bridges.asking()) as stream:
                for count in (1, 16385, len(BODY)):
                    assert await exchange(stream, BODY[:count]) == BODY[:count]
            assert not told

    run(test)


@pytest.mark.parametrize("standard", ["server", "client"])
def test_it_speaks_with_the_standard_module(standard: str) -> None:
    serving_, asking = bridges.serving(), bridges.asking()
    if standard == "client":
        asking = ssl.create_default_context(cafile=str(authority.trust_file()))
    else:
        files = authority.identity().files
        serving_ = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        serving_.load_cert_chain(files.chain, files.key)

    async def test() -> None:
        async with serving(serving_) as (port, told):
            async with await connect(port, asking) as stream:
                assert await exchange(stream, BODY) == BODY
            assert not told

    run(test)


def test_a_goodbye_is_an_end_and_gives_the_transport_back() -> None:
    async def test() -> None:
        one, other = trio.testing.memory_stream_pair()
        serving_ = trio.SSLStream(one, bridges.serving(), server_side=True)
        asking = trio.SSLStream(other, bridges.asking(), server_hostname="localhost")
        given: list[Any] = []

        async def ends(stream: Any) -> None:
            given.append(await stream.unwrap())

        async with trio.open_nursery() as nursery:
            nursery.start_soon(serving_.do_handshake)
            nursery.start_soon(asking.do_handshake)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(ends, serving_)
            nursery.start_soon(ends, asking)
        (first, left), (second, also) = given
        assert {first, second} == {one, other} and not left and not also
        await first.send_all(b"plain")
        assert await second.receive_some() == b"plain"

    run(test)


def verified(error: BaseException) -> int:
    assert isinstance(error.__cause__, ssl.SSLCertVerificationError)
    return error.__cause__.verify_code


def test_wrong_hosts_and_unknown_authorities_are_refused() -> None:
    async def test() -> None:
        for who, asking, code in (
            (authority.wrong_host(), bridges.asking(), 62),
            (authority.identity(), bridges.asking(trusting=False), 20),
        ):
            async with serving(bridges.serving(who)) as (port, told):
                stream = await connect(port, asking)
                with pytest.raises(trio.BrokenResourceError) as caught:
                    await stream.send_all(b"secret")
                assert verified(caught.value) == code
                # Once broken, it stays so.
                with pytest.raises(trio.BrokenResourceError):
                    await stream.send_all(b"secret")
                await trio.aclose_forcefully(stream)
                while not told:
                    await trio.sleep(0.01)
                assert isinstance(told[0], ssl.SSLError)

    run(test)


@pytest.mark.parametrize("most", [CUT, 0])
def test_a_cut_is_an_error(most: int) -> None:
    async def test() -> None:
        async with serving(bridges.serving()) as (port, _):
            with relay(port, most) as cutting:
                stream = await connect(cutting.port, bridges.asking())
                with pytest.raises(BaseException) as caught:
                    await (exchange(stream, BODY) if most else stream.do_handshake())
                assert isinstance(inside(caught.value), trio.BrokenResourceError)
                assert cutting.cuts == 1
                await trio.aclose_forcefully(stream)

    run(test)


def test_clients_show_their_certificates() -> None:
    async def test() -> None:
        async with serving(bridges.serving(require_client=True)) as (port, told):
            asking = bridges.asking(authority.client_identity())
            async with await connect(port, asking) as stream:
                assert await exchange(stream, BODY) == BODY
            for who in (None, authority.client_stranger()):
                stream = await connect(port, bridges.asking(who))
                with pytest.raises(trio.BrokenResourceError):
                    await stream.do_handshake()
                    await stream.receive_some()
                await trio.aclose_forcefully(stream)
            assert len(told) == 2

    run(test)
