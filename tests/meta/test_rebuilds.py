"""A declaration that changes has everything built anew that depends on it.

Cython 3.3.1 does not see ``from package cimport module`` when it lists what a module is
made of, and a module built with the old layout of a struct crashes.  ``cimport
package.module as module`` is seen.
"""

from __future__ import annotations

import re

import pytest
from reading import NATIVE, sources, statements

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
