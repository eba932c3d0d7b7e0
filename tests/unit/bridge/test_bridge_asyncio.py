"""asyncio's own streams over a bridged context, on both sides."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import sys
from typing import Any

import pytest

from kit import authority, bridges, contexts
from kit.patience import PATIENCE
from kit.relays import relay
from OpenSSL import SSL

SIZE = 300_000
pytestmark = pytest.mark.filterwarnings("error")


def client() -> Any:
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.load_verify_locations(authority.trust_file())
    context.set_verify(SSL.VERIFY_PEER)
    return context.as_ssl_context()


async def shout(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        writer.write((await reader.readexactly(SIZE)).upper())
        await writer.drain()
    finally:
        writer.close()
        await writer.wait_closed()


async def ask(serving: Any, asking: Any, name: str) -> tuple[bytes, tuple[Any, ...]]:
    server = await asyncio.start_server(shout, "127.0.0.1", 0, ssl=serving)
    try:
        port = server.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", port, ssl=asking, server_hostname=name
        )
        writer.write(b"a" * SIZE)
        answer = await reader.readexactly(SIZE)
        cipher = writer.get_extra_info("cipher")
        writer.close()
        await writer.wait_closed()
        return answer, cipher
    finally:
        server.close()


def run(serving: Any, asking: Any, name: str = "localhost") -> tuple[bytes, tuple[Any, ...]]:
    return asyncio.run(asyncio.wait_for(ask(serving, asking, name), PATIENCE))


def test_streams_go_through_it_on_both_sides() -> None:
    answer, cipher = run(contexts.server_context().as_ssl_context(), client())
    assert answer == b"A" * SIZE
    assert cipher[1] == "TLSv1.3"


def test_it_speaks_with_the_standard_module() -> None:
    standard = ssl.create_default_context(cafile=authority.trust_file())
    assert run(contexts.server_context().as_ssl_context(), standard)[0] == b"A" * SIZE


def test_another_host_is_refused() -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        run(contexts.server_context().as_ssl_context(), client(), "another.example")


# ---- TLS that begins in the middle


async def upgrade(
    serving: Any, asking: Any, name: str, seen: list[Any]
) -> tuple[bytes, asyncio.StreamWriter]:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.readline() == b"STARTTLS\n"
        writer.write(b"go\n")
        try:
            await writer.start_tls(serving, ssl_handshake_timeout=PATIENCE)
            seen.append(writer.get_extra_info("peercert"))
            await shout(reader, writer)
        except OSError as error:
            seen.append(error)
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            writer.write(b"STARTTLS\n")
            assert await reader.readline() == b"go\n"
            await writer.start_tls(asking, server_hostname=name)
            writer.write(b"a" * SIZE)
            return await reader.readexactly(SIZE), writer
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
            while not seen:
                await asyncio.sleep(0.01)


@pytest.mark.skipif(sys.version_info < (3, 11), reason="StreamWriter.start_tls is of Python 3.11")
class TestUpgrade:
    def run(self, serving: Any, asking: Any, name: str = "localhost") -> tuple[bytes, list[Any]]:
        seen: list[Any] = []
        self.seen = seen
        work = upgrade(serving, asking, name, seen)
        answer, _ = asyncio.run(asyncio.wait_for(work, 4 * PATIENCE))
        return answer, seen

    def test_it_begins_on_both_sides(self) -> None:
        serving = contexts.server_context().as_ssl_context()
        assert self.run(serving, client()) == (b"A" * SIZE, [None])

    def test_it_speaks_with_the_standard_module(self) -> None:
        standard = ssl.create_default_context(cafile=authority.trust_file())
        answer, _ = self.run(contexts.server_context().as_ssl_context(), standard)
        assert answer == b"A" * SIZE

    @pytest.mark.parametrize("what", ["host", "authority"])
    def test_who_is_another_is_refused(self, what: str) -> None:
        asking = client() if what == "host" else bridges.asking(trusting=False)
        serving = contexts.server_context().as_ssl_context()
        name = "another.example" if what == "host" else "localhost"
        with pytest.raises(ssl.SSLCertVerificationError) as caught:
            self.run(serving, asking, name)
        assert caught.value.verify_code == (62 if what == "host" else 20)
        # asyncio drops the alert with the connection.
        assert isinstance(self.seen[0], OSError)

    def test_clients_show_their_certificates(self) -> None:
        serving = bridges.serving(require_client=True)
        _, [certificate] = self.run(serving, bridges.asking(authority.client_identity()))
        assert (("commonName", "client"),) in certificate["subject"]
        for who in (None, authority.client_stranger()):
            with pytest.raises((OSError, asyncio.IncompleteReadError)):
                self.run(serving, bridges.asking(who))
            assert isinstance(self.seen[0], OSError)


def test_a_stream_that_is_cut_is_no_whole_one() -> None:
    async def ask() -> None:
        serving = contexts.server_context().as_ssl_context()
        server = await asyncio.start_server(shout, "127.0.0.1", 0, ssl=serving)
        async with server:
            with relay(server.sockets[0].getsockname()[1], SIZE // 2) as cutting:
                reader, writer = await asyncio.open_connection(
                    "127.0.0.1", cutting.port, ssl=client(), server_hostname="localhost"
                )
                writer.write(b"a" * SIZE)
                with pytest.raises((asyncio.IncompleteReadError, OSError)):
                    await reader.readexactly(SIZE)
                writer.close()
                with contextlib.suppress(OSError):
                    await writer.wait_closed()
                assert cutting.cuts == 1

    asyncio.run(asyncio.wait_for(ask(), 4 * PATIENCE))
