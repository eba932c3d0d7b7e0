"""Every known failure of bindings like this one is held by a test that would show it."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping

from reading import ROOT

NUMBERS = {
    *(f"D{number}" for number in range(1, 31)),
    *(f"C{number}" for number in range(1, 41)),
    *(f"S{number}" for number in range(1, 20)),
    *(f"F{number}" for number in range(1, 18)),
    *(f"A{number}" for number in range(1, 8)),
    *(f"U-A{number}" for number in range(1, 4)),
    *(f"U-B{number}" for number in (1, 2, 3, 4, 6, 7)),
    *(f"U-C{number}" for number in (1, 2, 4, 5, 7, 8)),
    *(f"K{number}" for number in range(1, 5)),
    "O1",
    "CVE-2013-4314",
    "CVE-2018-1000807",
    "CVE-2018-1000808",
    "CVE-2026-27448",
    "CVE-2026-27459",
    "CVE-2026-40475",
}
PAGE = ROOT / "docs/inside/safety.md"
HEADING = "## What each known failure is held by"
Held = dict[str, set[str]]


def marked(files: Mapping[str, str]) -> Held:
    """The tests with each number in their ``holds`` marker, as ``file::name``."""
    found: Held = {}
    for file, text in files.items():
        for node in ast.walk(ast.parse(text)):
            if not isinstance(node, ast.FunctionDef) or not node.name.startswith("test_"):
                continue
            for each in node.decorator_list:
                if isinstance(each, ast.Call) and ast.unparse(each.func) == "pytest.mark.holds":
                    for number in each.args:
                        place = f"{file}::{node.name}"
                        found.setdefault(ast.literal_eval(number), set()).add(place)
    return found


def listed(page: str) -> Held:
    """The same as the page's table says, make targets included."""
    _, found, section = page.partition(HEADING)
    assert found, "the section is gone"
    rows = re.findall(r"^\| (\S+) \|.*\| ([^|]*) \|$", section.split("\n## ")[0], re.M)
    return {number: set(re.findall(r"`([^`]+)`", cell)) for number, cell in rows[1:]}


def sources_of_tests() -> dict[str, str]:
    paths = sorted((ROOT / "tests").rglob("test_*.py"))
    return {
        path.relative_to(ROOT / "tests").as_posix(): path.read_text(encoding="utf-8")
        for path in paths
    }


def test_every_number_is_held_by_what_the_table_says():
    there, table = marked(sources_of_tests()), listed(PAGE.read_text(encoding="utf-8"))
    assert set(there) - NUMBERS == set()
    assert set(table) == NUMBERS
    page = PAGE.read_text(encoding="utf-8").partition(HEADING)[2]
    rows = re.findall(r"^\| (\S+) \|", page, re.MULTILINE)
    assert len(rows) == len(set(rows)), "a number stands there twice"
    targets = set(
        re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    )
    for number, places in table.items():
        assert places, f"{number} is held by nothing"
        long = {place for place in places if place.startswith("make ")}
        assert {place.removeprefix("make ") for place in long} <= targets
        assert there.get(number, set()) == places - long, number


def test_the_check_sees_markers_and_rows():
    text = '@pytest.mark.holds("D1", "C2")\ndef test_x(): ...\n\ndef test_y(): ...\n'
    assert marked({"a.py": text}) == {"D1": {"a.py::test_x"}, "C2": {"a.py::test_x"}}
    page = f"{HEADING}\n\n| number | failure | held by |\n|---|---|---|\n| D1 | w | `a::b` |\n"
    assert listed(page) == {"D1": {"a::b"}}
