"""Handshakes over anyio's streams: callbacks that wait, and what is refused or cancelled."""

from __future__ import annotations

import logging
import ssl
from typing import Any

import anyio
import pytest

from kit import authority, contexts, peers
from kit.slow import Lost, kind_of
from kit.streams import descriptors
from kit.wrapped import cancelled_after, connect, pipe, run, serving, wrapped
from OpenSSL import SSL, crypto
from OpenSSL.aio.anyio import TLSListener, TLSStream, connect_tcp

pytestmark = pytest.mark.parametrize("backend", ["asyncio", "trio"])
#: Where a coroutine can be waited for on a server.
SERVERS = ["client_hello_callback", "servername_callback", "cert_callback", "peer_callback"]


# ---- handshakes that come to nothing


def test_a_certificate_that_nobody_believes(backend: str) -> None:
    """The caller learns why, and so does the server, by an alert."""

    async def main() -> None:
        told: list[BaseException] = []
        known = anyio.Event()

        class Noting(TLSListener):
            @staticmethod
            async def handle_handshake_error(exc: BaseException, stream: Any) -> None:
                told.append(exc)
                known.set()
                await TLSListener.handle_handshake_error(exc, stream)

        context = contexts.server_context(authority.stranger(), version="TLSv1.2")
        async with serving(context, kind=Noting) as port:
            with pytest.raises(SSL.Error, match="certificate verify failed"):
                await connect(port)
            await known.wait()
        assert isinstance(told[0], SSL.Error)
        assert told[0].alert == 48  # unknown_ca

    run(backend, main)


def test_a_peer_that_speaks_something_else(backend: str) -> None:
    async def main() -> None:
        client, other = pipe()
        await other.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        with pytest.raises(SSL.Error):
            await TLSStream.wrap(client, context=contexts.client_context(), hostname="localhost")

    run(backend, main)


@pytest.mark.differs("anyio with standard_compatible=False")
@pytest.mark.parametrize("standard", [True, False])
@pytest.mark.parametrize("after", [0, 1])
def test_a_peer_that_vanishes(backend: str, after: int, standard: bool) -> None:
    """That is never an end, because nothing has begun."""

    async def main() -> None:
        client, other = pipe()

        async def vanish() -> None:
            for _ in range(after):
                await other.receive()
            await other.aclose()

        async with anyio.create_task_group() as group:
            group.start_soon(vanish)
            with pytest.raises(anyio.BrokenResourceError):
                await TLSStream.wrap(
                    client,
                    context=contexts.client_context(),
                    hostname="localhost",
                    standard_compatible=standard,
                )

    run(backend, main)


def test_a_client_that_says_nothing_has_a_limit(
    backend: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        async with (
            serving(contexts.server_context(), handshake_timeout=0.001) as port,
            await anyio.connect_tcp("127.0.0.1", port) as silent,
        ):
            with pytest.raises((anyio.EndOfStream, anyio.BrokenResourceError)):
                await silent.receive()

    with caplog.at_level(logging.DEBUG, "OpenSSL.aio.anyio"):
        run(backend, main)
    assert "Error during TLS handshake" in caplog.text


def test_a_bridged_context_raises_what_ssl_raises(backend: str) -> None:
    async def main() -> None:
        context = contexts.client_context().as_ssl_context()
        async with serving(contexts.server_context(authority.stranger())) as port:
            with pytest.raises(ssl.SSLCertVerificationError):
                await connect(port, context=context)

    run(backend, main)


def test_bad_input_changes_nothing(backend: str) -> None:
    async def main() -> None:
        client = contexts.client_context()
        with pytest.raises(ValueError, match="needs server_hostname"):
            await TLSStream.wrap(pipe()[0], context=client, server_side=False)
        with pytest.raises(TypeError, match="context must be"):
            await TLSStream.wrap(pipe()[0], context=1)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="server_hostname must be str"):
            await TLSStream.wrap(pipe()[0], context=client, hostname=1)  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="for servers"):
            await TLSStream.wrap(
                pipe()[0], context=client, hostname="x", servername_callback=lambda _: None
            )
        for limit in (0, -1):
            with pytest.raises(ValueError, match="shutdown_timeout"):
                await TLSStream.wrap(
                    pipe()[0], context=client, hostname="x", shutdown_timeout=limit
                )
            with pytest.raises(ValueError, match="handshake_timeout"):
                TLSListener(None, client, handshake_timeout=limit)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="context must be"):
            TLSListener(None, 1)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="must be callable"):
            TLSListener(None, client, peer_callback=1)  # type: ignore[arg-type]
        for wrong in ({"context": 1}, {"context": client, "peer_callback": 1}):
            with pytest.raises(TypeError):
                await connect_tcp("127.0.0.1", 1, **wrong)

    run(backend, main)


def test_the_name_is_that_of_the_wire(backend: str) -> None:
    """By IDNA 2008, in which this letter is one of its own."""

    async def main() -> None:
        asked: list[bytes | None] = []

        def choose(connection: SSL.Connection) -> None:
            asked.append(connection.get_servername())

        async with serving(contexts.server_context(), servername_callback=choose) as port:
            with pytest.raises(SSL.Error, match="certificate verify failed"):
                await connect(port, tls_hostname="straße.test")
        assert asked == [b"xn--strae-oqa.test"]

    run(backend, main)


# ---- callbacks


def test_callbacks_may_be_coroutine_functions(backend: str) -> None:
    async def main() -> None:
        order: list[str] = []
        other = contexts.blank_context()

        async def hello(connection: SSL.Connection, hello: SSL.ClientHello) -> None:
            assert isinstance(hello, SSL.ClientHello)
            await anyio.sleep(0)
            order.append("hello")

        async def name(connection: SSL.Connection) -> None:
            await anyio.sleep(0)
            assert connection.get_servername() == b"localhost"
            order.append("name")
            connection.set_context(other)

        async def certificate(connection: SSL.Connection) -> None:
            await anyio.sleep(0)
            order.append("certificate")
            who = authority.identity("ed25519")
            connection.use_certificate_pem(who.chain_pem, who.key_pem)

        async def peer(connection: SSL.Connection) -> bool:
            await anyio.sleep(0)
            order.append("peer")
            return True

        client, server = await wrapped(
            {"peer_callback": peer},
            {
                "client_hello_callback": hello,
                "servername_callback": name,
                "cert_callback": certificate,
                "peer_callback": peer,
            },
        )
        await client.send(b"x")
        assert await server.receive() == b"x"
        assert order == ["hello", "name", "certificate", "peer", "peer"]
        assert kind_of(client.connection) == "ED25519"

    run(backend, main)


def test_a_client_verifies_by_a_coroutine(backend: str) -> None:
    """A yes and a no of its own; the other side is told of the no by an alert."""

    async def main() -> None:
        context = contexts.blank_context()
        context.set_verify(SSL.VERIFY_PEER)
        verdicts = [True, False]

        async def verify(connection: SSL.Connection, chain: list[crypto.X509]) -> bool:
            await anyio.sleep(0)
            assert chain[0].get_subject().CN == "server"
            return verdicts.pop(0)

        async with serving(contexts.server_context(authority.stranger())) as port:
            async with await connect(port, context=context, verify_callback=verify) as stream:
                await stream.send(b"x")
                assert await stream.receive() == b"x"
            with pytest.raises(SSL.Error) as caught:
                await connect(port, context=context, verify_callback=verify)
            assert caught.value.alert_sent
        with pytest.raises(ValueError, match="verify_callback is for clients"):
            await TLSStream.wrap(
                pipe()[0], context=contexts.server_context(), verify_callback=verify
            )

    run(backend, main)


def test_a_client_that_is_cancelled_while_it_verifies(backend: str) -> None:
    async def main() -> None:
        asked: list[str] = []
        ended: list[str] = []

        async def verify(*_: Any) -> bool:
            asked.append("cancelled")
            try:
                await anyio.sleep_forever()
            finally:
                ended.append("cancelled")
            return True

        async with serving(contexts.server_context()) as port:
            with pytest.raises(TimeoutError), anyio.fail_after(0.2):
                await connect(port, verify_callback=verify)
        assert ended == asked  # a machine that is busy may not come as far

    run(backend, main)


def test_others_are_served_meanwhile(backend: str) -> None:
    async def main() -> None:
        asked, ready = anyio.Event(), anyio.Event()

        async def name(connection: SSL.Connection) -> None:
            if connection.get_servername() == b"slow.test":
                asked.set()
                await ready.wait()

        async def visit(host: str) -> None:
            context = contexts.client_context(verify=False)
            async with await connect(port, context=context, tls_hostname=host) as stream:
                await stream.send(b"x")
                assert await stream.receive() == b"x"

        async with (
            serving(contexts.server_context(), servername_callback=name) as port,
            anyio.create_task_group() as group,
        ):
            group.start_soon(visit, "slow.test")
            await asked.wait()
            await visit("localhost")
            ready.set()

    run(backend, main)


@pytest.mark.parametrize("how", ["raises", "False", "None"])
@pytest.mark.parametrize("waits", [True, False])
def test_a_peer_that_is_not_accepted(backend: str, how: str, waits: bool) -> None:
    """The other side is told by an alert, and nobody goes on with the connection."""

    async def main() -> None:
        seen: list[SSL.Connection] = []

        async def judge(connection: SSL.Connection) -> Any:
            await anyio.sleep(0)
            return at_once(connection)

        def at_once(connection: SSL.Connection) -> Any:
            seen.append(connection)
            if how == "raises":
                raise Lost
            return False if how == "False" else None

        ended: list[BaseException] = []
        lower, other = pipe()

        async def serve() -> None:
            server = await TLSStream.wrap(other, context=contexts.server_context())
            try:
                await server.receive()
            except SSL.Error as error:
                ended.append(error)

        expected = {"raises": Lost, "False": SSL.Error, "None": TypeError}[how]
        async with anyio.create_task_group() as group:
            group.start_soon(serve)
            with pytest.raises(expected):
                await TLSStream.wrap(
                    lower,
                    context=contexts.client_context(),
                    hostname="localhost",
                    peer_callback=judge if waits else at_once,
                )
        assert isinstance(ended[0], SSL.Error)
        assert ended[0].alert is not None
        with pytest.raises(SSL.Error, match="has not accepted the peer"):
            seen[0].recv(1)

    run(backend, main)


@pytest.mark.parametrize("name", SERVERS)
def test_what_a_callback_raises_ends_the_handshake(backend: str, name: str) -> None:
    async def main() -> None:
        async def lose(*_: Any) -> None:
            await anyio.sleep(0)
            raise Lost

        lower, other = pipe()

        async def visit() -> None:
            with pytest.raises(SSL.Error) as caught:
                stream = await TLSStream.wrap(
                    lower, context=contexts.client_context(), hostname="localhost"
                )
                await stream.receive()
            assert caught.value.alert is not None

        async with anyio.create_task_group() as group:
            group.start_soon(visit)
            options: dict[str, Any] = {name: lose}
            with pytest.raises(Lost):
                await TLSStream.wrap(other, context=contexts.server_context(), **options)

    run(backend, main)


def test_after_the_handshake_nobody_waits(backend: str) -> None:
    """A certificate that is asked for late is chosen at once or not at all."""

    async def main() -> None:
        async def certificate(connection: SSL.Connection) -> None:
            await anyio.sleep(0)

        client, server = await wrapped({"cert_callback": certificate})
        with pytest.raises(NotImplementedError, match="after the handshake"):
            client._end.asked[0].answer(lambda: certificate(client.connection))
        await server.send(b"x")
        assert await client.receive() == b"x"

    run(backend, main)


# ---- cancelled


@pytest.mark.parametrize("name", SERVERS)
def test_who_is_cancelled_in_a_callback_leaves_nothing(backend: str, name: str) -> None:
    async def main() -> None:
        asked = anyio.Event()
        ended: list[str] = []
        seen: list[SSL.Connection] = []

        async def slow(connection: SSL.Connection, *_: Any) -> bool:
            seen.append(connection)
            asked.set()
            try:
                await anyio.sleep_forever()
            finally:
                ended.append("cancelled")
            return True

        lower, other = pipe()

        async def serve() -> None:
            options: dict[str, Any] = {name: slow}
            await TLSStream.wrap(other, context=contexts.server_context(), **options)
            raise AssertionError("nobody has answered")

        async with anyio.create_task_group() as group:
            group.start_soon(serve)

            async def visit() -> None:
                client = await TLSStream.wrap(
                    lower, context=contexts.client_context(), hostname="localhost"
                )
                await client.receive()

            group.start_soon(visit)
            await asked.wait()
            group.cancel_scope.cancel()
        assert ended == ["cancelled"]
        with pytest.raises(SSL.Error):
            seen[0].recv(1)

    run(backend, main)


@pytest.mark.skipif(not descriptors(), reason="needs /proc to count descriptors")
def test_cancelled_at_any_step_it_leaves_nothing(backend: str) -> None:
    async def visit(port: int) -> None:
        async with await connect(port) as stream:
            await stream.send(b"line\n")
            await stream.receive()

    async def main() -> None:
        with peers.openssl_server() as peer:
            await visit(peer.port)
            before = descriptors()
            steps = 0
            while await cancelled_after(steps, lambda: visit(peer.port)):
                assert descriptors() == before, steps
                steps += 1
            assert steps > 3
            assert descriptors() == before

    run(backend, main)
