"""How much memory this process has asked for and not given back.

The size of the process says little: after a long run the heap has so much
free room that a leak fits into it unseen.  So the allocators are asked.
"""

from __future__ import annotations

import ctypes
import functools
import gc
import sys
from collections.abc import Callable

import pytest

#: Bytes: the least that one of Python's own small blocks stands for.
_BLOCK = 32


class _Mallinfo(ctypes.Structure):
    """glibc's ``struct mallinfo2``."""

    _fields_ = [
        (name, ctypes.c_size_t)
        for name in (
            *("arena", "ordblks", "smblks", "hblks", "hblkhd"),
            *("usmblks", "fsmblks", "uordblks", "fordblks", "keepcost"),
        )
    ]


@functools.cache
def _mallinfo() -> Callable[[], _Mallinfo] | None:
    try:
        function = ctypes.CDLL(None).mallinfo2
    except (AttributeError, OSError, TypeError):
        return None
    function.restype = _Mallinfo
    function.argtypes = []
    return function


def in_use() -> int:
    """Bytes that C code and Python hold now; skips the test where nobody can tell."""
    ask = _mallinfo()
    if ask is None:
        pytest.skip("only glibc 2.33 and newer tell how much memory is in use")
    state = ask()
    if state.uordblks == 0:
        pytest.skip("the allocator is not glibc's, as under a sanitizer")
    return int(state.uordblks + state.hblkhd) + sys.getallocatedblocks() * _BLOCK


def settle() -> None:
    """Collect garbage until nothing is left of it.

    Twice: without its lock, Python gives the insides of dictionaries back one collection
    later, when no other thread can be reading them any more.
    """
    gc.collect()
    gc.collect()


def growth(call: Callable[[], object], times: int, rounds: int = 4) -> int:
    """Bytes by which memory in use grew in the best of some rounds of ``times / rounds`` calls.

    The first round is a warm-up.  A leak shows in every round; caches that are
    still filling do not.
    """
    grown = []
    for _ in range(rounds + 1):
        settle()
        before = in_use()
        for _ in range(times // rounds):
            call()
        settle()
        grown.append(in_use() - before)
    return min(grown[1:])
