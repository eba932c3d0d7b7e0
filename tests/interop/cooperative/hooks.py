"""Many green threads that wait inside callbacks at once, of the library that sys.argv names.

They take turns on one stack, so each of them is no deeper than the first.  Prints how many
handshakes came through.
"""

from __future__ import annotations

import importlib
import sys

from kit import contexts, pump
from OpenSSL import SSL

green = importlib.import_module(sys.argv[1])

CROWD = 60
waiting = 0
done = 0


def wait(*_: object) -> bool:
    global waiting
    waiting += 1
    while waiting < CROWD:
        green.sleep(0)
    return True


def shake(deeper: int) -> None:
    """After some frames of Python, each of its own: not all come by the same way."""
    global done
    if deeper:
        list(map(shake, [deeper - 1]))
        return
    client = contexts.client_context()
    client.set_verify(SSL.VERIFY_PEER, wait)
    pump.connected(server, client)
    done += 1


server = contexts.server_context()
crowd = [green.spawn(shake, number % 20) for number in range(CROWD)]
for _ in range(10_000):
    if done == CROWD:
        break
    green.sleep(0)
print(done, waiting)
