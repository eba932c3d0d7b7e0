"""Servers whose certificates a coroutine verifies while the handshake waits."""

from __future__ import annotations

import asyncio
import gc
import ssl
import weakref
from typing import Any

import pytest

from kit import authority, contexts
from kit.slow import Lost, Slow, greet, hold
from kit.streams import HOST, Recorder, connect, echo, run, serving, settled
from OpenSSL import SSL, aio, crypto

NEWEST = pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])


def trusting_nobody(version: str | None = None) -> SSL.Context:
    context = contexts.blank_context(version)
    context.set_verify(SSL.VERIFY_PEER)
    return context


@NEWEST
@pytest.mark.parametrize("bridged", [False, True])
def test_it_stands_for_libssls_while_others_are_served(version: str, bridged: bool) -> None:
    async def main() -> None:
        server = contexts.server_context(authority.stranger(), version=version)
        context: Any = trusting_nobody()
        if bridged:
            context = context.as_ssl_context()
        judge = Slow()
        async with serving(echo, server) as port:
            waiting = asyncio.ensure_future(greet(port, context=context, verify_callback=judge))
            await judge.asked.wait()
            with pytest.raises(SSL.Error, match="certificate verify failed"):
                await greet(port)
            assert not waiting.done()
            judge.ready.set()
            connection = await waiting
            ((asked, chain),) = judge.given
            assert asked is connection
            shown = server.get_certificate()
            assert shown is not None
            assert chain[0].digest("sha256") == shown.digest("sha256")
            assert connection.get_verify_result() == 0

    run(main())


@NEWEST
@pytest.mark.parametrize("after", [0, 2])
@pytest.mark.parametrize("how", ["False", "junk", "raises", "cancelled"])
def test_a_server_that_is_not_believed(how: str, after: int, version: str) -> None:
    """The caller is told why, and the server by an alert."""

    async def judge(*_: Any) -> Any:
        for _turn in range(after):
            await asyncio.sleep(0)
        if how == "raises":
            raise Lost
        if how == "cancelled":
            raise asyncio.CancelledError
        return False if how == "False" else "yes"

    expected: dict[str, Any] = {
        "False": SSL.Error,
        "junk": TypeError,
        "raises": Lost,
        "cancelled": ConnectionAbortedError,
    }

    async def main() -> None:
        told: list[Any] = []
        loop = asyncio.get_running_loop()
        loop.set_debug(True)
        loop.set_exception_handler(lambda _, each: told.append(each["exception"]))

        async def tell(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            told.append(await hold(reader, writer))

        async with serving(tell, contexts.server_context(version=version)) as port:
            with pytest.raises(expected[how]) as caught:
                await connect(port, verify_callback=judge)
            while not told:
                await asyncio.sleep(0)
        if how == "False":
            assert caught.value.alert_sent
            assert caught.value.verify_code == 50  # the application's
        assert isinstance(told[0], SSL.Error)
        assert told[0].alert is not None
        assert not told[0].alert_sent

    run(main())


def test_an_ordinary_function_answers_at_once() -> None:
    async def main() -> None:
        async with serving(echo) as port:
            await greet(port, context=trusting_nobody(), verify_callback=lambda *_: True)

    run(main())


def test_it_stands_in_the_place_of_the_contexts() -> None:
    async def main() -> None:
        context = trusting_nobody()
        context.set_cert_verify_callback(lambda *_: pytest.fail("another is asked"))
        judge = Slow()
        judge.ready.set()
        async with serving(echo) as port:
            await greet(port, context=context, verify_callback=judge)

    run(main())


def test_the_host_is_compared_after_a_yes() -> None:
    async def main() -> None:
        judge = Slow()
        judge.ready.set()
        async with serving(echo) as port:
            with pytest.raises(SSL.Error, match="hostname mismatch"):
                await connect(port, server_hostname="elsewhere.test", verify_callback=judge)
            assert judge.given
            await greet(port, server_hostname="", verify_callback=judge)

    run(main())


def test_a_bridged_context_raises_what_ssl_raises() -> None:
    async def main() -> None:
        judge = Slow(lambda *_: False)
        judge.ready.set()
        context = contexts.client_context().as_ssl_context()
        async with serving(echo) as port:
            with pytest.raises(ssl.SSLCertVerificationError) as caught:
                await connect(port, context=context, verify_callback=judge)
        assert caught.value.verify_code == 50

    run(main())


def test_no_session_stands_for_what_it_says() -> None:
    """Who is believed today need not be believed tomorrow: it is asked again."""

    async def main() -> None:
        asked: list[bytes] = []

        async def judge(_: SSL.Connection, chain: list[crypto.X509]) -> bool:
            await asyncio.sleep(0)
            asked.append(chain[0].digest("sha256"))
            return True

        context = trusting_nobody("TLSv1.2")
        resuming = contexts.server_context(version="TLSv1.2")
        resuming.set_session_id(b"here")
        async with serving(echo, resuming) as port:
            session = (await greet(port, context=context, verify_callback=judge)).get_session()
            assert session is not None

            async def resume(connection: SSL.Connection, chain: list[crypto.X509]) -> bool:
                assert not connection.session_reused()
                return await judge(connection, chain)

            other = await greet(port, context=context, verify_callback=resume)
            assert not other.session_reused()
        assert len(asked) == 2

    run(main())


def test_the_time_for_the_handshake_goes_on() -> None:
    async def main() -> None:
        judge = Slow()
        async with serving(echo) as port:
            with pytest.raises(ConnectionAbortedError, match="taking longer"):
                await connect(port, verify_callback=judge, ssl_handshake_timeout=0.2)
            await settled()
            # A machine that is busy may not come as far as asking.
            assert judge.cancelled == judge.asked.is_set()

    run(main())


def test_a_caller_that_is_cancelled() -> None:
    async def main() -> None:
        judge = Slow()
        async with serving(echo) as port:
            waiting = asyncio.ensure_future(connect(port, verify_callback=judge))
            await judge.asked.wait()
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            await settled()
            assert judge.cancelled == 1
            assert len(asyncio.all_tasks()) <= 2  # this one, and who waits for it

    run(main())


def test_a_server_that_goes_away_meanwhile() -> None:
    """Nobody reads then; the answer finds out, and nothing is left."""

    async def main() -> None:
        judge = Slow()
        async with serving(echo) as port:
            waiting = asyncio.ensure_future(connect(port, verify_callback=judge))
            await judge.asked.wait()
        # All of its connections are closed now.
        judge.ready.set()
        with pytest.raises((SSL.Error, OSError)):
            reader, _ = await waiting
            await reader.read()

    run(main())


def test_an_upgraded_stream_waits() -> None:
    async def main() -> None:
        judge = Slow()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await aio.start_tls_stream(writer, contexts.server_context())
            await echo(reader, writer)

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", server.sockets[0].getsockname()[1]
        )
        upgrade = asyncio.ensure_future(
            aio.start_tls_stream(
                writer, trusting_nobody(), server_hostname=HOST, verify_callback=judge
            )
        )
        await judge.asked.wait()
        judge.ready.set()
        await upgrade
        writer.write(b"hello")
        assert await reader.readexactly(5) == b"hello"
        writer.close()
        await writer.wait_closed()
        server.close()
        await server.wait_closed()

    run(main())


def test_in_a_renegotiation_it_cannot_wait() -> None:
    async def main() -> None:
        judge = Slow()
        judge.ready.set()

        async def again(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            connection = writer.get_extra_info("connection")
            await reader.readexactly(1)
            connection.renegotiate()
            writer.write(b"x")
            try:
                await reader.read()
            except SSL.Error:
                pass
            finally:
                writer.transport.abort()

        client = trusting_nobody("TLSv1.2")
        told: list[Any] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, each: told.append(each))
        async with serving(again, contexts.server_context(version="TLSv1.2")) as port:
            reader, writer = await connect(port, context=client, verify_callback=judge)
            writer.write(b"x")
            with pytest.raises(NotImplementedError, match="after the handshake a verify callback"):
                await reader.read()
            writer.transport.abort()

    run(main())


@pytest.mark.parametrize("callback", ["name", 1])
def test_what_cannot_be_called(callback: Any) -> None:
    async def main() -> None:
        with pytest.raises(TypeError, match="verify_callback must be callable"):
            await connect(1, verify_callback=callback)

    run(main())


def test_a_no_must_count() -> None:
    """A Context that does not verify would pass over it."""

    async def main() -> None:
        context = contexts.client_context(verify=False)
        for each in (context, context.as_ssl_context()):
            async with serving(echo) as port:
                with pytest.raises(ValueError, match="verify_callback needs a Context that"):
                    await connect(port, context=each, verify_callback=Slow())

    run(main())


def test_it_is_for_clients() -> None:
    async def main() -> None:
        async def upgrade(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with pytest.raises(ValueError, match="verify_callback is for clients"):
                await aio.start_tls_stream(
                    writer, contexts.server_context(), verify_callback=Slow()
                )
            with pytest.raises(ValueError, match="verify_callback is for clients"):
                await aio.start_tls(
                    writer.transport,  # type: ignore[arg-type]
                    Recorder(),
                    contexts.server_context(),
                    server_side=True,
                    verify_callback=Slow(),
                )
            writer.write(b"plain")
            writer.close()

        server = await asyncio.start_server(upgrade, "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", server.sockets[0].getsockname()[1]
        )
        assert await reader.read() == b"plain"
        writer.close()
        await writer.wait_closed()
        server.close()
        await server.wait_closed()
        with pytest.raises(TypeError, match="verify_callback"):
            await aio.start_server(
                echo, "127.0.0.1", 0, context=contexts.server_context(), verify_callback=Slow()
            )

    run(main())


def test_nothing_is_kept_alive() -> None:
    async def main() -> Any:
        judge = Slow()
        judge.ready.set()
        async with serving(echo) as port:
            await greet(port, context=trusting_nobody(), verify_callback=judge)
            kept = weakref.ref(judge)
            del judge
            await settled()
            gc.collect()
            assert kept() is None

    run(main())
