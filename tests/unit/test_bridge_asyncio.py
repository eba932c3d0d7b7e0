"""asyncio's own streams over a bridged context, on both sides."""

from __future__ import annotations

import asyncio
import ssl
from typing import Any

import pytest

from kit import authority, contexts
from OpenSSL import SSL

SIZE = 300_000
PATIENCE = 20
pytestmark = pytest.mark.filterwarnings("error")


def client() -> Any:
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.load_verify_locations(authority.trust_file())
    context.set_verify(SSL.VERIFY_PEER)
    return context.as_ssl_context()


async def shout(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        writer.write((await reader.readexactly(SIZE)).upper())
        await writer.drain()
    finally:
        writer.close()
        await writer.wait_closed()


async def ask(serving: Any, asking: Any, name: str) -> tuple[bytes, tuple[Any, ...]]:
    server = await asyncio.start_server(shout, "127.0.0.1", 0, ssl=serving)
    try:
        port = server.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", port, ssl=asking, server_hostname=name
        )
        writer.write(b"a" * SIZE)
        answer = await reader.readexactly(SIZE)
        cipher = writer.get_extra_info("cipher")
        writer.close()
        await writer.wait_closed()
        return answer, cipher
    finally:
        server.close()


def run(serving: Any, asking: Any, name: str = "localhost") -> tuple[bytes, tuple[Any, ...]]:
    return asyncio.run(asyncio.wait_for(ask(serving, asking, name), PATIENCE))


def test_streams_go_through_it_on_both_sides() -> None:
    answer, cipher = run(contexts.server_context().as_ssl_context(), client())
    assert answer == b"A" * SIZE
    assert cipher[1] == "TLSv1.3"


def test_it_speaks_with_the_standard_module() -> None:
    standard = ssl.create_default_context(cafile=authority.trust_file())
    assert run(contexts.server_context().as_ssl_context(), standard)[0] == b"A" * SIZE


def test_another_host_is_refused() -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        run(contexts.server_context().as_ssl_context(), client(), "another.example")
