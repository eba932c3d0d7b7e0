"""The tables of docs/ name the tests that are marked to hold their rows."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
from reading import ROOT


@pytest.fixture(scope="module")
def program() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_tables", ROOT / "tools/make_tables.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_page_is_what_the_marks_say(program):
    pages = program.pages()
    assert len(pages) == 2
    stale = {path.name for path, text in pages.items() if path.read_text(encoding="utf-8") != text}
    assert stale == set(), "run make tables"


def test_every_row_is_held(program):
    for page in program.PAGES:
        rows = list(program.rows(page, page.path.read_text(encoding="utf-8")))
        assert len(rows) > 100
        assert [cells[0] for _, cells in rows if not cells[-1]] == []


def written(program: ModuleType, marks: str) -> str:
    page = program.Page(Path("page.md"), "promises", 3, "{topic}::{name}")
    text = (
        "| name | what | test |\n|---|---|---|\n"
        "| `send` | all | `old::test_gone`, `make stress` |\n| `sendall` | | |\n"
    )
    source = f"@pytest.mark.promises({marks})\nasync def test_it(): ...\ndef test_gone(): ...\n"
    tests = program.marked("promises", {Path("test_topic.py"): source})
    return str(program.written(page, text, tests, {"test_it", "test_gone"}))


def test_a_mark_is_found_in_its_row_alone(program):
    lines = written(program, '"send"').splitlines()
    assert lines[2:] == [
        "| `send` | all | `topic::test_it`, `make stress` |",
        "| `sendall` |  |  |",
    ]


@pytest.mark.parametrize("mark", ['"sen"', '"recv"'])
def test_a_mark_without_one_row_is_refused(program, mark):
    with pytest.raises(ValueError, match="rows begin with"):
        written(program, mark)
