"""A fleet under stores, forks and interpreters that do it harm."""

from __future__ import annotations

import gc
import os
import threading
import time

import pytest

from kit import contexts
from kit.fleets import PATIENCE, SECRET, server, until, visit
from kit.resuming import resumes, session_of
from kit.resuming import visit as come
from OpenSSL import SSL
from OpenSSL.fleet import Counters, Fleet, MemoryStore, Policy, SharedFile, TicketKeys
from OpenSSL.fleet.limits import Limited

QUICK = {"refresh": 0.02}


class Stuck(MemoryStore):
    """A store whose answers about the ring never come, once somebody says so."""

    def __init__(self) -> None:
        super().__init__()
        self.go_on = threading.Event()
        self.go_on.set()
        self.waits = threading.Event()

    def get(self, key: bytes) -> bytes | None:
        if not self.go_on.is_set():
            self.waits.set()
            self.go_on.wait(60)
        return super().get(key)


def test_keys_take_turns_while_a_store_lets_its_thread_wait() -> None:
    store = Stuck()
    policy = Policy(period=0.4, lifetime=60, spread=0.3, skew=0.01)
    with Fleet(store, SECRET, policy=policy, **QUICK) as fleet:
        until(lambda: len(fleet.ring.keys) > 1)
        store.go_on.clear()
        assert store.waits.wait(PATIENCE)
        first = fleet._applied
        until(lambda: fleet._applied and fleet._applied[0] != first[0])
        context = contexts.server_context()
        context.set_session_id(b"fleet")
        client = contexts.client_context()
        fleet.attach(context, sessions=False)
        assert visit(context, client, visit(context, client)[1])[0]
        store.go_on.set()


def test_a_fleet_is_closed_while_a_store_lets_it_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("OpenSSL.fleet.fleet.START_PATIENCE", 0.01)
    store = Stuck()
    fleet = Fleet(store, SECRET, **QUICK)
    store.go_on.clear()
    assert store.waits.wait(PATIENCE)
    fleet.close()  # comes back
    store.go_on.set()
    fleet._thread.join(PATIENCE)
    assert not fleet._thread.is_alive()


def test_no_thread_is_to_be_had(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    """As at the end of an interpreter: handshakes go on in full."""
    client = contexts.client_context()
    with Fleet(SharedFile(f"{tmp_path}/store"), SECRET, **QUICK) as fleet:
        context = contexts.server_context(version="TLSv1.2")
        context.set_options(SSL.OP_NO_TICKET)
        fleet.attach(context)

        def none(_thread: threading.Thread) -> None:
            raise RuntimeError("can't create new thread at interpreter shutdown")

        monkeypatch.setattr(threading.Thread, "start", none)
        session = session_of(*come(context, client))
        ends, outcome = come(context, client, session)
        assert outcome == (None, None)
        assert not resumes(ends, outcome)
        monkeypatch.undo()
        assert fleet.counters.session_skipped >= 2
        assert not fleet.sessions.store._starting.locked()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_fork_after_a_fleet_was_dropped(tmp_path: object) -> None:
    """Its Contexts still ask the store, in the child too."""
    client = contexts.client_context()
    fleet = Fleet(SharedFile(f"{tmp_path}/store"), SECRET, refresh=0.02, patience=60)
    context = contexts.server_context(version="TLSv1.2")
    context.set_options(SSL.OP_NO_TICKET)
    fleet.attach(context)
    session = session_of(*come(context, client))
    thread, limited = fleet._thread, fleet._limited
    until(lambda: limited.counters.session_puts == 1)
    del fleet
    gc.collect()
    thread.join(PATIENCE)
    # A lock that a thread had which is not in the child.
    held = limited._line.mutex
    with held:
        child = os.fork()
        if child == 0:
            code = 1
            try:
                code = 0 if resumes(*come(context, client, session)) else 2
            finally:
                os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_clocks_a_minute_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """One host is 60 seconds ahead: all keys are known to both, and rotation goes on."""
    store, client = MemoryStore(), contexts.client_context()
    policy = Policy(period=200, lifetime=600, spread=150, skew=60)
    with (
        Fleet(store, SECRET, policy=policy, refresh=30) as one,
        Fleet(store, SECRET, policy=policy, refresh=30) as ahead,
    ):
        contexts_of = [server(one), server(ahead)]
        now = time.time()
        for minute in range(20):
            for fleet, clock in ((one, now + 60 * minute), (ahead, now + 60 * minute + 60)):
                monkeypatch.setattr("OpenSSL.fleet.fleet.time.time", lambda clock=clock: clock)
                fleet._look()
            sessions = [visit(each, client)[1] for each in contexts_of]
            for session in sessions:
                for each in contexts_of:
                    assert visit(each, client, session)[0], minute
        monkeypatch.undo()
        assert one.ring.version > 3


def test_two_that_both_lead_agree() -> None:
    """Both rotate at each turn; they end with one ring, and nobody's ticket is lost."""
    store, client = MemoryStore(), contexts.client_context()
    with Fleet(store, SECRET, **QUICK) as one, Fleet(store, SECRET, **QUICK) as other:
        servers = [server(one), server(other)]
        session = visit(servers[0], client)[1]
        threads = [
            threading.Thread(target=lambda fleet=fleet: [fleet.rotate() for _ in range(5)])
            for fleet in (one, other)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        until(lambda: one.ring.version == other.ring.version >= 11)
        assert one.ring.in_force(0) == other.ring.in_force(0)
        assert all(visit(each, client, session)[0] for each in servers)


def test_an_entry_of_any_size_is_refused() -> None:
    """Huge, empty, or another's: a full handshake, and one question."""
    store, client = MemoryStore(), contexts.client_context()
    with Fleet(store, SECRET, **QUICK) as fleet:
        context = contexts.server_context(version="TLSv1.2")
        context.set_options(SSL.OP_NO_TICKET)
        fleet.attach(context)
        session = session_of(*come(context, client))
        name = b"session:default:" + session.get_id()
        good = store.get(name)
        assert good is not None
        for bad in (b"", b"BTF1", bytes(1 << 24), good[:16] + bytes(1 << 24), good * 2, b"x"):
            store.put(name, bad, 60)
            assert not resumes(*come(context, client, session))
        store.put(name, good, 60)
        assert resumes(*come(context, client, session))


def test_an_answer_that_is_no_bytes_is_none() -> None:
    class Strange(SharedFile):
        def get(self, key: bytes) -> bytes | None:
            return "text"  # type: ignore[return-value]

    limited = Limited(Strange.__new__(Strange), Counters(), seconds=PATIENCE)
    assert limited.get(b"a") is None
    limited.close()


@pytest.mark.parametrize("ahead", [60.0, -60.0])
def test_clocks_a_minute_apart_at_every_step_of_a_rotation(ahead: float) -> None:
    """One leads, by its clock, and the other learns of it late: no live ticket is ever refused."""
    policy = Policy(period=1000, lifetime=3000, spread=200, skew=60)
    late = 70  # seconds; what `refresh` may be by this policy
    rings = [(-late, TicketKeys.generate(0, policy))]
    made: dict[bytes, int] = {}  # when a key encrypted last
    for now in range(0, 12_000, 5):
        if rings[-1][1].is_due(now + ahead):
            rings.append((now, rings[-1][1].rotated(now + ahead)))
        known = next(ring for since, ring in reversed(rings) if since + late <= now)
        keys = (rings[-1][1].in_force(now + ahead), known.in_force(now))
        for each in keys:
            made[each[0]] = now
        for key, last in made.items():
            assert now - last > policy.lifetime or (key in keys[0] and key in keys[1]), now
    assert len(made) > 10


def test_a_revocation_in_the_middle_of_handshakes() -> None:
    """Each is resumed or full, none fails; what was made before it is never resumed again."""
    store, client = MemoryStore(), contexts.client_context()
    with Fleet(store, SECRET, **QUICK) as one, Fleet(store, SECRET, **QUICK) as other:
        servers = [server(one), server(other)]
        before = [visit(each, client)[1] for each in servers]
        failures: list[BaseException] = []
        over = threading.Event()
        count = [0]

        def come_back(number: int) -> None:
            mine, session = contexts.client_context(), None
            try:
                while not over.is_set():
                    number += 1
                    count[0] += 1
                    session = visit(servers[number % 2], mine, session)[1]
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=come_back, args=[number]) for number in range(4)]
        for thread in threads:
            thread.start()
        for turn in range(5):
            seen, epoch = count[0], (one, other)[turn % 2].revoke().epoch
            until(lambda epoch=epoch: one.ring.epoch >= epoch <= other.ring.epoch)
            until(lambda seen=seen: count[0] > seen + 8)
        over.set()
        for thread in threads:
            thread.join()
        assert failures == []
        for each in servers:
            for session in before:
                assert not visit(each, client, session)[0]


def test_an_entry_that_is_cut_anywhere_is_refused() -> None:
    store, client = MemoryStore(), contexts.client_context()
    with Fleet(store, SECRET, **QUICK) as fleet:
        context = contexts.server_context(version="TLSv1.2")
        context.set_options(SSL.OP_NO_TICKET)
        fleet.attach(context)
        ends, outcome = come(context, client)
        session = session_of(ends, outcome)
        name = b"session:default:" + session.get_id()
        good = store.get(name)
        assert good is not None
        found = fleet.sessions.find
        assert found(ends.server, session.get_id()) is not None
        for size in range(len(good)):
            store.put(name, good[:size], 60)
            assert found(ends.server, session.get_id()) is None, size
        assert fleet.counters.session_refused == len(good)
