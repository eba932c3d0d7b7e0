"""Output that cannot be written: a full disk, a reader that has left, nobody at standard error."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

pytest.importorskip("click")

from kit import authority
from kit.commands import COMMAND, environment
from kit.contexts import server_context
from kit.sockets import ThreadedServer
from OpenSSL import SSL
from OpenSSL._command.failures import KINDS

FULL = Path("/dev/full")
CERTIFICATE = authority.identity().files.chain

needs_a_full_disk = pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")

#: What has something to say; PEER becomes the address of a server that greets and closes.
COMMANDS = [
    ("version",),
    ("connect", "--help"),
    ("show", CERTIFICATE),
    ("connect", "PEER"),
    ("connect", "PEER", "--json"),
    ("connect", "PEER", "--nagios"),
    ("connect", "PEER", "--pipe"),
    ("scan", "PEER", "--limit", "1", "--json"),
    ("serve", "--port", "0"),
]


@pytest.fixture(scope="module")
def peer() -> Iterator[str]:
    def greet(connection: SSL.Connection) -> None:
        connection.sendall(b"hello")
        connection.shutdown()

    server = ThreadedServer(server_context(), greet)
    with server:
        yield f"localhost:{server.port}"
    # A scan makes handshakes that fail on purpose.


def run(
    words: tuple[object, ...], peer: str, out: int | None, err: int | None
) -> subprocess.CompletedProcess[bytes]:
    given = [peer if word == "PEER" else str(word) for word in words]
    trust = ["--cafile", str(authority.trust_file())] if "PEER" in words else []
    return subprocess.run(
        [*COMMAND, *given, *trust],
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=err,
        env=environment(),
        timeout=60,
        check=False,
    )


def full() -> int:
    return os.open(FULL, os.O_WRONLY)


def left() -> int:
    reader, writer = os.pipe()
    os.close(reader)
    return writer


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: " ".join(map(str, words[:3:2])))
@pytest.mark.parametrize(
    ("sink", "kind", "line"),
    [
        pytest.param(
            full, "output", "brisktls: cannot write the output: No space", marks=needs_a_full_disk
        ),
        (left, "broken-pipe", ""),
    ],
    ids=["full", "left"],
)
def test_a_plain_line_and_a_status_of_its_own(
    sink: Callable[[], int], kind: str, line: str, words: tuple[object, ...], peer: str
) -> None:
    with ExitStack() as stack:
        out = sink()
        stack.callback(os.close, out)
        done = run(words, peer, out, subprocess.PIPE)
    said = done.stderr.decode()
    assert done.returncode == KINDS[kind].status, said
    assert "unforeseen" not in said
    assert "Traceback" not in said
    assert "Exception ignored" not in said
    # A command that had failed anyway has said so before.
    last = said.splitlines()[-1] if said else ""
    assert last.startswith(line), said


@needs_a_full_disk
@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("connect", "localhost:1"), KINDS["refused"].status),
        (("connect",), KINDS["usage"].status),
        (("show", "/nowhere"), KINDS["file"].status),
        (("connect", "PEER", "--insecure"), 0),
    ],
)
def test_a_status_is_kept_where_nobody_can_be_told_why(
    words: tuple[object, ...], status: int, peer: str
) -> None:
    with ExitStack() as stack:
        err = full()
        stack.callback(os.close, err)
        done = run(words, peer, subprocess.PIPE, err)
    assert done.returncode == status


def test_input_that_cannot_be_read_is_told(peer: str) -> None:
    unreadable = os.open(os.devnull, os.O_WRONLY)
    try:
        done = subprocess.run(
            [*COMMAND, "connect", peer, "--cafile", str(authority.trust_file()), "--pipe"],
            stdin=unreadable,
            capture_output=True,
            env=environment(),
            timeout=60,
            check=False,
        )
    finally:
        os.close(unreadable)
    assert done.returncode == KINDS["file"].status
    assert b"cannot read the input: Bad file descriptor" in done.stderr
