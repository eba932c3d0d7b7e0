"""Callbacks that take their time, and what both ends make of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from kit.streams import connect
from OpenSSL import SSL

__all__ = ["Lost", "Slow", "greet", "hold", "kind_of"]


class Slow:
    """A coroutine function that answers when it is told to."""

    def __init__(self, answer: Callable[..., Any] = lambda *_: True) -> None:
        self.answer = answer
        self.asked = asyncio.Event()
        self.ready = asyncio.Event()
        self.cancelled = 0
        self.given: list[tuple[Any, ...]] = []

    async def __call__(self, *given: Any) -> Any:
        self.given.append(given)
        self.asked.set()
        try:
            await self.ready.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return self.answer(*given)


async def greet(port: int, **options: Any) -> SSL.Connection:
    """A whole visit."""
    reader, writer = await connect(port, **options)
    writer.write(b"hello")
    assert await reader.readexactly(5) == b"hello"
    connection: SSL.Connection = writer.get_extra_info("connection")
    writer.close()
    await writer.wait_closed()
    return connection


def kind_of(connection: SSL.Connection) -> str:
    """The kind of key that the peer has."""
    certificate = connection.get_peer_certificate()
    assert certificate is not None
    return certificate.get_pubkey().type_name()


class Lost(Exception):
    pass


async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> BaseException:
    """Wait for an end that is an error, and return that."""
    try:
        await reader.read()
    except Exception as error:
        return error
    finally:
        writer.transport.abort()
    raise AssertionError("the peer has said goodbye")
