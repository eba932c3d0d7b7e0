"""How much memory this process holds."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable
from pathlib import Path

import pytest

_STATM = Path("/proc/self/statm")


def resident() -> int:
    """Bytes of memory that are really in use."""
    return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def growth(call: Callable[[], object], times: int, rounds: int = 4) -> int:
    """Bytes by which the process grew in the best of some rounds of ``times / rounds`` calls.

    A leak shows in every round; an allocator that is still settling does not.
    """
    if not _STATM.exists():
        pytest.skip("the size of a process is read from /proc, which is not here")
    grown = []
    for _ in range(rounds + 1):
        gc.collect()
        before = resident()
        for _ in range(times // rounds):
            call()
        gc.collect()
        grown.append(resident() - before)
    return min(grown[1:])
