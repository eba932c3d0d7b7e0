"""A server that has nothing to prove itself with does not start: it would refuse every client."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest

from kit import authority, contexts, shared
from kit.streams import HOST, Recorder, echo, run
from OpenSSL import SSL, aio
from OpenSSL.aio import anyio as streams

PLACE = ("127.0.0.1", 0)
NOTHING = "the Context has no certificate, and no callback that may bring one"


def bare() -> SSL.Context:
    return SSL.Context(SSL.TLS_SERVER_METHOD)


async def create(context: Any, **options: Any) -> None:
    server = await aio.create_server(Recorder, *PLACE, context=context, **options)
    server.close()


async def start(context: Any, **options: Any) -> None:
    server = await aio.start_server(echo, *PLACE, context=context, **options)
    server.close()


async def listen(context: Any, **options: Any) -> None:
    below = await anyio.create_tcp_listener(local_host=PLACE[0])
    try:
        streams.TLSListener(below, context, **options)  # type: ignore[arg-type]
    finally:
        await below.aclose()


STARTS = [create, start, listen]


@pytest.mark.parametrize("begin", STARTS)
def test_a_server_without_a_certificate_does_not_start(begin: Any) -> None:
    with pytest.raises(ValueError, match=NOTHING):
        run(begin(bare()))


@pytest.mark.skipif(sys.platform == "win32", reason="has no Unix sockets")
def test_nor_does_one_on_a_unix_socket(tmp_path: Path) -> None:
    async def main(begin: Any, first: Any) -> None:
        await begin(first, tmp_path / "tls", context=bare())

    for begin, first in ((aio.create_unix_server, Recorder), (aio.start_unix_server, echo)):
        with pytest.raises(ValueError, match=NOTHING):
            run(main(begin, first))
    assert not (tmp_path / "tls").exists()


BRINGING: dict[str, Callable[[SSL.Context], object]] = {
    "a certificate without its key": lambda context: context.use_certificate_chain_file(
        str(authority.identity().files.chain)
    ),
    "a key": lambda context: context.use_privatekey_file(str(authority.identity().files.key)),
    "certificate": lambda context: context.set_cert_callback(lambda _: None),
    "client hello": lambda context: context.set_client_hello_callback(lambda *_: True),
    "server name": lambda context: context.set_tlsext_servername_callback(lambda _: None),
    "protocol": lambda context: context.set_alpn_select_callback(lambda *_: b""),
    "first moment": lambda context: context.set_info_callback(lambda *_: None),
    "pre-shared key": lambda context: context.set_psk_server_callback(lambda *_: shared.KEY),
    "key of TLS 1.3": lambda context: context.set_psk_find_session_callback(lambda *_: None),
    "nobody": lambda context: context.set_cipher_list(b"aNULL:@SECLEVEL=0"),
}


@pytest.mark.parametrize("what", BRINGING)
@pytest.mark.parametrize("begin", STARTS)
def test_one_that_may_be_brought_one_starts(begin: Any, what: str) -> None:
    context = bare()
    BRINGING[what](context)
    run(begin(context))


@pytest.mark.parametrize("name", ["cert_callback", "client_hello_callback", "servername_callback"])
@pytest.mark.parametrize("begin", STARTS)
def test_so_does_one_whose_connections_are_asked(begin: Any, name: str) -> None:
    async def asked(*_: Any) -> None: ...

    run(begin(bare(), **{name: asked}))


@pytest.mark.parametrize("begin", STARTS)
def test_a_bridged_context_starts_as_with_ssl(begin: Any) -> None:
    run(begin(bare().as_ssl_context()))


def test_a_callback_does_bring_one() -> None:
    def use(connection: SSL.Connection) -> None:
        connection.set_context(contexts.server_context())

    async def main() -> None:
        context = bare()
        context.set_tlsext_servername_callback(use)
        server = await aio.start_server(echo, *PLACE, context=context)
        async with server:
            port = server.sockets[0].getsockname()[1]
            reader, writer = await aio.open_connection(
                PLACE[0], port, context=contexts.client_context(), server_hostname=HOST
            )
            writer.write(b"there")
            assert await reader.readexactly(5) == b"there"
            writer.close()
            await writer.wait_closed()

    run(main())


def test_asyncio_itself_is_not_told() -> None:
    """The loop that puts our transports below a bridged context starts as asyncio's does."""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        ssl = bare().as_ssl_context()
        server = await loop.create_server(Recorder, *PLACE, ssl=ssl)
        server.close()

    run(main())
