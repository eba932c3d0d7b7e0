"""Client hellos and server names that coroutines decide about while the handshake waits."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from kit import authority, contexts, pump
from kit.slow import Lost, Slow, greet, hold, kind_of
from kit.streams import HOST, Recorder, connect, echo, run, serving, settled
from OpenSSL import SSL, aio
from OpenSSL.aio import asking, making

NEWEST = pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
REQUIRED = SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT
#: Where a coroutine can be waited for on a server.
SERVERS = ["client_hello_callback", "servername_callback", "cert_callback", "peer_callback"]


# ---- client hellos and server names


@NEWEST
@pytest.mark.parametrize("name", ["client_hello_callback", "servername_callback"])
def test_it_chooses_a_context_while_others_are_served(name: str, version: str) -> None:
    async def main() -> None:
        other = contexts.server_context(authority.identity("ed25519"), version=version)
        asked: list[bytes | None] = []

        def choose(connection: SSL.Connection, *_: Any) -> None:
            asked.append(connection.get_servername())
            connection.set_context(other)

        slow = Slow(choose)

        async def callback(connection: SSL.Connection, *rest: Any) -> None:
            if connection.get_servername() == b"slow.test":
                await slow(connection, *rest)

        anybody = contexts.client_context(verify=False)
        async with serving(
            echo, contexts.server_context(version=version), **{name: callback}
        ) as port:
            waiting = asyncio.ensure_future(
                greet(port, context=anybody, server_hostname="slow.test")
            )
            await slow.asked.wait()
            quick = await greet(port)
            assert kind_of(quick) != "ED25519"
            assert not waiting.done()
            slow.ready.set()
            late = await waiting
            assert kind_of(late) == "ED25519"
            assert asked == [b"slow.test"]

    run(main())


def test_all_are_asked_in_their_order() -> None:
    """The connection's before the Context's, and those of the Context that was chosen."""

    async def main() -> None:
        order: list[str] = []
        other = contexts.server_context()
        other.set_client_hello_callback(lambda *_: order.append("chosen hello"))
        other.set_tlsext_servername_callback(lambda _: order.append("chosen name"))
        first = contexts.server_context()
        first.set_client_hello_callback(lambda *_: pytest.fail("another was chosen"))

        async def hello(connection: SSL.Connection, hello: SSL.ClientHello) -> None:
            assert isinstance(hello, SSL.ClientHello)
            await asyncio.sleep(0)
            order.append("hello")
            connection.set_context(other)

        async def name(connection: SSL.Connection) -> None:
            await asyncio.sleep(0)
            order.append("name")

        async with serving(
            echo, first, client_hello_callback=hello, servername_callback=name
        ) as port:
            await greet(port)
        assert order == ["hello", "name", "chosen hello", "chosen name"]

    run(main())


def test_a_second_hello_is_asked_about_again() -> None:
    async def main() -> None:
        hellos: list[SSL.ClientHello] = []

        async def hello(_: SSL.Connection, hello: SSL.ClientHello) -> None:
            await asyncio.sleep(0)
            hellos.append(hello)

        context = contexts.server_context(version="TLSv1.3")
        context.set_groups_list(b"P-384")
        async with serving(
            echo, context, client_hello_callback=hello, servername_callback=hello_of_nobody
        ) as port:
            await greet(port)
        assert [24 in each.key_share_groups for each in hellos] == [False, True]

    run(main())


async def hello_of_nobody(_: SSL.Connection) -> None:
    await asyncio.sleep(0)


@pytest.mark.parametrize("after", [0, 2])
@pytest.mark.parametrize("how", ["False", "raises", "alert", "junk"])
def test_a_client_that_is_refused(how: str, after: int) -> None:
    alerts = {"False": 40, "raises": 80, "alert": 112, "junk": 80}

    async def refuse(*_: Any) -> Any:
        for _turn in range(after):
            await asyncio.sleep(0)
        if how == "raises":
            raise Lost
        if how == "alert":
            error = SSL.Error([])
            error.alert = 112  # unrecognized_name
            raise error
        return "yes" if how == "junk" else False

    async def main() -> None:
        told: list[Any] = []
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, each: told.append(each))
        async with serving(echo, client_hello_callback=refuse) as port:
            with pytest.raises(SSL.Error) as caught:
                await connect(port)
        assert caught.value.alert == alerts[how]
        expected = {"raises": [Lost], "junk": [TypeError]}.get(how, [])
        assert [type(each["exception"]) for each in told] == expected

    run(main())


def test_they_are_for_servers() -> None:
    async def main() -> None:
        with pytest.raises(TypeError):
            await connect(1, servername_callback=hello_of_nobody)
        lower = asyncio.Transport()
        for name in ("servername_callback", "client_hello_callback"):
            with pytest.raises(ValueError, match=f"{name} is for servers"):
                await aio.start_tls(
                    lower, Recorder(), contexts.client_context(), **{name: hello_of_nobody}
                )
        for name in SERVERS:
            with pytest.raises(TypeError, match=f"{name} must be callable"):
                await aio.start_server(
                    echo, "127.0.0.1", 0, context=contexts.server_context(), **{name: 1}
                )

    run(main())


# ---- ends while one of them is waited for


def arranged(name: str, slow: Slow) -> dict[str, Any]:
    return {"context": contexts.server_context(), name: slow}


@pytest.mark.parametrize("name", SERVERS)
def test_the_time_for_the_handshake_goes_on(name: str) -> None:
    async def main() -> None:
        slow = Slow()
        options = arranged(name, slow)
        server = await aio.create_server(
            Recorder, "127.0.0.1", 0, ssl_handshake_timeout=0.2, **options
        )
        with pytest.raises((SSL.Error, OSError)):
            await visit(server.sockets[0].getsockname()[1])
        server.close()
        await server.wait_closed()
        await settled()
        # A machine that is busy may not come as far as asking.
        assert slow.cancelled == slow.asked.is_set()

    run(main())


async def visit(port: int) -> bytes:
    """Connect and read to the end: in TLS 1.3 a client is done before its server."""
    reader, writer = await connect(port)
    try:
        return await reader.read()
    finally:
        writer.transport.abort()


@pytest.mark.parametrize("name", SERVERS)
def test_a_server_that_drops_its_clients(name: str) -> None:
    async def main() -> None:
        slow = Slow()
        server = await aio.create_server(Recorder, "127.0.0.1", 0, **arranged(name, slow))
        connecting = asyncio.ensure_future(visit(server.sockets[0].getsockname()[1]))
        await slow.asked.wait()
        server.close()
        server.abort_clients()
        with pytest.raises((SSL.Error, OSError)):
            await connecting
        await server.wait_closed()
        await settled()
        assert slow.cancelled == 1

    run(main())


def test_a_caller_that_is_cancelled() -> None:
    async def main() -> None:
        slow = Slow()
        async with serving(hold) as port:
            connecting = asyncio.ensure_future(connect(port, peer_callback=slow))
            await slow.asked.wait()
            connecting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await connecting
            await settled()
            assert slow.cancelled == 1
            (connection,) = slow.given[0]
            with pytest.raises(SSL.Error, match="has not accepted the peer"):
                connection.recv(1)

    run(main())


def test_a_callback_that_aborts_its_transport() -> None:
    async def main() -> None:
        transports: list[Any] = []

        def judge(_: SSL.Connection) -> bool:
            transports[0].abort()
            return True

        listening = await asyncio.start_server(upgrade, "127.0.0.1", 0)
        _, writer = await asyncio.open_connection(
            "127.0.0.1", listening.sockets[0].getsockname()[1]
        )
        made, patience = making.layer(
            writer.transport,  # type: ignore[arg-type]
            Recorder(),
            contexts.client_context(),
            server_side=False,
            server_hostname=HOST,
            ssl_handshake_timeout=None,
            ssl_shutdown_timeout=None,
            callbacks=asking.Callbacks(peer=judge),
        )
        transports.append(made)
        with pytest.raises(ConnectionAbortedError):
            await making.established(made, None, patience)
        listening.close()
        await listening.wait_closed()
        await settled()

    run(main())


async def upgrade(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        await aio.start_tls_stream(writer, contexts.server_context())
        await reader.read()
    except (SSL.Error, OSError):
        pass
    finally:
        writer.transport.abort()


# ---- the core below: between two calls


@pytest.mark.parametrize("named", [b"brisk.test", None])
@pytest.mark.parametrize("asks", [False, True])
def test_between_two_calls_the_name_is_told_and_a_context_chosen(
    asks: bool, named: bytes | None
) -> None:
    """The one that is chosen may have callbacks of its own, and may have none."""
    names: list[bytes | None] = []
    other = contexts.server_context(authority.identity("ed25519"))
    if asks:
        other.set_client_hello_callback(lambda end, _: names.append(end.get_servername()))
    context = contexts.server_context()
    waits = [True]

    def hello(_: SSL.Connection, hello: SSL.ClientHello) -> None:
        if waits:
            raise SSL.WantX509LookupError

    context.set_client_hello_callback(hello)
    ends = pump.pair(context, contexts.client_context(), named)
    assert not pump.step(ends.client.do_handshake)
    pump.shuttle(ends.client, ends.server)
    with pytest.raises(SSL.WantX509LookupError):
        ends.server.do_handshake()
    names.append(ends.server.get_servername())
    ends.server.set_context(other)
    waits.clear()
    assert not pump.step(ends.server.do_handshake)
    assert ends.server.get_servername() == named
    with pytest.raises(SSL.Error, match="too late for another Context"):
        ends.server.set_context(context)
    pump.handshake(*ends)
    assert names == [named] * (2 if asks else 1)
    assert ends.server.get_servername() == named
    assert kind_of(ends.client) == "ED25519"
