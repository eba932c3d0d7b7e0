"""Peers that coroutines judge when the handshake is done, before anybody hears of them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from kit import authority, contexts
from kit.slow import Lost, Slow, greet, hold
from kit.streams import HOST, Recorder, connect, echo, run, serving, settled
from OpenSSL import SSL, aio
from OpenSSL.aio import asking, making

NEWEST = pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])


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
