"""A handshake in memory of a server whose sessions lie in a fleet's store: TLS 1.3, no tickets.

Options: ``full-STORE`` and ``resumed-STORE``, where the store is ``none`` (libssl's own cache),
``memory``, ``file`` or ``redis`` (a server on a socket of its own).  Two numbers: wall seconds and
this process's CPU seconds for one handshake, both ends and what is kept in the background.
"""

from __future__ import annotations

import contextlib
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from clock import best
from ends.interface import Pair, client_context, server_context
from OpenSSL import SSL
from works.handshake import CERTIFICATE

SECRET = "a secret of the benchmarks"
KEPT = 4  # of two handshakes: a client has the later one of each
PATIENCE = 10.0  # seconds: what is measured is the store, not the limit


@contextlib.contextmanager
def address_of(store: str, folder: Path) -> Iterator[str]:
    """What a Fleet is given; a Redis runs as long as it is needed."""
    if store != "redis":
        yield {"memory": "memory:", "file": str(folder / "store")}[store]
        return
    socket = folder / "redis"
    words = ["--port", "0", "--unixsocket", str(socket), "--save", "", "--dir", str(folder)]
    nothing = subprocess.DEVNULL
    program = subprocess.Popen(["redis-server", *words], stdout=nothing, stderr=nothing)
    try:
        end = time.monotonic() + 30
        while not socket.exists():
            assert time.monotonic() < end, "redis-server does not listen"
            time.sleep(0.01)
        yield f"unix://{socket}"
    finally:
        program.kill()
        program.wait()


@contextlib.contextmanager
def contexts(
    store: str, folder: Path
) -> Iterator[tuple[SSL.Context, SSL.Context, Callable[[], bool]]]:
    """Both ends' Contexts, and whether the sessions of two handshakes were kept."""
    clients, servers = client_context(), server_context()
    servers.set_options(SSL.OP_NO_TICKET)
    servers.set_session_id(b"bench")
    if store == "none":
        yield clients, servers, lambda: True
        return
    from OpenSSL.fleet import Fleet

    with (
        address_of(store, folder) as where,
        Fleet(where, SECRET, patience=PATIENCE) as fleet,
    ):
        fleet.attach(servers)
        yield clients, servers, lambda: fleet.counters.session_puts >= KEPT


def first_session(
    clients: SSL.Context, servers: SSL.Context, kept: Callable[[], bool]
) -> SSL.Session:
    """A session that can be resumed."""
    pair = Pair(clients, servers)
    pair.shake()
    pair.settle()
    say_goodbye(pair)
    while not kept():
        time.sleep(0.01)
    session = pair.client.get_session()
    assert session is not None
    return session


def say_goodbye(pair: Pair) -> None:
    """libssl gives up the session of a connection that is freed without one."""
    for end in (pair.client, pair.server):
        end.set_shutdown(SSL.SENT_SHUTDOWN | SSL.RECEIVED_SHUTDOWN)


def work(_peer: str, option: str, seconds: float) -> tuple[float, float]:
    """Wall seconds and CPU seconds for one handshake."""
    how, _, store = option.partition("-")
    with (
        tempfile.TemporaryDirectory() as folder,
        contexts(store, Path(folder)) as (clients, servers, kept),
    ):
        full = Pair(clients, servers).shake()
        session = first_session(clients, servers, kept) if how == "resumed" else None

        def once() -> int:
            pair = Pair(clients, servers, session)
            length = pair.shake()
            say_goodbye(pair)
            return length

        def operate(times: int) -> None:
            for _ in range(times):
                once()

        wall = best(operate, seconds / 2, time.perf_counter)
        cpu = best(operate, seconds / 2, time.process_time)
        assert (once() < full - CERTIFICATE) is (session is not None)
        return wall, cpu
