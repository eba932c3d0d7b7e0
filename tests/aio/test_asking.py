"""Client hellos, server names and peers that coroutines decide about while the handshake waits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from kit import authority, contexts, pump
from kit.streams import HOST, Recorder, connect, echo, run, serving, settled
from OpenSSL import SSL, aio
from OpenSSL.aio import asking, making

NEWEST = pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
REQUIRED = SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT
#: Where a coroutine can be waited for on a server.
SERVERS = ["client_hello_callback", "servername_callback", "cert_callback", "peer_callback"]


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


# ---- the peer


@NEWEST
@pytest.mark.parametrize("side", ["client", "server"])
def test_nobody_hears_of_a_peer_before_it_is_accepted(side: str, version: str) -> None:
    """Neither of the connection nor of data that have come meanwhile."""

    async def main() -> None:
        judge = Slow()
        of_client: dict[str, Any] = {"peer_callback": judge} if side == "client" else {}
        of_server: dict[str, Any] = {"peer_callback": judge} if side == "server" else {}
        client, accepted = Recorder(), Recorder()
        judged, other = (client, accepted) if side == "client" else (accepted, client)
        server = await aio.create_server(
            lambda: accepted,
            "127.0.0.1",
            0,
            context=contexts.server_context(version=version, require_client=True),
            **of_server,
        )
        connecting = asyncio.ensure_future(
            aio.create_connection(
                lambda: client,
                "127.0.0.1",
                server.sockets[0].getsockname()[1],
                context=contexts.client_context(authority.client_identity()),
                server_hostname=HOST,
                **of_client,
            )
        )
        await judge.asked.wait()
        (connection,) = judge.given[0]
        assert connection.get_peer_certificate() is not None
        assert connection.get_verified_chain()
        while not other.told:
            await asyncio.sleep(0)
        other.transport.write(b"early")
        for _ in range(20):
            await asyncio.sleep(0)
        assert judged.told == []
        assert judged.data == b""
        judge.ready.set()
        await connecting
        while judged.data != b"early":
            await asyncio.sleep(0)
        assert judged.told == ["made"]
        client.stay = accepted.stay = False
        other.transport.close()
        await asyncio.gather(client.lost, accepted.lost)
        server.close()
        await server.wait_closed()

    run(main())


@NEWEST
@pytest.mark.parametrize("after", [0, 2])
@pytest.mark.parametrize("how", ["False", "None", "raises", "cancelled"])
@pytest.mark.parametrize("side", ["client", "server"])
def test_a_peer_that_is_not_accepted(side: str, how: str, after: int, version: str) -> None:
    """The waiting caller is told why, the peer gets a fatal alert, and nothing follows."""
    seen: list[SSL.Connection] = []

    async def judge(connection: SSL.Connection) -> Any:
        seen.append(connection)
        for _ in range(after):
            await asyncio.sleep(0)
        if how == "raises":
            raise Lost
        if how == "cancelled":
            raise asyncio.CancelledError
        return False if how == "False" else None

    expected: dict[str, Any] = {
        "False": SSL.Error,
        "None": TypeError,
        "raises": Lost,
        "cancelled": ConnectionAbortedError,
    }

    async def main() -> None:
        told: list[Any] = []
        loop = asyncio.get_running_loop()
        loop.set_debug(True)
        loop.set_exception_handler(lambda _, each: told.append(each))
        ended: list[BaseException] = []
        ours = {"peer_callback": judge}

        async def keep(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            ended.append(await hold(reader, writer))

        async with serving(
            keep, contexts.server_context(version=version), **(ours if side == "server" else {})
        ) as port:
            if side == "client":
                with pytest.raises(expected[how]):
                    await connect(port, **ours)
                while not ended:
                    await asyncio.sleep(0)
                (error,) = ended
            else:
                reader, writer = await connect(port)
                with pytest.raises((SSL.Error, OSError)) as caught:
                    await reader.read()
                error = caught.value
                writer.transport.abort()
            await settled()
        assert isinstance(error, SSL.Error)
        assert error.alert is not None
        assert not error.alert_sent
        if side == "server":
            assert type(told[0]["exception"]) is expected[how]
        for call in (lambda: seen[0].recv(1), lambda: seen[0].send(b"x"), seen[0].do_handshake):
            with pytest.raises(SSL.Error, match="has not accepted the peer"):
                call()

    run(main())


def test_who_fails_verification_is_not_asked_about() -> None:
    async def main() -> None:
        judge = Slow()
        async with serving(echo, contexts.server_context(authority.stranger())) as port:
            with pytest.raises(SSL.Error, match="certificate verify failed"):
                await connect(port, peer_callback=judge)
        assert not judge.asked.is_set()

    run(main())


@NEWEST
def test_it_is_asked_again_where_a_session_is_resumed(version: str) -> None:
    async def main() -> None:
        reused: list[bool] = []

        async def judge(connection: SSL.Connection) -> bool:
            await asyncio.sleep(0)
            reused.append(connection.session_reused())
            return len(reused) == 1

        context = contexts.client_context(version=version)
        resuming = contexts.server_context()
        resuming.set_session_id(b"here")
        # What the refused one comes to on the server is not the question.
        asyncio.get_running_loop().set_exception_handler(lambda *_: None)
        async with serving(echo, resuming) as port:
            session = (await greet(port, context=context, peer_callback=judge)).get_session()
            assert session is not None
            _, lower = await asyncio.open_connection("127.0.0.1", port)
            made, patience = making.layer(
                lower.transport,  # type: ignore[arg-type]
                Recorder(),
                context,
                server_side=False,
                server_hostname=HOST,
                ssl_handshake_timeout=None,
                ssl_shutdown_timeout=None,
                callbacks=asking.Callbacks(peer=judge),
            )
            made._connection.set_session(session)
            with pytest.raises(SSL.Error, match="has not accepted"):
                await making.established(made, None, patience)
            assert reused == [False, True]

    run(main())


def test_nobody_takes_the_peers_place_later() -> None:
    async def main() -> None:
        asked: list[SSL.Connection] = []

        def judge(connection: SSL.Connection) -> bool:
            asked.append(connection)
            return True

        context = contexts.server_context(ask_client=True, version="TLSv1.3")
        context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_POST_HANDSHAKE)
        client = contexts.client_context(authority.client_identity(), version="TLSv1.3")
        client.set_post_handshake_auth(True)
        async with serving(echo, context, peer_callback=judge) as port:
            reader, writer = await connect(port, context=client)
            writer.write(b"x")
            await reader.readexactly(1)
            with pytest.raises(SSL.Error, match="not asked about a certificate that comes later"):
                asked[0].verify_client_post_handshake()
            writer.close()
            await writer.wait_closed()
        async with serving(
            echo, contexts.server_context(version="TLSv1.2"), peer_callback=judge
        ) as port:
            reader, writer = await connect(port)
            with pytest.raises(SSL.Error):
                asked[-1].renegotiate()
            writer.close()
            await writer.wait_closed()
        assert len(asked) == 2

    run(main())


def test_an_upgraded_stream_is_judged_on_both_sides() -> None:
    async def main() -> None:
        ours, theirs = Slow(), Slow()
        ours.ready.set()
        theirs.ready.set()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await aio.start_tls_stream(writer, contexts.server_context(), peer_callback=ours)
            await echo(reader, writer)

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", server.sockets[0].getsockname()[1]
        )
        await aio.start_tls_stream(
            writer, contexts.client_context(), server_hostname=HOST, peer_callback=theirs
        )
        writer.write(b"hello")
        assert await reader.readexactly(5) == b"hello"
        assert ours.asked.is_set()
        assert theirs.asked.is_set()
        writer.close()
        await writer.wait_closed()
        server.close()
        await server.wait_closed()

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
            Recorder, "127.0.0.1", 0, ssl_handshake_timeout=0.05, **options
        )
        connecting = asyncio.ensure_future(visit(server.sockets[0].getsockname()[1]))
        await slow.asked.wait()
        with pytest.raises((SSL.Error, OSError)):
            await connecting
        server.close()
        await server.wait_closed()
        await settled()
        assert slow.cancelled == 1

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
