"""Hidden hellos that are sent twice, and data that goes with them at once."""

from __future__ import annotations

import contextlib

import pytest

from kit import authority, contexts, early, pump
from OpenSSL import SSL
from OpenSSL._face.common import library

newer = pytest.mark.skipif(
    not library.features()["ech"], reason="this OpenSSL has no Encrypted Client Hello"
)
HOST = authority.HOST.encode()
PUBLIC = "front.test"
SECRET = b"asked for at once"
#: The random of a ServerHello that asks for another hello (RFC 8446, 4.1.3).
RETRY = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")


def store_of() -> SSL.ECHStore:
    store = SSL.ECHStore()
    store.new_config(PUBLIC, for_retry=True)
    return store


def front() -> authority.Identity:
    return authority.authority().issue("front", names=[PUBLIC])


def begun(server: SSL.Context, client: SSL.Context, store: SSL.ECHStore) -> pump.Pair:
    both = pump.pair(server, client, HOST)
    both.client.set_host(authority.HOST)
    both.client.set_ech_config_list(store.get_config_list())
    return both


# ---- a hello that is sent again


def retrying(
    who: authority.Identity | None, store: SSL.ECHStore, known: SSL.ECHStore
) -> tuple[pump.Pair, bytes, bytes]:
    """A handshake whose server wants another key share, with what each side has sent of it."""
    server, client = contexts.server_context(who, version="TLSv1.3"), contexts.client_context()
    server.set_echstore(store)
    server.set_groups_list("P-256")
    client.set_groups_list("X25519:P-256")
    both = begun(server, client, known)
    sent = [b"", b""]
    for _ in range(2):
        for index, (here, there) in enumerate([(both.client, both.server), both]):
            pump.step(here.do_handshake)
            flight = pump.outgoing(here)
            sent[index] += flight
            there.bio_write(flight)
    return both, sent[0], sent[1]


@newer
def test_both_hellos_hide_the_name() -> None:
    store = store_of()
    both, hellos, answers = retrying(None, store, store)
    assert answers.count(RETRY) == 1
    assert hellos.count(PUBLIC.encode()) == 2
    assert HOST not in hellos
    pump.handshake(*both)
    assert both.client.get_ech_status() == ("success", HOST, PUBLIC.encode())
    assert both.server.get_ech_status()[0] == "success"
    assert both.server.get_servername() == HOST
    assert both.client.get_group_name() in ("P-256", "secp256r1", "prime256v1")
    assert pump.transfer(both.client, both.server, b"there") == b"there"


@newer
def test_a_second_hello_that_cannot_be_read_is_refused_like_the_first() -> None:
    both, hellos, answers = retrying(front(), store_of(), store_of())
    assert answers.count(RETRY) == 1
    assert HOST not in hellos
    outcome = pump.handshake_outcome(*both)
    assert isinstance(outcome.client, SSL.Error)
    assert outcome.client.args[0][0][2].startswith("the server refused Encrypted Client Hello")
    assert both.client.get_ech_status()[0] in ("failed", "failed_ech")
    with pytest.raises(SSL.Error):
        both.client.send(b"secret")


@newer
@pytest.mark.skipif(SSL.OPENSSL_VERSION_NUMBER >= 0x40100000, reason="said of OpenSSL 4.0")
def test_after_a_second_hello_there_are_no_keys_for_another_try() -> None:
    """The client stops at the server's hello, and these come behind it; docs/api/ssl/ech.md."""
    both, _, _ = retrying(front(), store_of(), store_of())
    outcome = pump.handshake_outcome(*both)
    assert isinstance(outcome.client, SSL.Error)
    assert isinstance(outcome.server, SSL.Error)
    assert (outcome.client.alert, outcome.client.alert_sent) == (47, True)  # illegal_parameter
    assert (outcome.server.alert, outcome.server.alert_sent) == (47, False)
    assert both.client.get_ech_retry_config() is None


# ---- data that goes at once


def visit(
    store: SSL.ECHStore, known: SSL.ECHStore, who: authority.Identity | None = None
) -> tuple[pump.Pair, bytes]:
    """Early data with a hidden hello, sent to a server with ``store``; and all that was sent."""
    server, client = early.contexts_for_early_data()
    server.set_echstore(store)
    first = begun(server, client, store)
    pump.handshake(*first)
    pump.drain(first.client)
    session = first.client.get_session()
    assert session is not None
    pump.shutdown(first.client, first.server)
    if who is not None:
        contexts.use_identity(server, who)
    both = begun(server, client, known)
    both.client.set_session(session)
    assert both.client.write_early_data(SECRET) == len(SECRET)
    flight = pump.outgoing(both.client)
    assert HOST not in flight
    assert SECRET not in flight
    both.server.bio_write(flight)
    return both, flight


@newer
def test_early_data_goes_with_a_hidden_hello() -> None:
    store = store_of()
    both, _ = visit(store, store)
    assert early.read_to_the_end(both) == SECRET
    early.finish(both)
    assert early.statuses(both) == ["accepted", "accepted"]
    assert both.client.session_reused()
    assert both.client.get_ech_status() == ("success", HOST, PUBLIC.encode())


@newer
def test_early_data_that_the_server_refuses_leaves_the_hello_hidden() -> None:
    store = store_of()
    both, _ = visit(store, store)
    both.server.set_allow_early_data_callback(lambda _connection: False)
    assert early.read_to_the_end(both) == b""
    early.finish(both)
    assert early.statuses(both) == ["rejected", "rejected"]
    assert both.client.get_ech_status()[0] == "success"


@newer
def test_early_data_goes_nowhere_where_the_hello_is_not_read() -> None:
    """The server is the one that everybody may know; it has no session of the hidden one."""
    both, _ = visit(store_of(), store_of(), front())
    found = b""
    error: Exception | None = None
    for _ in range(pump.ROUNDS):
        with contextlib.suppress(SSL.Error):
            found += both.server.read_early_data(16384)
        pump.shuttle(both.server, both.client)
        try:
            both.client.do_handshake()
        except SSL.WantReadError:
            pass
        except SSL.Error as caught:
            error = caught
            break
        pump.shuttle(both.client, both.server)
    assert found == b""
    assert error is not None
    assert "the server refused Encrypted Client Hello" in str(error)
    assert both.client.get_early_data_status() != "accepted"
    with pytest.raises(SSL.Error):
        both.client.send(b"secret")
