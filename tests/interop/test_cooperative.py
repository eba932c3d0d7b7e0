"""Sockets of gevent and eventlet: never blocked behind their event loop's back."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kit.patience import PATIENCE

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PLACE = ROOT / ".build" / "cooperative" / f"{sys.implementation.cache_tag}{sys.abiflags}"

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]

PATCH = {
    "gevent": "from gevent import monkey; monkey.patch_all()",
    "eventlet": "import eventlet; eventlet.monkey_patch()",
}


def installed(library: str) -> Path:
    """Where it lies; from the package registry, into a folder of its own."""
    place = PLACE / library
    if not (place / library).is_dir():
        command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install"]
        done = subprocess.run(
            [*command, "-q", "--only-binary", ":all:", "--target", str(place), library],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            pytest.skip(f"no {library} to install for this Python: {done.stderr[-200:]}")
    return place


@pytest.mark.parametrize("library", PATCH)
def test_two_ends_in_one_thread(library):
    place = installed(library)
    script = HERE / "cooperative" / "conversation.py"
    code = f"{PATCH[library]}; import runpy; runpy.run_path({str(script)!r})"
    paths = [str(place), str(ROOT / "tests")]
    done = subprocess.run(
        [sys.executable, "-c", code, library],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["socket"].startswith(library)
    assert told["timeout"] is None  # to its owner it blocks; its descriptor never does
    assert told["wanted at once"] is True
    assert told["received"] == 3_000_000
    assert told["ticks"] >= 5  # the clock went on while the server paused


@pytest.mark.parametrize("library", PATCH)
def test_many_wait_inside_callbacks(library):
    """They take turns on one stack: none of them is nested in another."""
    place = installed(library)
    script = HERE / "cooperative" / "hooks.py"
    done = subprocess.run(
        [sys.executable, str(script), library],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(place), str(ROOT / "tests")])},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    counts = done.stdout.split()
    assert counts[0] == "60", done.stderr + done.stdout
