"""A store in the memory of one process."""

from __future__ import annotations

import os
import threading
import time
from collections import OrderedDict

from OpenSSL.fleet.checking import count
from OpenSSL.fleet.store import InOneProcess

__all__ = ["MemoryStore"]


class MemoryStore(InOneProcess):
    """Keeps up to ``size`` entries; the one that was written longest ago goes first.

    Entries without an end, such as the ring of ticket keys, are not counted and stay.  So
    do those of :meth:`add`, which promise that something happens once: when there are
    ``size`` of them, no more are taken until their time is over.
    """

    __module__ = "OpenSSL.fleet"

    def __init__(self, size: int = 20_000) -> None:
        """Make an empty store.  Raises ValueError if ``size`` is not positive."""
        self.size: int = count("size", size)
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._entries: OrderedDict[bytes, tuple[bytes, float]] = OrderedDict()
        self._kept: dict[bytes, bytes] = {}
        self._once: dict[bytes, tuple[bytes, float]] = {}

    def get(self, key: bytes) -> bytes | None:
        """The value, or None."""
        with self._lock:
            return self._get(key)

    def _get(self, key: bytes) -> bytes | None:
        if key in self._kept:
            return self._kept[key]
        for entries in (self._once, self._entries):
            value, ends = entries.get(key, (None, 0.0))
            if value is not None and ends > time.monotonic():
                return value
            entries.pop(key, None)
        return None

    def put(self, key: bytes, value: bytes, seconds: float) -> None:
        """Keep the value for that many seconds."""
        with self._lock:
            self._put(key, value, seconds)

    def _put(self, key: bytes, value: bytes, seconds: float) -> None:
        self._entries.pop(key, None)
        self._entries[key] = (value, time.monotonic() + seconds)
        while len(self._entries) > self.size:
            self._entries.popitem(last=False)

    def remove(self, key: bytes) -> None:
        """Forget the value, if there is one."""
        with self._lock:
            for entries in (self._once, self._entries, self._kept):
                entries.pop(key, None)

    def add(self, key: bytes, value: bytes, seconds: float, since: float | None = None) -> bool:
        """Keep the value if there is none yet, and room for it.

        With ``since`` only in the process that made the store, whatever the time: a child of a
        fork has a memory of its own, and no ring of ticket keys is older than the store.
        """
        if since is not None and os.getpid() != self._process:
            return False
        now = time.monotonic()
        with self._lock:
            if len(self._once) >= self.size:
                self._once = {name: kept for name, kept in self._once.items() if kept[1] > now}
            if len(self._once) >= self.size or self._get(key) is not None:
                return False
            self._once[key] = (value, now + seconds)
            return True

    def swap(self, key: bytes, expected: bytes | None, value: bytes) -> bool:
        """Replace the value if it is still the expected one."""
        with self._lock:
            if self._get(key) != expected:
                return False
            self._kept[key] = value
            return True

    def close(self) -> None:
        """Nothing is held open."""
