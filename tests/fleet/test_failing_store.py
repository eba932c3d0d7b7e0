"""Eight processes whose clients have no tickets, and a store that fails them under load."""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fleet.conftest import store_server
from fleet.test_many_processes import (
    HERE,
    PROCESSES,
    Clients,
    all_ready,
    in_time,
    ring_version,
    url_of,
    visits_more,
    worker,
)

from kit.fleets import until
from kit.ports import free_port
from kit.programs import Program, running
from OpenSSL.fleet import Valkey


@contextlib.contextmanager
def behind_a_strait(folder: Path) -> Iterator[tuple[int, int, Program, Program]]:
    """The port of eight processes, the store's, the store, and the strait before it."""
    store, way, port = free_port(), free_port(), free_port()
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(store_server(store, folder))
        words = [sys.executable, str(HERE / "strait.py"), str(way), str(store)]
        strait = stack.enter_context(running(*words))
        strait.expect("^ready$", 60)
        workers = all_ready(
            [
                stack.enter_context(worker("127.0.0.1", port, url_of(way), kind="stateful"))
                for _ in range(PROCESSES)
            ]
        )
        yield port, store, server, strait
        assert not any("failed" in each.output for each in workers)


@pytest.fixture(autouse=True)
def python_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(HERE.parent))


def full(store: int, _server: Program, _strait: Program) -> None:
    keeper = Valkey(url_of(store))
    keeper._ask("CONFIG", "SET", "maxmemory", "1")
    keeper.close()


FAULTS: dict[str, Callable[[int, Program, Program], object]] = {
    "killed": lambda _store, server, _strait: server.signal(signal.SIGKILL),
    "stopped": lambda _store, server, _strait: server.signal(signal.SIGSTOP),
    "slowed": lambda _store, _server, strait: strait.write(b"slow 0.5\n"),
    "partitioned": lambda _store, _server, strait: strait.write(b"stop\n"),
    "full": full,
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_store_that_fails_costs_full_handshakes_and_nothing_else(
    tmp_path: Path, fault: str
) -> None:
    with behind_a_strait(tmp_path) as (port, store, server, strait), Clients(port) as clients:
        until(lambda: clients.visits > 100)
        usual = visits_more(clients, 300)
        FAULTS[fault](store, server, strait)
        in_time(clients, usual)
        assert clients.failures == []
        if fault in {"slowed", "partitioned"}:
            strait.write(b"go\n")

            def heals() -> bool:
                resumed, seen = clients.outcomes["resumed"], clients.visits
                visits_more(clients, 100)
                return clients.outcomes["resumed"] - resumed >= 0.9 * (clients.visits - seen)

            until(heals)
        assert clients.failures == []


def test_twenty_rotations_without_tickets(tmp_path: Path) -> None:
    with behind_a_strait(tmp_path) as (port, store, _server, _strait):
        first = ring_version(store)
        with Clients(port) as clients:
            clients.pause = 0.05  # what is kept goes out behind the handshake
            until(lambda: ring_version(store) >= first + 20)
            until(lambda: clients.visits > 800)
        assert clients.failures == []
        assert clients.share >= 0.99, clients.outcomes
        assert len(clients.processes) == PROCESSES
