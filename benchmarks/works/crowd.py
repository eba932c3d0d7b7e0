"""A thread exchanging messages in memory while others keep the interpreter busy.

The option is the number of threads, this one included.  The others count, in pure
Python.  Wall time for one message, on the average of the whole run: who gives the
interpreter away for a moment waits until seven others have had their turns.
"""

from __future__ import annotations

import threading
import time

from works.memory import operation

SIZE = "64"


def work(peer: str, option: str, seconds: float) -> float:
    """Wall seconds for one message of 64 bytes."""
    exchange = operation(peer, SIZE)
    exchange(100)
    over = threading.Event()

    def busy() -> None:
        while not over.is_set():
            for _ in range(1000):
                pass

    threads = [threading.Thread(target=busy, daemon=True) for _ in range(int(option) - 1)]
    for thread in threads:
        thread.start()
    count = 0
    start = time.perf_counter()
    while time.perf_counter() - start < 5 * seconds:
        exchange(1)
        count += 1
    spent = time.perf_counter() - start
    over.set()
    for thread in threads:
        thread.join()
    return spent / count
