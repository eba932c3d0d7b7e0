"""``connect --interactive`` at a real terminal, with a real peer."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

pytest.importorskip("click")

from kit import authority, peers
from kit.commands import COMMAND, brisk, environment
from kit.contexts import server_context
from kit.patience import PATIENCE
from kit.sockets import ThreadedServer
from OpenSSL import SSL
from OpenSSL._command.failures import KINDS

TRUST = ("--cafile", str(authority.trust_file()))


class Person:
    """Somebody at a terminal: types, and reads what is on the screen."""

    def __init__(self, controller: int, process: subprocess.Popen[bytes]) -> None:
        self.screen = b""
        self.process = process
        self._controller = controller
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        while True:
            try:
                data = os.read(self._controller, 65536)
            except OSError:
                data = b""
            with self._changed:
                self.screen += data
                self._changed.notify_all()
            if not data:
                return

    def types(self, keys: bytes) -> None:
        os.write(self._controller, keys)

    def sees(self, pattern: bytes, times: int = 1) -> None:
        end = time.monotonic() + PATIENCE
        with self._changed:
            while len(re.findall(pattern, self.screen)) < times:
                assert self._changed.wait(end - time.monotonic()), self.screen
                assert time.monotonic() < end, self.screen

    def leaves(self) -> int:
        return self.process.wait(PATIENCE)


@contextmanager
def person(*arguments: str) -> Iterator[Person]:
    controller, terminal = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, "connect", *arguments, *TRUST, "--interactive"],
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        env=environment(TERM="xterm"),
        start_new_session=True,
    )
    os.close(terminal)
    with process:
        try:
            yield Person(controller, process)
        finally:
            process.kill()
            process.wait()
            os.close(controller)


def test_lines_are_sent_and_called_back() -> None:
    with peers.openssl_server() as server, person(f"localhost:{server.port}") as somebody:
        somebody.sees(rb"Ctrl-D ends")
        somebody.types(b"hello\r")
        somebody.sees(rb"olleh")
        somebody.types(b"second\r")
        somebody.sees(rb"dnoces")
        # Up, up: the line before the last.
        somebody.types(b"\x1b[A\x1b[A\r")
        somebody.sees(rb"olleh", 2)
        somebody.types(b"\x04")
        assert somebody.leaves() == 0, somebody.screen
        assert b"verified" in somebody.screen


def test_a_stranger_cannot_steer_the_terminal() -> None:
    def handle(connection: SSL.Connection) -> None:
        assert connection.recv(100) == b"go\r\n"
        connection.sendall("\x1b[2J\x07grüße\r\nthe end\r\n".encode())
        connection.shutdown()

    with (
        ThreadedServer(server_context(), handle) as server,
        person(f"localhost:{server.port}") as somebody,
    ):
        somebody.sees(rb"Ctrl-D ends")
        somebody.types(b"go\r")
        somebody.sees(rb"the end")
        # The peer has closed: nobody has to press a key for that.
        assert somebody.leaves() == 0, somebody.screen
    assert b"\\x1b[2J\\x07gr\xc3\xbc\xc3\x9fe" in somebody.screen
    assert b"\x1b[2J" not in somebody.screen


def test_a_goodbye_ends_it_though_the_socket_stays_open() -> None:
    left = threading.Event()

    def handle(connection: SSL.Connection) -> None:
        connection.recv(100)
        connection.shutdown()
        assert left.wait(PATIENCE)

    with (
        ThreadedServer(server_context(), handle) as server,
        person(f"localhost:{server.port}") as somebody,
    ):
        somebody.sees(rb"Ctrl-D ends")
        somebody.types(b"go\r")
        assert somebody.leaves() == 0, somebody.screen
        left.set()


def test_a_lost_connection_and_an_interrupt_have_their_statuses() -> None:
    def handle(connection: SSL.Connection) -> None:
        connection.recv(100)
        connection.sock_shutdown(2)

    with ThreadedServer(server_context(), handle) as server:
        target = f"localhost:{server.port}"
        with person(target) as somebody:
            somebody.sees(rb"Ctrl-D ends")
            somebody.types(b"go\r")
            assert somebody.leaves() == KINDS["cut-short"].status, somebody.screen
        with person(target) as somebody:
            somebody.sees(rb"Ctrl-D ends")
            somebody.process.send_signal(2)
            assert somebody.leaves() == KINDS["interrupted"].status, somebody.screen
        assert b"Traceback" not in somebody.screen


def test_it_needs_a_terminal_and_no_other_output() -> None:
    done = brisk("connect", "localhost:1", "--interactive")
    assert done.status == 2
    assert "--pipe" in done.err
    for other, status in (("--json", 2), ("--pipe", 2), ("--nagios", 3)):
        done = brisk("connect", "localhost:1", "--interactive", other)
        assert done.status == status
        assert "--interactive" in done.out + done.err
