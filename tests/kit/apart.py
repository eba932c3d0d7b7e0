"""Python in a process of its own, for what could end the process it happens in."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

from kit.patience import PATIENCE
from kit.programs import quiet_environment

TESTS = Path(__file__).resolve().parents[1]


def run(code: str, *arguments: str, given: str = "", preload: str = "") -> str:
    """What ``code`` printed; an AssertionError unless it ended well and said nothing wrong."""
    environment = quiet_environment()
    if preload:
        environment["LD_PRELOAD"] = preload
    path = os.pathsep.join(filter(None, (str(TESTS), environment.get("PYTHONPATH"))))
    done = subprocess.run(
        [
            *(sys.executable, "-X", "faulthandler", "-W", "error"),
            *("-c", textwrap.dedent(code), *arguments),
        ],
        input=given,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env=environment | {"PYTHONPATH": path},
    )
    assert done.returncode == 0, f"status {done.returncode}\n{done.stdout}\n{done.stderr}"
    assert done.stderr == ""
    return done.stdout
