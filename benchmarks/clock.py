"""How long one operation takes: the best of many slices of a short run."""

from __future__ import annotations

import time
from collections.abc import Callable

#: Repeats an operation as many times as it is told.
Operation = Callable[[int], object]

SLICES = 20


def best(
    operate: Operation, seconds: float, clock: Callable[[], float] = time.thread_time
) -> float:
    """Seconds of ``clock`` for one operation; the run takes about ``seconds``."""
    found = None
    times = 1
    end = time.monotonic() + seconds
    while found is None or time.monotonic() < end:
        start = clock()
        operate(times)
        spent = clock() - start
        if spent < seconds / SLICES and time.monotonic() < end:
            times *= 2
            continue
        found = spent / times if found is None else min(found, spent / times)
    return found
