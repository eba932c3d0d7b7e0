"""How much more two threads do than one: each has its own connection in memory.

The option is the size of a message in bytes.  Answers how many times one thread's
rate two threads together reach; wall time.
"""

from __future__ import annotations

import threading
import time
from typing import cast

from clock import Operation, best
from ends.peers import SSL


def of_interface(size: int) -> Operation:
    from ends.interface import connected

    pair = connected()
    client, server = pair.client, pair.server
    message, buffer = bytes(size), bytearray(size)

    def operate(times: int) -> None:
        for _ in range(times):
            client.sendall(message)
            # Records are longer than what is in them.
            server.bio_write(client.bio_read(2 * size))
            left = size
            while left:
                left -= server.recv_into(buffer)

    return operate


def of_standard(size: int) -> Operation:
    from ends.standard import connected

    pair = connected()
    writer, outgoing = pair.client.tls, pair.client.outgoing
    reader, incoming = pair.server.tls, pair.server.incoming
    message, buffer = bytes(size), bytearray(size)

    def operate(times: int) -> None:
        for _ in range(times):
            writer.write(message)
            incoming.write(outgoing.read())
            left = size
            while left:
                # With a buffer it answers a number, which its stub does not know.
                left -= cast(int, reader.read(size, buffer))

    return operate


def work(peer: str, option: str, seconds: float) -> float:
    """The rate of two threads over that of one."""
    make = of_standard if peer == SSL else of_interface
    first, second = make(int(option)), make(int(option))

    def both(times: int) -> None:
        other = threading.Thread(target=second, args=(times,))
        other.start()
        first(times)
        other.join()

    alone = together = float("inf")
    for _ in range(4):
        alone = min(alone, best(first, seconds / 4, time.perf_counter))
        together = min(together, best(both, seconds / 4, time.perf_counter))
    return 2 * alone / together
