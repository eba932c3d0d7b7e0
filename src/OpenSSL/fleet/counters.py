"""What happened, as plain numbers and as OpenMetrics text."""

from __future__ import annotations

import threading

__all__ = ["Counters"]

#: Each counter and what it counts.
MEANINGS = {
    "ring_reads": "rings of ticket keys that were read",
    "ring_writes": "rings that this process wrote",
    "ring_lost_races": "writes in which another process was first",
    "ring_refused": "rings that were forged, of another secret, or older than the one in use",
    "ring_errors": "times that no ring could be had",
    "session_hits": "sessions that were found in the store",
    "session_misses": "sessions that were not there, or not in time",
    "session_puts": "sessions that were kept",
    "session_refused": "entries that were forged, of another secret, or revoked",
    "session_errors": "times that the store failed when it was asked for a session or given one",
    "session_timeouts": "questions for a session that the store did not answer in time",
    "session_skipped": "questions and sessions that the store was not bothered with",
    "early_taken": "early data that was taken: its ticket had not come before",
    "early_refused": "early data whose ticket had come before, or is older than the store",
    "early_errors": "times that the store failed when it was asked about early data",
    "early_timeouts": "questions about early data that the store did not answer in time",
    "early_skipped": "questions about early data that the store was not bothered with",
    "report_errors": "reports of this process that could not be written",
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
