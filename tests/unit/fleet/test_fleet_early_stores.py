"""Early data where the fleet's store is away, late, young, or has forgotten."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from kit import contexts, early, pump
from kit.distant_store import Distant, Outside
from kit.fleets import EARLY, PATIENT, SECRET, grown_up, played, recorded, takes_early
from OpenSSL import SSL
from OpenSSL.fleet import Fleet, MemoryStore, SharedFile, StoreError


@pytest.fixture
def client() -> SSL.Context:
    return contexts.client_context(version="TLSv1.3")


# ---- a store that is away, late, or says nonsense


@pytest.fixture
def distant() -> Distant:
    return Distant()


@pytest.fixture
def pair(distant: Distant) -> Iterator[list[Fleet]]:
    made = [Fleet(Outside(distant), SECRET, **PATIENT) for _ in range(2)]
    yield made
    distant.says = None
    for each in made:
        each.close()


def goes_on(server: SSL.Context, client: SSL.Context, session: SSL.Session) -> None:
    """The early data is refused, and the rest is as ever."""
    ends = pump.pair(server, client)
    ends.client.set_session(session)
    ends.client.write_early_data(EARLY)
    pump.shuttle(ends.client, ends.server)
    assert early.read_to_the_end(ends) == b""
    early.finish(ends)
    assert early.statuses(ends) == ["rejected"] * 2
    assert ends.client.session_reused()


def test_in_an_outage_it_is_refused_and_the_handshake_goes_on(
    pair: list[Fleet], distant: Distant, client: SSL.Context
) -> None:
    one, other = (takes_early(fleet) for fleet in pair)
    breaker = pair[1].sessions.store.breaker
    breaker.pause = 3600

    def away() -> bool:
        raise StoreError("away")

    distant.says = away
    for _ in range(8):
        goes_on(other, client, early.session_of(one, client))
    assert pair[1].counters.early_errors == breaker.failures
    assert pair[1].counters.early_skipped == 8 - breaker.failures
    assert pair[1].counters.early_taken == 0
    distant.says = None
    flight = recorded(one, client)
    assert played(other, flight) == b""  # as long as the breaker is open
    breaker.pause = 0
    breaker.tell(False)
    assert played(other, recorded(one, client)) == EARLY


def test_a_store_that_answers_too_late_has_it_refused(
    pair: list[Fleet], distant: Distant, client: SSL.Context
) -> None:
    one, other = (takes_early(fleet) for fleet in pair)
    go_on = threading.Event()
    distant.says = lambda: go_on.wait(60)  # "it has not come before"
    pair[1].sessions.store.seconds = 0
    goes_on(other, client, early.session_of(one, client))
    go_on.set()
    assert pair[1].counters.early_timeouts == 1
    assert pair[1].counters.early_taken == 0


@pytest.mark.parametrize("answer", [None, 1, b"yes", "kept", [True]])
def test_a_store_that_says_anything_but_true(
    pair: list[Fleet], distant: Distant, client: SSL.Context, answer: object
) -> None:
    distant.says = lambda: answer
    flight = recorded(takes_early(pair[0]), client)
    assert played(takes_early(pair[1]), flight) == b""


def test_a_closed_fleet_takes_none(client: SSL.Context) -> None:
    fleet = Fleet("memory:", SECRET, **PATIENT)
    server = takes_early(fleet)
    flight = recorded(server, client)
    fleet.close()
    assert played(server, flight) == b""
    assert fleet.counters.early_skipped == 1


# ---- a store that has not been there, or has forgotten


def test_a_store_that_is_younger_than_the_ticket(tmp_path: Path, client: SSL.Context) -> None:
    """Somebody may have taken it before the store was there to note it."""
    with Fleet(tmp_path / "store", SECRET, **PATIENT) as fleet:
        server = takes_early(fleet)
        flight = recorded(server, client)
        assert played(server, flight) == b""
        assert fleet.counters.early_refused == 1
        grown_up(tmp_path / "store")
        assert played(server, flight) == EARLY
        assert played(server, flight) == b""


def test_a_file_that_is_lost_brings_nothing_back(tmp_path: Path, client: SSL.Context) -> None:
    with Fleet(tmp_path / "store", SECRET, **PATIENT) as fleet:
        grown_up(tmp_path / "store")
        server = takes_early(fleet)
        flight = recorded(server, client)
        assert played(server, flight) == EARLY
        for each in tmp_path.iterdir():
            each.unlink()
        assert played(server, flight) == b""


def test_nor_does_one_that_is_put_back_from_a_copy(tmp_path: Path, client: SSL.Context) -> None:
    store = tmp_path / "store"
    SharedFile(store).close()
    grown_up(store)
    copy = store.read_bytes()
    with Fleet(store, SECRET, **PATIENT) as fleet:
        server = takes_early(fleet)
        flight = recorded(server, client)
        assert played(server, flight) == EARLY
        (tmp_path / "copy").write_bytes(copy)
        for each in tmp_path.glob("store*"):
            each.unlink()
        (tmp_path / "copy").rename(store)
        assert played(server, flight) == b""


FIRST = """
import sqlite3
import sys
from pathlib import Path
from kit import contexts
from kit.fleets import EARLY, SECRET, grown_up, played, recorded, takes_early
from OpenSSL.fleet import Fleet
store = Path(sys.argv[1])
Fleet(store, SECRET, refresh=0.02).close()
grown_up(store)
with sqlite3.connect(store) as now, sqlite3.connect(store.with_name("copy")) as copy:
    now.backup(copy)
with Fleet(store, SECRET, refresh=0.02, patience=60) as fleet:
    server = takes_early(fleet)
    flight = recorded(server, contexts.client_context(version="TLSv1.3"))
    assert played(server, flight) == EARLY
store.with_name("flight").write_bytes(flight)
"""


@pytest.mark.skipif(not hasattr(os, "setxattr"), reason="files have no attributes here")
def test_nor_does_one_that_is_written_over_from_a_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By an operator, with nobody there: the file is the same one, and its keys are."""
    store = tmp_path / "store"
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    done = subprocess.run(
        [sys.executable, "-c", FIRST, str(store)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    if "user.brisktls.notes" not in os.listxattr(store):
        pytest.skip("the file system of temporary files has no attributes")
    assert [each.name for each in tmp_path.glob("store*")] == ["store"]
    store.write_bytes((tmp_path / "copy").read_bytes())
    with Fleet(store, SECRET, **PATIENT) as fleet:
        server = takes_early(fleet)
        assert played(server, (tmp_path / "flight").read_bytes()) == b""
        assert fleet.counters.early_refused == 1


def test_a_store_without_room_takes_none(tmp_path: Path, client: SSL.Context) -> None:
    for store in (MemoryStore(2), SharedFile(tmp_path / "store", 2)):
        if isinstance(store, SharedFile):
            grown_up(tmp_path / "store")
        with Fleet(store, SECRET, **PATIENT) as fleet:
            server = takes_early(fleet)
            seen = [played(server, recorded(server, client)) for _ in range(4)]
            assert seen == [EARLY, EARLY, b"", b""]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_memory_is_one_processs_alone(client: SSL.Context) -> None:
    """A child of a fork has the keys of tickets too, and a memory of its own."""
    with Fleet("memory:", SECRET, **PATIENT) as fleet:
        server = takes_early(fleet)
        flight = recorded(server, client)
        child = os.fork()
        if child == 0:
            code = 1
            try:
                code = 0 if played(server, flight) == b"" else 2
            finally:
                os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert played(server, flight) == EARLY
