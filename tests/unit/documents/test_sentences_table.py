"""docs/inside/reference.md: every name has its row, and every row a test that exists."""

from __future__ import annotations

import json
import re
from pathlib import Path

from kit import reference

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs/inside/reference.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.split("|")[1:-1]]
    for line in PAGE.splitlines()
    if line.startswith("| ") and not line.endswith(" test |")
]


def module_names() -> set[str]:
    listed = json.loads((ROOT / "tests/meta/reference.json").read_text(encoding="utf-8"))
    groups = ("constants", "functions", "exceptions", "types")
    return {name for group in groups for name in listed[group]} | {
        "Context", "Connection", "Session",
    }  # fmt: skip


def wanted() -> list[str]:
    return sorted(
        module_names()
        | {f"Context.{name}" for name in reference.CONTEXT}
        | {f"Connection.{name}" for name in reference.CONNECTION}
    )


def test_every_name_of_the_reference_has_one_row() -> None:
    assert len(module_names()) == 49
    promised = PAGE[: PAGE.index("## Where the reference is wrong")]
    firsts = re.findall(r"^\| (`[^|]*`) \|", promised, re.M)
    assert sorted(re.findall(r"`([\w.]+)`", " ".join(firsts))) == wanted()


def test_every_row_names_tests_that_exist() -> None:
    assert len(ROWS) > 100
    for row in ROWS:
        assert len(row) == 3, row
        named = re.findall(r"`(\w+)::(test_\w+)`", row[2])
        assert named, row
        assert ", ".join(f"`{topic}::{name}`" for topic, name in named) == row[2]
        for topic, name in named:
            source = next((ROOT / "tests/unit").rglob(f"test_{topic}.py")).read_text(
                encoding="utf-8"
            )
            assert re.search(rf"^ *def {name}\(", source, re.M), (topic, name)
