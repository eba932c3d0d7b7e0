"""A peer that floods with what holds no data, and another thread that wants to live.

The same bytes go to an end of ours and to one of the standard module.  Another thread is
never held up 50 ms longer than it is there, and a timeout is kept within a tenth.
``timed`` is 0 where nobody is to judge speeds: then all must only come to its end.
"""

from __future__ import annotations

import functools
import itertools
import select
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from kit import authority, floods, sockets, stdlib
from kit.floods import Flood, Heart
from OpenSSL import SSL

FULL = {"kilobytes": 8_000, "milliseconds": 500, "acts": 6, "timed": 1}
SHORT = {"kilobytes": 100, "milliseconds": 50, "acts": 2, "timed": 0}
#: Seconds that another thread may be held up longer than with the standard module, and
#: the part of a timeout by which it may come late.
LENIENCE = 0.05
LATE = 0.1
#: How often something is measured before it is called wrong.
ATTEMPTS = 3

Victim = SSL.Connection | ssl.SSLSocket


@dataclass(frozen=True)
class Amounts:
    """How much, how long, and whether anybody is to judge."""

    size: int
    seconds: float
    timed: bool


@dataclass(frozen=True)
class Told:
    """What became of a flood."""

    outcome: str
    took: float
    longest: float
    beats: int


# ---- what a victim does


def receive(size: int) -> Callable[[Victim], object]:
    return lambda victim: victim.recv(size)


def peek(victim: Victim) -> object:
    # The standard module has no such thing.
    return victim.recv(1, *([socket.MSG_PEEK] * isinstance(victim, SSL.Connection)))


def part(victim: Victim) -> object:
    if isinstance(victim, ssl.SSLSocket):
        return victim.unwrap()
    return victim.shutdown() or victim.shutdown()


ACTS = {
    "recv(4096)": receive(4096),
    "shutdown": part,
    "peek": peek,
    **{f"recv({size})": receive(size) for size in (1, 16384, 1 << 20)},
}


def attempt(call: Callable[[], object], victim: Victim, end: float) -> str:
    """Make the call until something comes of it, or the time is over; what that was."""
    while time.monotonic() < end:
        try:
            call()
        except (SSL.WantReadError, ssl.SSLWantReadError):
            select.select([victim], [], [], 0.01)
        except (SSL.WantWriteError, ssl.SSLWantWriteError):
            select.select([], [victim], [], 0.01)
        except TimeoutError:
            return "timeout"
        except (SSL.Error, OSError) as error:
            return repr(error)
    return "time is over"


# ---- over sockets


def standard_victim(flood: Flood, sock: socket.socket) -> ssl.SSLSocket:
    if flood.to:
        context = stdlib.server_context(version=flood.version)
        return context.wrap_socket(sock, server_side=True)
    context = stdlib.client_context(authority.client_identity(), version=flood.version)
    context.post_handshake_auth = True
    return context.wrap_socket(sock, server_hostname=authority.HOST)


def suffer(
    flood: Flood,
    act: Callable[[Victim], object],
    waits: bool,
    amounts: Amounts,
    *,
    standard: bool = False,
    bound: int = 0,
) -> Told:
    seconds = amounts.seconds
    pair = sockets.udp_pair() if flood.version == "DTLS" else sockets.tcp_pair()
    with pair as (mine, theirs):
        peer = floods.peer(flood, theirs)
        shaking = sockets.in_thread(peer.do_handshake)
        victim: Victim
        if standard:
            victim = standard_victim(flood, mine)
        else:
            victim = floods.victim(flood, mine, bound)
            victim.do_handshake()
        shaking.result(sockets.PATIENCE)
        parts = flood.parts(peer, amounts.size)
        victim.settimeout(seconds if waits else 0)
        with floods.sent(theirs, parts), Heart() as heart:
            start = time.monotonic()
            outcome = attempt(lambda: act(victim), victim, start + seconds)
            took = time.monotonic() - start
        victim.close()
        return Told(outcome, took, heart.longest, heart.beats)


def faults(told: Told, beside: Told, seconds: float) -> str:
    """What is wrong; "" is nothing."""
    if told.longest > beside.longest + LENIENCE:
        return f"another thread was held up: {told}, beside {beside}"
    if told.outcome == "timeout" and not seconds <= told.took <= seconds * (1 + LATE):
        return f"a timeout of {seconds} s was not kept: {told}"
    return ""


def held(measure: Callable[[], tuple[Told, Told]], seconds: float, where: str) -> Told:
    """Measure; others' moments of the machine are excluded by doing so again."""
    found = ""
    for _ in range(ATTEMPTS):
        told, beside = measure()
        found = faults(told, beside, seconds)
        if not found:
            return told
    raise AssertionError(f"{where}: {found}")


def beside(
    flood: Flood, act: Callable[[Victim], object], waits: bool, bound: int, amounts: Amounts
) -> tuple[Told, Told]:
    """Ours, and the standard module's, which has nothing beside DTLS."""
    other = Told("", 0, 0, 0)
    if amounts.timed and flood.version != "DTLS":
        other = suffer(flood, act, waits, amounts, standard=True)
    return suffer(flood, act, waits, amounts, bound=bound), other


def over_sockets(amounts: Amounts, acts: int) -> Iterator[Told]:
    for flood, (name, act), waits, bound in itertools.product(
        (*floods.STREAMS, *floods.DATAGRAMS), list(ACTS.items())[:acts], (True, False), (0, 1000)
    ):
        where = f"{flood}, {name}, {'waiting' if waits else 'not waiting'}"
        measure = functools.partial(beside, flood, act, waits, bound, amounts)
        told = held(measure, amounts.seconds, where) if amounts.timed else measure()[0]
        if waits and not bound:
            assert told.outcome != "time is over", f"{where}: no timeout"
        yield told


# ---- in memory


def alone(flood: Flood, bound: int, size: int) -> tuple[Told, Told]:
    victim, peer = floods.in_memory(flood, bound)
    parts = flood.parts(peer, size)
    with Heart() as heart:
        start = time.monotonic()
        outcome = swallow(victim, parts)
        took = time.monotonic() - start
    return Told(outcome, took, heart.longest, heart.beats), Told("", 0, 0, 0)


def in_memory(amounts: Amounts) -> Iterator[Told]:
    """Half of it is handed in at once, and then the rest by and by."""
    for flood, bound in itertools.product((*floods.STREAMS, *floods.DATAGRAMS), (0, 1000)):
        measure = functools.partial(alone, flood, bound, amounts.size)
        yield held(measure, 0, f"{flood}, in memory") if amounts.timed else measure()[0]


def swallow(victim: SSL.Connection, parts: list[bytes]) -> str:
    half = len(parts) // 2
    datagrams = victim.get_protocol_version_name().startswith("DTLS")
    for each in parts[:half] if datagrams else [b"".join(parts[:half])]:
        victim.bio_write(each)
    for each in [b"", *parts[half:]]:
        victim.bio_write(each)
        try:
            victim.recv(65536)
        except SSL.WantReadError:
            continue
        except SSL.Error as error:
            return repr(error)
    return "all of it"


def run(kilobytes: int, milliseconds: int, acts: int, timed: int) -> dict[str, int]:
    amounts = Amounts(kilobytes * 1000, milliseconds / 1000, bool(timed))
    told = [*over_sockets(amounts, acts), *in_memory(amounts)]
    assert all(each.beats for each in told), "somebody could not live"
    return {
        "floods": len(told),
        "timeouts": sum(each.outcome == "timeout" for each in told),
        "ended by their bound": sum("that hold no data" in each.outcome for each in told),
        "ms the longest hold-up": int(max(each.longest for each in told) * 1000),
    }
