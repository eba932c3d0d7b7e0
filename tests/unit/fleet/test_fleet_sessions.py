"""Sessions of a fleet: without tickets, in a store that may be late, away or spoilt."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator

import pytest

from kit import contexts
from kit.fleets import PATIENT, QUICK, SECRET, until
from kit.resuming import VERSIONS, resumes, session_of, strict_server, visit, visitor
from OpenSSL import SSL
from OpenSSL.fleet import Counters, Fleet, MemoryStore, SharedFile, StoreError
from OpenSSL.fleet.limits import Breaker, Limited


class Distant:
    """A store of another process: it can be away, and it can be slow."""

    def __init__(self) -> None:
        self.inner = MemoryStore()
        self.away = False
        self.asked: list[bytes] = []
        self.open = threading.Event()
        self.open.set()

    def _passed(self, key: bytes) -> None:
        if key.startswith(b"session:"):
            self.asked.append(key)
            assert self.open.wait(60)
        if self.away:
            raise StoreError("away")

    def get(self, key: bytes) -> bytes | None:
        self._passed(key)
        return self.inner.get(key)

    def put(self, key: bytes, value: bytes, seconds: float) -> None:
        self._passed(key)
        self.inner.put(key, value, seconds)

    def remove(self, key: bytes) -> None:
        self.inner.remove(key)

    def add(self, key: bytes, value: bytes, seconds: float, since: float | None = None) -> bool:
        return self.inner.add(key, value, seconds, since)

    def swap(self, key: bytes, expected: bytes | None, value: bytes) -> bool:
        if self.away:
            raise StoreError("away")
        return self.inner.swap(key, expected, value)

    def close(self) -> None:
        self.open.set()


@pytest.fixture
def store() -> Distant:
    return Distant()


@pytest.fixture
def fleets(store: Distant) -> Iterator[list[Fleet]]:
    # Patience is no limit here: tests of what is late set their own.
    made = [Fleet(store, SECRET, **PATIENT) for _ in range(2)]
    yield made
    store.open.set()
    for each in made:
        each.close()


def stateful(fleet: Fleet, version: str, context: SSL.Context | None = None) -> SSL.Context:
    context = context or contexts.server_context(version=version)
    context.set_options(SSL.OP_NO_TICKET)
    fleet.attach(context)
    return context


def kept(fleet: Fleet, count: int) -> None:
    until(lambda: fleet.counters.session_puts >= count)


@VERSIONS
def test_one_resumes_what_the_other_began(
    fleets: list[Fleet], store: Distant, version: str
) -> None:
    one, other = (stateful(each, version) for each in fleets)
    client = contexts.client_context()
    session = session_of(*visit(one, client))
    kept(fleets[0], 1 if version == "TLSv1.2" else 2)
    before = len(store.asked)
    ends, outcome = visit(other, client, session)
    assert resumes(ends, outcome)
    assert fleets[1].counters.session_hits == 1
    # One question, whatever has to be kept afterwards.
    assert store.asked[before:].count(store.asked[before]) == 1
    for each in (one, other):
        assert each.get_session_stats()["number"] == 0


@VERSIONS
@pytest.mark.parametrize("where", ["memory:", "file"])
def test_through_other_stores(tmp_path: object, version: str, where: str) -> None:
    shared = MemoryStore() if where == "memory:" else SharedFile(f"{tmp_path}/store")
    client = contexts.client_context()
    with (
        Fleet(shared, SECRET, **PATIENT) as one,
        Fleet(shared, SECRET, **PATIENT) as other,
    ):
        session = session_of(*visit(stateful(one, version), client))
        kept(one, 1 if version == "TLSv1.2" else 2)
        assert resumes(*visit(stateful(other, version), client, session))


def test_with_tickets_the_store_is_not_asked(fleets: list[Fleet], store: Distant) -> None:
    one, other = (contexts.server_context() for _ in fleets)
    for fleet, each in zip(fleets, (one, other), strict=True):
        fleet.attach(each)
    for version in ("TLSv1.2", "TLSv1.3"):
        client = contexts.client_context(version=version)
        session = session_of(*visit(one, client))
        assert resumes(*visit(other, client, session))
    assert store.asked == []
    assert fleets[0].counters.session_puts == 0


def test_a_client_certificate_is_known_everywhere(fleets: list[Fleet]) -> None:
    one, other = (stateful(each, "TLSv1.2", strict_server("TLSv1.2")) for each in fleets)
    client = visitor()
    session = session_of(*visit(one, client))
    kept(fleets[0], 1)
    ends, outcome = visit(other, client, session)
    assert resumes(ends, outcome)
    certificate = ends.server.get_peer_certificate()
    assert certificate is not None
    assert certificate.get_subject().CN == "client"


# ---- what is refused


@VERSIONS
def test_a_session_of_an_open_host_opens_no_strict_one(fleets: list[Fleet], version: str) -> None:
    lax = stateful(fleets[0], version)
    strict = stateful(fleets[1], version, strict_server(version))
    client = contexts.client_context()
    session = session_of(*visit(lax, client))
    kept(fleets[0], 1)
    ends, outcome = visit(strict, client, session)
    assert outcome.server is not None
    assert not ends.server.session_reused()


@VERSIONS
def test_a_session_of_another_host_is_a_full_handshake(fleets: list[Fleet], version: str) -> None:
    one, other = (stateful(each, version) for each in fleets)
    client = contexts.client_context()
    session = session_of(*visit(one, client))
    kept(fleets[0], 1)
    assert not resumes(*visit(other, client, session, name=b"another.test"))


@VERSIONS
@pytest.mark.parametrize("forge", ["spoil", "swap", "empty", "plain"])
def test_a_forged_entry_is_a_full_handshake(
    fleets: list[Fleet], store: Distant, version: str, forge: str
) -> None:
    one, other = (stateful(each, version) for each in fleets)
    client = contexts.client_context()
    session = session_of(*visit(one, client))
    second = session_of(*visit(one, client))
    kept(fleets[0], 2 if version == "TLSv1.2" else 4)
    names = [key for key in dict.fromkeys(store.asked) if store.inner.get(key)]
    values = [store.inner.get(name) or b"" for name in names]
    for name, value, following in zip(names, values, values[1:] + values[:1], strict=True):
        forged = {
            "spoil": value[:-1] + bytes([value[-1] ^ 1]),
            "swap": following,
            "empty": b"",
            "plain": session.to_bytes(b"sealed by the fleet"),
        }
        store.inner.put(name, forged[forge], 60)
    for each in (session, second):
        assert not resumes(*visit(other, client, each))
    assert fleets[1].counters.session_refused == 2


@VERSIONS
def test_fleets_of_other_names_and_secrets_are_strangers(store: Distant, version: str) -> None:
    client = contexts.client_context()
    with (
        Fleet(store, SECRET, **PATIENT) as one,
        Fleet(store, SECRET, name="other", **PATIENT) as other,
        Fleet(store, SECRET + "!", **PATIENT) as third,
    ):
        session = session_of(*visit(stateful(one, version), client))
        kept(one, 1)
        assert not resumes(*visit(stateful(other, version), client, session))
        assert not resumes(*visit(stateful(third, version), client, session))
        assert other.counters.session_misses
        assert third.counters.session_refused


@VERSIONS
def test_revoking_refuses_every_earlier_session(fleets: list[Fleet], version: str) -> None:
    one, other = (stateful(each, version) for each in fleets)
    client = contexts.client_context()
    session = session_of(*visit(one, client))
    kept(fleets[0], 1 if version == "TLSv1.2" else 2)
    assert resumes(*visit(other, client, session))
    epoch = fleets[0].revoke().epoch
    until(lambda: fleets[1].ring.epoch == epoch)
    assert not resumes(*visit(other, client, session))
    assert fleets[1].counters.session_refused == 1


def test_what_the_store_sees_is_sealed(fleets: list[Fleet], store: Distant) -> None:
    server, client = stateful(fleets[0], "TLSv1.2"), contexts.client_context()
    session = session_of(*visit(server, client))
    kept(fleets[0], 1)
    # A client's hello may have an id of no session, and that is asked for.
    (sealed,) = set(filter(None, map(store.inner.get, store.asked)))
    assert session.get_master_key() not in sealed
    assert session.get_id_context() not in sealed
    assert len(sealed) > 100


# ---- a store that is late or away


@VERSIONS
def test_an_outage_costs_full_handshakes_only(
    fleets: list[Fleet], store: Distant, version: str
) -> None:
    one, other = (stateful(each, version) for each in fleets)
    client = contexts.client_context()
    session = session_of(*visit(one, client))
    kept(fleets[0], 1 if version == "TLSv1.2" else 2)
    fleets[1].sessions.store.breaker.pause = 0.01
    store.away = True
    for _ in range(12):
        assert not resumes(*visit(other, client, session))
    assert fleets[1].sessions.store.breaker.is_open
    assert fleets[1].counters.session_errors >= 5
    assert fleets[1].counters.session_skipped > 0
    store.away = False
    until(lambda: resumes(*visit(other, client, session)))
    assert not fleets[1].sessions.store.breaker.is_open


def test_a_store_that_does_not_answer_is_not_waited_for(store: Distant) -> None:
    client = contexts.client_context()
    with Fleet(store, SECRET, **PATIENT) as one:
        session = session_of(*visit(stateful(one, "TLSv1.2"), client))
        kept(one, 1)
    store.open.clear()
    with Fleet(store, SECRET, refresh=QUICK, patience=0) as fleet:
        server = stateful(fleet, "TLSv1.2")
        for _ in range(8):
            assert not resumes(*visit(server, client, session))
        assert 5 <= fleet.counters.session_timeouts <= 8
        assert fleet.counters.session_skipped
        store.open.set()


class TestLimited:
    def test_what_stands_in_line_is_bounded(self, store: Distant) -> None:
        store.open.clear()
        counters = Counters()
        limited = Limited(store, counters, line=3)
        for number in range(50):
            limited.put(b"session:%d" % number, b"x", 60)
        assert counters.session_skipped >= 50 - 3 - 4
        store.open.set()
        until(lambda: counters.session_puts + counters.session_skipped == 50)
        limited.close()
        limited.put(b"session:late", b"x", 60)
        assert limited.get(b"session:late") is None
        assert counters.session_puts + counters.session_skipped == 52

    def test_threads_end_when_it_is_closed(self, store: Distant) -> None:
        limited = Limited(store, Counters())
        limited.put(b"session:a", b"x", 60)
        threads = list(limited._threads)
        limited.close()
        for each in threads:
            each.join(60)
        assert threads
        assert not any(each.is_alive() for each in threads)

    def test_one_good_answer_closes_the_breaker(self) -> None:
        breaker = Breaker(failures=2, pause=0)
        for _ in range(2):
            assert not breaker.is_open
            assert breaker.lets_through()
            breaker.tell(False)
        assert breaker.is_open
        assert breaker.lets_through()  # the pause is over
        breaker.tell(True)
        assert not breaker.is_open

    def test_an_open_breaker_lets_one_through(self) -> None:
        breaker = Breaker(failures=1, pause=3600)
        breaker.tell(False)
        assert not breaker.lets_through()
        breaker.pause = 0
        breaker.tell(False)
        assert breaker.lets_through()


# ---- Contexts


def test_a_context_with_callbacks_of_its_own_is_not_changed(fleets: list[Fleet]) -> None:
    context = contexts.server_context()
    context.set_session_get_callback(lambda *_: None)
    with pytest.raises(ValueError, match="callbacks of its own"):
        fleets[0].attach(context)
    assert context.get_session_new_callback() is None
    fleets[0].attach(context, sessions=False)
    other = contexts.server_context()
    for each in fleets:
        each.attach(other)
    with pytest.raises(ValueError, match="patience"):
        Fleet(MemoryStore(), SECRET, patience=-1)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this platform")
def test_a_child_of_a_fork_asks_by_itself(fleets: list[Fleet]) -> None:
    server, client = stateful(fleets[0], "TLSv1.2"), contexts.client_context()
    session = session_of(*visit(server, client))
    kept(fleets[0], 1)
    child = os.fork()
    if child == 0:
        code = 1
        try:
            code = 0 if resumes(*visit(server, client, session)) else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
