"""Certificates that a coroutine chooses while the handshake waits."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from kit import authority, contexts
from kit.streams import HOST, Recorder, connect, echo, run, serving, settled
from OpenSSL import SSL, aio


class Chooser:
    """A coroutine function that gives a certificate when it is told to."""

    def __init__(self, who: authority.Identity) -> None:
        self.who = who
        self.asked = asyncio.Event()
        self.ready = asyncio.Event()
        self.cancelled = 0

    async def __call__(self, connection: SSL.Connection) -> None:
        self.asked.set()
        try:
            await self.ready.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        connection.use_certificate_pem(self.who.chain_pem, self.who.key_pem)


async def greet(port: int, **options: Any) -> None:
    """A whole visit."""
    reader, writer = await connect(port, **options)
    writer.write(b"hello")
    assert await reader.readexactly(5) == b"hello"
    writer.close()
    await writer.wait_closed()


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
def test_a_server_waits_and_serves_others(version: str) -> None:
    async def main() -> None:
        slow = Chooser(authority.identity())

        async def choose(connection: SSL.Connection) -> None:
            if connection.get_servername() == b"slow.test":
                await slow(connection)
            else:
                who = authority.identity()
                connection.use_certificate_pem(who.chain_pem, who.key_pem)

        context = contexts.blank_context(version)
        anybody = contexts.client_context(verify=False)
        async with serving(echo, context, cert_callback=choose) as port:
            waiting = asyncio.ensure_future(
                greet(port, context=anybody, server_hostname="slow.test")
            )
            await slow.asked.wait()
            await greet(port)
            assert not waiting.done()
            slow.ready.set()
            await waiting

    run(main())


def test_a_client_waits() -> None:
    async def main() -> None:
        choose = Chooser(authority.client_identity())
        asyncio.get_running_loop().call_soon(choose.ready.set)
        async with serving(echo, contexts.server_context(require_client=True)) as port:
            await greet(port, cert_callback=choose)
        assert choose.asked.is_set()

    run(main())


def test_an_upgrade_waits_on_both_sides() -> None:
    async def main() -> None:
        ours, theirs = Chooser(authority.identity()), Chooser(authority.client_identity())
        ours.ready.set()
        theirs.ready.set()
        upgraded = asyncio.get_running_loop().create_future()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            context = contexts.server_context(require_client=True)
            await aio.start_tls_stream(writer, context, cert_callback=ours)
            connection = writer.get_extra_info("connection")
            upgraded.set_result(connection.get_peer_certificate() is not None)
            await echo(reader, writer)

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", server.sockets[0].getsockname()[1]
        )
        await aio.start_tls_stream(
            writer, contexts.client_context(), server_hostname=HOST, cert_callback=theirs
        )
        writer.write(b"hello")
        assert await reader.readexactly(5) == b"hello"
        assert await upgraded
        writer.close()
        await writer.wait_closed()
        server.close()
        await server.wait_closed()

    run(main())


def test_an_ordinary_function_answers_at_once() -> None:
    async def main() -> None:
        asked: list[SSL.Connection] = []
        async with serving(echo, cert_callback=asked.append) as port:
            await greet(port)
        assert len(asked) == 1

    run(main())


class Lost(Exception):
    pass


@pytest.mark.parametrize("after", [0, 1, 3])
def test_what_it_raises_ends_the_handshake(after: int) -> None:
    async def choose(_connection: SSL.Connection) -> None:
        for _ in range(after):
            await asyncio.sleep(0)
        raise Lost

    async def main() -> None:
        async with serving(echo, contexts.server_context(require_client=True)) as port:
            with pytest.raises(Lost):
                await connect(port, cert_callback=choose)
        told: list[Any] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, each: told.append(each))
        async with serving(echo, cert_callback=choose) as port:
            with pytest.raises(SSL.Error):
                await connect(port)
        assert [type(each["exception"]) for each in told] == [Lost]

    run(main())


def test_whom_to_believe_is_not_its_to_choose() -> None:
    async def choose(connection: SSL.Connection) -> None:
        await asyncio.sleep(0)
        connection.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT)

    async def main() -> None:
        told: list[Any] = []
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, each: told.append(each))
        loop.set_debug(True)
        async with serving(echo, cert_callback=choose) as port:
            with pytest.raises(SSL.Error):
                await connect(port)
        assert "rules of verification changed" in str(told[0]["exception"])

    run(main())


# ---- ends while it is waited for


def test_the_time_for_the_handshake_goes_on() -> None:
    async def main() -> None:
        choose = Chooser(authority.client_identity())
        async with serving(echo, contexts.server_context(require_client=True)) as port:
            with pytest.raises(ConnectionAbortedError, match="taking longer"):
                await connect(port, cert_callback=choose, ssl_handshake_timeout=0.2)
            await settled()
            assert choose.cancelled == choose.asked.is_set()

    run(main())


def test_a_caller_that_is_cancelled() -> None:
    async def main() -> None:
        choose = Chooser(authority.client_identity())
        async with serving(echo, contexts.server_context(require_client=True)) as port:
            connecting = asyncio.ensure_future(connect(port, cert_callback=choose))
            await choose.asked.wait()
            connecting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await connecting
            await settled()
            assert choose.cancelled == 1

    run(main())


def test_a_server_that_drops_its_clients() -> None:
    async def main() -> None:
        choose = Chooser(authority.identity())
        server = await aio.create_server(
            Recorder, "127.0.0.1", 0, context=contexts.blank_context(), cert_callback=choose
        )
        port = server.sockets[0].getsockname()[1]
        connecting = asyncio.ensure_future(connect(port))
        await choose.asked.wait()
        server.close()
        server.abort_clients()
        with pytest.raises((SSL.Error, OSError)):
            await connecting
        await server.wait_closed()
        await settled()
        assert choose.cancelled == 1

    run(main())


def test_a_callback_that_is_cancelled_by_others() -> None:
    async def choose(_connection: SSL.Connection) -> None:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        await asyncio.sleep(0)

    async def main() -> None:
        async with serving(echo, contexts.server_context(require_client=True)) as port:
            with pytest.raises(ConnectionAbortedError, match="cancelled"):
                await connect(port, cert_callback=choose)

    run(main())


def test_after_the_handshake_it_cannot_wait() -> None:
    """A certificate that is asked for late: the connection ends, and nothing hangs."""

    async def choose(_connection: SSL.Connection) -> None:
        raise AssertionError("never awaited")

    async def main() -> None:
        told: list[Any] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, each: told.append(each))
        server_context = contexts.server_context(version="TLSv1.3", ask_client=True)
        server_context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_POST_HANDSHAKE)
        client_context = contexts.client_context(version="TLSv1.3")
        client_context.set_post_handshake_auth(True)

        async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            connection = writer.get_extra_info("connection")
            await reader.readexactly(1)
            connection.verify_client_post_handshake()
            writer.write(b"asked")
            try:
                await reader.read(1)
            except SSL.Error:
                pass
            finally:
                writer.close()

        async with serving(ask, server_context) as port:
            reader, writer = await connect(port, context=client_context, cert_callback=choose)
            writer.write(b".")
            with pytest.raises(NotImplementedError, match="after the handshake"):
                await reader.readexactly(5)
            writer.close()
        assert NotImplementedError in [type(each["exception"]) for each in told]

    run(main())


def test_what_cannot_be_called() -> None:
    async def main() -> None:
        with pytest.raises(TypeError, match="cert_callback"):
            await connect(1, cert_callback=5)
        with pytest.raises(TypeError, match="cert_callback"):
            async with serving(echo, cert_callback=5):
                pass

    run(main())
