"""Asking a store from within handshakes: for a short time, and not at all while it is away.

Theory.  A handshake must not depend on the store.  Threads of our own ask it; who needs an
answer waits for it no longer than agreed, and who only has something to say does not wait.
What stands in line is bounded.  Where several answers in a row fail or come too late, nobody asks
for a while (a circuit breaker); then one question goes through, and its answer decides.
"""

from __future__ import annotations

import os
import queue
import threading
import time
import weakref

from OpenSSL.fleet.memory import MemoryStore

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from OpenSSL.fleet.counters import Counters
    from OpenSSL.fleet.store import SessionStore

__all__ = ["Breaker", "Limited"]

LIMIT = 0.02  # seconds that a handshake waits for the store
THREADS = 4  # that ask it
LINE = 1024  # questions and entries that wait for these


class Breaker:
    """Opens after ``failures`` in a row, and lets one try through after each ``pause`` seconds."""

    def __init__(
        self,
        failures: int = 5,
        pause: float = 1.0,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.failures: int = failures
        self.pause: float = pause
        self._clock = clock
        self._row = 0
        self._next = 0.0
        self._lock = threading.Lock()

    def after_fork(self) -> None:
        """Forget who held the lock: that thread is not in this process."""
        self._lock = threading.Lock()

    def lets_through(self) -> bool:
        """Whether the store may be asked now."""
        with self._lock:
            if self._row < self.failures:
                return True
            now = self._clock()
            if now < self._next:
                return False
            self._next = now + self.pause  # one try, and others wait for what it finds
            return True

    def tell(self, good: bool) -> None:
        """Say what came of asking it."""
        with self._lock:
            if good:
                self._row = 0
                return
            self._row += 1
            if self._row >= self.failures:
                self._next = self._clock() + self.pause

    @property
    def is_open(self) -> bool:
        """Whether the store is taken to be away."""
        with self._lock:
            return self._row >= self.failures


class _Question:
    """Something that a thread of ours is to do, and what came of it."""

    __slots__ = ("answer", "call", "done", "kind", "late")

    def __init__(self, call: Callable[[], object], kind: str, *, wanted: bool) -> None:
        self.call = call
        self.kind = kind  # what its counters begin with
        self.done = threading.Event() if wanted else None
        self.answer: object = None
        self.late = False


class Limited:
    """A store whose answers have a time limit; it never raises, and counts what it could not do."""

    def __init__(
        self,
        store: SessionStore,
        counters: Counters,
        *,
        seconds: float = LIMIT,
        breaker: Breaker | None = None,
        line: int = LINE,
    ) -> None:
        self.store: SessionStore = store
        self.counters: Counters = counters
        self.seconds: float = seconds
        self.breaker: Breaker = breaker or Breaker()
        self._size = line
        self._at_once = isinstance(store, MemoryStore)
        self._closed = False
        self.after_fork()
        _alive.add(self)

    def after_fork(self) -> None:
        """Begin with threads of this process."""
        self._line: queue.Queue[_Question | None] = queue.Queue(self._size)
        self._threads: list[threading.Thread] = []
        self._starting = threading.Lock()

    def get(self, key: bytes) -> bytes | None:
        """The value, or None where there is none, or none in time."""
        answer = self._answer_to(_Question(lambda: self.store.get(key), "session", wanted=True))
        return answer if isinstance(answer, bytes) else None

    def once(self, key: bytes, seconds: float, since: float) -> bool | None:
        """Whether this is the first time, within so many ``seconds``; None where nobody knows.

        The store must have kept all that came from ``since`` on, in seconds since 1970.
        """
        question = _Question(lambda: self.store.add(key, b"", seconds, since), "early", wanted=True)
        answer = self._answer_to(question)
        return None if answer is None else answer is True

    def _answer_to(self, question: _Question) -> object:
        if not self._ask(question):
            return None
        if question.done is not None and not question.done.wait(self.seconds):
            question.late = True
            self.counters.count(f"{question.kind}_timeouts")
            self.breaker.tell(False)
            return None
        return question.answer

    def put(self, key: bytes, value: bytes, seconds: float) -> None:
        """Keep the value for that many seconds, soon; nobody waits for it."""

        def keep() -> None:
            self.store.put(key, value, seconds)
            self.counters.count("session_puts")

        self._ask(_Question(keep, "session", wanted=False))

    def close(self) -> None:
        """Let the threads end when they have done what is in line."""
        self._closed = True
        for _ in self._threads:
            try:
                self._line.put_nowait(None)
            except queue.Full:
                return  # they look at `_closed` as well

    def _ask(self, question: _Question) -> bool:
        if self._closed or not self.breaker.lets_through() or not self._stand_in_line(question):
            self.counters.count(f"{question.kind}_skipped")
            return False
        return True

    def _stand_in_line(self, question: _Question) -> bool:
        if self._at_once:
            self._answer(question)
            return True
        try:
            self._start()
            self._line.put_nowait(question)
        except (queue.Full, RuntimeError):  # no thread can begin: an interpreter that ends
            return False
        return True

    def _start(self) -> None:
        if len(self._threads) == THREADS:
            return
        with self._starting:
            while len(self._threads) < THREADS:
                thread = threading.Thread(target=_work, args=(self._line, self), daemon=True)
                thread.name = "brisktls-fleet-sessions"
                thread.start()
                self._threads.append(thread)

    def _answer(self, question: _Question) -> None:
        try:
            question.answer = question.call()
        except Exception:  # noqa: BLE001 - a store may fail in any way, and is counted
            self.counters.count(f"{question.kind}_errors")
            self.breaker.tell(False)
        else:
            # What came too late has been told already.
            if not question.late:
                self.breaker.tell(True)
        if question.done is not None:
            question.done.set()


def _work(line: queue.Queue[_Question | None], limited: Limited) -> None:
    while True:
        question = line.get()
        if question is None or (limited._closed and line.empty()):
            return
        if not question.late:  # else nobody waits for it any more
            limited._answer(question)


# A child of a fork has none of its parent's threads, and may have its locks.
_alive: weakref.WeakSet[Limited] = weakref.WeakSet()


def _begin_again() -> None:
    for limited in list(_alive):
        limited.counters.after_fork()
        limited.breaker.after_fork()
        limited.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_again)
