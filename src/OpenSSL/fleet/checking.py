"""What programs give to a fleet, looked at at once: each error names it, and never a secret."""

from __future__ import annotations

import math
import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["bytes_of", "check", "count", "looks_like_address", "seconds"]


def check(name: str, value: Any, kind: type, *, spelled: str = "") -> Any:
    """Return what is of its kind; raise TypeError for anything else, a class included."""
    if not isinstance(value, kind):
        given = f"the class {value.__name__}" if isinstance(value, type) else type(value).__name__
        raise TypeError(f"{name} must be {spelled or kind.__name__}, not {given}")
    return value


def seconds(name: str, value: Any, *, endless: bool = False) -> float:
    """Return a time; raise TypeError for what is no number, ValueError for what is no time."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{name} must be a number of seconds, not {type(value).__name__}")
    if math.isnan(value) or (math.isinf(value) and not endless):
        raise ValueError(f"{name} must be a time in seconds, not {value}")
    return value


def count(name: str, value: Any) -> int:
    """Return a number of things that is at least one."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be an int, not {type(value).__name__}")
    if value <= 0:
        raise ValueError(f"{name} must be positive")
    return value


def bytes_of(name: str, value: Any) -> bytes:
    """Return bytes; raise TypeError for text and everything else."""
    if not isinstance(value, (bytes, bytearray, memoryview)):
        raise TypeError(f"{name} must be bytes, not {type(value).__name__}")
    return bytes(value)


def looks_like_address(text: str) -> bool:
    """Whether a path is more likely the address of a server: ``localhost:6379``, ``redis:x``."""
    return bool(
        re.match(r"(valkey|redis|unix|memory)s?[+a-z]*:", text)
        or re.fullmatch(r"[^/]+:[0-9]+(/[0-9]*)?", text)
    )
