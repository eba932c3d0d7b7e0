"""A fleet's sessions on an event loop, which must not stand still while a store thinks."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from kit import contexts
from kit.fleets import SECRET
from kit.resuming import VERSIONS
from kit.streams import HOST, run, serving
from OpenSSL import SSL
from OpenSSL.fleet import Fleet, SharedFile

Check = Callable[[], object]


class Slow(SharedFile):
    """A store that thinks about sessions until it may go on."""

    def __init__(self, folder: Path) -> None:
        super().__init__(str(folder / "store"))
        self.asked: list[bytes] = []
        self.open = threading.Event()
        self.open.set()

    def get(self, key: bytes) -> bytes | None:
        if key.startswith(b"session:"):
            self.asked.append(key)
            self.open.wait(30)
        return super().get(key)


@pytest.fixture
def store(tmp_path: Path) -> Slow:
    return Slow(tmp_path)


async def until(condition: Check) -> None:
    while not condition():
        await asyncio.sleep(0.005)


async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    connection = writer.get_extra_info("connection")
    writer.write(b"resumed" if connection.session_reused() else b"full   ")
    await writer.drain()
    await reader.read(1)
    writer.close()


def come(
    port: int, context: SSL.Context, session: SSL.Session | None = None
) -> tuple[str, SSL.Session]:
    """A visit by a thread of its own, which shuts down, so that the session stays good."""
    with socket.create_connection(("127.0.0.1", port), 30) as sock:
        end = SSL.Connection(context, sock)
        end.set_connect_state()
        end.set_tlsext_host_name(HOST.encode())
        if session is not None:
            end.set_session(session)
        said = b""
        while len(said) < 7:
            said += end.recv(7)
        kept = end.get_session()
        assert kept is not None
        end.shutdown()
        return said.decode().strip(), kept


def stateful(fleet: Fleet, version: str) -> SSL.Context:
    context = contexts.server_context(version=version)
    context.set_options(SSL.OP_NO_TICKET)
    fleet.attach(context)
    return context


@VERSIONS
def test_the_loop_goes_on_while_the_store_thinks(store: Slow, version: str) -> None:
    client = contexts.client_context(version=version)

    async def main(fleet: Fleet) -> None:
        context = stateful(fleet, version)
        async with serving(greet, context, client_hello_callback=fleet.fetch) as port:
            said, session = await asyncio.to_thread(come, port, client)
            assert said == "full"
            await until(lambda: fleet.counters.session_puts > 0)
            store.open.clear()
            seen = len(store.asked)
            visit = asyncio.ensure_future(asyncio.to_thread(come, port, client, session))
            await until(lambda: len(store.asked) > seen)
            assert not visit.done()
            store.open.set()  # nobody but the loop says so
            assert (await visit)[0] == "resumed"
            assert len(store.asked) == seen + 1  # one question for a handshake

    with Fleet(store, SECRET, refresh=0.02, patience=20) as fleet:
        run(main(fleet))


@VERSIONS
def test_a_store_that_is_late_costs_a_full_handshake(store: Slow, version: str) -> None:
    client = contexts.client_context(version=version)

    async def main(fleet: Fleet) -> None:
        context = stateful(fleet, version)
        async with serving(greet, context, client_hello_callback=fleet.fetch) as port:
            _, session = await asyncio.to_thread(come, port, client)
            await until(lambda: fleet.counters.session_puts > 0)
            store.open.clear()
            assert (await asyncio.to_thread(come, port, client, session))[0] == "full"
            assert fleet.counters.session_timeouts == 1  # and libssl's question was not a second
            store.open.set()

    with Fleet(store, SECRET, refresh=0.02, patience=0.05) as fleet:
        run(main(fleet))


@VERSIONS
def test_with_tickets_nobody_is_asked(store: Slow, version: str) -> None:
    client = contexts.client_context(version=version)

    async def main(fleet: Fleet) -> None:
        context = contexts.server_context(version=version)
        fleet.attach(context)
        async with serving(greet, context, client_hello_callback=fleet.fetch) as port:
            said, session = await asyncio.to_thread(come, port, client)
            assert said == "full"
            assert (await asyncio.to_thread(come, port, client, session))[0] == "resumed"
            assert store.asked == []

    with Fleet(store, SECRET, refresh=0.02) as fleet:
        run(main(fleet))


def test_a_client_without_tickets_of_tls_1_2_is_found_by_its_id(store: Slow) -> None:
    client = contexts.client_context(version="TLSv1.2")
    client.set_options(SSL.OP_NO_TICKET)

    async def main(fleet: Fleet) -> None:
        context = contexts.server_context()
        fleet.attach(context)
        async with serving(greet, context, client_hello_callback=fleet.fetch) as port:
            _, session = await asyncio.to_thread(come, port, client)
            await until(lambda: fleet.counters.session_puts > 0)
            assert (await asyncio.to_thread(come, port, client, session))[0] == "resumed"
            assert len(store.asked) == 1

    with Fleet(store, SECRET, refresh=0.02) as fleet:
        run(main(fleet))
