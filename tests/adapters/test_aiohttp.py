"""aiohttp over a bridged context, its client and its server."""

from __future__ import annotations

import asyncio
import contextlib
import io
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from adapters.proxies import tunnel
from aiohttp import web

from kit import authority, bridges
from kit.relays import relay
from kit.sockets import PATIENCE
from kit.web import BODY, CUT

SEEN = web.AppKey("SEEN", list)


def run(test: Callable[[], Awaitable[None]]) -> None:
    async def limited() -> None:
        await asyncio.wait_for(test(), 4 * PATIENCE)

    asyncio.run(limited())


async def answer(request: web.Request) -> web.StreamResponse:
    assert request.secure and request.transport is not None
    request.app[SEEN].append(request.transport.get_extra_info("peercert"))
    if request.path == "/socket":
        talk = web.WebSocketResponse(max_msg_size=0)
        await talk.prepare(request)
        async for message in talk:
            await talk.send_bytes(message.data[::-1])
        return talk
    if request.method == "GET":
        return web.Response(body=BODY)
    return web.Response(body=(await request.read())[::-1])


@contextlib.asynccontextmanager
async def serving(context: ssl.SSLContext) -> AsyncIterator[tuple[int, list[Any]]]:
    """The port of a server, and what its clients showed."""
    app = web.Application(client_max_size=2 * len(BODY))
    app[SEEN] = seen = []
    app.router.add_route("*", "/{anything:.*}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
        await site.start()
        yield runner.addresses[0][1], seen
    finally:
        await runner.cleanup()


def client(context: ssl.SSLContext, **options: Any) -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(ssl=context)
    limit = aiohttp.ClientTimeout(PATIENCE)
    return aiohttp.ClientSession(connector=connector, timeout=limit, **options)


def url(port: int, path: str = "") -> str:
    return f"https://localhost:{port}/{path}"


def test_large_bodies_go_both_ways() -> None:
    async def test() -> None:
        async with serving(bridges.serving()) as (port, _), client(bridges.asking()) as http:
            for _ in range(2):
                async with http.get(url(port)) as got:
                    assert await got.read() == BODY
                async with http.post(url(port), data=io.BytesIO(BODY)) as got:
                    assert await got.read() == BODY[::-1]

    run(test)


def test_many_at_once() -> None:
    async def test() -> None:
        async with serving(bridges.serving()) as (port, _), client(bridges.asking()) as http:

            async def one(count: int) -> bool:
                data = BODY[: count * 1000]
                async with http.post(url(port), data=data) as got:
                    return await got.read() == data[::-1]

            assert all(await asyncio.gather(*map(one, range(50))))

    run(test)


def test_web_sockets() -> None:
    async def test() -> None:
        async with (
            serving(bridges.serving()) as (port, _),
            client(bridges.asking()) as http,
            http.ws_connect(url(port, "socket"), max_msg_size=0) as talk,
        ):
            for count in (0, 1, 16385, len(BODY)):
                await talk.send_bytes(BODY[:count])
                assert await talk.receive_bytes() == BODY[:count][::-1]

    run(test)


def test_another_host_is_refused() -> None:
    async def test() -> None:
        async with (
            serving(bridges.serving(authority.wrong_host())) as (port, seen),
            client(bridges.asking()) as http,
        ):
            with pytest.raises(aiohttp.ClientConnectorCertificateError) as caught:
                await http.get(url(port))
            error = caught.value.certificate_error
            assert isinstance(error, ssl.SSLCertVerificationError) and error.verify_code == 62
            assert not seen

    run(test)


def test_an_unknown_authority_is_refused() -> None:
    async def test() -> None:
        async with (
            serving(bridges.serving()) as (port, seen),
            client(bridges.asking(trusting=False)) as http,
        ):
            with pytest.raises(aiohttp.ClientConnectorCertificateError):
                await http.get(url(port))
            assert not seen

    run(test)


def test_a_fingerprint_is_compared() -> None:
    from cryptography.hazmat.primitives import hashes

    right = authority.identity().certificate.fingerprint(hashes.SHA256())

    async def test() -> None:
        context = bridges.asking()
        async with serving(bridges.serving()) as (port, _), client(context) as http:
            async with http.get(url(port), ssl=context) as got:
                assert await got.read() == BODY
            assert got.connection is None
            with pytest.raises(aiohttp.ServerFingerprintMismatch):
                connector = aiohttp.TCPConnector(ssl=aiohttp.Fingerprint(right[::-1]))
                async with aiohttp.ClientSession(connector=connector) as other:
                    await other.get(url(port))

    run(test)


def test_a_cut_body_is_an_error() -> None:
    async def test() -> None:
        async with serving(bridges.serving()) as (port, _), client(bridges.asking()) as http:
            with relay(port, CUT) as cutting:
                with pytest.raises(aiohttp.ClientPayloadError):
                    async with http.get(url(cutting.port)) as got:
                        await got.read()
                assert cutting.cuts == 1

    run(test)


def test_clients_show_their_certificates() -> None:
    async def test() -> None:
        async with serving(bridges.serving(require_client=True)) as (port, seen):
            async with (
                client(bridges.asking(authority.client_identity())) as http,
                http.get(url(port)) as got,
            ):
                assert await got.read() == BODY
            [certificate] = seen
            assert (("commonName", "client"),) in certificate["subject"]
            for who in (None, authority.client_stranger()):
                async with client(bridges.asking(who)) as http:
                    with pytest.raises(aiohttp.ClientError):
                        await http.get(url(port))
            assert len(seen) == 1

    run(test)


def test_tls_goes_through_tls_of_a_proxy() -> None:
    async def test() -> None:
        async with serving(bridges.serving()) as (port, _), client(bridges.asking()) as http:
            with tunnel(bridges.serving()) as proxy:
                through = f"https://localhost:{proxy.port}"
                async with http.post(url(port), data=io.BytesIO(BODY), proxy=through) as got:
                    assert await got.read() == BODY[::-1]
                assert proxy.tunnels == 1

    run(test)
