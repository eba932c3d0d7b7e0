"""Importing is quick: nothing is loaded that only types, or rare calls, need."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from reading import ROOT

PACKAGE = ROOT / "src/OpenSSL"
#: Each takes as long to load as several modules of ours, or brings others that do.
HEAVY = {
    *("collections", "contextlib", "dataclasses", "enum", "functools", "importlib", "inspect"),
    *("ipaddress", "re", "socket", "types", "typing", "weakref"),
}
#: Loaded when something is asked of them: OpenSSL.crypto's own, and records of errors.
LATER = {"_details.py", "_types.py", "_util.py", "debug.py", "rand.py", "stores.py"}
SOURCES = [
    path
    for path in (*PACKAGE.glob("*.py"), *PACKAGE.glob("_face/*/*.py"))
    if path.name not in LATER
]


def heavy_in_python(text: str) -> Iterator[str]:
    """What the top level imports; what stands below an ``if`` or in a function does not count."""
    for node in ast.parse(text).body:
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [node.module or ""]
        else:
            continue
        yield from (name for name in names if name.split(".")[0] in HEAVY)


def heavy_in_cython(text: str) -> Iterator[str]:
    for name in re.findall(r"^(?:from|import) ([\w.]+)(?! cimport)\b", text, re.MULTILINE):
        if name.split(".")[0] in HEAVY:
            yield name


def found(paths: list[Path]) -> dict[str, list[str]]:
    told = {}
    for path in paths:
        text = path.read_text(encoding="utf-8")
        reader = heavy_in_python if path.suffix == ".py" else heavy_in_cython
        told[path.name] = list(reader(text))
    return {name: heavy for name, heavy in told.items() if heavy}


def test_no_heavy_module_is_imported_at_the_top():
    assert found([*SOURCES, *PACKAGE.glob("_native/*/*.pyx")]) == {}


def test_this_test_can_fail():
    assert list(heavy_in_python("from typing import Any")) == ["typing"]
    assert list(heavy_in_python("import os, collections.abc")) == ["collections.abc"]
    assert list(heavy_in_python("if TYPE_CHECKING:\n    from typing import Any")) == []
    assert list(heavy_in_cython("import weakref\nfrom socket import AF_INET")) == [
        "weakref",
        "socket",
    ]
    assert list(heavy_in_cython("def f():\n    import ipaddress")) == []
