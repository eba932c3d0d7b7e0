"""Time limits around a store, and a circuit breaker.

Theory.  A handshake may wait for the store for `limit` seconds and no longer, whatever
the store does.  So each operation runs in one of a few threads; the handshake waits for
its answer, and goes on without one.  There are never more operations under way than
threads, so nothing queues.  After a few failures in a row the store is left alone for a
while that doubles each time; then one operation tries whether it is back.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future
    from typing import TypeVar

    from OpenSSL.fleet.counters import Counters

    T = TypeVar("T")

__all__ = ["Breaker", "Limited"]


class Breaker:
    """Opens after ``failures`` in a row; closes when an operation succeeds again."""

    def __init__(self, failures: int = 3, pause: float = 0.5, longest: float = 30.0) -> None:
        self.failures: int = failures
        self.pause: float = pause
        self.longest: float = longest
        self._lock = threading.Lock()
        self._count = 0
        self._closed_at = 0.0
        self._next_pause = pause

    @property
    def is_open(self) -> bool:
        """Whether the store is left alone."""
        return self._count >= self.failures

    def allows(self, now: float) -> bool:
        """Whether an operation may be tried; while open, one is at the end of each pause."""
        with self._lock:
            if self._count < self.failures:
                return True
            if now < self._closed_at:
                return False
            # One tries; the others wait for what it finds.
            self._closed_at = now + self._next_pause
            return True

    def failed(self, now: float) -> None:
        """Say that an operation failed."""
        with self._lock:
            self._count += 1
            if self._count >= self.failures:
                self._closed_at = now + self._next_pause
                self._next_pause = min(self._next_pause * 2, self.longest)

    def succeeded(self) -> None:
        """Say that an operation did what it should."""
        with self._lock:
            self._count = 0
            self._next_pause = self.pause

    def after_fork(self) -> None:
        """Forget who held the lock: that thread is not in this process."""
        self._lock = threading.Lock()


class Limited:
    """Runs operations of a store, each within ``limit`` seconds, at most ``width`` at once."""

    def __init__(
        self, counters: Counters, limit: float, width: int = 8, breaker: Breaker | None = None
    ) -> None:
        self.counters: Counters = counters
        self.limit: float = limit
        self.width: int = width
        self.breaker: Breaker = breaker or Breaker()
        self.after_fork()

    def after_fork(self) -> None:
        """Begin again with threads: a child has none of those that its parent had."""
        self._lock = threading.Lock()
        self._executor: ThreadPoolExecutor | None = None
        self._free = threading.BoundedSemaphore(self.width)
        self.breaker.after_fork()

    def _threads(self) -> ThreadPoolExecutor:
        with self._lock:
            if self._executor is None:
                self._executor = ThreadPoolExecutor(self.width, "brisktls-fleet")
            return self._executor

    def start(self, operation: Callable[[], T]) -> Future[T] | None:
        """Begin an operation; None if the store is left alone or too many are under way."""
        if not self.breaker.allows(time.monotonic()):
            self.counters.count("store_skipped")
            return None
        executor = self._threads()
        free = self._free
        if not free.acquire(blocking=False):
            self.counters.count("store_skipped")
            return None

        def run() -> T:
            try:
                answer = operation()
            except BaseException:
                self.counters.count("store_errors")
                self.breaker.failed(time.monotonic())
                raise
            finally:
                free.release()
            self.breaker.succeeded()
            return answer

        try:
            return executor.submit(run)
        except RuntimeError:  # closed, or the interpreter ends
            free.release()
            return None

    def ask(self, operation: Callable[[], T], otherwise: T) -> T:
        """What the operation returned in time, else ``otherwise``; never raises Exception."""
        future = self.start(operation)
        if future is None:
            return otherwise
        try:
            return future.result(self.limit)
        except FutureTimeout:
            if not future.done():
                self.counters.count("store_timeouts")
                self.breaker.failed(time.monotonic())
            return otherwise
        except Exception:  # noqa: BLE001 - a store may fail in any way, and is counted
            return otherwise

    def close(self) -> None:
        """Take no more operations."""
        with self._lock:
            if self._executor is not None:
                self._executor.shutdown(wait=False, cancel_futures=True)
