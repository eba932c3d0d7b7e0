"""A Connection as a file: what sockets' files do, and the ends of TLS."""

from __future__ import annotations

import gc
import http.client
import io
import os
import select
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from kit import contexts, datagrams, sockets, verdicts
from OpenSSL import SSL

Ends = tuple[SSL.Connection, SSL.Connection]


@pytest.fixture(params=["TLSv1.2", "TLSv1.3"])
def ends(request: pytest.FixtureRequest) -> Iterator[Ends]:
    context = contexts.server_context(version=request.param)
    with sockets.connected(context, contexts.client_context()) as both:
        yield both


MODES = ["r", "w", "rw", "rb", "wb", "rwb", "b", "", "a", "x", "r+", "rt", "wbr", "br"]


@pytest.mark.differs("makefile over a socket")
@pytest.mark.promises("Connection.makefile")
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("buffering", [None, -1, 0, 1, 100])
def test_the_same_files_as_sockets_make(ends: Ends, mode: str, buffering: int | None) -> None:
    def described(end: Any) -> tuple[Any, ...]:
        try:
            with end.makefile(mode, buffering) as file:
                raw = getattr(file, "buffer", file)
                kinds = (type(file), type(raw)) if buffering != 0 else (io.RawIOBase,)
                assert isinstance(file, io.IOBase)
                return (*kinds, file.readable(), file.writable(), getattr(file, "mode", None))
        except ValueError:
            return (ValueError,)

    if mode in ("b", ""):
        # Such a file could do nothing: a socket makes one all the same.
        assert described(ends[1]) == (ValueError,)
    else:
        assert described(ends[1]) == described(ends[1]._socket)


def test_lines_of_text(ends: Ends) -> None:
    server, client = ends
    with client.makefile("rw", encoding="utf-8", newline="\r\n") as file:
        file.write("schöne\nGrüße\n")
        file.flush()
        wanted = "schöne\r\nGrüße\r\n".encode()
        assert sockets.receive_exactly(server, len(wanted)) == wanted
        server.sendall(b"one\r\ntwo\r\nth")
        server.sendall(b"ree\r\n")
        server.shutdown()
        assert file.readlines() == ["one\r\n", "two\r\n", "three\r\n"]
        assert file.read() == ""


def test_bytes_to_the_end(ends: Ends) -> None:
    server, client = ends
    data = os.urandom(1_000_000)

    def send() -> None:
        with server.makefile("wb") as file:
            for at in range(0, len(data), 7001):
                file.write(data[at : at + 7001])
        server.shutdown()

    sending = sockets.in_thread(send)
    with client.makefile("rb") as file:
        assert file.read() == data
        assert file.read(1) == b""
    sending.result(sockets.PATIENCE)


def test_an_unbuffered_file_takes_no_more_than_it_is_asked_for(ends: Ends) -> None:
    server, client = ends
    server.sendall(b"abcdef")
    with client.makefile("rb", buffering=0) as file:
        assert file.read(2) == b"ab"
        buffer = bytearray(2)
        assert file.readinto(buffer) == 2
        assert bytes(buffer) == b"cd"
    assert client.recv(10) == b"ef"


def test_what_was_cut_is_no_end(ends: Ends) -> None:
    server, client = ends
    server.sendall(b"half a li")
    server.sock_shutdown(socket.SHUT_WR)
    with client.makefile("rb") as file, verdicts.dirty_close():
        file.readline()


def test_a_transport_that_does_not_wait(ends: Ends) -> None:
    server, client = ends
    client.setblocking(False)
    with client.makefile("rwb", buffering=0) as file:
        assert file.read(10) is None
        while file.write(bytes(16384)) is not None:
            pass
        server.sendall(b"there")
        select.select([client], [], [], sockets.PATIENCE)
        assert file.read(10) == b"there"


def test_after_a_timeout_a_file_is_not_read_any_more(ends: Ends) -> None:
    server, client = ends
    client.settimeout(0.05)
    with client.makefile("rb") as file:
        with pytest.raises(TimeoutError):
            file.readline()
        server.sendall(b"late\n")
        with pytest.raises(OSError, match="cannot read from timed out object"):
            file.readline()
    assert client.recv(10) == b"late\n"


def test_the_socket_is_closed_with_the_last_of_its_files(ends: Ends) -> None:
    server, client = ends
    first, second = client.makefile("rb"), client.makefile("wb")
    client.close()
    assert client.fileno() == first.fileno() == first.raw.name != -1  # type: ignore[attr-defined]
    server.sendall(b"line\n")
    assert first.readline() == b"line\n"
    first.close()
    first.close()
    assert first.raw.name == -1  # type: ignore[attr-defined]
    second.write(b"still open")
    second.close()
    assert client.fileno() == -1
    assert server.recv(100) == b"still open"


def test_a_file_that_was_closed_leaves_the_connection_open(ends: Ends) -> None:
    server, client = ends
    client.makefile("rb").close()
    client.sendall(b"on")
    assert server.recv(10) == b"on"
    client.close()
    assert client.fileno() == -1


def test_a_with_block_leaves_files_their_socket(ends: Ends) -> None:
    server, client = ends
    server.sendall(b"more")
    with client:
        file = client.makefile("rb")
    assert file.read(4) == b"more"
    file.close()
    assert client.fileno() == -1


def test_a_forgotten_file_counts_no_more(ends: Ends) -> None:
    client = ends[1]
    file = client.makefile("rb")
    client.close()
    del file
    gc.collect()
    assert client.fileno() == -1


def test_a_closed_file_says_so(ends: Ends) -> None:
    file = ends[1].makefile("rwb", buffering=0)
    file.close()
    for call in (file.readable, file.writable, file.fileno, lambda: file.read(1)):
        with pytest.raises(ValueError, match="closed file"):
            call()


def test_what_was_not_asked_for_is_not_possible(ends: Ends) -> None:
    with ends[1].makefile("rb", buffering=0) as reading, pytest.raises(io.UnsupportedOperation):
        reading.write(b"x")
    with ends[1].makefile("wb", buffering=0) as writing, pytest.raises(io.UnsupportedOperation):
        writing.read(1)


def test_a_wrong_encoding_leaves_nothing_open(ends: Ends) -> None:
    with pytest.raises(LookupError):
        ends[1].makefile("r", encoding="no-such-encoding")
    gc.collect()
    ends[1].close()
    assert ends[1].fileno() == -1


def test_datagrams_are_no_stream() -> None:
    with datagrams.connected() as (_, client), pytest.raises(ValueError, match="messages"):
        client.makefile("rb")


@pytest.mark.promises("Connection.makefile")
def test_memory_has_nothing_to_wait_for() -> None:
    with pytest.raises(NotImplementedError):
        SSL.Connection(contexts.client_context()).makefile("rb")


def test_the_standard_http_client_reads_an_answer_to_its_end(ends: Ends) -> None:
    """``http.client`` closes the socket while the answer's file is still being read."""
    server, client = ends
    body = os.urandom(200_000)

    def answer() -> None:
        with server.makefile("rb") as file:
            while file.readline() != b"\r\n":
                pass
        server.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        server.sendall(body)
        server.shutdown()

    answering = sockets.in_thread(answer)
    connection = http.client.HTTPConnection("localhost")
    connection.sock = client
    connection.request("GET", "/")
    response = connection.getresponse()
    assert connection.sock is None  # closed, but for the file
    assert response.read() == body
    response.close()
    assert client.fileno() == -1
    answering.result(sockets.PATIENCE)
