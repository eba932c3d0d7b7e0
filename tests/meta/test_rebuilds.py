"""A declaration that changes has everything built again that depends on it.

Cython 3.3.1 does not see ``from package cimport module`` when it lists what a module is
made of, and a module built with the old layout of a struct crashes.  ``cimport
package.module as module`` is seen.
"""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest
from reading import NATIVE, ROOT, sources, statements

UNSEEN = re.compile(
    r"\s*from\s+(?:OpenSSL(?:\._native(?:\.(?:common|crypto|ssl))?)?|\.+)\s+cimport\b"
)


def unseen(text: str) -> list[int]:
    return [line for line, words in statements(text) if UNSEEN.match(words)]


@pytest.mark.parametrize(
    "text", ["from OpenSSL._native cimport errors", "from OpenSSL._native cimport (\n  errors,\n)"]
)
def test_they_are_found(text):
    assert unseen(text) == [1]


@pytest.mark.parametrize(
    "text",
    [
        "cimport OpenSSL._native.common.errors as errors",
        "from OpenSSL._native.common.errors cimport DONE",
    ],
)
def test_what_is_seen_is_right(text):
    assert unseen(text) == []


@pytest.mark.parametrize("kind", ["*.pyx", "*.pxd"])
def test_there_are_none(kind):
    files = sources(kind, under=NATIVE)
    assert files
    found = {name: lines for name, text in files.items() if (lines := unseen(text))}
    assert not found


@pytest.fixture(scope="module")
def cythonize() -> ModuleType:
    place = importlib.util.spec_from_file_location("cythonize", ROOT / "tools/cythonize.py")
    assert place is not None
    assert place.loader is not None
    module = importlib.util.module_from_spec(place)
    place.loader.exec_module(module)
    return module


def test_a_declaration_rebuilds_those_that_use_it_through_others(
    cythonize: ModuleType, tmp_path: Path
) -> None:
    texts = {
        "a.pxd": "cdef class A:\n    cdef int x\n",
        "b.pxd": "from OpenSSL.a cimport A\ncdef class B(A):\n    pass\n",
        "c.pxd": "cimport OpenSSL.b as b\n",
        "d.pxd": "",
        "c.pyx": "from OpenSSL.d cimport (\n    D,\n)\n",
        "e.pyx": "import os\n",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    known = {f"OpenSSL.{each}": tmp_path / f"{each}.pxd" for each in "abcd"}

    def used(name: str) -> list[str]:
        return [path.name for path in cythonize.declarations_of(tmp_path / name, known)]

    assert used("c.pyx") == ["a.pxd", "b.pxd", "c.pxd", "d.pxd"]
    assert used("e.pyx") == []


def test_a_topic_is_not_rebuilt_for_another(cythonize: ModuleType) -> None:
    source = ROOT / "src"
    known = {
        ".".join(path.relative_to(source).with_suffix("").parts): path
        for path in NATIVE.rglob("*.pxd")
    }
    names = {path.name for path in cythonize.declarations_of(NATIVE / "crypto/spki.pyx", known)}
    assert {"libcrypto.pxd", "errors.pxd", "keys.pxd"} <= names
    assert not names & {"context.pxd", "channel.pxd", "connection.pxd"}


@pytest.mark.parametrize(
    ("told", "newer"),
    [
        ("Cython version 3.3.1", True),
        ("4.0a1", True),
        ("Cython version 3.2.10", False),
        ("", False),
    ],
)
def test_older_cythons_are_known(cythonize, told, newer):
    """Only newer ones can leave out a part of what modules share."""
    assert cythonize.newer(told, 3, 3) is newer
