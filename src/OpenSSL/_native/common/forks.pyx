"""Counts how often this process has been forked: a lock held before a fork is nobody's after it.

Nor has a child the threads that would close what they wait on, so it closes that itself.
"""

from cpython.pythread cimport PyThread_get_thread_ident

import os as _os

cdef extern from "lent.h" nogil:
    int brisk_lend(brisk_fd fd)
    void brisk_take_back(int place)
    void brisk_close_lent()

forks.count = 0
forks.thread = 0


cdef int lend(brisk_fd fd) noexcept nogil:
    return brisk_lend(fd)


cdef void take_back(int place) noexcept nogil:
    brisk_take_back(place)


def count_fork() -> None:
    """Runs in a child after a fork."""
    brisk_close_lent()
    forks.count += 1
    forks.thread = PyThread_get_thread_ident()


if hasattr(_os, "register_at_fork"):
    _os.register_at_fork(after_in_child=count_fork)
