"""Recorded flights sent to a fleet whose store is a real Redis: early data is taken once."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fleet.conftest import store_server
from fleet.test_store_server import address

from kit import contexts, early
from kit.fleets import EARLY, SECRET, played, recorded, takes_early, until
from kit.ports import free_port
from OpenSSL import SSL
from OpenSSL.fleet import Fleet, StoreError, Valkey

SINCE = b"brisktls:{0}since"
QUICK = {"refresh": 0.05, "patience": 20.0}


def ask(port: int, *words: object) -> object:
    store = Valkey(address(port))
    try:
        return store._ask(*words)
    finally:
        store.close()


def grown_up(port: int) -> None:
    """Let the server have been there for ever."""
    Fleet(address(port), SECRET, **QUICK).close()
    mark = bytes(ask(port, "GET", SINCE)).split(b" ", 1)[1]  # type: ignore[arg-type]
    ask(port, "SET", SINCE, b"0.0 " + mark)


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    number = free_port()
    with store_server(number, tmp_path):
        grown_up(number)
        yield number


@pytest.fixture
def client() -> SSL.Context:
    return contexts.client_context(version="TLSv1.3")


@pytest.fixture
def fleets(port: int) -> Iterator[list[Fleet]]:
    made = [Fleet(address(port), SECRET, **QUICK) for _ in range(2)]
    yield made
    for each in made:
        each.close()


@pytest.mark.parametrize("order", ["first one", "first other"])
def test_taken_once(fleets: list[Fleet], client: SSL.Context, order: str) -> None:
    servers = [takes_early(fleet) for fleet in fleets]
    flight = recorded(servers[0], client)
    if order == "first other":
        servers.reverse()
    assert [played(server, flight) for server in servers * 3] == [EARLY, *[b""] * 5]


PLAYER = """
import sys
from kit import contexts
from kit.fleets import SECRET, played, takes_early
from OpenSSL.fleet import Fleet
fleet = Fleet(sys.argv[1], SECRET, patience=20)
server = takes_early(fleet)
print("ready", flush=True)
print("taken" if played(server, bytes.fromhex(sys.stdin.readline())) else "refused", flush=True)
fleet.close()
"""


def test_taken_once_by_processes_at_once(
    fleets: list[Fleet], client: SSL.Context, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent.parent))
    words = [sys.executable, "-c", PLAYER, address(port)]
    pipe = subprocess.PIPE
    players = [subprocess.Popen(words, stdin=pipe, stdout=pipe, text=True) for _ in range(4)]
    try:
        for each in players:
            assert each.stdout is not None
            assert each.stdout.readline() == "ready\n"
        flight = recorded(takes_early(fleets[0]), client)
        for each in players:
            assert each.stdin is not None
            each.stdin.write(flight.hex() + "\n")
            each.stdin.flush()
        answers = [each.communicate(timeout=60)[0] for each in players]
    finally:
        for each in players:
            each.kill()
            each.wait()
    assert sorted(answers) == [*["refused\n"] * 3, "taken\n"]


def test_notes_end_with_the_ticket(fleets: list[Fleet], client: SSL.Context, port: int) -> None:
    server = takes_early(fleets[0])
    server.set_timeout(100)
    assert played(server, recorded(server, client)) == EARLY
    (name,) = ask(port, "KEYS", "brisktls:{0}*" + b"early:default:".hex() + "*")  # type: ignore[misc]
    assert 100_000 < int(ask(port, "PTTL", name)) <= 100_000 + 2 * 60_000  # type: ignore[call-overload]


@pytest.mark.parametrize("how", ["emptied", "another run", "pushes out"])
def test_a_store_that_forgot_refuses_older_tickets(
    fleets: list[Fleet], client: SSL.Context, port: int, tmp_path: Path, how: str
) -> None:
    server = takes_early(fleets[0])
    flight = recorded(server, client)
    assert played(server, flight) == EARLY
    if how == "emptied":
        ask(port, "FLUSHALL")
    elif how == "another run":
        # What is written back from a disk was written by another run.
        mark = bytes(ask(port, "GET", SINCE))  # type: ignore[arg-type]
        ask(port, "FLUSHALL")
        ask(port, "SET", SINCE, mark.replace(mark[4:12], b"01234567"))
    else:
        ask(port, "CONFIG", "SET", "maxmemory-policy", "allkeys-random")
        ask(port, "CONFIG", "SET", "maxmemory", "3mb")
        store = Valkey(address(port))
        for number in range(300):
            store.put(b"filling %d" % number, bytes(20_000), 60)
        store.close()
    assert played(server, flight) == b""
    assert fleets[0].counters.early_refused == 1
    assert fleets[0].counters.early_errors == 0


def test_killed_and_started_again(client: SSL.Context, tmp_path: Path) -> None:
    """What it had on the disk is older than the note: it is not believed."""
    number = free_port()
    with store_server(number, tmp_path) as running:
        grown_up(number)
        fleet = Fleet(address(number), SECRET, **QUICK)
        server = takes_early(fleet)
        flight, second = recorded(server, client), recorded(server, client)
        ask(number, "SAVE")
        assert played(server, flight) == EARLY
        fleet.sessions.store.breaker.pause = 0.01
        running.signal(signal.SIGKILL)
        for _ in range(3):
            assert played(server, second) == b""
        assert fleet.counters.early_errors
    with store_server(number, tmp_path):
        assert ask(number, "EXISTS", SINCE) == 1  # from the disk
        until(lambda: not fleet.sessions.store.breaker.is_open or played(server, second) == b"")
        assert [played(server, each) for each in (flight, second)] == [b"", b""]
    fleet.close()


def test_a_user_who_may_not_ask_for_that_has_it_refused(client: SSL.Context, port: int) -> None:
    ask(port, "ACL", "SETUSER", "modest", "on", ">word", "~*", "+@all", "-info")
    url = address(port).replace(":" + address(port).split("@")[0].split(":")[-1], "modest:word")
    with Fleet(url, SECRET, **QUICK) as fleet:
        server = takes_early(fleet)
        session = early.session_of(server, client)
        assert session is not None
        assert played(server, recorded(server, client)) == b""
        assert fleet.counters.early_errors == 1
        assert fleet.counters.ring_errors == 0


def test_a_huge_entry_is_not_read(port: int) -> None:
    store = Valkey(address(port))
    ask(port, "SET", store._named(b"a"), bytes(50_000_000))
    with pytest.raises(StoreError, match="too large"):
        store.get(b"a")
    store.close()
