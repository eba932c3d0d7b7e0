"""Each section of docs/using.md runs as a program, with the program that it is about."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kit.examples import blocks

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/using.md").read_text(encoding="utf-8")
CERTIFICATES = (ROOT / "docs/howto/certificates.md").read_text(encoding="utf-8")
FIRST, *SECTIONS = re.split(r"^(?=## )", PAGE, flags=re.MULTILINE)


def title(section: str) -> str:
    return section.split("\n", 1)[0].removeprefix("## ")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    for block in blocks(CERTIFICATES):
        if block.language == "sh":
            command = ["sh", "-e", "-c", block.text]
            subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return folder


@pytest.mark.parametrize("section", SECTIONS, ids=title)
def test_a_section_runs(section: str, files: Path, tmp_path: Path) -> None:
    assert any(block.language == "python" for block in blocks(section))
    folder = tmp_path / "page"
    shutil.copytree(files, folder)
    # Below the two contexts, with which the page begins.
    (folder / "section.md").write_text(FIRST + section, encoding="utf-8")
    done = subprocess.run(
        # What the programs themselves warn of is not the page's.
        [sys.executable, "-m", "kit.examples", "section.md"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT / "tests")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_every_program_that_is_tested_stands_in_the_table() -> None:
    tested = {path.stem.removeprefix("test_") for path in Path(__file__).parent.glob("test_*.py")}
    table = "\n".join(line for line in FIRST.splitlines() if line.startswith("|"))
    for name in tested - {"page", "smtp", "imap", "ftp", "nginx"}:
        assert name in table.lower() or f"{name}-py" in table, name
