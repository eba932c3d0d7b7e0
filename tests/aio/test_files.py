"""Files over TLS transports: all of it comes, by TLS, whichever way it goes."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path
from typing import Any

import pytest

from kit import contexts
from kit.streams import HOST, Recorder, connect, echo, run, serving
from OpenSSL import aio
from OpenSSL.aio import files

DATA = bytes(range(256)) * 8192  # 2 MiB


@pytest.fixture
def path(tmp_path: Path) -> Path:
    where = tmp_path / "file"
    where.write_bytes(DATA)
    return where


@pytest.fixture(params=["read", "kernel"])
def way(request: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """The kernel's way is the Connection's sendfile, which reads where the kernel has no keys."""
    if request.param == "kernel":
        monkeypatch.setattr(files, "encrypts", lambda _: True)
    return str(request.param)


async def answer(path: Path, reader: Any, writer: Any, size: int, *given: Any) -> bytes:
    """What comes back of what was sent; ``given`` is for sendfile."""
    with path.open("rb") as file:
        sending = asyncio.ensure_future(aio.sendfile(writer.transport, file, *given))
        got: bytes = await reader.readexactly(size)
        assert await sending == size
        assert file.tell() == (given[0] if given else 0) + size
    return got


@pytest.mark.parametrize("given", [(), (5,), (5, 100), (0, len(DATA)), (len(DATA) - 7, 100)])
def test_what_is_asked_for_arrives(path: Path, way: str, given: tuple[int, ...]) -> None:
    wanted = DATA[slice(given[0], sum(given)) if len(given) == 2 else slice(*given, None)]

    async def main() -> None:
        async with serving(echo) as port:
            reader, writer = await connect(port)
            writer.write(b"before")
            assert await reader.readexactly(6) == b"before"
            assert await answer(path, reader, writer, len(wanted), *given) == wanted
            writer.write(b"behind")
            assert await reader.readexactly(6) == b"behind"
            writer.close()
            await writer.wait_closed()

    run(main())


def test_nothing_of_it_goes_in_plain_text(path: Path, way: str) -> None:
    path.write_bytes(b"a secret that everybody would know " * 1000)
    seen = bytearray()

    async def main() -> None:
        async def note(reader: Any, writer: Any) -> None:
            while data := await reader.read(65536):
                seen.extend(data)
                writer.write(data)

        async def between(reader: Any, writer: Any) -> None:
            there, back = await asyncio.open_connection("127.0.0.1", port)
            passing = asyncio.ensure_future(note(there, writer))
            await note(reader, back)
            back.close()
            await passing
            writer.close()

        async with serving(echo) as port:
            server = await asyncio.start_server(between, "127.0.0.1", 0)
            reader, writer = await connect(server.sockets[0].getsockname()[1])
            size = path.stat().st_size
            assert await answer(path, reader, writer, size) == path.read_bytes()
            writer.close()
            await writer.wait_closed()
            server.close()

    run(main())
    assert len(seen) > 2 * path.stat().st_size
    assert b"secret" not in seen


@pytest.mark.parametrize("factory", [asyncio.SelectorEventLoop, aio.EventLoop])
def test_a_loop_sends_it_by_tls(path: Path, factory: Any) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        async with serving(echo) as port:
            transport, protocol = await aio.create_connection(
                Recorder,
                "127.0.0.1",
                port,
                context=contexts.client_context(),
                server_hostname=HOST,
            )
            with path.open("rb") as file:
                sent = await loop.sendfile(transport, file)
            assert sent == len(DATA)
            while len(protocol.data) < len(DATA):
                await asyncio.sleep(0.001)
            assert bytes(protocol.data) == DATA
            transport.close()
            await protocol.lost

    run(main(), factory)


def test_over_another_transport_it_goes_by_tls_too(path: Path) -> None:
    async def main() -> None:
        async with serving(echo) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            await aio.start_tls_stream(writer, contexts.client_context(), server_hostname=HOST)
            assert await answer(path, reader, writer, len(DATA)) == DATA
            writer.close()
            await writer.wait_closed()

    run(main())


def test_any_object_that_can_be_read(path: Path) -> None:
    async def main() -> None:
        async with serving(echo) as port:
            reader, writer = await connect(port)
            assert await aio.sendfile(writer.transport, io.BytesIO(b"abc"), 1) == 2
            assert await reader.readexactly(2) == b"bc"
            writer.close()
            await writer.wait_closed()

    run(main())


def test_a_peer_that_goes_is_told(path: Path, way: str) -> None:
    async def main() -> None:
        async def leave(reader: Any, writer: Any) -> None:
            await reader.readexactly(1)
            writer.transport.abort()

        path.write_bytes(DATA * 16)  # more than sockets hold
        async with serving(leave) as port:
            _, writer = await connect(port)
            with path.open("rb") as file, pytest.raises(OSError):
                await aio.sendfile(writer.transport, file)
            writer.close()
            with pytest.raises(OSError):
                await writer.wait_closed()

    run(main())


def test_who_is_cancelled_can_go_on(path: Path) -> None:
    async def main() -> None:
        async with serving(echo) as port:
            reader, writer = await connect(port)
            writer.transport.pause_reading()
            path.write_bytes(DATA * 16)  # more than sockets hold
            with path.open("rb") as file:
                sending = asyncio.ensure_future(aio.sendfile(writer.transport, file))
                while not writer.transport.get_write_buffer_size():
                    await asyncio.sleep(0.001)
                sending.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await sending
                size = file.tell()
                assert 0 < size < len(DATA) * 16
            writer.transport.resume_reading()
            writer.write(b"behind")
            got = await reader.readexactly(size + 6)
            assert got == (DATA * 16)[:size] + b"behind"
            writer.close()
            await writer.wait_closed()

    run(main())


def test_bad_input(path: Path) -> None:
    async def main() -> None:
        async with serving(echo) as port:
            reader, writer = await connect(port)
            transport: Any = writer.transport
            with path.open("rb") as file, path.open() as text:
                for error, given in (
                    (TypeError, (None, file)),
                    (ValueError, (transport, text)),
                    (TypeError, (transport, file, "1")),
                    (TypeError, (transport, file, True)),
                    (ValueError, (transport, file, -1)),
                    (ValueError, (transport, file, 0, 0)),
                    (TypeError, (transport, file, 0, 1.5)),
                ):
                    with pytest.raises(error):
                        await aio.sendfile(*given)
                with pytest.raises(RuntimeError, match="does not encrypt"):
                    await aio.sendfile(transport, file, fallback=False)
                writer.write(b"still here")
                assert await reader.readexactly(10) == b"still here"
                writer.write_eof()
                with pytest.raises(RuntimeError, match="write_eof"):
                    await aio.sendfile(transport, file)
                writer.close()
                with pytest.raises(RuntimeError, match="closing"):
                    await aio.sendfile(transport, file)
            await writer.wait_closed()

    run(main())


def test_one_of_two_that_wait_may_be_cancelled() -> None:
    """The other one goes on, and is not cancelled with it."""

    async def main() -> None:
        async with serving(echo) as port:
            reader, writer = await connect(port)
            writer.write(bytes(8 << 20))  # more than a socket takes: nobody reads the answer yet
            transport = writer.transport
            waits = [asyncio.ensure_future(transport._emptied()) for _ in range(2)]
            await asyncio.sleep(0)
            assert not any(each.done() for each in waits)
            waits[0].cancel()
            await asyncio.wait([waits[0]])
            assert not waits[1].done()
            await reader.readexactly(8 << 20)
            await waits[1]
            writer.close()
            await writer.wait_closed()

    run(main())
