"""The stubs of the native core are what tools/make_stubs.py makes of its .pyx."""

import importlib.util
import sys
import sysconfig
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "tools/make_stubs.py"
SOURCE = '''
from OpenSSL._native.ssl.context cimport Context
cimport OpenSSL._native.crypto.keys as keys

cdef class Owner(Context):
    """Owns."""
    def __cinit__(self):
        pass
    def take(self, bytes data not None, size_t size, keys.PKey key, words: list[Any] = None) -> int:
        return 0

cdef int inside() except -1:
    return 0

def ask(Owner owner not None, bint long, told: Callable[..., Any] | None) -> X509 | None:
    """Ask."""
'''
EXPECTED = '''# Written by tools/make_stubs.py from topic.pyx.

from collections.abc import Callable
from typing import Any

from OpenSSL._native.crypto.certificates import X509
from OpenSSL._native.crypto.keys import PKey
from OpenSSL._native.ssl.context import Context

class Owner(Context):
    """Owns."""
    def take(self, data: bytes, size: int, key: PKey | None, words: list[Any] = None) -> int: ...

def ask(owner: Owner, long: bool, told: Callable[..., Any] | None) -> X509 | None:
    """Ask."""
'''

pytestmark = pytest.mark.skipif(
    not (Path(sysconfig.get_path("scripts")) / "ruff").exists(),
    reason="stubs are formatted by ruff, which is not installed here",
)


def program() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_stubs", PROGRAM)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_stub_is_written_from_its_source():
    made = program().stubs()
    assert len(made) > 80
    assert {path.name for path, text in made.items() if path.read_text() != text} == set(), (
        f"run {Path(sys.executable).name} tools/make_stubs.py"
    )


def test_this_test_can_fail(tmp_path, monkeypatch):
    module = program()
    monkeypatch.setattr(module, "ROOT", tmp_path)
    path = tmp_path / "src/OpenSSL/_native/ssl/topic.pyx"
    path.parent.mkdir(parents=True)
    path.write_text(SOURCE)
    text = module.Stub(path).text()
    monkeypatch.undo()
    formatted = module.formatted({path.with_suffix(".pyi"): text})
    assert formatted[path.with_suffix(".pyi")] == EXPECTED
