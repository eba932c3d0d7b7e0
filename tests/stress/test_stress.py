"""One short run of each topic; `make stress` has the long ones."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from stress import run

HERE = Path(__file__).parent


#: Two GiB cannot be had in less.
LONG = {"huge"}


@pytest.mark.parametrize(
    "topic",
    [pytest.param(each, marks=[pytest.mark.long] * (each in LONG)) for each in run.TOPICS],
)
def test_a_short_run(topic: str) -> None:
    """In a process of its own: it may use up descriptors, or crash."""
    done = subprocess.run(
        [sys.executable, HERE / "run.py", "--short", "--patience", "600", "--only", topic],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    if "not possible here" in done.stdout:
        pytest.skip(done.stdout.splitlines()[0])
    assert "1 of 1 topics passed" in done.stdout
