"""websockets over a bridged context, on asyncio and in threads."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import websockets.asyncio.client
import websockets.asyncio.server
import websockets.sync.client
import websockets.sync.server
from adapters.loops import elsewhere
from websockets.exceptions import ConnectionClosedError

from kit import authority, bridges
from kit.relays import relay
from kit.sockets import PATIENCE
from kit.web import BODY, CUT

#: Neither side looks whether the other is alive, nor limits messages.
PLAIN: dict[str, Any] = {"max_size": None, "compression": None}


@contextlib.contextmanager
def on_asyncio(context: ssl.SSLContext) -> Iterator[int]:
    async def turn(talk: Any) -> None:
        with contextlib.suppress(ConnectionClosedError):
            async for message in talk:
                await talk.send(message[::-1])

    @contextlib.asynccontextmanager
    async def server() -> AsyncIterator[int]:
        serve = websockets.asyncio.server.serve
        async with serve(turn, "127.0.0.1", 0, ssl=context, **PLAIN) as made:
            yield made.sockets[0].getsockname()[1]

    with elsewhere(server) as port:
        yield port


@contextlib.contextmanager
def in_threads(context: ssl.SSLContext) -> Iterator[int]:
    def turn(talk: Any) -> None:
        with contextlib.suppress(ConnectionClosedError):
            for message in talk:
                talk.send(message[::-1])

    serve = websockets.sync.server.serve
    with serve(turn, "127.0.0.1", 0, ssl=context, **PLAIN) as made:
        thread = threading.Thread(target=made.serve_forever, daemon=True)
        thread.start()
        yield made.socket.getsockname()[1]
        made.shutdown()
        thread.join(PATIENCE)


def ask_on_asyncio(port: int, context: ssl.SSLContext, *messages: bytes) -> list[bytes]:
    async def ask() -> list[bytes]:
        connect = websockets.asyncio.client.connect
        url = f"wss://localhost:{port}/"
        async with connect(url, ssl=context, proxy=None, **PLAIN) as talk:
            answers: list[Any] = []
            for message in messages:
                await talk.send(message)
                answers.append(await talk.recv())
            return answers

    return asyncio.run(asyncio.wait_for(ask(), 4 * PATIENCE))


def ask_in_threads(port: int, context: ssl.SSLContext, *messages: bytes) -> list[bytes]:
    connect = websockets.sync.client.connect
    with connect(f"wss://localhost:{port}/", ssl=context, proxy=None, **PLAIN) as talk:
        answers: list[Any] = []
        for message in messages:
            talk.send(message)
            answers.append(talk.recv(PATIENCE))
        return answers


servers = pytest.mark.parametrize("serve", [on_asyncio, in_threads])
asks = pytest.mark.parametrize("ask", [ask_on_asyncio, ask_in_threads])


@servers
@asks
def test_large_messages_go_both_ways(serve: Any, ask: Any) -> None:
    messages = [BODY[:count] for count in (0, 1, 16385, len(BODY))]
    with serve(bridges.serving()) as port:
        assert ask(port, bridges.asking(), *messages) == [each[::-1] for each in messages]


@servers
@asks
def test_wrong_hosts_and_unknown_authorities_are_refused(serve: Any, ask: Any) -> None:
    with (
        serve(bridges.serving(authority.wrong_host())) as port,
        pytest.raises(ssl.SSLCertVerificationError, match="not valid for 'localhost'"),
    ):
        ask(port, bridges.asking(), b"secret")
    with serve(bridges.serving()) as port:
        with pytest.raises(ssl.SSLCertVerificationError):
            ask(port, bridges.asking(trusting=False), b"secret")
        # The server goes on.
        assert ask(port, bridges.asking(), b"ab") == [b"ba"]


@servers
@asks
def test_a_cut_is_an_error(serve: Any, ask: Any) -> None:
    with serve(bridges.serving()) as port, relay(port, CUT) as cutting:
        with pytest.raises(ConnectionClosedError):
            ask(cutting.port, bridges.asking(), BODY)
        assert cutting.cuts == 1


@servers
@asks
def test_clients_show_their_certificates(serve: Any, ask: Any) -> None:
    with serve(bridges.serving(require_client=True)) as port:
        assert ask(port, bridges.asking(authority.client_identity()), b"ab") == [b"ba"]
        for who in (None, authority.client_stranger()):
            with pytest.raises((OSError, websockets.exceptions.WebSocketException, EOFError)):
                ask(port, bridges.asking(who), b"ab")
