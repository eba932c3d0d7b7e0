"""A store of several servers: a cluster, and a primary that sentinels name; over TLS too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fleet.many_servers import Servers, begun_again, cluster, sentinels

from kit import contexts
from kit.fleets import EARLY, SECRET, played, recorded, server, takes_early, until, visit
from OpenSSL import SSL
from OpenSSL.fleet import Fleet, StoreError, Valkey

KINDS = {"cluster": cluster, "sentinel": sentinels}


@pytest.fixture(params=KINDS)
def servers(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Servers]:
    with KINDS[request.param](tmp_path) as made:
        yield made


@pytest.fixture
def client() -> SSL.Context:
    return contexts.client_context(version="TLSv1.3")


def a_fleet(servers: Servers) -> Fleet:
    return Fleet(servers.store(), SECRET, refresh=0.05, patience=20.0)


def keeps_its_promises(store: Valkey) -> None:
    """Entries of many names, so that a cluster has them everywhere."""
    for number in range(30):
        name = b"%d" % number
        assert store.get(name) is None
        store.put(name, name * 500, 60)
        assert store.get(name) == name * 500
        store.remove(name)
        assert store.add(name, b"1", 60)
        assert not store.add(name, b"2", 60)
        assert not store.swap(b"ring" + name, b"1", b"2")
        assert store.swap(b"ring" + name, None, b"1")
        assert store.swap(b"ring" + name, b"1", b"2")
        assert store.get(b"ring" + name) == b"2"


def test_what_a_store_promises(servers: Servers) -> None:
    store = servers.store()
    keeps_its_promises(store)
    store.close()


@pytest.mark.parametrize("kind", KINDS)
def test_over_our_own_tls(kind: str, tmp_path: Path, client: SSL.Context) -> None:
    """To every node, and to the sentinels; whom nobody trusts is not asked."""
    with KINDS[kind](tmp_path, tls=True) as servers:
        keeps_its_promises(servers.store())
        with a_fleet(servers) as one, a_fleet(servers) as other:
            assert visit(server(other), client, visit(server(one), client)[1])[0]
        stranger = Valkey(servers.url)  # by the system's trust
        with pytest.raises(StoreError, match=r"certificate verify failed|No master found"):
            stranger.get(b"a")


@pytest.mark.parametrize("order", ["first one", "first other"])
def test_early_data_is_taken_once(servers: Servers, client: SSL.Context, order: str) -> None:
    with a_fleet(servers) as one, a_fleet(servers) as other:
        until(lambda: one.counters.ring_reads and other.counters.ring_reads)
        servers.grow_up()
        ends = [takes_early(each) for each in (one, other)]
        flights = [recorded(ends[0], client) for _ in range(10)]
        if order == "first other":
            ends.reverse()
        for flight in flights:
            assert [played(end, flight) for end in ends * 2] == [EARLY, b"", b"", b""]
        assert sum(each.counters.early_taken for each in (one, other)) == 10


def primary_of(servers: Servers, store: Valkey) -> int:
    """The port of the server that has the first part of the notes, or all."""
    store.get(b"a")
    if servers.shards == 1:
        manager = store._client.connection_pool.sentinel_manager
        return int(manager.discover_master("service")[1])
    return int(store._client._client.get_node_from_key(b"brisktls:{0}since").port)


def ticket_of_the_first_part(server: SSL.Context, client: SSL.Context, fleet: Fleet) -> bytes:
    """A flight whose note goes there: other parts are on other servers."""
    store = fleet.store
    assert isinstance(store, Valkey)
    while True:
        flight = recorded(server, client)
        with pytest.MonkeyPatch.context() as patch:
            parts = []

            def once(shard: int, *rest: object, parts: list[int] = parts) -> bool:
                parts.append(shard)
                return False

            patch.setattr(store, "_once", once)
            played(server, flight)
        if parts[-1] == 0:
            return flight


def test_a_failover_takes_nothing_twice(servers: Servers, client: SSL.Context) -> None:
    """The server that takes over has not been there for all that time, and says so."""
    with a_fleet(servers) as one, a_fleet(servers) as other:
        until(lambda: one.counters.ring_reads and other.counters.ring_reads)
        servers.grow_up()
        ends = [takes_early(each) for each in (one, other)]
        _, session = visit(ends[0], client)
        flights = [ticket_of_the_first_part(ends[0], client, one) for _ in range(2)]
        assert [played(end, flights[0]) for end in ends] == [EARLY, b""]
        store = servers.store()
        before = primary_of(servers, store)
        servers.kill(before)
        for flight in flights:
            for end in ends:
                assert played(end, flight) == b""
        assert visit(ends[1], client, session)[0]  # tickets ask nobody

        def is_over() -> bool:
            try:
                return store.swap(b"new", store.get(b"new"), b"1") and (
                    primary_of(servers, store) != before
                )
            except StoreError:
                return False

        until(is_over)
        for each in (one, other):
            each.sessions.store.breaker.pause = 0.01
            refused = each.counters.early_refused
            end = takes_early(each)
            # Until it is answered again, and then because that one is younger.
            until(
                lambda end=end, each=each, refused=refused: (
                    played(end, flights[1]) or each.counters.early_refused > refused
                )
            )
            assert each.counters.early_refused > refused
            assert [played(end, flight) for flight in flights] == [b"", b""]
        servers.grow_up()
        flight = ticket_of_the_first_part(ends[0], client, one)
        assert [played(end, flight) for end in ends * 2] == [EARLY, b"", b"", b""]
        store.close()


def test_a_cluster_that_was_away_as_a_whole(tmp_path: Path, client: SSL.Context) -> None:
    """Nothing raises meanwhile, and it heals: with each of its nodes lost, and from the start."""
    with cluster(tmp_path) as servers, a_fleet(servers) as fleet:
        context = server(fleet)
        _, session = visit(context, client)
        servers.kill_all()
        errors = fleet.counters.ring_errors
        until(lambda: fleet.counters.ring_errors >= errors + 3)
        assert visit(context, client, session)[0]
        with a_fleet(servers) as late:  # nobody answers it
            assert late.counters.ring_errors
            assert not visit(server(late), client, session)[0]
            with begun_again(servers, tmp_path):
                until(lambda: late.ring.keys[0].name == fleet.ring.keys[0].name)
                # A fleet that knows the ring has put it back.
                until(lambda: visit(server(late), client, visit(context, client)[1])[0])


def test_nothing_is_connected_before_it_is_needed() -> None:
    for kind in ("cluster", "sentinel"):
        store = Valkey(f"valkey+{kind}://:word@127.0.0.1:1/{'a' if kind == 'sentinel' else ''}")
        with pytest.raises(StoreError):
            store.get(b"a")
        store.close()
