"""hypercorn over a bridged context: HTTP/2 by ALPN, on asyncio and on trio."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import anyio
import httpx
import hypercorn.asyncio
import hypercorn.trio
import pytest
from adapters.apps import asgi
from adapters.loops import elsewhere
from hypercorn.config import Config

from kit import authority, bridges
from kit.relays import relay
from kit.sockets import PATIENCE
from kit.web import BODY, CUT

SERVE: dict[str, Callable[..., Any]] = {
    "asyncio": hypercorn.asyncio.serve,
    "trio": hypercorn.trio.serve,
}


class Over(Config):
    """A configuration with a context of one's own."""

    context: ssl.SSLContext
    ssl_enabled = True

    def create_ssl_context(self) -> ssl.SSLContext:
        """Return the context that was given."""
        return self.context


@contextlib.contextmanager
def serving(context: ssl.SSLContext, backend: str) -> Iterator[int]:
    """The port of a server in a thread."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = Over()
        config.context = context
        config.bind = [f"fd://{os.dup(listening.fileno())}"]  # which it closes
        config.errorlog = None

        @contextlib.asynccontextmanager
        async def server() -> AsyncIterator[int]:
            over = anyio.Event()
            async with anyio.create_task_group() as group:

                async def run() -> None:
                    # On asyncio it ends with the alert that a client's connection ended with.
                    with contextlib.suppress(ssl.SSLError):
                        await SERVE[backend](asgi, config, shutdown_trigger=over.wait)

                group.start_soon(run)
                yield listening.getsockname()[1]
                over.set()

        with elsewhere(server, backend) as port:
            yield port


def client(context: ssl.SSLContext) -> httpx.Client:
    return httpx.Client(verify=context, timeout=PATIENCE, trust_env=False, http2=True)


backends = pytest.mark.parametrize("backend", sorted(SERVE))
BOTH = ("h2", "http/1.1")


@backends
@pytest.mark.parametrize("protocols", [BOTH, ("http/1.1",)])
def test_large_bodies_go_both_ways(backend: str, protocols: tuple[str, ...]) -> None:
    context = bridges.serving(protocols=protocols)
    with serving(context, backend) as port, client(bridges.asking()) as http:
        url = f"https://localhost:{port}/"
        answer = http.get(url)
        assert answer.http_version == ("HTTP/2" if "h2" in protocols else "HTTP/1.1")
        assert answer.content == BODY
        assert http.post(url, content=BODY).content == BODY[::-1]


@backends
def test_it_speaks_with_the_standard_module(backend: str) -> None:
    standard = ssl.create_default_context(cafile=str(authority.trust_file()))
    with (
        serving(bridges.serving(protocols=BOTH), backend) as port,
        client(standard) as http,
    ):
        answer = http.post(f"https://localhost:{port}/", content=BODY)
        assert (answer.http_version, answer.content) == ("HTTP/2", BODY[::-1])


@backends
def test_strangers_are_refused_and_the_rest_is_served(backend: str) -> None:
    context = bridges.serving(require_client=True, protocols=BOTH)
    with serving(context, backend) as port:
        for who in (None, authority.client_stranger()):
            with client(bridges.asking(who)) as http, pytest.raises(httpx.TransportError):
                http.get(f"https://localhost:{port}/")
        with client(bridges.asking(authority.client_identity())) as http:
            assert http.get(f"https://localhost:{port}/").content == BODY


@backends
def test_a_wrong_host_and_a_cut(backend: str) -> None:
    with (
        serving(bridges.serving(authority.wrong_host(), protocols=BOTH), backend) as port,
        client(bridges.asking()) as http,
        pytest.raises(httpx.ConnectError, match="not valid for 'localhost'"),
    ):
        http.get(f"https://localhost:{port}/")
    with (
        serving(bridges.serving(protocols=BOTH), backend) as port,
        relay(port, CUT) as cutting,
    ):
        with client(bridges.asking()) as http, pytest.raises(httpx.RemoteProtocolError):
            http.get(f"https://localhost:{cutting.port}/")
        with client(bridges.asking()) as http:
            assert http.get(f"https://localhost:{port}/").content == BODY
