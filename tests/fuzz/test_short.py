"""A little of `make fuzz` and `make faults`: enough to see that they still work."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent


def run(program: str, *arguments: str) -> str:
    path = os.pathsep.join((str(TESTS), os.environ.get("PYTHONPATH", "")))
    done = subprocess.run(
        [sys.executable, str(TESTS / program), *arguments],
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_the_machine():
    assert " delivered" in run("fuzz/machine.py", "--steps", "4000")


def test_churn():
    assert "; 0 findings" in run("fuzz/churn.py", "--lives", "60")


def test_rules_of_then_and_now():
    assert "; 0 findings" in run("fuzz/rules.py", "--cases", "400")


def test_bad_arguments():
    assert "; 0 findings" in run("fuzz/bad.py", "--times", "200", "Connection.recv", "dump_crl")
