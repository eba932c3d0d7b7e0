"""uvicorn over a bridged context, asked by httpx over another."""

from __future__ import annotations

import contextlib
import ssl
import threading
import time
from collections.abc import Iterator

import httpx
import pytest
import uvicorn
from adapters.apps import asgi

from kit import authority, bridges
from kit.relays import relay
from kit.sockets import PATIENCE
from kit.web import BODY, CUT


@contextlib.contextmanager
def serving(context: ssl.SSLContext) -> Iterator[int]:
    """The port of a server in a thread."""
    config = uvicorn.Config(
        asgi,
        host="127.0.0.1",
        port=0,
        log_level="critical",
        ssl_context_factory=lambda config, default: context,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + PATIENCE
    while not server.started:
        assert time.monotonic() < deadline, "it does not start"
        time.sleep(0.01)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(PATIENCE)
        assert not thread.is_alive(), "it never ends"


def client(context: ssl.SSLContext) -> httpx.Client:
    return httpx.Client(verify=context, timeout=PATIENCE, trust_env=False)


def test_large_bodies_go_both_ways() -> None:
    with serving(bridges.serving()) as port, client(bridges.asking()) as http:
        url = f"https://localhost:{port}/"
        for _ in range(2):
            assert http.get(url).content == BODY
            assert http.post(url, content=BODY).content == BODY[::-1]


def test_it_speaks_with_the_standard_module() -> None:
    standard = ssl.create_default_context(cafile=str(authority.trust_file()))
    with serving(bridges.serving()) as port, client(standard) as http:
        assert http.post(f"https://localhost:{port}/", content=BODY).content == BODY[::-1]


def test_strangers_are_refused_and_the_rest_is_served() -> None:
    context = bridges.serving(require_client=True)
    with serving(context) as port:
        for who in (None, authority.client_stranger()):
            with client(bridges.asking(who)) as http, pytest.raises(httpx.TransportError):
                http.get(f"https://localhost:{port}/")
        with client(bridges.asking(authority.client_identity())) as http:
            assert http.get(f"https://localhost:{port}/").content == BODY


def test_a_wrong_host_and_a_cut() -> None:
    with (
        serving(bridges.serving(authority.wrong_host())) as port,
        client(bridges.asking()) as http,
        pytest.raises(httpx.ConnectError, match="not valid for 'localhost'"),
    ):
        http.get(f"https://localhost:{port}/")
    with serving(bridges.serving()) as port, relay(port, CUT) as cutting:
        with client(bridges.asking()) as http, pytest.raises(httpx.RemoteProtocolError):
            http.get(f"https://localhost:{cutting.port}/")
        # The server goes on.
        with client(bridges.asking()) as http:
            assert http.get(f"https://localhost:{port}/").content == BODY
