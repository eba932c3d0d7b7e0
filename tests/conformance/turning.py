"""The clock that libssl sees, which the runner turns."""

from __future__ import annotations

import ctypes
import os

__all__ = ["Broken", "advance"]


class Broken(Exception):
    """The runner said something that the shim cannot follow, or left in the middle."""


def advance(microseconds: int) -> None:
    """Turn the clock of libssl, where the library that stands in for it is loaded."""
    library = os.environ.get("CONFORMANCE_CLOCK")
    if not library:
        raise Broken("no clock that can be turned")
    turned = ctypes.c_longlong.in_dll(ctypes.CDLL(library), "conformance_turned")
    turned.value += microseconds
