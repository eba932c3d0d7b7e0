"""Waiting while a file is sent: nothing is lost, and others have their turn."""

from __future__ import annotations

import io
import os
import select
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kit import offload, sockets
from kit.offload import Ends
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


def in_memory(path: Path) -> Any:
    return io.BytesIO(path.read_bytes())


def test_a_non_blocking_socket_does_not_wait_for_anothers_file(ends: Ends) -> None:
    server, client = ends
    server.setblocking(False)
    reading, go_on = threading.Event(), threading.Event()

    class Slow(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            reading.set()
            assert go_on.wait(sockets.PATIENCE)
            return super().read(size)

    sending = sockets.in_thread(server.sendfile, Slow(b"slowly"))
    assert reading.wait(sockets.PATIENCE)
    threading.Timer(2, go_on.set).start()
    for call in (server.send, server.sendall):
        with pytest.raises(SSL.WantWriteError) as caught:
            call(b"x")
        assert caught.value.bytes_sent == 0
    with pytest.raises(SSL.WantWriteError):
        server.shutdown()
    assert not go_on.is_set()
    go_on.set()
    assert sending.result(sockets.PATIENCE) == 6
    assert server.send(b"x") == 1
    assert sockets.receive_exactly(client, 7) == b"slowlyx"


@pytest.mark.parametrize("kind", [plain, in_memory], ids=["file", "memory"])
def test_a_non_blocking_socket_loses_nothing(
    ends: Ends, kind: Callable[[Path], Any], tmp_path: Path
) -> None:
    server, client = ends
    data = DATA * 30
    (tmp_path / "large").write_bytes(data)
    server.setblocking(False)
    done = wants = 0
    with kind(tmp_path / "large") as file:
        receiving = None
        while done < len(data):
            try:
                done += server.sendfile(file, done, len(data) - done)
            except SSL.WantWriteError as error:
                wants += 1
                assert error.bytes_sent is not None
                done += error.bytes_sent
                assert file.tell() == done
                receiving = receiving or sockets.in_thread(
                    sockets.receive_exactly, client, len(data)
                )
                wait_for_room(server)
    assert wants
    assert receiving is not None
    assert receiving.result(sockets.PATIENCE) == data


def wait_for_room(connection: SSL.Connection) -> None:
    select.select([], [connection.fileno()], [], sockets.PATIENCE)


@pytest.mark.parametrize("kind", [plain, in_memory], ids=["file", "memory"])
def test_a_timeout_tells_how_far_it_got(
    ends: Ends, kind: Callable[[Path], Any], tmp_path: Path
) -> None:
    server, client = ends
    data = DATA * 30
    (tmp_path / "large").write_bytes(data)
    server.settimeout(0.2)
    with kind(tmp_path / "large") as file:
        with pytest.raises(TimeoutError) as caught:
            server.sendfile(file)
        sent: int = caught.value.bytes_sent  # type: ignore[attr-defined]
        assert 0 < sent < len(data)
        assert file.tell() == sent
        server.settimeout(None)
        rest = sockets.in_thread(server.sendfile, file, sent)
        assert sockets.receive_exactly(client, len(data)) == data
        assert rest.result(sockets.PATIENCE) == len(data) - sent


def test_other_senders_wait_for_their_turn(ends: Ends, path: Path) -> None:
    server, client = ends

    def letters() -> None:
        for _ in range(5):
            server.sendall(b"#" * 50_000)

    def files() -> None:
        for _ in range(5):
            with path.open("rb") as file:
                server.sendfile(file)

    threads = [sockets.in_thread(letters), sockets.in_thread(files), sockets.in_thread(files)]
    data = sockets.receive_exactly(client, 10 * SIZE + 250_000)
    for thread in threads:
        thread.result(sockets.PATIENCE)
    at = found = 0
    while at < len(data):
        if data.startswith(DATA, at):
            at, found = at + SIZE, found + 1
        else:
            assert data[at : at + 50_000] == b"#" * 50_000
            at += 50_000
    assert found == 10


def test_one_thread_reads_while_another_sends_a_file(ends: Ends, path: Path) -> None:
    server, client = ends
    waiting = sockets.in_thread(server.recv, 10)
    with path.open("rb") as file:
        sending = sockets.in_thread(server.sendfile, file)
        assert sockets.receive_exactly(client, SIZE) == DATA
        assert sending.result(sockets.PATIENCE) == SIZE
    assert not waiting.done()
    client.sendall(b"answer")
    assert waiting.result(sockets.PATIENCE) == b"answer"


def test_a_signal_is_handled_and_sending_goes_on(ends: Ends, tmp_path: Path) -> None:
    server, client = ends
    data = DATA * 30
    (tmp_path / "large").write_bytes(data)
    seen: list[int] = []
    before = signal.signal(signal.SIGUSR1, lambda number, frame: seen.append(number))
    try:
        main = threading.get_ident()
        threading.Timer(0.2, signal.pthread_kill, (main, signal.SIGUSR1)).start()
        received: list[bytes] = []
        receiver = threading.Timer(
            0.4, lambda: received.append(sockets.receive_exactly(client, len(data)))
        )
        receiver.start()
        with (tmp_path / "large").open("rb") as file:
            assert server.sendfile(file) == len(data)
        receiver.join(sockets.PATIENCE)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert seen == [signal.SIGUSR1]
    assert received == [data]
