"""A transport's slots are read natively: what is no transport, or half of one, is refused."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import pytest

from kit import contexts
from kit.streams import HOST, Recorder, run
from OpenSSL import SSL, aio
from OpenSSL._native.ssl import driving
from OpenSSL.aio.core import Core
from OpenSSL.aio.sockets import SocketTransport


class Bytes(bytes):
    """Not just bytes."""


@pytest.mark.parametrize("function", [driving.drive, driving.deliver])
def test_what_is_no_transport_is_refused(function: Callable[[Any], object]) -> None:
    for junk in (None, 1, object(), Core, asyncio.Protocol()):
        with pytest.raises(TypeError, match="not a transport"):
            function(junk)
    with pytest.raises((ValueError, AttributeError), match="never initialised|_connection"):
        function(SocketTransport.__new__(SocketTransport))


def test_nor_is_it_written_to() -> None:
    for junk in (None, object(), asyncio.Protocol()):
        with pytest.raises(TypeError, match="not a transport"):
            driving.write(junk, b"data")
    with pytest.raises((ValueError, AttributeError), match="never initialised|_connection"):
        SocketTransport.__new__(SocketTransport).write(b"data")


@pytest.mark.parametrize("kind", [object, Recorder, SSL.Connection, asyncio.Transport])
def test_a_class_without_these_slots_is_none_of_transports(kind: type) -> None:
    with pytest.raises((TypeError, AttributeError)):
        driving.know(kind)
    with pytest.raises(TypeError):
        driving.expect(kind, SSL.Connection)
    with pytest.raises(TypeError):
        driving.expect(SocketTransport, object)


def test_a_name_that_is_an_attribute_and_no_slot_is_refused() -> None:
    class Loose:
        _backlog = None

    class Numbered:
        _backlog = property(lambda self: None)

    for kind in (Loose, Numbered):
        with pytest.raises(TypeError, match="_backlog is no slot"):
            driving.know(kind)


async def pair() -> tuple[Any, Recorder, Any, Recorder, Any]:
    accepted = Recorder()
    server = await aio.create_server(
        lambda: accepted, "127.0.0.1", 0, context=contexts.server_context()
    )
    port = server.sockets[0].getsockname()[1]
    transport, client = await aio.create_connection(
        Recorder, "127.0.0.1", port, context=contexts.client_context(), server_hostname=HOST
    )
    await until(lambda: accepted.transport is not None)
    return server, accepted, transport, client, accepted.transport


async def until(done: Callable[[], bool]) -> None:
    while not done():
        await asyncio.sleep(0.001)


async def over(server: Any, *transports: Any) -> None:
    for each in transports:
        each.abort()
    server.close()
    await server.wait_closed()


def test_what_is_written_in_any_shape_comes_in_its_order() -> None:
    async def main() -> None:
        server, accepted, transport, _, theirs = await pair()
        big = bytes(range(256)) * (1 << 12)
        pieces: list[Any] = [
            b"one", Bytes(b"two"), bytearray(b"three"), memoryview(b"four"), b"", big, b"five",
            memoryview(b"s-i-x")[::2], big, b"seven",
        ]  # fmt: skip
        for each in pieces:
            transport.write(each)
        wanted = b"".join(bytes(each) for each in pieces)
        await until(lambda: len(accepted.data) >= len(wanted))
        assert bytes(accepted.data) == wanted
        for wrong in ("text", 1, None):
            with pytest.raises(TypeError):
                transport.write(wrong)
        transport.write_eof()
        with pytest.raises(RuntimeError, match="after write_eof"):
            transport.write(b"late")
        await over(server, transport, theirs)

    run(main())


def test_another_protocol_gets_what_comes_after_it_was_set() -> None:
    async def main() -> None:
        server, accepted, transport, _, theirs = await pair()
        transport.write(b"first")
        await until(lambda: bytes(accepted.data) == b"first")
        other = Recorder()
        theirs.set_protocol(other)
        transport.write(b"second")
        await until(lambda: bytes(other.data) == b"second")
        assert bytes(accepted.data) == b"first"
        await over(server, transport, theirs)

    run(main())


def test_a_transport_that_has_lost_a_slot_ends_and_nothing_else() -> None:
    async def main() -> None:
        told: list[dict[str, Any]] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, what: told.append(what))
        server, _, transport, _, theirs = await pair()
        del theirs._protocol
        transport.write(b"to whom?")
        await until(lambda: bool(told))
        assert isinstance(told[0]["exception"], (ValueError, AttributeError))
        await over(server, transport, theirs)

    run(main())


def test_a_peer_that_reads_nothing_is_written_to_later() -> None:
    async def main() -> None:
        server, accepted, transport, _, theirs = await pair()
        theirs.pause_reading()
        sock: Any = transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 12)
        piece = bytes(1 << 18)
        for _ in range(64):
            transport.write(piece)
        assert transport.get_write_buffer_size() > 0
        transport.write(b"end")
        theirs.resume_reading()
        await until(lambda: len(accepted.data) == 64 * len(piece) + 3)
        assert accepted.data.endswith(b"end")
        await over(server, transport, theirs)

    run(main())
