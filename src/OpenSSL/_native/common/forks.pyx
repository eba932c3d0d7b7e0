"""Counts how often this process has been forked: a lock held before a fork is nobody's after it."""

from cpython.pythread cimport PyThread_get_thread_ident

import os as _os

forks.count = 0
forks.thread = 0


def count_fork() -> None:
    """Runs in a child after a fork."""
    forks.count += 1
    forks.thread = PyThread_get_thread_ident()


if hasattr(_os, "register_at_fork"):
    _os.register_at_fork(after_in_child=count_fork)
