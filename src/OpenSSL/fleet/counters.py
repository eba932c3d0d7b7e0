"""What happened, as plain numbers and as OpenMetrics text."""

from __future__ import annotations

import threading

__all__ = ["Counters"]

#: Each counter and what it counts.
MEANINGS = {
    "store_gets": "sessions asked of the store",
    "store_hits": "sessions that the store had",
    "store_puts": "sessions written to the store",
    "store_dropped": "sessions not written, because too many were waiting",
    "store_errors": "operations in which the store failed",
    "store_timeouts": "operations that took longer than the time limit",
    "store_skipped": "operations not tried while the store was out of order",
    "entries_refused": "entries of the store that were forged, changed or of another secret",
    "ring_reads": "rings of ticket keys that were read",
    "ring_rotations": "rotations that this process won",
    "ring_lost_races": "rotations in which another process was first",
    "ring_refused": "rings that were forged, changed or older than the one in use",
    "ring_errors": "times that no ring could be had",
    "early_data_allowed": "flights of early data that came for the first time",
    "early_data_refused": "flights of early data that were refused",
}


class Counters:
    """Counts events; every attribute of :data:`MEANINGS` is an integer."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = dict.fromkeys(MEANINGS, 0)

    def count(self, name: str, by: int = 1) -> None:
        """Add to a counter.  Raises KeyError if there is no such one."""
        with self._lock:
            self._numbers[name] += by

    def after_fork(self) -> None:
        """Forget who held the lock: that thread is not in this process."""
        self._lock = threading.Lock()

    def __getattr__(self, name: str) -> int:
        try:
            number: int = self.__dict__["_numbers"][name]
        except KeyError:
            raise AttributeError(name) from None
        return number

    def as_dict(self) -> dict[str, int]:
        """All numbers, by name."""
        with self._lock:
            return dict(self._numbers)

    def to_openmetrics(self) -> str:
        """All numbers in the OpenMetrics text format, ``# EOF`` included."""
        lines = []
        for name, number in self.as_dict().items():
            metric = f"brisktls_fleet_{name}"
            lines.append(f"# TYPE {metric} counter")
            lines.append(f"# HELP {metric} {MEANINGS[name]}")
            lines.append(f"{metric}_total {number}")
        return "\n".join([*lines, "# EOF", ""])
