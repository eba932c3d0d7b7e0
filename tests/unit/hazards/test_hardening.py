"""The compiled core is hardened: each shared library is read as the loader reads it."""

from __future__ import annotations

import functools
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from OpenSSL._native.ssl import engine

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="reads ELF files"),
    pytest.mark.skipif(shutil.which("readelf") is None, reason="apt-get install binutils"),
]


def libraries() -> list[Path]:
    # All modules are in one; who builds them otherwise has each looked at.
    found = sorted(Path(engine.__file__).parent.glob("*.so"))
    assert found
    return found


@functools.cache
def told(library: Path, *options: str) -> str:
    return subprocess.run(
        ["readelf", "-W", *options, str(library)], capture_output=True, text=True, check=True
    ).stdout


def sanitized() -> bool:
    return "__asan_" in told(Path(engine.__file__), "--dyn-syms")


@pytest.fixture(params=libraries() if sys.platform == "linux" else [], ids=lambda path: path.stem)
def library(request):
    return request.param


@pytest.mark.holds("S10")
def test_everything_is_bound_at_the_start_and_read_only_then(library):
    assert "BIND_NOW" in told(library, "-d") or "NOW" in told(library, "-d")
    assert "GNU_RELRO" in told(library, "-l")


def test_no_stack_is_executable_and_no_part_both_writable_and_executable(library):
    for line in told(library, "-l").splitlines():
        if "GNU_STACK" in line or "LOAD" in line:
            flags = line.split("0x")[-2].split(maxsplit=1)[1]
            assert not ("W" in flags and "E" in flags), line


def test_no_library_is_looked_for_in_a_place_of_its_own(library):
    assert "RPATH" not in told(library, "-d")
    assert "RUNPATH" not in told(library, "-d")


@pytest.mark.holds("S10")
def test_the_stack_is_watched(library):
    assert "__stack_chk_fail" in told(library, "--dyn-syms")


@pytest.mark.skipif(platform.machine() != "x86_64", reason="elsewhere code does not show it")
@pytest.mark.skipif(shutil.which("objdump") is None, reason="apt-get install binutils")
def test_the_stack_is_watched_in_every_part(library):
    """One library holds all modules: each of them has functions that look at the guard."""
    code = subprocess.run(
        ["objdump", "-d", "--no-show-raw-insn", str(library)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    modules = told(library, "--dyn-syms").count("PyInit_")
    assert modules > 50
    assert code.count("%fs:0x28") > 10 * modules


@pytest.mark.holds("S10")
def test_copies_are_checked_where_the_c_library_can():
    if sanitized():
        pytest.skip("sanitizers look better alone")
    if not any("GLIBC" in told(each, "--dyn-syms") for each in libraries()):
        pytest.skip("this C library has no checked functions")
    assert any("_chk@" in told(each, "--dyn-syms") for each in libraries())


@pytest.mark.skipif(platform.machine() != "x86_64", reason="CET is of x86")
@pytest.mark.holds("S10")
def test_jumps_and_returns_are_marked(library):
    assert "SHSTK" in told(library, "-n")


def test_only_the_init_function_is_shown(library):
    shown = {
        line.split()[-1]
        for line in told(library, "--dyn-syms").splitlines()
        if len(line.split()) == 8 and line.split()[4] == "GLOBAL" and line.split()[6] != "UND"
    }
    assert {name for name in shown if not name.startswith(("PyInit_", "_init", "_fini"))} <= {
        "__bss_start",
        "_edata",
        "_end",
    }
