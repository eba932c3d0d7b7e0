"""Threads that take the steps of a fleet, until nobody has it any more."""

from __future__ import annotations

import random

TYPE_CHECKING = False
if TYPE_CHECKING:
    import threading
    import weakref
    from collections.abc import Callable

    from OpenSSL.fleet.fleet import Fleet

__all__ = ["follow"]


def follow(
    reference: weakref.ref[Fleet],
    step: Callable[[Fleet], None],
    over: threading.Event,
    first: threading.Event,
) -> None:
    """Take a step again and again, for as long as somebody has the fleet."""
    while True:
        fleet = reference()
        if fleet is None or over.is_set():
            return
        try:
            step(fleet)
        except Exception:  # noqa: BLE001 - this thread goes on: without it keys grow old
            fleet.counters.count("ring_errors")
        seconds = fleet.refresh_seconds * random.uniform(0.7, 1.0)
        del fleet
        first.set()
        if over.wait(seconds):
            return
