"""A real Redis as the store: with a password, over TLS, killed and back again."""

from __future__ import annotations

import signal
import threading
from urllib.parse import quote

import pytest
from fleet.conftest import PASSWORD, store_server

from kit import authority, contexts
from kit.fleets import SECRET, server, until, visit
from kit.ports import free_port
from OpenSSL import SSL
from OpenSSL.fleet import Fleet, StoreError, Valkey


def address(port, scheme="valkey", host="127.0.0.1"):
    return f"{scheme}://:{quote(PASSWORD)}@{host}:{port}"


@pytest.fixture
def port(tmp_path):
    number = free_port()
    with store_server(number, tmp_path):
        yield number


class TestStore:
    def test_what_a_store_promises(self, port):
        store = Valkey(address(port))
        assert store.get(b"a") is None
        store.put(b"a", b"1", 60)
        assert store.get(b"a") == b"1"
        store.remove(b"a")
        assert store.get(b"a") is None
        assert store.add(b"once", b"x", 60)
        assert not store.add(b"once", b"y", 60)
        assert not store.swap(b"ring", b"1", b"2")
        assert store.swap(b"ring", None, b"1")
        assert not store.swap(b"ring", None, b"2")
        assert store.swap(b"ring", b"1", b"\0\xff" * 5000)
        assert store.get(b"ring") == b"\0\xff" * 5000
        store.put(b"soon", b"1", 0.01)
        until(lambda: store.get(b"soon") is None)
        store.close()

    def test_one_of_many_wins(self, port):
        won = []

        def race(number):
            store = Valkey(address(port))
            won.extend([number] if store.swap(b"ring", None, b"%d" % number) else [])
            store.close()

        threads = [threading.Thread(target=race, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(won) == 1

    def test_a_wrong_password_is_an_error(self, port):
        store = Valkey(f"valkey://:wrong@127.0.0.1:{port}")
        with pytest.raises(StoreError, match="AuthenticationError"):
            store.get(b"a")


class TestTLS:
    @pytest.fixture
    def secure(self, tmp_path):
        plain, secure = free_port(), free_port()
        with store_server(plain, tmp_path, secure):
            yield secure

    def test_over_our_own_tls(self, secure):
        context = contexts.client_context()
        store = Valkey(address(secure, "valkeys", "localhost"), context=context)
        assert store.swap(b"ring", None, b"x" * 200_000)
        assert store.get(b"ring") == b"x" * 200_000
        store.close()

    def test_a_server_that_nobody_trusts_is_refused(self, secure):
        store = Valkey(address(secure, "valkeys", "localhost"))
        with pytest.raises(StoreError, match="certificate verify failed"):
            store.get(b"a")

    def test_another_host_is_refused(self, tmp_path):
        plain, secure = free_port(), free_port()
        who = authority.authority().issue("other", names=("other.example",), addresses=())
        with store_server(plain, tmp_path, secure, who):
            url = address(secure, "valkeys", "localhost")
            store = Valkey(url, context=contexts.client_context())
            with pytest.raises(StoreError, match="Hostname mismatch"):
                store.get(b"a")

    def test_a_context_that_verifies_nobody_is_refused(self):
        with pytest.raises(ValueError, match="must verify"):
            Valkey("valkeys://localhost", context=contexts.client_context(verify=False))

    def test_a_fleet_over_it(self, secure):
        client = contexts.client_context()
        stores = [
            Valkey(address(secure, "valkeys", "localhost"), context=contexts.client_context())
            for _ in range(2)
        ]
        with (
            Fleet(stores[0], SECRET, refresh=0.05) as one,
            Fleet(stores[1], SECRET, refresh=0.05) as other,
        ):
            _, session = visit(server(one), client)
            assert visit(server(other), client, session)[0]
            assert not one.counters.ring_errors


def stateful(fleet):
    context = contexts.server_context()
    context.set_options(SSL.OP_NO_TICKET)
    fleet.attach(context)
    return context


class TestSessions:
    @pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
    def test_processes_share_them(self, port, version):
        client = contexts.client_context(version=version)
        with (
            Fleet(address(port), SECRET, refresh=0.05, patience=20) as one,
            Fleet(address(port), SECRET, refresh=0.05, patience=20) as other,
        ):
            _, session = visit(stateful(one), client)
            until(lambda: one.counters.session_puts >= (1 if version == "TLSv1.2" else 2))
            assert visit(stateful(other), client, session)[0]
            assert other.counters.session_hits == 1
            assert not other.counters.session_errors

    @pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
    def test_an_outage_costs_full_handshakes_only(self, tmp_path, how):
        number = free_port()
        client = contexts.client_context()
        with store_server(number, tmp_path) as running:
            store = Valkey(address(number), timeout=0.2, connect_timeout=0.2)
            with Fleet(store, SECRET, refresh=0.05, patience=20) as fleet:
                context = stateful(fleet)
                _, session = visit(context, client)
                until(lambda: fleet.counters.session_puts >= 2)
                assert visit(context, client, session)[0]
                fleet.sessions.store.seconds = 0.02
                running.signal(how)
                for _ in range(20):
                    visit(context, client, session)
                assert fleet.sessions.store.breaker.is_open
                assert fleet.counters.session_skipped
                if how == signal.SIGSTOP:
                    fleet.sessions.store.seconds = 20
                    running.signal(signal.SIGCONT)
                    until(lambda: visit(context, client, session)[0])

    def test_what_the_store_sees_is_sealed(self, port):
        with Fleet(address(port), SECRET, refresh=0.05) as fleet:
            _, session = visit(stateful(fleet), contexts.client_context())
            until(lambda: fleet.counters.session_puts >= 2)
            store = Valkey(address(port))
            names = [key for key in store._ask("KEYS", "*") if b"session".hex().encode() in key]
            entries = [bytes(store._ask("GET", name)) for name in names]
            ends = [int(store._ask("PTTL", name)) for name in names]
            store.close()
        assert len(entries) == 2
        assert all(0 < each <= 300_000 for each in ends)
        for each in entries:
            assert session.get_master_key() not in each
            assert session.get_id_context() not in each


class TestFleets:
    def test_processes_share_it(self, port):
        client = contexts.client_context()
        with (
            Fleet(address(port), SECRET, refresh=0.05) as one,
            Fleet(address(port), SECRET, refresh=0.05) as other,
        ):
            _, session = visit(server(one), client)
            assert visit(server(other), client, session)[0]

    def test_killed_and_back_again(self, tmp_path):
        number = free_port()
        client = contexts.client_context()
        with store_server(number, tmp_path) as running:
            fleets = [Fleet(address(number), SECRET, refresh=0.05) for _ in range(2)]
            one, other = map(server, fleets)
            _, session = visit(one, client)
            running.signal(signal.SIGKILL)
            errors = fleets[0].counters.ring_errors
            until(lambda: fleets[0].counters.ring_errors > errors)
            assert visit(other, client, session)[0]
        with store_server(number, tmp_path):
            reads = [fleet.counters.ring_reads for fleet in fleets]
            until(
                lambda: all(
                    fleet.counters.ring_reads > before
                    for fleet, before in zip(fleets, reads, strict=True)
                )
            )
            until(lambda: visit(other, client, visit(one, client)[1])[0])
        for fleet in fleets:
            fleet.close()

    def test_what_the_store_sees_is_sealed(self, port):
        with Fleet(address(port), SECRET, refresh=0.05) as fleet:
            store = Valkey(address(port))
            sealed = store.get(fleet.keeper.name)
            store.close()
            for key in fleet.ring.keys:
                assert key.to_bytes()[16:48] not in sealed
                assert key.name not in sealed
