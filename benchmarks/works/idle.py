"""What an idle established connection holds: growth of the process per connection.

Both ends are in memory, have shaken hands, taken their tickets and exchanged a byte
each way; all of that is kept.  Bytes per connection, of which a pair has two.
"""

from __future__ import annotations

import gc
import os
import resource
import sys

from ends.peers import SSL


def resident() -> int:
    """Bytes of memory this process occupies."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        # The highest so far, which is good enough while it only grows.
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most if sys.platform == "darwin" else most * 1024


def pairs_of_interface(count: int) -> list[object]:
    from ends.interface import Pair, client_context, server_context

    clients, servers = client_context(), server_context()
    kept = []
    for _ in range(count):
        pair = Pair(clients, servers)
        pair.shake()
        pair.settle()
        kept.append(pair)
    return list(kept)


def pairs_of_standard(count: int) -> list[object]:
    from ends.standard import Pair, client_context, server_context

    clients, servers = client_context(), server_context()
    kept = []
    for _ in range(count):
        pair = Pair(clients, servers)
        pair.shake()
        pair.settle()
        kept.append(pair)
    return list(kept)


def work(peer: str, option: str, seconds: float) -> float:
    """Bytes for one connection; the option is how many pairs, less in a quick run."""
    make = pairs_of_standard if peer == SSL else pairs_of_interface
    count = int(option) if seconds > 0.1 else 200
    first = make(50)
    gc.collect()
    before = resident()
    kept = make(count)
    gc.collect()
    grown = resident() - before
    assert len(first) + len(kept) == 50 + count
    return grown / (2 * count)
