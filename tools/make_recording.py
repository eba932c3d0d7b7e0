"""Record what ``brisktls connect`` prints at a terminal into docs/connect.svg.

.venv/bin/python tools/make_recording.py [FILE]

Both ends are real: ``brisktls serve`` with a certificate made on the spot, and the command
as a program at a terminal of its own.  tests/interop/test_recording.py compares the
picture with what the command prints then.
"""

from __future__ import annotations

import contextlib
import os
import pty
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.text import Text

FILE = Path(__file__).resolve().parent.parent / "docs/connect.svg"
WIDTH = 92
COMMAND = (sys.executable, "-m", "OpenSSL")
#: What is typed, and the status it ends with.
SCENES = [
    ("connect localhost:{port} --cafile ca.pem --resume", 0),
    ("connect localhost:{port}", 23),
]


def environment() -> dict[str, str]:
    """Return surroundings that are the same on every machine."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPATH") if name in os.environ}
    return kept | {
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "COLUMNS": str(WIDTH),
        "LC_ALL": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
    }


@contextlib.contextmanager
def serving(folder: Path, port: int) -> Iterator[int]:
    """Run ``brisktls serve`` on *port*, 0 for a free one, and give the port it has."""
    words = ["serve", "--port", str(port), "--write-ca", "ca.pem"]
    with subprocess.Popen(
        [*COMMAND, *words], cwd=folder, env=environment(), stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            assert server.stdout is not None
            for line in server.stdout:
                if found := re.search(r"https://localhost:(\d+)/", line):
                    yield int(found[1])
                    return
            raise SystemExit("the server did not start")
        finally:
            server.terminate()


def typed(folder: Path, words: list[str]) -> tuple[str, int]:
    """Run the command at a terminal; return what stands on the screen, and the status."""
    controller, terminal = pty.openpty()
    done = subprocess.Popen(
        [*COMMAND, *words],
        cwd=folder,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=terminal,
        stderr=terminal,
    )
    os.close(terminal)
    seen = b""
    with contextlib.suppress(OSError):  # which is how a terminal ends
        while data := os.read(controller, 65536):
            seen += data
    os.close(controller)
    return seen.decode().replace("\r\n", "\n"), done.wait()


def record(port: int = 0) -> str:
    """Return the picture of all scenes, as SVG."""
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        screen = Console(record=True, width=WIDTH, file=nowhere, force_terminal=True)
        with tempfile.TemporaryDirectory() as name, serving(Path(name), port) as real:
            for line, expected in SCENES:
                words = line.format(port=real)
                screen.print(Text.assemble(("$ ", "green"), ("brisktls " + words, "bold")))
                shown, status = typed(Path(name), words.split())
                if status != expected:
                    raise SystemExit(f"brisktls {words}: status {status}\n{shown}")
                screen.print(Text.from_ansi(shown.strip("\n")))
                screen.print()
        return screen.export_svg(title="brisktls connect")


if __name__ == "__main__":
    (Path(sys.argv[1]) if len(sys.argv) > 1 else FILE).write_text(record(8443), encoding="utf-8")
