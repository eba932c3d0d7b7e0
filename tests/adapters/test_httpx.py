"""httpx over a bridged context, its blocking client and its two asynchronous ones."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import Any

import anyio
import httpx
import pytest
from adapters.loops import inside

from kit import authority, bridges
from kit.relays import relay
from kit.sockets import PATIENCE
from kit.web import BODY, CUT, Web, web

Calls = list[tuple[str, str, Any]]


def blocking(context: ssl.SSLContext, calls: Calls, **options: Any) -> list[httpx.Response]:
    with httpx.Client(verify=context, timeout=PATIENCE, trust_env=False, **options) as http:
        return [http.request(method, url, content=data) for method, url, data in calls]


async def together(context: ssl.SSLContext, calls: Calls, **options: Any) -> list[httpx.Response]:
    made: dict[int, httpx.Response] = {}
    async with (
        httpx.AsyncClient(verify=context, timeout=PATIENCE, trust_env=False, **options) as http,
    ):

        async def one(number: int, method: str, url: str, data: Any) -> None:
            made[number] = await http.request(method, url, content=data)

        async with anyio.create_task_group() as group:
            for number, call in enumerate(calls):
                group.start_soon(one, number, *call)
    return [made[number] for number in range(len(calls))]


def run(backend: str) -> Callable[..., list[httpx.Response]]:
    def asynchronous(context: ssl.SSLContext, calls: Calls, **options: Any) -> list[httpx.Response]:
        async def main() -> list[httpx.Response]:
            with anyio.fail_after(4 * PATIENCE):
                return await together(context, calls, **options)

        try:
            return anyio.run(main, backend=backend)
        except BaseException as group:
            error = inside(group)
        raise error

    return asynchronous


ways = pytest.mark.parametrize(
    "way", [blocking, run("asyncio"), run("trio")], ids=["blocking", "asyncio", "trio"]
)
Way = Callable[..., list[httpx.Response]]


@ways
def test_large_bodies_go_both_ways(server: Web, way: Way) -> None:
    one, other = way(bridges.asking(), [("GET", server.url(), None), ("POST", server.url(), BODY)])
    assert one.content == BODY
    assert other.content == BODY[::-1]
    assert not server.failures


@ways
def test_another_host_is_refused(way: Way) -> None:
    with web(bridges.serving(authority.wrong_host())) as server:
        with pytest.raises(httpx.ConnectError) as caught:
            way(bridges.asking(), [("GET", server.url(), None)])
        assert "not valid for 'localhost'" in str(causes(caught.value))
        assert not server.told


def causes(error: BaseException | None) -> list[BaseException]:
    """An error and what it came from."""
    found = []
    while error is not None:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found


@ways
def test_an_unknown_authority_is_refused(server: Web, way: Way) -> None:
    with pytest.raises(httpx.ConnectError) as caught:
        way(bridges.asking(trusting=False), [("GET", server.url(), None)])
    assert any(isinstance(each, ssl.SSLCertVerificationError) for each in causes(caught.value))
    assert not server.told


@ways
def test_a_cut_body_is_an_error(server: Web, way: Way) -> None:
    with relay(server.port, CUT) as cutting:
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            way(bridges.asking(), [("GET", server.url(cutting.port), None)])
        assert cutting.cuts == 1


@ways
def test_clients_show_their_certificates(way: Way) -> None:
    with web(bridges.serving(require_client=True)) as server:
        [answer] = way(bridges.asking(authority.client_identity()), [("GET", server.url(), None)])
        assert answer.content == BODY
        for who in (None, authority.client_stranger()):
            # The alert comes after the handshake; httpx has no word for it on every way.
            with pytest.raises((httpx.TransportError, ssl.SSLError)):
                way(bridges.asking(who), [("GET", server.url(), None)])
        assert len(server.told) == 1
