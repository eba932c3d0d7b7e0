"""Stores of a fleet in other processes, as far as a fleet can tell."""

from __future__ import annotations

from collections.abc import Callable

from OpenSSL.fleet import MemoryStore


class Distant(MemoryStore):
    """A store of another process: it can be away, it can be slow, and it may say anything."""

    def __init__(self) -> None:
        super().__init__()
        self.says: Callable[[], object] | None = None
        self.asked = 0

    def add(self, key: bytes, value: bytes, seconds: float, since: float | None = None) -> bool:
        if key.endswith(b"begin"):
            return False
        self.asked += 1
        if self.says is not None:
            return self.says()  # type: ignore[return-value]
        return super().add(key, value, seconds, since)


class Outside:
    """The same, seen as one that is not in memory."""

    def __init__(self, inner: Distant) -> None:
        self.inner = inner

    def __getattr__(self, name: str) -> object:
        return getattr(self.inner, name)

    # A protocol is looked for in the class.
    def get(self, key: bytes) -> bytes | None:
        return self.inner.get(key)

    def put(self, key: bytes, value: bytes, seconds: float) -> None:
        self.inner.put(key, value, seconds)

    def remove(self, key: bytes) -> None:
        self.inner.remove(key)

    def add(self, key: bytes, value: bytes, seconds: float, since: float | None = None) -> bool:
        return self.inner.add(key, value, seconds, since)

    def swap(self, key: bytes, expected: bytes | None, value: bytes) -> bool:
        return self.inner.swap(key, expected, value)

    def close(self) -> None:
        self.inner.close()
