"""Processors for two processes that work on each other: half of them each.

Left to the scheduler the same server takes up to twice as long in one round as in the next.  To
wake a thread costs many times more on another processor, above all in a virtual machine, and
where threads end up is chance.
"""

from __future__ import annotations

import os


def halves() -> tuple[set[int], set[int]]:
    """The processors of the server, and of its load; all for both where there is no choice."""
    if not hasattr(os, "sched_getaffinity"):
        every = set(range(os.cpu_count() or 1))
        return every, every
    every = os.sched_getaffinity(0)
    if len(every) < 2:
        return every, every
    first = set(sorted(every)[: len(every) // 2])
    return first, every - first


def stay_on(processors: set[int]) -> None:
    """Keep this process, and threads that it starts from now on, on these."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, processors)
