"""Nothing is left to do later in the tree; sizes are reported, not judged."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest
from reading import ROOT, sources

MARK = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b")
LIMITS = {".py": 300, ".pyx": 400}


def marks(files: Mapping[str, str]) -> list[str]:
    return [
        f"{path}:{number}"
        for path, text in files.items()
        for number, line in enumerate(text.splitlines(), 1)
        if MARK.search(line)
    ]


def rooms_grown_large(files: Mapping[str, str]) -> list[str]:
    found = []
    for path, text in files.items():
        limit = LIMITS.get(path[path.rindex(".") :])
        if limit is not None and text.count("\n") > limit:
            found.append(f"{path}: {text.count(chr(10))} lines, more than {limit}")
    return found


def test_nothing_is_left_to_do_later():
    found: list[str] = []
    for folder in ("src", "tests", "tools", "docs", "benchmarks"):
        files = sources(
            "*.py", "*.pyi", "*.pyx", "*.pxd", "*.h", "*.md", "*.sh", under=ROOT / folder
        )
        found += [f"{folder}/{each}" for each in marks(files)]
    assert found == []


def test_the_check_sees_a_mark():
    assert marks({"a.py": "x = 1\n# TO" + "DO: later\n"}) == ["a.py:2"]


def test_sizes(record_property: pytest.RecordProperty) -> None:
    large = rooms_grown_large(sources("*.py", "*.pyx"))
    record_property("rooms grown large", large)
    for each in large:
        print(each)
    assert rooms_grown_large({"a.py": "\n" * 301, "b.pyx": "\n" * 301}) == [
        "a.py: 301 lines, more than 300"
    ]
