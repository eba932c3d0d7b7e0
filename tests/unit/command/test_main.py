"""``python -m OpenSSL`` where another package's files lie over ours."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[3] / "src/OpenSSL"


@pytest.mark.parametrize("version", [None, '__version__ = "26.4.0"\n'])
def test_a_tree_of_two_packages_is_named(version: str | None, tmp_path: Path) -> None:
    package = tmp_path / "OpenSSL"
    package.mkdir()
    shutil.copy(SOURCE / "__main__.py", package)
    if version is not None:
        (package / "version.py").write_text(version, encoding="utf-8")
        (package / "__init__.py").touch()
    # Without site, so that the tree that is tested is not the one that is installed.
    done = subprocess.run(
        [sys.executable, "-S", "-m", "OpenSSL", "version"],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("brisktls: another package, most likely pyOpenSSL")
    assert done.stderr.count("\n") == 1
