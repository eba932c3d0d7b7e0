"""The examples of the documentation, run as the programs that their pages say they are.

How-tos, the guide and the page about errors are whole programs as they are read;
tests/unit/documents/test_howtos.py runs those.  For the others:

A page's ``python`` blocks run from top to bottom in one namespace, in a folder
that holds the files made by docs/howto/certificates.md.  Ports 4433 and 4434
stand for free ones.  A comment before a block says what is different about it:

    <!-- example: new program -->      forget everything the page did before
    <!-- example: in a thread -->      it serves for ever: run it beside what follows
    <!-- example: run -->              a ``sh`` block to be run as it stands
    <!-- example: prints -->           a ``text`` block: what was printed since the last one

and code that readers need not see stands in a comment of its own:

    <!-- example: not shown
    ...
    -->

``python -m kit.examples PAGE`` runs a page in the current folder.  Its exit
status is 0 only if nothing was raised, in threads included, and nothing warned.
"""

from __future__ import annotations

import contextlib
import io
import re
import socket
import subprocess
import sys
import threading
import types
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kit.commands import environment
from kit.patience import PATIENCE
from kit.ports import free_port

__all__ = ["Block", "Page", "blocks", "free_port", "links", "make_files", "same"]

FENCE = re.compile(r"^( *)```(\S*)\s*$")
MARK = re.compile(r"^<!-- example: ([a-z ]+?) -->$")
HIDDEN = re.compile(r"^<!-- example: not shown$")
LINK = re.compile(r"\]\(([^)\s]+)\)")
FILES = Path(__file__).resolve().parents[2] / "docs/howto/certificates.md"
MARKS = {"", "new program", "in a thread", "run", "prints"}


@dataclass(frozen=True)
class Block:
    """One block of code: its language, mark, first line's number and text."""

    language: str
    mark: str
    line: int
    text: str


def make_files(folder: Path) -> None:
    """Make the certificates and keys of docs/howto/certificates.md, as it says."""
    for block in blocks(FILES.read_text(encoding="utf-8")):
        if block.language == "sh":
            command = ["sh", "-e", "-c", block.text]
            subprocess.run(command, cwd=folder, env=environment(), check=True, capture_output=True)


def blocks(page: str) -> list[Block]:
    """Every block of a page, hidden ones included, in order."""
    found: list[Block] = []
    lines = page.splitlines()
    mark = ""
    at = 0
    while at < len(lines):
        fence = FENCE.match(lines[at])
        hidden = HIDDEN.match(lines[at])
        said = MARK.match(lines[at])
        at += 1
        if fence or hidden:
            end = f"{fence.group(1)}```" if fence else "-->"
            stop = lines.index(end, at)
            margin = len(fence.group(1)) if fence else 0
            text = "\n".join(line[margin:] for line in lines[at:stop])
            found.append(Block(fence.group(2) if fence else "python", mark, at + 1, text + "\n"))
            at = stop + 1
            mark = ""
        elif said:
            mark = said.group(1)
            if mark not in MARKS:
                raise ValueError(f"line {at}: no such mark: {mark}")
        elif lines[at - 1].strip():
            mark = ""
    return found


def links(page: str) -> list[str]:
    """Where a page's links lead, without those to other sites."""
    return [each for each in LINK.findall(page) if "://" not in each and not each.startswith("#")]


def same(printed: str, expected: str) -> bool:
    """Whether ``printed`` is ``expected``, where ``...`` stands for anything on a line."""
    pattern = re.escape(expected.strip()).replace(r"\.\.\.", ".*")
    return re.fullmatch(pattern, printed.strip()) is not None


@dataclass
class Page:
    """A page that is being run."""

    path: Path
    ports: dict[str, int] = field(default_factory=dict)
    namespace: dict[str, Any] = field(default_factory=dict)
    printed: io.StringIO = field(default_factory=io.StringIO)
    listening: threading.Event = field(default_factory=threading.Event)
    failures: list[BaseException] = field(default_factory=list)

    def run(self) -> None:
        """Run every block; raise what the first failing one, or a thread, raised."""
        create_server = socket.create_server

        def told(*args: Any, **kwargs: Any) -> socket.socket:
            made = create_server(*args, **kwargs)
            self.listening.set()
            return made

        socket.create_server = told  # type: ignore[assignment]
        threading.excepthook = self.failed
        self.forget()
        for block in blocks(self.path.read_text(encoding="utf-8")):
            with self.telling(block):
                self.step(block)
            if self.failures:
                raise self.failures[0]

    def failed(self, arguments: threading.ExceptHookArgs) -> None:
        assert arguments.exc_value is not None
        self.failures.append(arguments.exc_value)

    @contextlib.contextmanager
    def telling(self, block: Block) -> Iterator[None]:
        try:
            yield
        except BaseException as error:
            print(f"{self.path}:{block.line}: {error!r}", file=sys.stderr)
            raise

    def forget(self) -> None:
        module = types.ModuleType("__main__")
        sys.modules["__main__"] = module
        self.namespace = vars(module)
        self.ports = {each: free_port() for each in ("4433", "4434")}

    def step(self, block: Block) -> None:
        if block.language == "sh" and block.mark == "run":
            subprocess.run(["sh", "-e", "-c", block.text], check=True, capture_output=True)
        elif block.language == "text" and block.mark == "prints":
            printed = self.printed.getvalue()
            self.printed.seek(0)
            self.printed.truncate()
            if not same(printed, block.text):
                raise AssertionError(f"it printed {printed!r}")
        elif block.language == "python":
            self.python(block)

    def python(self, block: Block) -> None:
        if block.mark == "new program":
            self.forget()
        # Tracebacks are to name the page and its line.
        text = "\n" * (block.line - 1) + block.text
        for said, free in self.ports.items():
            text = text.replace(said, str(free))
        code = compile(text, str(self.path), "exec")
        if block.mark != "in a thread":
            with contextlib.redirect_stdout(self.printed):
                exec(code, self.namespace)
            return
        self.listening.clear()
        # Names of its own: what it calls `connection` is not what the page goes on with.
        own = dict(self.namespace)
        threading.Thread(target=exec, args=(code, own), daemon=True).start()
        if "create_server(" in block.text and not self.listening.wait(PATIENCE):
            raise AssertionError("the server does not listen")


if __name__ == "__main__":
    Page(Path(sys.argv[1])).run()
