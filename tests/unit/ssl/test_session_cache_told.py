"""The cache of a Context: who is told of sessions, and what goes wrong there."""

from __future__ import annotations

import gc
import threading
from typing import Any

import pytest

from kit import authority, contexts, pump
from kit.caches import OUTSIDE, Cache, noting, stateful
from kit.resuming import (
    VERSIONS,
    resumes,
    session_of,
    visit,
)
from OpenSSL import SSL

# ---- exceptions


class Trouble(Exception):
    """What a callback raises."""


def fail(*_: object) -> None:
    raise Trouble


@VERSIONS
def test_an_error_of_get_ends_the_handshake(version: str) -> None:
    server, client = stateful(version), contexts.client_context()
    session = session_of(*visit(server, client))
    server.set_session_cache_mode(OUTSIDE)
    server.set_session_get_callback(fail)
    ends, outcome = visit(server, client, session)
    assert isinstance(outcome.server, Trouble)
    assert isinstance(outcome.client, SSL.Error)
    with pytest.raises(SSL.Error, match="aborted by an exception"):
        ends.server.send(b"x")


@VERSIONS
def test_an_error_of_new_ends_a_servers_handshake(version: str) -> None:
    server, client = stateful(version), contexts.client_context()
    server.set_session_new_callback(fail)
    ends, outcome = visit(server, client)
    assert isinstance(outcome.server, Trouble)
    with pytest.raises(SSL.Error, match="aborted by an exception"):
        ends.server.send(b"x")
    with pytest.raises(SSL.Error):
        ends.client.recv(1)


def test_an_error_of_new_comes_out_of_the_read_that_took_the_ticket() -> None:
    server, client = contexts.server_context(version="TLSv1.3"), contexts.client_context()
    noting(client)
    client.set_session_new_callback(fail)
    ends = pump.connected(server, client)
    ends.server.send(b"data")
    pump.exchange(*ends)
    with pytest.raises(Trouble) as caught:
        ends.client.recv(10)
    assert isinstance(caught.value.__context__, Trouble)  # there were two tickets
    assert ends.client.recv(10) == b"data"
    ends.client.send(b"answer")
    pump.exchange(*ends)
    assert ends.server.recv(10) == b"answer"


def test_an_error_of_remove_is_told_to_the_unraisable_hook(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[Any] = []
    monkeypatch.setattr("sys.unraisablehook", told.append)
    server = stateful("TLSv1.2")
    server.set_session_remove_callback(fail)
    visit(server, contexts.client_context())
    server.flush_sessions(0)
    assert [type(each.exc_value) for each in told] == [Trouble]
    assert told[0].object is fail


# ---- who is told


@pytest.mark.parametrize(("version", "count"), [("TLSv1.2", 1), ("TLSv1.3", 2)])
def test_a_client_is_told_of_every_session(version: str, count: int) -> None:
    server, client = contexts.server_context(version=version), contexts.client_context()
    got = noting(client)
    session_of(*visit(server, client))
    assert len({each.get_id() for each in got}) == count
    for each in list(got):
        assert each.has_ticket()
        assert resumes(*visit(server, client, each))
    assert client.get_session_stats()["number"] == 0


def test_a_server_over_tls_1_2_with_tickets_has_nothing_to_tell() -> None:
    cache, client = Cache(), contexts.client_context(version="TLSv1.2")
    server = cache.serve(contexts.server_context())
    server.clear_options(SSL.OP_NO_TICKET)
    session = session_of(*visit(server, client))
    assert resumes(*visit(server, client, session))
    assert cache.kept == {}
    assert cache.asked == []


@VERSIONS
def test_removals(version: str) -> None:
    told: list[tuple[SSL.Context, bytes]] = []
    server, client = stateful(version), contexts.client_context(version=version)
    server.set_session_remove_callback(lambda *about: told.append((about[0], about[1].get_id())))
    ends, outcome = visit(server, client)
    session_of(ends, outcome)
    names = {name for _, name in told}
    assert names == set()
    number = server.get_session_stats()["number"]
    server.flush_sessions(0)
    assert len(told) == number > 0
    assert {where for where, _ in told} == {server}


def test_a_full_cache_lets_go_of_the_oldest() -> None:
    told: list[bytes] = []
    server, client = stateful("TLSv1.2"), contexts.client_context()
    server.set_session_remove_callback(lambda _, session: told.append(session.get_id()))
    assert server.set_session_cache_size(2) == 20480
    assert server.get_session_cache_size() == 2
    made, open_ends = [], []
    for _ in range(4):
        ends, outcome = visit(server, client)
        made.append(session_of(ends, outcome).get_id())
        open_ends.append(ends)
    # libssl 3.0 counts the new one among those that are there.
    assert 2 <= len(told) == server.get_session_stats()["cache_full"] <= 3
    assert told == made[: len(told)]


def test_a_connection_dropped_without_a_goodbye() -> None:
    told: list[bytes] = []
    server, client = stateful("TLSv1.2"), contexts.client_context()
    server.set_session_remove_callback(lambda _, session: told.append(session.get_id()))
    ends, outcome = visit(server, client)
    name = session_of(ends, outcome).get_id()
    del ends
    gc.collect()
    assert told == [name]


def test_a_connection_that_goes_in_a_ring_with_its_context(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The collector may empty the set of hooks before the connection goes."""
    wrong: list[object] = []
    monkeypatch.setattr("sys.unraisablehook", wrong.append)
    for _ in range(3):
        server = stateful("TLSv1.2")
        server.set_session_remove_callback(lambda *_: None)
        ends, _ = visit(server, contexts.client_context())
        # Of all this only the set can be emptied.
        server.set_cert_callback(ends.server.get_shutdown)  # type: ignore[arg-type]
        del server, ends
        gc.collect()
    assert not wrong


def test_nothing_is_told_of_what_goes_with_the_context() -> None:
    told: list[object] = []
    server, client = stateful("TLSv1.2"), contexts.client_context()
    server.set_session_remove_callback(lambda *about: told.append(about))
    ends, outcome = visit(server, client)
    session_of(ends, outcome)
    ends.server.set_shutdown(SSL.SENT_SHUTDOWN)
    del ends, server
    gc.collect()
    assert told == []


def test_a_client_that_does_not_offer_a_session_tells_of_no_removal() -> None:
    told: list[object] = []
    server, client = contexts.server_context(version="TLSv1.2"), contexts.client_context()
    client.set_session_remove_callback(lambda *about: told.append(about))
    ends, outcome = visit(server, client)
    session = session_of(ends, outcome)
    other = visit(server, client, session, client=lambda end: end.set_host("localhost"))
    assert not resumes(*other)
    assert told == []


def test_a_remove_callback_may_use_the_context() -> None:
    server, client = stateful("TLSv1.2"), contexts.client_context()
    told: list[bool] = []

    def on_remove(context: SSL.Context, session: SSL.Session) -> None:
        told.append(context.remove_session(session))
        if len(told) == 1:
            context.add_session(session)
            context.flush_sessions(0)

    server.set_session_remove_callback(on_remove)
    ends, outcome = visit(server, client)
    session_of(ends, outcome)
    server.flush_sessions(0)
    # Asked to remove what has gone it does nothing, so this has an end.
    assert told == [False, False]


def test_removals_while_threads_shake_hands() -> None:
    """libssl removes with the lock of its cache held: no Python may run there."""
    told: list[bytes] = []
    server, client = stateful("TLSv1.2"), contexts.client_context()
    server.set_session_cache_size(1)
    server.set_session_remove_callback(lambda _, session: told.append(session.get_id()))
    failures: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(15):
                session_of(*visit(server, client))
                server.get_session_stats()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    assert failures == []
    assert not any(each.is_alive() for each in threads)
    server.flush_sessions(0)
    assert len(set(told)) == 60


@VERSIONS
def test_nobody_is_told_after_none_and_only_of_what_comes_after_that(version: str) -> None:
    told: list[bytes] = []
    server, client = stateful(version), contexts.client_context()

    def on_remove(_: SSL.Context, session: SSL.Session) -> None:
        told.append(session.get_id())

    for callback in (on_remove, None, on_remove):
        told.clear()
        server.set_session_remove_callback(callback)
        assert server.get_session_remove_callback() is callback
        ends, outcome = visit(server, client)
        session_of(ends, outcome)
        number = server.get_session_stats()["number"]
        assert number > 0
        server.flush_sessions(0)
        assert len(told) == (number if callback is not None else 0)
        del ends, outcome


def test_a_connection_is_dropped_while_another_thread_holds_its_context() -> None:
    """Whom to tell must be known without the lock of the Context, for which that would wait."""
    told: list[bytes] = []
    server, client = stateful("TLSv1.2"), contexts.client_context()
    server.set_session_remove_callback(lambda _, session: told.append(session.get_id()))
    ends, outcome = visit(server, client)
    name = session_of(ends, outcome).get_id()
    inside, go_on = threading.Event(), threading.Event()

    def passphrase(*_: object) -> bytes:
        inside.set()
        assert go_on.wait(60)
        return b"wrong"

    def hold() -> None:
        server.set_passwd_cb(passphrase)
        with pytest.raises(SSL.Error):
            server.use_privatekey_file(authority.identity().files.key_encrypted)

    holding = threading.Thread(target=hold)
    holding.start()
    try:
        assert inside.wait(60)
        del ends
        gc.collect()
        assert told == [name]
    finally:
        go_on.set()
        holding.join(60)


def test_connections_are_dropped_while_the_callback_comes_and_goes() -> None:
    """libssl looks for its callback twice, with no lock of ours held."""
    server, client = stateful("TLSv1.2"), contexts.client_context()
    wrong: list[BaseException] = []
    ending = threading.Event()

    def change() -> None:
        while not ending.is_set():
            server.set_session_remove_callback(lambda *_: None)
            server.set_session_remove_callback(None)

    def work() -> None:
        try:
            for _ in range(20):
                visit(server, client)
        except BaseException as error:
            wrong.append(error)

    changing = threading.Thread(target=change)
    changing.start()
    threads = [threading.Thread(target=work) for _ in range(3)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    ending.set()
    changing.join(60)
    assert wrong == []
