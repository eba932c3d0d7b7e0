"""Running other programs: captured output, waiting for words instead of for time."""

from __future__ import annotations

import contextlib
import functools
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence

import pytest

from kit.patience import PATIENCE

PACKAGES = {
    "openssl": "openssl",
    "gnutls-serv": "gnutls-bin",
    "gnutls-cli": "gnutls-bin",
    "curl": "curl",
    "nginx": "nginx-light",
    "testssl": "testssl.sh",
}


def need(name: str) -> str:
    """The path of a program; skips the test with the way to install it when it is absent."""
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"{name} is not installed: apt-get install {PACKAGES.get(name, name)}")
    return path


def quiet_environment() -> dict[str, str]:
    """The environment without settings that would change whom a program trusts or asks."""
    unwanted = re.compile(r"(SSL_CERT_|CURL_|OPENSSL_CONF|SSLKEYLOG|.*_proxy$)", re.IGNORECASE)
    clean = {key: value for key, value in os.environ.items() if not unwanted.match(key)}
    return clean | {"LC_ALL": "C"}


@functools.cache
def openssl_version() -> tuple[int, ...]:
    """That of the openssl program, as ``(3, 0, 19)``: not of the library under test."""
    told = subprocess.run(
        [need("openssl"), "version"], check=True, capture_output=True, env=quiet_environment()
    ).stdout.decode()
    return tuple(int(part) for part in re.findall(r"\d+", told.split()[1])[:3])


def need_openssl(*version: int) -> None:
    """Skip the test unless the openssl program is at least of that version."""
    if openssl_version() < version:
        wanted = ".".join(map(str, version))
        pytest.skip(f"the openssl program is older than {wanted}, whatever the library is")


def surroundings(program: str) -> dict[str, str]:
    """The quiet environment; a sanitizer that this process has is no other program's."""
    quiet = quiet_environment()
    if program != sys.executable:
        quiet.pop("LD_PRELOAD", None)
    return quiet


class Program:
    """A running program whose two outputs are collected together by a thread."""

    def __init__(self, arguments: Sequence[str]) -> None:
        self.arguments = list(arguments)
        self._text = bytearray()
        self._changed = threading.Condition()
        self._ended = False
        self._process = subprocess.Popen(
            self.arguments,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=surroundings(arguments[0]),
        )
        self._reader = threading.Thread(target=self._collect, daemon=True)
        self._reader.start()

    def _collect(self) -> None:
        assert self._process.stdout is not None
        descriptor = self._process.stdout.fileno()
        while True:
            part = os.read(descriptor, 65536)
            with self._changed:
                self._text += part
                self._ended = not part
                self._changed.notify_all()
            if not part:
                return

    @property
    def output(self) -> str:
        with self._changed:
            return self._text.decode("utf-8", "replace")

    def expect(self, pattern: str, timeout: float = PATIENCE) -> re.Match[str]:
        """Wait until ``pattern`` has been printed."""
        expression = re.compile(pattern, re.MULTILINE)
        deadline = time.monotonic() + timeout
        with self._changed:
            while True:
                found = expression.search(self._text.decode("utf-8", "replace"))
                if found:
                    return found
                left = deadline - time.monotonic()
                if self._ended or left <= 0:
                    break
                self._changed.wait(left)
        reason = "ended" if self._ended else f"was silent for {timeout} s"
        raise AssertionError(self.report(f"{reason} without printing {pattern!r}"))

    def report(self, what: str) -> str:
        return f"{' '.join(self.arguments)}\n{what}; it printed:\n{self.output}"

    def write(self, data: bytes) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(data)
        self._process.stdin.flush()

    def signal(self, number: int) -> None:
        self._process.send_signal(number)

    def finish(self, timeout: float = PATIENCE) -> int:
        """Close its standard input, wait for its end, and return its exit status."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            status = self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError(self.report(f"did not end in {timeout} s")) from None
        self._reader.join(timeout)
        return status

    def stop(self) -> None:
        """End it now, whatever it is doing."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(3)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._reader.join(PATIENCE)
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()


@contextlib.contextmanager
def running(*arguments: str) -> Iterator[Program]:
    """Start a program and see to it that it has ended afterwards."""
    program = Program([need(arguments[0]), *arguments[1:]])
    try:
        yield program
    finally:
        program.stop()
