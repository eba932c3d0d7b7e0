"""Whether memory stays flat over a hundred thousand of everything: ``make leaks``.

    slope.py [--times N] [KIND ...]

Runs N handshakes, failed handshakes, sessions, stores and callbacks that raise, and
states the slope of what the allocators hold and of the resident size, in bytes per
1000.  Exit status 1 when one of them grows by more than LIMIT.
"""

from __future__ import annotations

import argparse
import array
import contextlib
import functools
import gc
import itertools
import os
import sys
import time
from collections.abc import Callable, Sequence

from kit import authority, contexts, memory, pump, scenes
from OpenSSL import SSL, crypto

#: Bytes per 1000: one lost pointer-sized block in ten is beyond it.
LIMIT = 3200
SAMPLES = 40
#: Parts before the first sample.
WARM_UP = 4
PAGE = os.sysconf("SC_PAGE_SIZE")


class Thrown(Exception):
    """What a callback raises."""


def throw(*_: object) -> bool:
    raise Thrown


SERVER, CLIENT = contexts.server_context(), contexts.client_context()
SERVER.set_session_id(b"slope")
# One session is resumed to the end of a long run; left alone it lives for five minutes.
SERVER.set_timeout(86_400)
STRANGERS = contexts.server_context(authority.stranger())
THROWING = contexts.client_context()
THROWING.set_verify(SSL.VERIFY_PEER, throw)
ROOT, LEAF = authority.identity().root_pem, authority.identity().pem
for _context in (SERVER, CLIENT, STRANGERS, THROWING):
    # A cache fills up to twenty thousand sessions before it is full.
    _context.set_session_cache_mode(SSL.SESS_CACHE_OFF)


def handshakes() -> None:
    ends = pump.connected(SERVER, CLIENT, b"brisk.test")
    assert pump.transfer(ends.client, ends.server, b"x") == b"x"


def failed_handshakes() -> None:
    assert pump.handshake_outcome(*pump.pair(STRANGERS, CLIENT)).client is not None


def sessions() -> None:
    assert SESSION is not None
    again = pump.pair(SERVER, CLIENT)
    again.client.set_session(SSL.Session.from_bytes(SESSION.to_bytes(), CLIENT))
    pump.handshake(*again)
    assert again.client.session_reused()


def stores() -> None:
    store = crypto.X509Store()
    store.add_cert(crypto.load_certificate(crypto.FILETYPE_PEM, ROOT))
    checked = crypto.X509StoreContext(store, crypto.load_certificate(crypto.FILETYPE_PEM, LEAF))
    with contextlib.suppress(crypto.X509StoreContextError):
        checked.verify_certificate()


def callback_exceptions() -> None:
    with contextlib.suppress(Thrown):
        pump.handshake(*pump.pair(SERVER, THROWING))
        raise AssertionError("the callback's exception got lost")


def refused_tickets() -> None:
    """A server's callback ends the handshake for the ticket that it is shown."""
    assert SESSION is not None
    ends = pump.pair(REFUSING, CLIENT)
    ends.client.set_session(SESSION)
    assert pump.handshake_outcome(*ends).server is not None


def hooks() -> None:
    """Every hook by turns: one that lets pass, and one that raises."""
    name, version = next(CELLS)
    for answer in (scenes.ANSWERS.get(name, True), Thrown()):
        scenes.Scene(name, functools.partial(say, answer), version).run()


def say(answer: object, *_: object) -> object:
    if isinstance(answer, Exception):
        # Not one with the frames of the time before.
        raise type(answer)
    return answer


CELLS = itertools.cycle(scenes.cells(*scenes.ALL))
REFUSING = contexts.server_context()
REFUSING.set_session_id(b"slope")
REFUSING.set_session_ticket_callback(None, lambda *_: SSL.TICKET_RETURN_ABORT)
REFUSING.set_ticket_keys([bytes(80)])
SERVER.set_ticket_keys([bytes(80)])


def a_session() -> SSL.Session | None:
    ends = pump.connected(SERVER, CLIENT)
    pump.transfer(ends.server, ends.client, b"x")
    return ends.client.get_session()


SESSION = a_session()
KINDS: dict[str, Callable[[], None]] = {
    each.__name__: each
    for each in (
        *(handshakes, failed_handshakes, sessions, stores, callback_exceptions),
        *(refused_tickets, hooks),
    )
}


def resident() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * PAGE


def slope(at: Sequence[int], sizes: Sequence[int]) -> float:
    """Of the straight line nearest to the samples, per 1000."""
    middle, mean = sum(at) / len(at), sum(sizes) / len(sizes)
    above = sum((x - middle) * (y - mean) for x, y in zip(at, sizes, strict=True))
    return 1000 * above / sum((x - middle) ** 2 for x in at)


def watch(name: str, times: int) -> bool:
    """Run one kind; whether memory stayed flat."""
    call = KINDS[name]
    started = time.monotonic()
    # Room for what is noted, so that the notes are no growth.
    at, held, size = (array.array("q", bytes(8 * SAMPLES)) for _ in range(3))
    part = max(times // SAMPLES, 1)
    for number in range(SAMPLES + WARM_UP):
        for _ in range(part):
            call()
        gc.collect()
        if number >= WARM_UP:
            at[number - WARM_UP] = number * part
            held[number - WARM_UP] = memory.in_use()
            size[number - WARM_UP] = resident()
    grows = slope(at, held)
    flat = grows < LIMIT
    print(
        f"{name:20} {part * (SAMPLES + WARM_UP):>7} times, {time.monotonic() - started:5.0f} s: "
        f"held {grows:+8.1f}, resident {slope(at, size):+8.1f} bytes per 1000"
        f"{'' if flat else '  GROWS'}",
        flush=True,
    )
    return flat


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kinds", nargs="*")
    parser.add_argument("--times", type=int, default=100_000)
    chosen = parser.parse_args()
    results = [watch(name, chosen.times) for name in chosen.kinds or KINDS]
    print(f"{len(results)} kinds of work, {results.count(False)} that grow")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
