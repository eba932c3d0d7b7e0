"""TLS over anyio's streams, on asyncio and on trio: what travels, and how it ends."""

from __future__ import annotations

import ssl
from typing import Any

import anyio
import pytest
from anyio.abc import SocketAttribute
from anyio.streams.tls import TLSAttribute

from kit import contexts, peers, stdlib
from kit.wrapped import Pipe, connect, run, serving, wrapped
from OpenSSL.aio.anyio import TLSStream

pytestmark = pytest.mark.parametrize("backend", ["asyncio", "trio"])
NEWEST = pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])


async def exchange(stream: TLSStream, data: bytes) -> bytes:
    """Send and receive at once."""
    received = bytearray()
    async with anyio.create_task_group() as group:
        group.start_soon(stream.send, data)
        while len(received) < len(data):
            received += await stream.receive()
    return bytes(received)


@pytest.mark.differs("anyio.streams.tls.TLSStream.send_eof")
@NEWEST
def test_a_client_and_a_server(backend: str, version: str) -> None:
    async def main() -> None:
        async with serving(contexts.server_context(version=version)) as port:
            stream = await connect(port)
            async with stream:
                data = bytes(range(256)) * 4000
                assert await exchange(stream, data) == data
                await stream.send(b"")
                await stream.send_eof()
                with pytest.raises(anyio.EndOfStream):
                    await stream.receive()
                with pytest.raises(anyio.ClosedResourceError):
                    await stream.send(b"x")
            with pytest.raises(anyio.ClosedResourceError):
                await stream.receive()
            with pytest.raises(anyio.ClosedResourceError):
                await stream.send(b"x")
            await stream.aclose()

    run(backend, main)


def test_what_it_tells_has_the_shapes_of_ssl(backend: str) -> None:
    async def main() -> None:
        context = contexts.client_context()
        context.set_alpn_protos([b"h2"])
        with peers.openssl_server(None, "-alpn", "h2") as peer:
            async with await connect(peer.port, context=context) as stream:
                assert stream.extra(TLSAttribute.alpn_protocol) == "h2"
                assert stream.extra(TLSAttribute.tls_version) == "TLSv1.3"
                assert stream.extra(TLSAttribute.cipher)[1] == "TLSv1.3"
                certificate: Any = stream.extra(TLSAttribute.peer_certificate)
                assert ("DNS", "localhost") in certificate["subjectAltName"]
                assert isinstance(stream.extra(TLSAttribute.peer_certificate_binary), bytes)
                assert stream.extra(TLSAttribute.channel_binding_tls_unique)
                assert stream.extra(TLSAttribute.server_side) is False
                assert stream.extra(TLSAttribute.shared_ciphers) is None
                assert stream.extra(TLSAttribute.standard_compatible) is True
                assert isinstance(stream.extra(TLSAttribute.ssl_object), ssl.SSLObject)
                assert stream.extra(SocketAttribute.remote_port) == peer.port
                assert stream.connection.get_alpn_proto_negotiated() == b"h2"
                await stream.send(b"line\n")
                assert await stream.receive() == peer.answer(b"line\n")

    run(backend, main)


@NEWEST
def test_the_standard_module_at_the_other_end(backend: str, version: str) -> None:
    async def main() -> None:
        def visit(port: int) -> bytes:
            with stdlib.client(port, version=version) as sock:
                sock.sendall(b"line")
                answer = sock.recv(4)
                sock.unwrap().close()
                return answer

        async with serving(contexts.server_context()) as port:
            assert await anyio.to_thread.run_sync(visit, port) == b"line"

        with stdlib.server(version=version) as peer:
            async with await connect(peer.port) as stream:
                await stream.send(b"line")
                assert await stream.receive() == b"line"

    run(backend, main)


def test_a_part_of_what_came_is_kept(backend: str) -> None:
    async def main() -> None:
        client, server = await wrapped()
        await client.send(b"abc")
        assert [await server.receive(1) for _ in range(3)] == [b"a", b"b", b"c"]
        with pytest.raises(ValueError, match="positive"):
            await server.receive(0)

    run(backend, main)


def test_anything_that_is_bytes_can_be_sent(backend: str) -> None:
    async def main() -> None:
        client, server = await wrapped()
        for item in (bytearray(b"abc"), memoryview(b"abc")):
            await client.send(item)  # type: ignore[arg-type]
            assert await server.receive() == b"abc"
        with pytest.raises(TypeError):
            await client.send("abc")  # type: ignore[arg-type]
        await client.send(b"still here")
        assert await server.receive() == b"still here"

    run(backend, main)


# ---- ends


@NEWEST
def test_the_stream_below_goes_on_in_plain_text(backend: str, version: str) -> None:
    async def main() -> None:
        client, server = await wrapped(version=version)
        await client.send(b"last")
        left: list[Any] = []

        async def unwrap() -> None:
            left.extend(await server.unwrap())

        async with anyio.create_task_group() as group:
            group.start_soon(unwrap)
            lower, rest = await client.unwrap()
            assert rest == b""
            await lower.send(b"in the clear")
        assert left[0] is server.transport_stream
        assert (left[1] or await left[0].receive()) == b"in the clear"
        with pytest.raises(anyio.ClosedResourceError):
            await client.send(b"never in the clear")

    run(backend, main)


def test_text_behind_the_goodbye_is_not_lost(backend: str) -> None:
    """It comes in one piece with the goodbye."""

    async def main() -> None:
        client, server = await wrapped()
        assert isinstance(client.transport_stream, Pipe)
        assert isinstance(server.transport_stream, Pipe)
        there = len(client.transport_stream.sent)
        await client.send_eof()
        goodbye = bytes(client.transport_stream.sent[there:])
        await server.transport_stream.receive()
        server.transport_stream.ahead = goodbye + b"in the clear"
        lower, rest = await server.unwrap()
        assert rest == b"in the clear"
        assert lower is server.transport_stream

    run(backend, main)


@pytest.mark.parametrize("standard", [True, False])
def test_a_stream_that_is_cut_off(backend: str, standard: bool) -> None:
    async def main() -> None:
        client, server = await wrapped({"standard_compatible": standard})
        await server.send(b"data")
        await anyio.aclose_forcefully(server.transport_stream)
        assert await client.receive() == b"data"
        for _ in range(2):
            with pytest.raises(anyio.BrokenResourceError if standard else anyio.EndOfStream):
                await client.receive()
        await client.aclose()

    run(backend, main)


def test_a_bridged_context_tells_of_a_cut_as_ssl_does(backend: str) -> None:
    async def main() -> None:
        client, server = await wrapped({"context": contexts.client_context().as_ssl_context()})
        await anyio.aclose_forcefully(server.transport_stream)
        with pytest.raises(anyio.BrokenResourceError) as caught:
            await client.receive()
        assert isinstance(caught.value.__cause__, ssl.SSLEOFError)

    run(backend, main)


def test_without_goodbyes(backend: str) -> None:
    async def main() -> None:
        plain = {"standard_compatible": False}
        client, server = await wrapped(plain, plain)
        assert isinstance(client.transport_stream, Pipe)
        before = len(client.transport_stream.sent)
        await client.aclose()
        assert len(client.transport_stream.sent) == before
        with pytest.raises(anyio.EndOfStream):
            await server.receive()
        await server.aclose()

    run(backend, main)


@pytest.mark.differs("TLSStream.aclose of anyio with")
@pytest.mark.parametrize("how", ["cancelled", "limit"])
def test_closing_does_not_wait_for_ever(backend: str, how: str) -> None:
    async def main() -> None:
        limit = {"shutdown_timeout": 0.001} if how == "limit" else {}
        client, server = await wrapped(limit)
        async with anyio.create_task_group() as group:
            group.start_soon(client.aclose)
            with pytest.raises(anyio.EndOfStream):
                await server.receive()
            if how == "cancelled":
                group.cancel_scope.cancel()
        # The stream below is closed.
        with pytest.raises(anyio.EndOfStream):
            await server.transport_stream.receive()

    run(backend, main)


def test_a_peer_that_never_stops_does_not_keep_it_open(backend: str) -> None:
    async def main() -> None:
        client, server = await wrapped({"shutdown_timeout": 0.01}, size=1)

        async def flood() -> None:
            with pytest.raises(anyio.BrokenResourceError):
                while True:
                    await server.send(bytes(1000))

        async with anyio.create_task_group() as group:
            group.start_soon(flood)
            await client.aclose()

    run(backend, main)


# ---- cancelled, and used by several


def test_sending_that_is_cancelled_is_the_last(backend: str) -> None:
    """Nobody knows how much of a record is out; what the peer says can still be read."""

    async def main() -> None:
        client, server = await wrapped()
        assert isinstance(client.transport_stream, Pipe)
        sent = client.transport_stream.send
        began = anyio.Event()

        async def stuck(_: bytes) -> None:
            began.set()
            await anyio.sleep_forever()

        client.transport_stream.send = stuck  # type: ignore[method-assign]
        async with anyio.create_task_group() as group:
            group.start_soon(client.send, b"x")
            await began.wait()
            group.cancel_scope.cancel()
        client.transport_stream.send = sent  # type: ignore[method-assign]
        before = len(client.transport_stream.sent)
        with pytest.raises(anyio.BrokenResourceError):
            await client.send(b"x")
        await server.send(b"heard")
        assert await client.receive() == b"heard"
        await client.aclose()
        assert len(client.transport_stream.sent) == before

    run(backend, main)


def test_who_is_cancelled_before_has_sent_nothing(backend: str) -> None:
    async def main() -> None:
        client, server = await wrapped()
        with anyio.CancelScope() as scope:
            scope.cancel()
            await client.send(b"never")
        await client.send(b"sent")
        assert await server.receive() == b"sent"

    run(backend, main)


def test_receiving_that_is_cancelled_loses_nothing(backend: str) -> None:
    async def main() -> None:
        client, server = await wrapped()
        for number in range(20):
            text = b"%d" % number
            async with anyio.create_task_group() as group:
                group.start_soon(client.receive)
                for _ in range(number):
                    await anyio.sleep(0)
                group.cancel_scope.cancel()
            await server.send(text)
            assert await client.receive() == text

    run(backend, main)


def test_two_receivers_are_refused(backend: str) -> None:
    async def main() -> None:
        client, _ = await wrapped()
        async with anyio.create_task_group() as group:
            group.start_soon(client.receive)
            await anyio.wait_all_tasks_blocked()
            with pytest.raises(anyio.BusyResourceError):
                await client.receive()
            group.cancel_scope.cancel()

    run(backend, main)


def test_both_ends_may_send_first(backend: str) -> None:
    """Who receives never waits for a task of its own that sends."""

    async def main() -> None:
        data = bytes(1 << 20)
        client, server = await wrapped(size=1)
        async with anyio.create_task_group() as group:
            group.start_soon(client.send, data)
            group.start_soon(server.send, data)

            async def read(stream: TLSStream) -> None:
                left = len(data)
                while left:
                    left -= len(await stream.receive())

            group.start_soon(read, client)
            group.start_soon(read, server)

    run(backend, main)


def test_new_keys_are_answered_while_another_task_sends(backend: str) -> None:
    async def main() -> None:
        client, server = await wrapped(size=1)
        async with anyio.create_task_group() as group:
            group.start_soon(client.send, bytes(1 << 20))
            await anyio.wait_all_tasks_blocked()
            group.start_soon(client.receive)
            server.connection.key_update(True)
            await server.send(b"x")
            left = 1 << 20
            while left:
                left -= len(await server.receive())
        await client.send(b"with new keys")
        group.cancel_scope.cancel()

    run(backend, main)
