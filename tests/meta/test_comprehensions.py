"""No comprehensions in the core: where memory ends, Cython gives an item back twice.

Seen in Cython 3.3.1: ``__Pyx_ListComp_AppendAndDecref`` releases the item when it
fails, and the way out of the function releases it again.  ``append`` does not.
"""

from __future__ import annotations

import re

import pytest
from reading import NATIVE, sources, statements

INSIDE = re.compile(r"[\[({].*\bfor\b.*\bin\b")


def comprehensions(text: str) -> list[int]:
    return [line for line, words in statements(text) if INSIDE.search(words)]


@pytest.mark.parametrize(
    "text", ["x = [a for a in b]", "return [\n  f(a)\n  for a in b\n]", "y = {a: 1 for a in b}"]
)
def test_they_are_seen(text):
    assert comprehensions(text) == [1]


@pytest.mark.parametrize("text", ["for a in f(b):\n    c.append([a])", "x = (a in b)"])
def test_loops_are_none(text):
    assert comprehensions(text) == []


def test_there_are_none():
    files = sources("*.pyx", under=NATIVE)
    assert files
    found = {name: lines for name, text in files.items() if (lines := comprehensions(text))}
    assert not found
