"""Instructions of one operation, by callgrind: ``instructions.py [PYTHON ...]``.

Each is a Python with a brisktls of its own, as of two states of the tree; without one it is the
Python that runs this.  A count does not depend on how busy the machine is, so small differences
between two states can be told.  What is counted is a run of many less a run of few.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import identity
from ends.peers import BRISKTLS

#: Work, option, and how many times: few and many.
WORKS = {
    "memory-64": ("memory", "64", 200, 1200),
    "memory-1k": ("memory", "1024", 200, 1200),
    "memory-16k": ("memory", "16384", 100, 500),
    "handshake": ("handshake", "full", 3, 13),
    "resumption": ("handshake", "resumed", 3, 13),
}


def child(work: str, option: str, times: str) -> None:
    """Do it that many times."""
    from works import handshake, memory

    if work == "memory":
        memory.operation(BRISKTLS, option)(int(times))
        return
    once = handshake.of_interface(option == "resumed")
    for _ in range(int(times)):
        once()


def instructions(python: str, work: str, option: str, times: int) -> int:
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", python, "-s"]
    command += [__file__, "--child", work, option, str(times)]
    done = subprocess.run(
        command,
        env={**os.environ, "PYTHONHASHSEED": "0"},
        check=True,
        capture_output=True,
        text=True,
    )
    counted = re.search(r"Collected : (\d+)", done.stderr)
    if counted is None:
        sys.exit(f"valgrind said nothing of instructions:\n{done.stderr}")
    return int(counted[1])


def main(pythons: list[str]) -> None:
    for name, (work, option, few, many) in WORKS.items():
        counts = []
        for python in pythons:
            less, more = (instructions(python, work, option, times) for times in (few, many))
            counts.append((more - less) / (many - few))
        told = " ".join(f"{count:12.0f}" for count in counts)
        print(f"{name:12} {told}  {counts[-1] / counts[0]:.4f}", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(*sys.argv[2:])
    else:
        with tempfile.TemporaryDirectory() as folder:
            os.environ["BENCH_IDENTITY"] = folder
            identity.make(Path(folder))
            main(sys.argv[1:] or [sys.executable])
