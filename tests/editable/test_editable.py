"""An editable installation by hand: what pip alone says, and what its words then do."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
#: What names the package and builds it; no build folder of ours.
SOURCES = ("pyproject.toml", "README.md", "LICENSE", "meson.build", "meson.options", "src", "tools")
#: Without the tools of the environment that runs the tests.
QUIET = os.pathsep.join(
    each
    for each in os.environ["PATH"].split(os.pathsep)
    if os.path.realpath(each) != os.path.realpath(Path(sys.executable).parent)
)
#: Says where the package is, from a folder that is not the tree.
WHERE = "from OpenSSL import SSL; print(SSL.Context(SSL.TLS_METHOD))"

pytestmark = pytest.mark.long


def run(*command: object, folder: Path, path: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(each) for each in command],
        cwd=folder,
        env={**os.environ, "PATH": path or QUIET},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sources with a fresh environment beside them."""
    tree = tmp_path_factory.mktemp("tree")
    ignored = shutil.ignore_patterns("__pycache__")
    for each in SOURCES:
        if (ROOT / each).is_dir():
            shutil.copytree(ROOT / each, tree / each, ignore=ignored)
        else:
            shutil.copy(ROOT / each, tree / each)
    assert run(sys.executable, "-m", "venv", tree / "env", folder=tree).returncode == 0
    return tree


@pytest.mark.holds("U-C5")
def test_pip_alone_says_what_to_do_and_that_works(tree: Path, tmp_path: Path) -> None:
    pip = tree / "env/bin/pip"
    alone = run(pip, "install", "--editable", ".", folder=tree)
    assert alone.returncode != 0
    commands = re.findall(r"^ +pip (install .*)$", alone.stdout, re.MULTILINE)
    assert len(commands) == 2, alone.stdout
    activated = f"{tree / 'env/bin'}{os.pathsep}{QUIET}"
    for command in commands:
        done = run(pip, "-q", *command.split(), folder=tree, path=activated)
        assert done.returncode == 0, done.stdout
    # The environment is not activated, and this is another folder.
    python = tree / "env/bin/python"
    shown = run(python, "-c", WHERE, folder=tmp_path)
    assert "TLS_METHOD" in shown.stdout, shown.stdout
    # What is changed is built when it is imported.
    source = tree / "src/OpenSSL/_native/ssl/secrets.pyx"
    source.write_text(f"{source.read_text(encoding='utf-8')}\nCHANGED = 'yes'\n", encoding="utf-8")
    changed = "from OpenSSL._native.ssl import secrets; print(secrets.CHANGED)"
    built = run(python, "-c", changed, folder=tmp_path)
    assert built.stdout.strip().endswith("yes"), built.stdout
