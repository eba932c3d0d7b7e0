"""Load on a server in this process, from ``wrk`` in its own.

What comes of it is three numbers, all of them less when better: wall seconds and the server's
CPU seconds for one request, and the latency in seconds that 99 of 100 requests keep.
"""

from __future__ import annotations

import re
import subprocess
import time
from typing import NamedTuple

from processors import stay_on

UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0}
#: Longer latencies are seen, too.
TIMEOUT = "20s"


class Taken(NamedTuple):
    """Seconds for one request."""

    wall: float
    cpu: float
    p99: float


def found(pattern: str, text: str) -> re.Match[str]:
    match = re.search(pattern, text, re.MULTILINE)
    if match is None:
        raise RuntimeError(f"wrk said nothing of {pattern!r}:\n{text}")
    return match


def seconds_of(number: str, unit: str) -> float:
    return float(number) * UNITS[unit]


def load(port: int, connections: int, kept: bool, seconds: float, processors: set[int]) -> Taken:
    """Have wrk ask for a page for that long, whole seconds and one at least."""
    threads = min(len(processors), connections)
    command = ["wrk", "--latency", "--timeout", TIMEOUT, f"-t{threads}", f"-c{connections}"]
    command += [f"-d{max(1, round(seconds))}", f"https://127.0.0.1:{port}/"]
    if not kept:
        command += ["-H", "Connection: close"]
    before = time.process_time()
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
        preexec_fn=lambda: stay_on(processors),
    )
    cpu = time.process_time() - before
    told = done.stdout
    if "Non-2xx" in told:
        raise RuntimeError(told)
    count, wall = found(r"^\s*(\d+) requests in ([\d.]+)s", told).groups()
    if int(count) == 0:
        raise RuntimeError(f"no request was answered:\n{told}")
    number, unit = found(r"^\s*99%\s+([\d.]+)(us|ms|s|m)\s*$", told).groups()
    return Taken(float(wall) / int(count), cpu / int(count), seconds_of(number, unit))
