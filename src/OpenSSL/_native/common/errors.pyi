# Written by tools/make_stubs.py from errors.pyx.

from typing import TypeVar

_Error = TypeVar("_Error", bound=BaseException)

def from_queue(error_class: type[_Error]) -> _Error:
    """Make an ``error_class`` of what stands in this thread's queue, and empty it."""

def memory_ended() -> bool:
    """Whether the oldest or the newest entry of this thread's queue tells of no memory."""
