"""Whatever a callback raises, of a Context or of a protocol, reaches who can do something."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import pytest

from kit import contexts, pump
from kit.streams import HOST, Recorder, connect, echo, run, serving, settled
from OpenSSL import SSL, aio
from OpenSSL._native.ssl import driving


class Odd(Exception):
    pass


def fail(*args: Any) -> Any:
    raise Odd("a callback's own")


def test_of_a_clients_verification() -> None:
    context = contexts.client_context()
    context.set_verify(SSL.VERIFY_PEER, fail)

    async def main() -> None:
        async with serving(echo) as port:
            with pytest.raises(Odd):
                await connect(port, context=context)

    run(main())


def test_a_certificate_callback_cannot_wait() -> None:
    """The connection ends at once, instead of when its time is over."""

    def wait(_connection: SSL.Connection) -> None:
        raise SSL.WantX509LookupError

    context = contexts.server_context()
    context.set_cert_callback(wait)

    async def main() -> None:
        told: list[Any] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, each: told.append(each))
        async with serving(echo, context) as port:
            with pytest.raises(SSL.Error):
                await connect(port)
        assert [type(each["exception"]) for each in told] == [NotImplementedError]

    run(main())


def test_of_a_server_reaches_the_loops_exception_handler() -> None:
    context = contexts.server_context()
    context.set_tlsext_servername_callback(fail)

    async def main() -> None:
        told: list[Any] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, each: told.append(each))
        async with serving(echo, context) as port:
            with pytest.raises(SSL.Error):
                await connect(port)
        assert [type(each["exception"]) for each in told] == [Odd]

    run(main())


def test_a_peers_fault_is_told_in_debug_mode_only() -> None:
    async def main(debug: bool) -> int:
        told: list[Any] = []
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, each: told.append(each))
        async with serving(echo) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            loop.set_debug(debug)
            writer.write(b"this is no TLS" * 100)
            await reader.read(100)
            loop.set_debug(False)
            writer.close()
        return len(told)

    assert run(main(False)) == 0
    assert run(main(True)) == 1


def test_of_a_connection_in_use_ends_it() -> None:
    client = contexts.client_context(version="TLSv1.3")
    server = contexts.server_context(version="TLSv1.3")
    armed = False

    def watch(connection: Any, where: int, status: int) -> None:
        if armed and where & SSL.SSL_CB_READ and where & SSL.SSL_CB_ALERT:
            fail()

    client.set_info_callback(watch)

    async def main() -> None:
        nonlocal armed
        told: list[Any] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, each: told.append(each))

        async def end(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readexactly(1)
            writer.close()

        async with serving(end, server) as port:
            reader, writer = await connect(port, context=client)
            armed = True
            writer.write(b"x")
            with pytest.raises(Odd):
                await reader.read()
            writer.close()
        assert [type(each["exception"]) for each in told] == [Odd]

    run(main())


@pytest.mark.differs("what a connection_made raises")
def test_of_the_protocols_connection_made_reaches_who_connects() -> None:
    class Bad(Recorder):
        def connection_made(self, transport: Any) -> None:
            raise Odd

    async def main() -> None:
        async with serving(echo) as port:
            with pytest.raises(Odd):
                await aio.create_connection(
                    Bad,
                    "127.0.0.1",
                    port,
                    context=contexts.client_context(),
                    server_hostname=HOST,
                )

    run(main())


def test_of_connection_made_reaches_who_connects_after_an_abort_too() -> None:
    class Bad(Recorder):
        def connection_made(self, transport: Any) -> None:
            transport.abort()
            raise Odd

    async def main() -> None:
        async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with contextlib.suppress(SSL.Error):
                await reader.read()
            writer.close()

        async with serving(hear) as port:
            call = aio.create_connection(
                Bad,
                "127.0.0.1",
                port,
                context=contexts.client_context(),
                server_hostname=HOST,
            )
            with pytest.raises(Odd):
                await asyncio.wait_for(call, 5)

    run(main())


def test_of_a_factory_reaches_who_connects() -> None:
    async def main() -> None:
        async with serving(echo) as port:
            with pytest.raises(Odd):
                await aio.create_connection(
                    fail,
                    "127.0.0.1",
                    port,
                    context=contexts.client_context(),
                    server_hostname=HOST,
                )

    run(main())


@pytest.mark.parametrize("name", ["data_received", "eof_received"])
def test_of_a_protocol_ends_its_connection(name: str) -> None:
    async def main() -> None:
        told: list[Any] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, each: told.append(each))
        made: list[Recorder] = []

        class Bad(Recorder):
            def __init__(self) -> None:
                super().__init__()
                made.append(self)

        setattr(Bad, name, fail)
        server = await aio.create_server(Bad, "127.0.0.1", 0, context=contexts.server_context())
        async with server:
            _, writer = await connect(server.sockets[0].getsockname()[1])
            writer.write(b"x")
            writer.write_eof()
            await made[0].lost
            assert type(made[0].error) is Odd
            writer.transport.abort()
        assert [each["message"] for each in told] == [
            f"Fatal error: protocol.{name}() call failed."
        ]

    run(main())


def test_nothing_is_called_out_of_a_write_that_fails() -> None:
    class Answering(Recorder):
        busy = False

        def data_received(self, data: bytes) -> None:
            assert not self.busy
            self.busy = True
            super().data_received(data)
            self.transport.write(b"and you?")
            self.busy = False

    async def main() -> None:
        got: asyncio.Queue[asyncio.StreamWriter] = asyncio.Queue()

        async def hold(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            got.put_nowait(writer)

        async with serving(hold) as port:
            _, end = await aio.create_connection(
                Answering,
                "127.0.0.1",
                port,
                context=contexts.client_context(),
                server_hostname=HOST,
            )
            writer = await got.get()
            await settled()
            for _ in range(2000):
                writer.write(b"bye")
            writer.transport.abort()
            await end.lost
            assert isinstance(end.error, OSError | SSL.SysCallError)
            assert end.data.startswith(b"byebye")

    run(main())


def test_of_flow_control_is_reported_and_the_connection_goes_on() -> None:
    async def main() -> None:
        told: list[Any] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, each: told.append(each))

        class Bad(Recorder):
            pause_writing = fail
            resume_writing = fail

        async with serving(echo) as port:
            _, protocol = await aio.create_connection(
                Bad, "127.0.0.1", port, context=contexts.client_context(), server_hostname=HOST
            )
            protocol.transport.write(b"f" * 10_000_000)
            while len(protocol.data) < 10_000_000:
                await asyncio.sleep(0.001)
            protocol.transport.close()
            await protocol.lost
        assert {each["message"] for each in told} == {
            "protocol.pause_writing() failed",
            "protocol.resume_writing() failed",
        }

    run(main())


class Buffered(asyncio.BufferedProtocol):
    """Reads into a buffer of its own."""

    def __init__(self, size: int = 1000) -> None:
        self.buffer = bytearray(size)
        self.data = bytearray()
        self.asked: set[int] = set()
        self.lost: asyncio.Future[BaseException | None] = asyncio.get_running_loop().create_future()

    def get_buffer(self, sizehint: int) -> memoryview:
        self.asked.add(sizehint)
        return memoryview(self.buffer)

    def buffer_updated(self, nbytes: int) -> None:
        self.data += self.buffer[:nbytes]

    def connection_lost(self, exc: BaseException | None) -> None:
        self.lost.set_result(exc)


@pytest.mark.parametrize("size", [1, 1000, 100_000])
def test_a_buffered_protocol_is_filled_in_place(size: int) -> None:
    async def main() -> None:
        async with serving(echo) as port:
            transport, protocol = await aio.create_connection(
                lambda: Buffered(size),
                "127.0.0.1",
                port,
                context=contexts.client_context(),
                server_hostname=HOST,
            )
            count = 20_000 if size == 1 else 400_000
            transport.write(b"b" * count)
            while len(protocol.data) < count:
                await asyncio.sleep(0.001)
            assert protocol.data == b"b" * count
            assert protocol.asked == {-1}
            transport.write_eof()
            # eof_received answers None: the transport closes itself.
            assert await protocol.lost is None

    run(main())


@pytest.mark.parametrize("name", ["get_buffer", "buffer_updated", "no room"])
def test_a_buffered_protocol_that_fails_ends_its_connection(name: str) -> None:
    async def main() -> None:
        told: list[Any] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, each: told.append(each))

        class Bad(Buffered):
            pass

        if name != "no room":
            setattr(Bad, name, fail)
        async with serving(echo) as port:
            transport, protocol = await aio.create_connection(
                lambda: Bad(0 if name == "no room" else 10),
                "127.0.0.1",
                port,
                context=contexts.client_context(),
                server_hostname=HOST,
            )
            transport.write(b"x")
            error = await protocol.lost
            assert type(error) is (RuntimeError if name == "no room" else Odd)
        assert len(told) == 1

    run(main())


def test_another_protocol_can_take_over() -> None:
    async def main() -> None:
        async with serving(echo) as port:
            transport, first = await aio.create_connection(
                Recorder, "127.0.0.1", port, context=contexts.client_context(), server_hostname=HOST
            )
            second = Buffered()
            transport.set_protocol(second)
            assert transport.get_protocol() is second
            transport.write(b"for the second")
            while not second.data:
                await asyncio.sleep(0.001)
            assert second.data == b"for the second"
            assert first.data == b""
            transport.close()
            assert await second.lost is None
            await settled()

    run(main())


@pytest.mark.parametrize(
    "call", [driving.receive, lambda end, size: driving.receive_into(end, bytearray(size))]
)
def test_no_callback_can_say_that_the_peer_has_said_goodbye(call: Any) -> None:
    context = contexts.client_context()
    armed = False

    def pretend(*args: Any) -> None:
        if armed:
            raise SSL.ZeroReturnError

    context.set_message_callback(pretend)
    ends = pump.connected(contexts.server_context(), context)
    armed = True
    ends.server.send(b"x")
    pump.exchange(*ends)
    with pytest.raises(SSL.ZeroReturnError):
        call(ends.client, 10)
