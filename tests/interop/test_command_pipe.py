from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import queue
import signal
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

pytest.importorskip("click")

from kit import authority
from kit.commands import COMMAND, brisk_program, brisk_started, environment
from kit.contexts import server_context
from kit.greeters import listening_server
from kit.patience import PATIENCE
from kit.programs import need, running
from kit.sockets import ThreadedServer, receive_all
from OpenSSL import SSL
from OpenSSL._command.failures import KINDS

TRUST = ("--cafile", authority.trust_file(), "--pipe")
HALF = (*TRUST, "--half-close")
SIZE = 8 << 20


@contextmanager
def tls_server(
    handle: Callable[[ssl.SSLSocket], None], version: ssl.TLSVersion | None = None
) -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    files = authority.identity().files
    context.load_cert_chain(files.chain, files.key)
    if version is not None:
        context.minimum_version = context.maximum_version = version

    def wrapped(sock: socket.socket) -> None:
        with context.wrap_socket(sock, server_side=True, suppress_ragged_eofs=False) as tls:
            handle(tls)

    with listening_server(wrapped) as port:
        yield f"localhost:{port}"


def read_all(tls: ssl.SSLSocket) -> bytes:
    parts = []
    while part := tls.recv(65536):
        parts.append(part)
    return b"".join(parts)


def latin(data: bytes) -> str:
    return data.decode("latin-1")


@pytest.mark.parametrize("listens_first", [True, False])
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_neither_direction_waits(version: ssl.TLSVersion, listens_first: bool) -> None:
    there, back = os.urandom(SIZE), os.urandom(SIZE)
    got: list[bytes] = []

    def handle(tls: ssl.SSLSocket) -> None:
        if listens_first:
            got.append(read_all(tls))
        tls.sendall(back)
        if not listens_first:
            got.append(read_all(tls))
        tls.unwrap()

    with tls_server(handle, version) as target:
        done = brisk_program("connect", target, *HALF, given=there)
    assert done.status == 0, done.err
    assert hashlib.sha256(got[0]).digest() == hashlib.sha256(there).digest()
    assert done.out == latin(back)
    assert done.err == ""


def test_the_answer_still_comes_after_our_input_has_ended() -> None:
    def handle(tls: ssl.SSLSocket) -> None:
        question = read_all(tls)
        time.sleep(0.3)
        tls.sendall(question.upper() * 10000)
        tls.unwrap()

    with tls_server(handle) as target:
        done = brisk_program("connect", target, *HALF, given=b"question")
    assert (done.status, done.out) == (0, "QUESTION" * 10000)


def test_the_rest_of_our_input_still_goes_after_the_peer_has_closed() -> None:
    given = os.urandom(SIZE)
    got: list[bytes] = []

    def handle(connection: SSL.Connection) -> None:
        connection.sendall(b"bye")
        connection.shutdown()
        time.sleep(0.3)
        got.append(receive_all(connection))

    with ThreadedServer(server_context(), handle) as server:
        done = brisk_program("connect", f"localhost:{server.port}", *TRUST, given=given)
    assert (done.status, done.out) == (0, "bye"), done.err
    assert got == [given]


def test_a_connection_cut_short_is_told_after_what_came() -> None:
    def handle(tls: ssl.SSLSocket) -> None:
        tls.recv(10)
        tls.sendall(b"half of the")
        tls.shutdown(socket.SHUT_RDWR)

    with tls_server(handle) as target:
        done = brisk_program("connect", target, *TRUST, given=b"0123456789")
    assert (done.status, done.out) == (KINDS["cut-short"].status, "half of the")
    assert "without a closing message" in done.err


def test_a_reader_that_goes_away_ends_it_quietly() -> None:
    def handle(tls: ssl.SSLSocket) -> None:
        while True:
            tls.sendall(b"x" * 65536)

    with tls_server(handle) as target, brisk_started("connect", target, *TRUST) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.read(1000) == b"x" * 1000
        process.stdout.close()
        assert process.wait(20) == 141
        assert process.stderr.read() == b""


def test_ctrl_c_is_status_130_without_a_traceback() -> None:
    def handle(tls: ssl.SSLSocket) -> None:
        tls.sendall(b"ready")
        read_all(tls)

    with tls_server(handle) as target, brisk_started("connect", target, *TRUST) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.read(5) == b"ready"
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
        assert b"Traceback" not in process.stderr.read()


def test_a_slow_reader_loses_nothing() -> None:
    data = os.urandom(SIZE // 4)

    def handle(tls: ssl.SSLSocket) -> None:
        tls.sendall(data)
        tls.unwrap()

    with tls_server(handle) as target, brisk_started("connect", target, *TRUST) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        time.sleep(1.0)
        process.stdin.close()
        assert process.stdout.read() == data
        assert process.wait(20) == 0


def test_files_at_both_ends(tmp_path) -> None:  # type: ignore[no-untyped-def]
    source, sink = tmp_path / "source", tmp_path / "sink"
    source.write_bytes(os.urandom(SIZE // 4))

    def handle(tls: ssl.SSLSocket) -> None:
        tls.sendall(read_all(tls))
        tls.unwrap()

    with tls_server(handle) as target, source.open("rb") as given, sink.open("wb") as taken:
        done = subprocess.run(
            [*COMMAND, "connect", target, *map(str, HALF)],
            stdin=given,
            stdout=taken,
            stderr=subprocess.PIPE,
            env=environment(),
            timeout=PATIENCE,
            check=False,
        )
    assert (done.returncode, done.stderr) == (0, b"")
    assert sink.read_bytes() == source.read_bytes()


def test_a_peer_that_wants_a_certificate_is_understood() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    files = authority.identity().files
    context.load_cert_chain(files.chain, files.key)
    context.load_verify_locations(authority.trust_file())
    context.verify_mode = ssl.CERT_REQUIRED

    def handle(sock: socket.socket) -> None:
        context.wrap_socket(sock, server_side=True)

    with listening_server(handle) as port:
        done = brisk_program("connect", f"localhost:{port}", *TRUST)
    assert done.status == KINDS["certificate-wanted"].status, done


def test_what_is_not_verified_gets_no_byte_of_input() -> None:
    got: list[bytes] = []

    def handle(sock: socket.socket) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        files = authority.stranger().files
        context.load_cert_chain(files.chain, files.key)
        with context.wrap_socket(sock, server_side=True) as tls:
            got.append(tls.recv(100))

    with listening_server(handle) as port:
        done = brisk_program("connect", f"localhost:{port}", *TRUST, given=b"secret")
    assert done.status == KINDS["unknown-authority"].status
    assert done.out == ""
    assert got == []


def test_a_closed_standard_output_is_refused_in_words() -> None:
    with tls_server(read_all) as target:  # type: ignore[arg-type]
        command = ["sh", "-c", 'exec "$@" >&-', "sh", *COMMAND, "connect", target, *TRUST]
        done = subprocess.run(
            list(map(str, command)),
            input=b"",
            env=environment(),
            stderr=subprocess.PIPE,
            check=False,
        )
    assert done.returncode == KINDS["file"].status
    assert done.stderr == b"brisktls: --pipe needs a standard output, and it is closed\n"


@contextmanager
def event_loop_server(seconds: float) -> Iterator[str]:
    """asyncio, which drops what it was about to send to a peer that says goodbye."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.identity().files.chain, authority.identity().files.key)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while (await reader.readline()).strip():
            pass
        await asyncio.sleep(seconds)
        writer.write(b"HTTP/1.0 200 OK\r\n\r\nhello\n")
        with contextlib.suppress(OSError):
            await writer.drain()
            writer.close()

    async def serve() -> None:
        nonlocal over
        over = asyncio.Event()
        server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
        ports.put((server.sockets[0].getsockname()[1], asyncio.get_running_loop()))
        await over.wait()
        server.close()

    over: asyncio.Event | None = None
    ports: queue.Queue[tuple[int, asyncio.AbstractEventLoop]] = queue.Queue()
    thread = threading.Thread(target=asyncio.run, args=(serve(),), daemon=True)
    thread.start()
    port, loop = ports.get(timeout=PATIENCE)
    assert over is not None
    try:
        yield f"localhost:{port}"
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(20)


REQUEST = b"GET / HTTP/1.0\r\n\r\n"


@pytest.mark.holds("F5", "U-A2")
def test_a_server_that_takes_a_goodbye_for_the_end_can_answer_first() -> None:
    with event_loop_server(0.5) as target:
        done = brisk_program("connect", target, *TRUST, given=REQUEST)
    assert (done.status, done.out) == (0, "HTTP/1.0 200 OK\r\n\r\nhello\n"), done
    assert done.err == ""


NODE = """
const https = require("https"), fs = require("fs");
const [key, cert] = process.argv.slice(-2).map((name) => fs.readFileSync(name));
const server = https.createServer({ key, cert }, (request, answer) =>
  setTimeout(() => answer.end("hello\\n"), 500));
server.listen(0, "127.0.0.1", () => console.log("port " + server.address().port));
"""


@pytest.mark.holds("U-A2")
def test_node_answers(tmp_path: Path) -> None:
    need("node")
    script = tmp_path / "server.js"
    script.write_text(NODE)
    files = authority.identity().files
    with running("node", str(script), str(files.key), str(files.chain)) as program:
        port = program.expect(r"port (\d+)").group(1)
        done = brisk_program("connect", f"localhost:{port}", *TRUST, given=REQUEST)
    assert done.status == 0, done
    assert done.out.startswith("HTTP/1.1 200 OK\r\n")
    assert done.out.endswith("hello\n")


@pytest.mark.holds("F5")
def test_an_empty_answer_to_our_own_goodbye_is_no_success() -> None:
    with event_loop_server(5) as target:
        done = brisk_program("connect", target, *HALF, given=REQUEST)
    assert (done.status, done.out) == (KINDS["no-answer"].status, ""), done


@pytest.mark.holds("F5")
def test_a_server_that_greets_and_waits_is_left_in_time() -> None:
    def handle(tls: ssl.SSLSocket) -> None:
        tls.sendall(b"220 hello\r\n")
        tls.recv(1)  # the goodbye, after which this ends without one

    with tls_server(handle) as target:
        done = brisk_program("connect", target, *TRUST, "--timeout", "1")
    assert (done.status, done.out) == (0, "220 hello\r\n"), done
    assert "silent for 1 s" in done.err


@pytest.mark.parametrize("options", [TRUST, HALF])
def test_a_server_that_never_reacts_is_left_in_time(options: tuple[str, ...]) -> None:
    over = threading.Event()

    def handle(sock: socket.socket) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        files = authority.identity().files
        context.load_cert_chain(files.chain, files.key)
        with context.wrap_socket(sock, server_side=True):
            over.wait(30)

    with listening_server(handle) as port:
        target = f"localhost:{port}"
        done = brisk_program("connect", target, *options, "--timeout", "1", given=b"x")
        over.set()
    assert (done.status, done.out) == (KINDS["timeout"].status, ""), done
    assert "did not close" in done.err
