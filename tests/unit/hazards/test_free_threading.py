"""On an interpreter without its lock: the core does not bring the lock back."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

import OpenSSL._native

PROGRAM = """
import importlib, sys
before = sys._is_gil_enabled()
for name in sys.argv[1:]:
    importlib.import_module("OpenSSL._native." + name)
    assert sys._is_gil_enabled() == before, name
from OpenSSL import SSL, crypto, debug, rand
print(len(sys.argv) - 1, before, sys._is_gil_enabled())
"""


def native_modules() -> list[str]:
    """By their files, beside the package or, where it was built in place, by their stubs."""
    folder = Path(OpenSSL._native.__file__).parent
    endings = {".pyi", ".so", ".pyd"}
    return sorted({path.name.split(".")[0] for path in folder.iterdir() if path.suffix in endings})


@pytest.mark.skipif(
    not sysconfig.get_config_var("Py_GIL_DISABLED"), reason="this interpreter has its lock"
)
def test_no_module_of_the_core_brings_the_lock_back():
    names = native_modules()
    assert "connection" in names
    # A module that is not made for it would warn, too.
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAM, *names],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout.split() == [str(len(names)), "False", "False"]
