"""What happened, as plain numbers and as OpenMetrics text."""

from __future__ import annotations

import threading

from OpenSSL.fleet.openmetrics import MEANINGS, family, text_of
from OpenSSL.fleet.store import InOneProcess

__all__ = ["Counters"]


class Counters(InOneProcess):
    """Counts events; each is an attribute, an integer."""

    __module__ = "OpenSSL.fleet"

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
        return text_of(
            family(name, "counter", MEANINGS[name], [({}, number)])
            for name, number in self.as_dict().items()
        )
