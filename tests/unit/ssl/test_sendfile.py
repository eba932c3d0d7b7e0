"""Sending files; all of it holds with the kernel's help and without."""

from __future__ import annotations

import gzip
import io
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kit import contexts, offload, pump, sockets, verdicts
from kit.offload import Ends, asking
from OpenSSL import SSL

SIZE = 300_001
DATA = os.urandom(SIZE)


@pytest.fixture(params=["TLSv1.2", "TLSv1.3"])
def ends(request: pytest.FixtureRequest) -> Iterator[Ends]:
    with offload.connected(request.param) as both:
        yield both


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("files") / "data"
    file.write_bytes(DATA)
    return file


def plain(path: Path) -> Any:
    return path.open("rb")


def unbuffered(path: Path) -> Any:
    return path.open("rb", buffering=0)


def random_access(path: Path) -> Any:
    return path.open("r+b")


def in_memory(path: Path) -> Any:
    return io.BytesIO(path.read_bytes())


def temporary(path: Path) -> Any:
    file = tempfile.NamedTemporaryFile()  # noqa: SIM115
    file.write(path.read_bytes())
    return file


def compressed(path: Path) -> Any:
    """It has the descriptor of a file that holds other bytes than it reads."""
    with gzip.open(path.with_suffix(".gz"), "wb", compresslevel=1) as file:
        file.write(path.read_bytes())
    return gzip.open(path.with_suffix(".gz"), "rb")


KINDS: list[Callable[[Path], Any]] = [
    plain,
    unbuffered,
    random_access,
    in_memory,
    temporary,
    compressed,
]


@pytest.mark.differs("Connection.sendfile")
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_byte_of_a_file_is_sent(ends: Ends, path: Path, kind: Callable[[Path], Any]) -> None:
    server, client = ends
    ranges = [(0, None), (0, 1), (7, None), (16_384, 16_384), (100, SIZE), (SIZE, 5), (SIZE + 5, 3)]
    for offset, count in ranges:
        expected = DATA[offset:] if count is None else DATA[offset : offset + count]
        with kind(path) as file:
            file.read(3)  # where it was does not matter
            future = sockets.in_thread(server.sendfile, file, offset, count)
            assert sockets.receive_exactly(client, len(expected)) == expected
            assert future.result(sockets.PATIENCE) == len(expected)
            # What is compressed has no place behind its end.
            assert file.tell() in {offset + len(expected), min(SIZE, offset + len(expected))}
    server.sendall(b"after")
    assert client.recv(10) == b"after"


def test_an_empty_file(ends: Ends, tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    with (tmp_path / "empty").open("rb") as file:
        assert ends[0].sendfile(file) == 0
    assert ends[0].sendfile(io.BytesIO()) == 0


def test_what_was_written_into_the_object_is_sent(ends: Ends, tmp_path: Path) -> None:
    server, client = ends
    with (tmp_path / "new").open("w+b") as file:
        file.write(b"not on the disk yet")
        assert server.sendfile(file) == 19
    assert sockets.receive_exactly(client, 19) == b"not on the disk yet"


def test_a_pipe_has_no_offset(ends: Ends) -> None:
    server, client = ends
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as file:
        os.write(writing, b"from a pipe")
        with pytest.raises(ValueError, match="offset must be 0"):
            server.sendfile(file, 1)
        assert server.sendfile(file, count=4) == 4
        os.close(writing)
        assert server.sendfile(file) == 7
    assert sockets.receive_exactly(client, 11) == b"from a pipe"


def test_an_object_that_only_reads(ends: Ends) -> None:
    left = [b"one", bytearray(b"two"), memoryview(b"three"), b""]

    class Parts:
        def read(self, size: int) -> object:
            assert size > 0
            return left.pop(0)

    assert ends[0].sendfile(Parts()) == 11
    assert sockets.receive_exactly(ends[1], 11) == b"onetwothree"


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ((io.BytesIO(b"x"), -1), ValueError, "offset must not be negative"),
        ((io.BytesIO(b"x"), "0"), TypeError, "offset must be an integer"),
        ((io.BytesIO(b"x"), 0, 0), ValueError, "count must be greater than 0"),
        ((io.BytesIO(b"x"), 0, -5), ValueError, "count must be greater than 0"),
        ((io.BytesIO(b"x"), 0, 1.5), TypeError, "count must be an integer"),
        ((io.StringIO("x"),), ValueError, "binary mode"),
        ((b"x",), AttributeError, "read"),
    ],
)
def test_wrong_arguments(
    ends: Ends, arguments: tuple[Any, ...], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        ends[0].sendfile(*arguments)


def test_text_is_refused(ends: Ends, path: Path) -> None:
    with (
        path.open(encoding="latin-1") as file,
        pytest.raises(ValueError, match="binary mode"),
    ):
        ends[0].sendfile(file)

    class Text:
        def read(self, size: int) -> str:
            return "text"

    with pytest.raises(ValueError, match="binary mode"):
        ends[0].sendfile(Text())


def test_more_than_was_asked_for_is_refused(ends: Ends) -> None:
    class Generous:
        def read(self, size: int) -> bytes:
            return bytes(size + 1)

    with pytest.raises(ValueError, match="asked for 5 bytes and answered 6"):
        ends[0].sendfile(Generous(), 0, 5)
    ends[0].sendall(b"fine")
    assert ends[1].recv(10) == b"fine"


def test_what_reading_raises_comes_out_with_what_was_sent(ends: Ends) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell() >= 20_000:
                raise OSError("scratched")
            return super().read(min(size or 0, 10_000))

    file = Broken(DATA)
    with pytest.raises(OSError, match="scratched") as caught:
        ends[0].sendfile(file)
    assert caught.value.bytes_sent == 20_000  # type: ignore[attr-defined]
    assert file.tell() == 20_000
    assert sockets.receive_exactly(ends[1], 20_000) == DATA[:20_000]


def test_datagrams_are_no_way_for_a_file() -> None:
    connection = SSL.Connection(SSL.Context(SSL.DTLS_METHOD), None)
    with pytest.raises(ValueError, match="DTLS"):
        connection.sendfile(io.BytesIO(b"x"))


def test_files_leave_through_memory_too(path: Path) -> None:
    server, client = pump.connected(contexts.server_context(), contexts.client_context())
    with path.open("rb") as file:
        assert server.sendfile(file, 5) == SIZE - 5
    pump.shuttle(server, client)
    assert pump.drain(client) == DATA[5:]


def test_a_bound_on_memory_ends_and_goes_on(path: Path) -> None:
    server, client = pump.connected(contexts.server_context(), contexts.client_context())
    server.set_bio_limit(50_000)
    received, done = b"", 0
    with path.open("rb") as file:
        while done < SIZE:
            try:
                done += server.sendfile(file, done)
            except SSL.WantWriteError as error:
                assert error.bytes_sent is not None
                done += error.bytes_sent
                assert file.tell() == done
            pump.shuttle(server, client)
            received += pump.drain(client)
    assert received == DATA


# ---- what is out of the ordinary


def test_a_file_may_be_the_first_thing_said(path: Path) -> None:
    with sockets.tcp_pair() as (server_sock, client_sock):
        server = sockets.server_end(asking(contexts.server_context()), server_sock)
        client = sockets.client_end(asking(contexts.client_context()), client_sock)
        with path.open("rb") as file:
            sending = sockets.in_thread(server.sendfile, file)
            assert sockets.receive_exactly(client, SIZE) == DATA
            assert sending.result(sockets.PATIENCE) == SIZE


def test_after_goodbye_nothing_is_sent(ends: Ends, path: Path) -> None:
    server, client = ends
    server.shutdown()
    with path.open("rb") as file, pytest.raises(SSL.Error) as caught:
        server.sendfile(file)
    with pytest.raises(SSL.Error) as expected:
        server.send(b"x")
    assert caught.value.args == expected.value.args
    assert caught.value.bytes_sent == 0
    with pytest.raises(SSL.ZeroReturnError):
        client.recv(1)


def test_a_closed_socket_is_noticed(ends: Ends, path: Path) -> None:
    server, _ = ends
    server.close()
    with path.open("rb") as file, verdicts.system_error(9):
        server.sendfile(file)


def test_a_peer_that_is_gone_is_noticed(ends: Ends, tmp_path: Path) -> None:
    server, client = ends
    (tmp_path / "large").write_bytes(DATA * 30)
    sockets.reset(client)
    with (tmp_path / "large").open("rb") as file, pytest.raises(SSL.SysCallError) as caught:
        while True:
            server.sendfile(file)
    assert caught.value.args[0] in {32, 104}
