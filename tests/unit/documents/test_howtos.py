"""Each how-to is a whole program as read: nothing hidden, nothing that a reader has to add."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from kit.commands import environment
from kit.examples import blocks, same
from kit.patience import PATIENCE
from kit.ports import free_port
from kit.programs import need

ROOT = Path(__file__).resolve().parents[3]
DOCS = ROOT / "docs"
HOWTOS = sorted({*DOCS.glob("howto/*.md")} - {DOCS / "howto/certificates.md"})
WHOLE = [*HOWTOS, DOCS / "guide.md", DOCS / "errors.md"]


def name(page: Path) -> str:
    return page.stem


Made: TypeAlias = Callable[[str, Path], None]


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Run a shell's lines in a folder; those that pages have in common are run once."""
    known: dict[str, Path] = {}

    def copy(lines: str, folder: Path) -> None:
        if lines not in known:
            known[lines] = tmp_path_factory.mktemp("made")
            run(["sh", "-e", "-c", lines], known[lines])
        shutil.copytree(known[lines], folder, dirs_exist_ok=True)

    return copy


@pytest.mark.parametrize("page", WHOLE, ids=name)
def test_it_runs_as_it_is_read(page: Path, made: Made, tmp_path: Path) -> None:
    need("openssl")
    text = page.read_text(encoding="utf-8")
    shown = blocks(text)
    for block in shown:
        if block.language == "sh" and block.mark == "run":
            made(block.text, tmp_path)
    program = tmp_path / "program.py"
    program.write_text(whole(text), encoding="utf-8")
    # What a program leaves open for its end is no fault of an example.
    done = run([sys.executable, "-W", "error", "-W", "ignore::ResourceWarning", program], tmp_path)
    printed = "".join(each.text for each in shown if each.mark == "prints")
    assert done.stderr == ""
    assert same(done.stdout, printed), done.stdout


@pytest.mark.parametrize("page", [*WHOLE, ROOT / "README.md"], ids=name)
def test_nothing_is_hidden(page: Path) -> None:
    marks = re.findall(r"<!-- example: ([a-z ]+)", page.read_text(encoding="utf-8"))
    # The README's server is a program of its own, for a second terminal.
    allowed = {"run", "prints"} | ({"in a thread"} if page.stem == "README" else set())
    assert {each.strip() for each in marks} <= allowed


@pytest.mark.parametrize("page", HOWTOS, ids=name)
def test_its_files_are_made_by_a_line_that_is_shown(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert "brisktls certificates" in "".join(each.text for each in blocks(text))


def whole(page: str) -> str:
    """The program of a page, on free ports; tracebacks name the page's lines."""
    program = ""
    for block in blocks(page):
        if block.language == "python":
            program += "\n" * (block.line - 1 - program.count("\n")) + block.text
    for port in ("4433", "4434"):
        program = program.replace(port, str(free_port()))
    return program


def run(command: list[object], folder: Path) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [os.fspath(each) if isinstance(each, Path) else str(each) for each in command],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done
