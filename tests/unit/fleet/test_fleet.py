"""A fleet: processes that share ticket keys through a store, and go on without it."""

from __future__ import annotations

import gc
import os
import threading
import time
import weakref

import pytest

from kit import authority, contexts, pump
from kit.fleets import PATIENCE, SECRET, server, until, visit
from OpenSSL import SSL
from OpenSSL.fleet import Fleet, MemoryStore, Policy, SealError, StoreError, TicketKeys
from OpenSSL.fleet.sealing import Seal

QUICK = {"refresh": 0.02}


class Broken:
    """A store that is away for as long as somebody says so."""

    def __init__(self):
        self.inner = MemoryStore()
        self.away = False

    def _asked(self, name, *arguments):
        if self.away:
            raise StoreError("away")
        return getattr(self.inner, name)(*arguments)

    def get(self, *arguments):
        return self._asked("get", *arguments)

    def put(self, *arguments):
        return self._asked("put", *arguments)

    def remove(self, *arguments):
        return self._asked("remove", *arguments)

    def add(self, *arguments):
        return self._asked("add", *arguments)

    def swap(self, *arguments):
        return self._asked("swap", *arguments)

    def close(self):
        pass


@pytest.fixture
def client():
    return contexts.client_context()


@pytest.fixture
def store():
    return Broken()


@pytest.fixture
def two(store):
    with Fleet(store, SECRET, **QUICK) as one, Fleet(store, SECRET, **QUICK) as other:
        yield one, other


def test_one_resumes_what_the_other_began(two, client):
    one, other = map(server, two)
    _, session = visit(one, client)
    assert visit(other, client, session)[0]


def test_through_a_file(tmp_path, client):
    with Fleet(tmp_path / "keys", SECRET, **QUICK) as one:
        _, session = visit(server(one), client)
        with Fleet(str(tmp_path / "keys"), SECRET, **QUICK) as other:
            assert visit(server(other), client, session)[0]
    assert SECRET.encode() not in (tmp_path / "keys").read_bytes()
    assert one.ring.keys[0].to_bytes()[16:] not in (tmp_path / "keys").read_bytes()


def test_fleets_of_other_names_and_secrets_are_strangers(store, client):
    with (
        Fleet(store, SECRET, **QUICK) as one,
        Fleet(store, SECRET, name="other", **QUICK) as other,
        Fleet(store, SECRET + "!", **QUICK) as third,
    ):
        _, session = visit(server(one), client)
        assert not visit(server(other), client, session)[0]
        assert not visit(server(third), client, session)[0]
        assert third.counters.ring_refused > 0


def test_an_operator_changes_secrets_without_a_gap(store, client):
    with Fleet(store, SECRET, **QUICK) as one:
        _, session = visit(server(one), client)
        with Fleet(store, ["a new secret of 16", SECRET], **QUICK) as other:
            assert visit(server(other), client, session)[0]


def test_rotation_under_load_fails_nobody(store, client):
    policy = Policy(period=0.5, lifetime=60, spread=0.2, skew=0.05)
    fleets = [Fleet(store, SECRET, policy=policy, **QUICK) for _ in range(3)]
    servers = [server(fleet) for fleet in fleets]
    first = fleets[0].ring.version
    _, session = visit(servers[0], client)
    visits = 0
    deadline = time.monotonic() + PATIENCE
    while fleets[0].ring.version < first + 4:
        assert time.monotonic() < deadline
        visits += 1
        again, session = visit(servers[visits % 3], client, session)
        assert again, f"visit {visits}"
    assert visits > 10
    for fleet in fleets:
        fleet.close()


def test_revoking_refuses_every_ticket_of_before(two, client):
    one, other = two
    context = server(other)
    _, session = visit(server(one), client)
    epoch = one.revoke().epoch
    until(lambda: other.ring.epoch == epoch)
    until(lambda: not visit(context, client, session)[0])


def test_a_store_that_forgot_heals_with_the_newest_ring(store, two, client):
    one, other = two
    one.rotate()
    ring = one.rotate()
    until(lambda: other.ring.version == ring.version)
    _, session = visit(server(one), client)
    store.inner.remove(one.keeper.name)
    until(lambda: store.inner.get(one.keeper.name) is not None)
    with Fleet(store, SECRET, **QUICK) as third:
        until(lambda: third.ring.version >= ring.version)
        for fleet in (one, other, third):
            assert fleet.ring.version >= ring.version
            assert visit(server(fleet), client, session)[0]


def test_a_store_put_back_from_a_copy_heals(store, two):
    one, other = two
    name = one.keeper.name
    old = store.inner.get(name)
    ring = one.rotate()
    until(lambda: other.ring.version == ring.version)
    assert store.inner.swap(name, store.inner.get(name), old)
    until(lambda: store.inner.get(name) != old)
    with Fleet(store, SECRET, **QUICK) as third:
        assert third.ring.version >= ring.version


def test_a_stranger_writes_over_nobodys_ring(store, two):
    one, _ = two
    before = store.inner.get(one.keeper.name)
    with Fleet(store, SECRET + "!", **QUICK) as stranger:
        until(lambda: stranger.counters.ring_errors > 2)
        with pytest.raises(SealError):
            stranger.rotate()
        assert store.inner.get(one.keeper.name) == before
        stranger.revoke()  # on command
        assert store.inner.get(one.keeper.name) != before


def test_a_ring_read_earlier_is_not_put_into_force_later(store, client, monkeypatch):
    """One thread stops between the ring and the Context, while another one revokes."""
    with Fleet(store, SECRET, refresh=30) as fleet:
        context = server(fleet)
        _, session = visit(context, client)
        asked, go_on = threading.Event(), threading.Event()
        real = TicketKeys.in_force

        def slow(ring, now):
            keys = real(ring, now)
            if threading.current_thread().name == "slow":
                asked.set()
                go_on.wait(1)  # long enough for a revocation that is not kept out
            return keys

        monkeypatch.setattr(TicketKeys, "in_force", slow)
        looking = threading.Thread(target=fleet._apply, name="slow")
        looking.start()
        assert asked.wait(PATIENCE)
        revoking = threading.Thread(target=fleet.revoke)
        revoking.start()
        revoking.join(0.2)
        go_on.set()
        looking.join()
        revoking.join()
        assert not visit(context, client, session)[0]


def test_a_context_that_cannot_be_changed_is_tried_again(store, client, monkeypatch):
    with Fleet(store, SECRET, refresh=30) as fleet:
        context = server(fleet)
        _, session = visit(context, client)
        real = SSL.Context.set_ticket_keys
        monkeypatch.setattr(
            SSL.Context, "set_ticket_keys", lambda *_: (_ for _ in ()).throw(MemoryError())
        )
        with pytest.raises(MemoryError):
            fleet.revoke()
        monkeypatch.setattr(SSL.Context, "set_ticket_keys", real)
        fleet._look()
        assert not visit(context, client, session)[0]


class TestClients:
    """A ticket carries the rules by which a client was let in: it opens no others."""

    @pytest.fixture
    def stranger(self):
        made = contexts.client_context()
        contexts.use_identity(made, authority.stranger_authority().issue("stranger", client=True))
        return made

    @staticmethod
    def asking(fleet, callback=None):
        context = server(fleet)
        mode = SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT
        context.set_verify(mode, callback)
        return context

    def refused(self, context, client, session):
        ends = pump.pair(context, client)
        if session is not None:
            ends.client.set_session(session)
        outcome = pump.handshake_outcome(*ends)
        return not ends.server.session_reused() and outcome.server is not None

    def test_who_was_let_in_by_a_lax_process_is_not_by_a_strict_one(self, two, stranger):
        lax = self.asking(two[0], lambda *_: True)
        _, session = visit(lax, stranger)
        strict = self.asking(two[1])
        assert self.refused(strict, stranger, None)
        assert self.refused(strict, stranger, session)

    def test_nor_who_was_asked_for_nothing(self, two, stranger):
        _, session = visit(server(two[0]), stranger)
        assert session.has_ticket()
        assert self.refused(self.asking(two[1]), stranger, session)

    def test_rules_that_are_set_late_count(self, two, stranger):
        context = server(two[1])
        _, session = visit(server(two[0]), stranger)
        ends = pump.pair(context, stranger)
        ends.client.set_session(session)
        ends.server.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT)
        assert pump.handshake_outcome(*ends).server is not None
        assert not ends.server.session_reused()

    @pytest.fixture
    def known(self):
        return contexts.client_context(authority.client_identity())

    def trusting(self, fleet, callback=None):
        context = self.asking(fleet, callback)
        context.load_verify_locations(authority.trust_file())
        return context

    def test_a_client_that_one_has_verified_is_resumed_by_another(self, two, known):
        _, session = visit(self.trusting(two[0]), known)
        resumed, _ = visit(self.trusting(two[1]), known, session)
        assert resumed

    def test_what_a_callback_decided_is_not(self, two, known):
        _, session = visit(self.trusting(two[0], lambda *_: True), known)
        resumed, _ = visit(self.trusting(two[1], lambda *_: True), known, session)
        assert not resumed

    @pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
    def test_a_host_that_is_chosen_by_name_and_asks_lets_nobody_in_by_one(self, two, version):
        nobody = contexts.client_context(version=version)
        strict = self.asking(two[1])
        front = server(two[1])
        _, session = visit(server(two[0]), nobody)
        front.set_tlsext_servername_callback(lambda end: end.set_context(strict))
        assert pump.handshake_outcome(*self.offering(front, nobody, session)).server is not None

    @staticmethod
    def offering(context, client, session):
        ends = pump.pair(context, client)
        ends.client.set_tlsext_host_name(b"localhost")
        ends.client.set_session(session)
        return ends


def test_a_ring_of_before_cannot_be_brought_back(store, two):
    one, other = two
    name = one.keeper.name
    old = store.inner.get(name)
    ring = one.revoke()
    until(lambda: other.ring.epoch == ring.epoch)
    store.inner.swap(name, store.inner.get(name), old)
    until(lambda: other.counters.ring_refused + one.counters.ring_refused > 0)
    until(lambda: store.inner.get(name) != old)
    assert one.ring.epoch == other.ring.epoch == ring.epoch


@pytest.mark.parametrize("forged", [b"", b"nonsense", b"BTF1" + bytes(200)])
def test_a_forged_ring_is_refused(store, two, client, forged):
    one, other = two
    ring = one.ring
    store.inner.swap(one.keeper.name, store.inner.get(one.keeper.name), forged)
    until(lambda: other.counters.ring_refused > 0)
    assert other.ring.version == ring.version
    _, session = visit(server(one), client)
    assert visit(server(other), client, session)[0]


def test_a_ring_sealed_by_another_is_refused(store, two):
    one, other = two
    forged = Seal("another's secret", "ticket keys").close(
        TicketKeys.generate(0).revoked(0).revoked(0)._to_json(), one.keeper.name
    )
    store.inner.swap(one.keeper.name, store.inner.get(one.keeper.name), forged)
    until(lambda: other.counters.ring_refused > 0)
    assert other.ring.epoch == 1


def test_without_the_store_handshakes_go_on_and_it_heals(store, client):
    store.away = True
    with Fleet(store, SECRET, **QUICK) as one, Fleet(store, SECRET, **QUICK) as other:
        servers = server(one), server(other)
        _, session = visit(servers[0], client)
        assert not visit(servers[1], client, session)[0]
        assert one.counters.ring_errors > 0
        store.away = False
        until(lambda: one.ring.in_force(0) == other.ring.in_force(0))
        until(lambda: visit(servers[1], client, visit(servers[0], client)[1])[0])


def test_an_outage_in_the_middle_keeps_the_keys(store, two, client):
    one, other = map(server, two)
    store.away = True
    _, session = visit(one, client)
    assert visit(other, client, session)[0]


def test_rotating_without_the_store_says_so(store, two):
    store.away = True
    with pytest.raises(StoreError):
        two[0].rotate()
    with pytest.raises(StoreError):
        two[0].revoke()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_child_of_a_fork_follows_the_store(tmp_path, client):
    with Fleet(tmp_path / "keys", SECRET, **QUICK) as fleet:
        context = server(fleet)
        _, session = visit(context, client)
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            answer = b"failed"
            try:
                until(lambda: fleet.ring.epoch == 2)
                until(lambda: not visit(context, client, session)[0])
                answer = b"followed"
            finally:
                os.write(write, answer)
                os._exit(0)
        os.close(write)
        fleet.revoke()
        assert os.read(read, 100) == b"followed"
        os.waitpid(child, 0)
        os.close(read)


def test_a_fleet_keeps_no_context_and_nobody_keeps_a_fleet(store):
    fleet = Fleet(store, SECRET, **QUICK)
    context = server(fleet)
    gone = weakref.ref(context)
    del context
    gc.collect()
    assert gone() is None
    thread = fleet._thread
    del fleet
    gc.collect()
    thread.join(PATIENCE)
    assert not thread.is_alive()


def test_many_threads_attach_at_once(two, client):
    one, other = two
    made = []

    def attach():
        made.append(server(one))

    threads = [threading.Thread(target=attach) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    _, session = visit(server(other), client)
    assert all(visit(context, client, session)[0] for context in made)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"secret": "short"}, ValueError),
        ({"secret": 7}, TypeError),
        ({"refresh": 0}, ValueError),
        ({"refresh": 400}, ValueError),
        ({"where": 7}, TypeError),
        ({"where": "ftp://x"}, ValueError),
    ],
)
def test_bad_arguments(arguments, error):
    with pytest.raises(error):
        Fleet(**({"where": "memory:", "secret": SECRET} | arguments))
