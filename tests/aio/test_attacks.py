"""Peers that mean harm, and protocols that do odd things at odd moments."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import warnings
from pathlib import Path
from typing import Any

import pytest

from kit import authority, contexts, floods
from kit.floods import Flood
from kit.streams import HOST, Recorder, connect, echo, run, serving, settled
from OpenSSL import SSL, aio

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="the peer is a process of its own")


def shaken(flood: Flood, sock: socket.socket) -> SSL.Connection:
    """The peer that floods, after its handshake."""
    sock.settimeout(30)
    end = floods.peer(flood, sock)
    if flood.to:
        end.set_tlsext_host_name(b"localhost")
    end.do_handshake()
    return end


@needs_fork
@pytest.mark.parametrize("flood", floods.STREAMS, ids=str)
def test_a_flood_costs_its_own_connection_and_nothing_else(flood: Flood) -> None:
    """Others are served while it comes, and it comes to an end."""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        context = floods._context(flood.to, flood.version)
        made: asyncio.Queue[Recorder] = asyncio.Queue()

        def factory() -> Recorder:
            end = Recorder()
            made.put_nowait(end)
            return end

        with contextlib.ExitStack() as stack:
            if flood.to:
                server = await aio.create_server(factory, "127.0.0.1", 0, context=context)
                stack.callback(server.close)
                address = server.sockets[0].getsockname()
                sock = stack.enter_context(socket.create_connection(address))
                peer = await loop.run_in_executor(None, shaken, flood, sock)
            else:
                contexts.use_identity(context, authority.client_identity())
                context.set_post_handshake_auth(True)
                listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))

                def accepted() -> tuple[socket.socket, SSL.Connection]:
                    sock = stack.enter_context(listener.accept()[0])
                    return sock, shaken(flood, sock)

                shaking = loop.run_in_executor(None, accepted)
                await aio.create_connection(
                    factory,
                    *listener.getsockname(),
                    context=context,
                    server_hostname=HOST,
                )
                sock, peer = await shaking
            end = await made.get()
            async with serving(echo) as port:
                reader, writer = await connect(port)
                parts = flood.parts(peer, 4 << 20)
                stack.enter_context(floods.sent(sock, parts))
                for number in range(20):
                    writer.write(b"%9d" % number)
                    assert await reader.readexactly(9) == b"%9d" % number
                await end.lost
                assert isinstance(end.error, SSL.Error)
                assert end.data == b""
                writer.close()
                await writer.wait_closed()

    run(main())


ACTIONS = {
    "abort": lambda transport: transport.abort(),
    "close": lambda transport: transport.close(),
    "pause": lambda transport: transport.pause_reading(),
    "pause and resume": lambda transport: (transport.pause_reading(), transport.resume_reading()),
    "write and close": lambda transport: (transport.write(b"last"), transport.close()),
    "write the end": lambda transport: transport.write_eof(),
    "write after close": lambda transport: (transport.close(), transport.write(b"late")),
    "close twice": lambda transport: (transport.close(), transport.close(), transport.abort()),
    "write and abort": lambda transport: (transport.write(bytes(1 << 22)), transport.abort()),
}
MOMENTS = ("connection_made", "data_received", "buffer_updated", "eof_received", "connection_lost")


class Buffered(Recorder, asyncio.BufferedProtocol):
    """The same, filled in place."""

    def get_buffer(self, _hint: int) -> bytearray:
        self.room = bytearray(10)
        return self.room

    def buffer_updated(self, count: int) -> None:
        self.data += self.room[:count]


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("moment", MOMENTS)
def test_whatever_a_protocol_does_it_is_told_of_each_thing_once(moment: str, action: str) -> None:
    """A protocol that ends, pauses or writes from within each of its methods."""

    async def main() -> None:
        made: asyncio.Queue[Any] = asyncio.Queue()
        base = Buffered if moment == "buffer_updated" else Recorder

        class Odd(base):  # type: ignore[misc,valid-type]
            done = False

            def act(self) -> None:
                if not self.done:
                    self.done = True
                    ACTIONS[action](self.transport)

        def method(self: Any, *given: Any) -> Any:
            result = getattr(base, moment)(self, *given)
            self.act()
            if moment == "connection_made":
                made.put_nowait(self)
            return result

        setattr(Odd, moment, method)
        if moment != "connection_made":

            def connection_made(self: Any, transport: Any) -> None:
                base.connection_made(self, transport)
                made.put_nowait(self)

            Odd.connection_made = connection_made  # type: ignore[method-assign]
        server = await aio.create_server(Odd, "127.0.0.1", 0, context=contexts.server_context())
        async with server:
            with contextlib.suppress(OSError, SSL.Error):
                reader, writer = await connect(server.sockets[0].getsockname()[1])
                with contextlib.suppress(OSError, SSL.Error):
                    writer.write(b"something to read")
                    await writer.drain()
                    writer.write_eof()
                    end = await made.get()
                    await settled()
                    if moment == "connection_lost":
                        end.transport.abort()
                if action.startswith("pause"):
                    if moment != "connection_lost":
                        end.transport.resume_reading()
                        await end.ended
                        assert end.data == b"something to read"
                    end.transport.abort()
                elif action == "write the end" and moment != "connection_lost":
                    await end.ended
                    assert await reader.read() == b""
                    end.transport.close()
                elif action == "write and close" and moment not in ("connection_lost",):
                    assert await reader.read() == b"last"
                await end.lost
                writer.transport.abort()
            await settled()
            assert end.done
            assert end.told.count("made") == end.told.count("lost") == 1
            assert end.told.count("eof") <= 1
            assert end.told[-1] == "lost"

    run(main())


def test_a_loop_that_is_closed_with_connections_open() -> None:
    """Nothing crashes, and what is called afterwards says so or does nothing."""
    loop = asyncio.new_event_loop()
    kept: list[Any] = []

    async def main() -> None:
        server = await aio.start_server(echo, "127.0.0.1", 0, context=contexts.server_context())
        reader, writer = await connect(server.sockets[0].getsockname()[1])
        writer.write(b"x")
        assert await reader.readexactly(1) == b"x"
        server.close()  # nobody new; who is there stays
        await settled()
        kept.extend((server, reader, writer, *server._transports))

    loop.run_until_complete(main())
    for task in asyncio.all_tasks(loop):
        task.cancel()
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()
    transports = [kept[2].transport, *kept[3:]]
    for transport in transports:
        with contextlib.suppress(RuntimeError, OSError, SSL.Error):
            transport.write(b"late")
        for call in (transport.pause_reading, transport.resume_reading, transport.abort):
            with contextlib.suppress(RuntimeError):
                call()
        sock = transport.get_extra_info("socket")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)  # where it was not closed by then
            transport.__del__()
        assert sock.fileno() == -1
    kept[0]._transports.clear()


def test_a_file_goes_behind_what_is_queued(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"file" * 100_000)
    before = bytes(16 << 20)  # more than a socket takes at once

    async def main() -> None:
        async def send(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(before)
            assert writer.transport.get_write_buffer_size()
            with path.open("rb") as file:
                await aio.sendfile(writer.transport, file)
            writer.write(b"behind")
            writer.close()

        async with serving(send) as port:
            reader, writer = await connect(port)
            got = await reader.read(-1)
            writer.close()
            assert got == before + path.read_bytes() + b"behind"
            await writer.wait_closed()

    run(main())


def test_tls_is_begun_twice_on_one_transport() -> None:
    """The second is refused at once, and the first goes on."""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        context = contexts.client_context()
        async with serving(echo) as port:
            plain, protocol = await loop.create_connection(Recorder, "127.0.0.1", port)

            def begin() -> Any:
                return aio.start_tls(plain, protocol, context, server_hostname=HOST)

            first = asyncio.ensure_future(begin())
            await asyncio.sleep(0)
            with pytest.raises(RuntimeError, match="already"):  # in the handshake
                await begin()
            transport = await first
            with pytest.raises(RuntimeError, match="already"):  # and behind it
                await begin()
            assert isinstance(protocol, Recorder)
            transport.write(b"still there")
            transport.write_eof()
            await protocol.ended
            assert protocol.data == b"still there"
            transport.close()
            await protocol.lost

    run(main())
