"""The front door: what is missing is named, and every target says what it does."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from reading import ROOT

SYSTEMS = ("Debian, Ubuntu  apt-get install", "Fedora          dnf install", "macOS           ")


def preflight(**changes: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", str(ROOT / "tools/preflight.sh")],
        env={**os.environ, "PYTHON": sys.executable, **changes},
        capture_output=True,
        text=True,
        check=False,
    )


def script(folder: Path, name: str, text: str) -> str:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


def test_nothing_is_said_when_nothing_is_missing():
    done = preflight()
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("variable", "what", "package"),
    [
        ("PYTHON", "Python 3.10 or newer", "python3"),
        ("CC", "a working C compiler", "gcc libc6-dev"),
        ("PKG_CONFIG", "pkg-config", "pkg-config"),
    ],
)
def test_a_missing_program_is_named_with_its_commands(variable, what, package):
    done = preflight(**{variable: "/nowhere/program"})
    assert done.returncode == 1
    assert f"Missing: {what}" in done.stderr
    assert f"apt-get install {package}" in done.stderr
    assert all(system in done.stderr for system in SYSTEMS)


def test_an_old_python_and_one_without_venv_are_missing(tmp_path):
    old = script(tmp_path, "old", "exit 1")
    assert "Missing: Python 3.10" in preflight(PYTHON=old).stderr
    bare = script(
        tmp_path, "bare", f'case "$2" in *venv*) exit 1;; esac; exec {sys.executable} "$@"'
    )
    done = preflight(PYTHON=bare)
    assert done.returncode == 1
    assert "apt-get install python3-venv" in done.stderr


def test_missing_or_old_openssl_headers_are_named(tmp_path):
    real = shutil.which("pkg-config")
    old = script(tmp_path, "old", f'case "$1" in --exists) exit 1;; esac; exec {real} "$@"')
    done = preflight(PKG_CONFIG=old)
    assert done.returncode == 1
    assert re.search(r"Missing: the headers of OpenSSL 3\.0 or newer \(found: \d", done.stderr)
    assert "apt-get install libssl-dev" in done.stderr
    assert "dnf install openssl-devel" in done.stderr
    assert "brew install openssl@3" in done.stderr


def test_everything_missing_is_named_at_once():
    done = preflight(PYTHON="/nowhere/a", CC="/nowhere/b", PKG_CONFIG="/nowhere/c")
    assert done.stderr.count("Missing: ") == 3
    assert done.stderr.endswith("Install what is missing, then run make again.\n")


def test_make_alone_prints_what_there_is():
    make = shutil.which("make")
    if make is None:
        pytest.skip("make is not installed: apt-get install make")
    done = subprocess.run([make, "-s", "-C", str(ROOT)], capture_output=True, text=True, check=True)
    listed = set(re.findall(r"^  ([\w-]+) ", done.stdout, re.MULTILINE))
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = re.search(r"^\.PHONY: (.*)$", text, re.MULTILINE)
    assert phony is not None
    # `sources` serves other targets only.
    assert listed == set(phony.group(1).split()) - {"sources"}
    assert {"demo", "test", "check", "docs"} <= listed


def test_ci_runs_the_readmes_command_and_nothing_else():
    text = (ROOT / ".ci/run").read_text(encoding="utf-8")
    assert text.split("\n", 1)[1].strip() == "exec make test"
    assert os.access(ROOT / ".ci/run", os.X_OK)
