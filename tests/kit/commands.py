"""The command line under test: inside this process, or as the program people start."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kit.patience import PATIENCE
from kit.programs import Program, quiet_environment, running

__all__ = ["Outcome", "brisk", "brisk_program", "brisk_started", "interrupt", "serving"]

COMMAND = (sys.executable, "-m", "OpenSSL")


@dataclass
class Outcome:
    """How a command ended and what it printed."""

    status: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        return json.loads(self.out)


def brisk(*arguments: object) -> Outcome:
    """Run the command line in this process: quick, for everything without signals and pipes."""
    from OpenSSL._command.root import run

    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = run([str(each) for each in arguments])
    return Outcome(status, out.getvalue(), err.getvalue())


def environment(**more: str) -> dict[str, str]:
    """Ours without settings that change trust; the venv's tools stay to be found."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return quiet_environment() | {"PATH": path} | more


def brisk_program(*arguments: object, given: bytes = b"", **more: str) -> Outcome:
    """Run the command line as a program, with *given* as its standard input."""
    done = subprocess.run(
        [*COMMAND, *map(str, arguments)],
        input=given,
        capture_output=True,
        timeout=PATIENCE,
        env=environment(**more),
        check=False,
    )
    return Outcome(done.returncode, done.stdout.decode("latin-1"), done.stderr.decode())


@contextlib.contextmanager
def brisk_started(*arguments: object) -> Iterator[subprocess.Popen[bytes]]:
    """Start the command line with pipes on all sides, and see to it that it ends."""
    process = subprocess.Popen(
        [*COMMAND, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


@contextlib.contextmanager
def serving(*arguments: object) -> Iterator[tuple[Program, int]]:
    """``serve`` on a free port: the program and the port."""
    with running(*COMMAND, "serve", "--port", "0", *map(str, arguments)) as program:
        port = int(program.expect(r"^listening on https://.*:(\d+)/").group(1))
        program.expect(r"^Ctrl-C ends the server")
        yield program, port


def interrupt(program: Program, number: int = signal.SIGINT) -> int:
    """Send a signal to a running program and return its exit status."""
    program.signal(number)
    return program.finish()
