"""Early data and rules: who may send it, and on which sessions."""

from __future__ import annotations

import contextlib

import pytest

from kit import authority, contexts, pump, resuming, shared, verdicts
from kit.early import (
    again,
    contexts_for_early_data,
    finish,
    read_to_the_end,
    sent_early,
    session_of,
    statuses,
)
from OpenSSL import SSL

# ---- who may send it


@pytest.mark.parametrize("allowed", [True, False, 1, 0, None])
def test_a_callback_may_refuse_it(allowed: bool) -> None:
    server, client = contexts_for_early_data()
    asked: list[SSL.Connection] = []

    def allow(connection: SSL.Connection) -> bool:
        asked.append(connection)
        return allowed

    server.set_allow_early_data_callback(allow)
    ends = again(server, client)
    ends.client.write_early_data(b"early")
    pump.shuttle(ends.client, ends.server)
    assert read_to_the_end(ends) == (b"early" if allowed else b"")
    assert asked == [ends.server]
    finish(ends)
    assert statuses(ends) == ["accepted" if allowed else "rejected"] * 2


def test_a_callback_that_is_taken_away() -> None:
    server, client = contexts_for_early_data()
    server.set_allow_early_data_callback(lambda _connection: False)
    server.set_allow_early_data_callback(None)
    ends = again(server, client)
    ends.client.write_early_data(b"early")
    pump.shuttle(ends.client, ends.server)
    assert read_to_the_end(ends) == b"early"
    with pytest.raises(TypeError, match="callable"):
        server.set_allow_early_data_callback(5)  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", ["raises", "answers"])
def test_a_failing_callback_ends_the_handshake(wrong: str) -> None:
    def allow(_connection: SSL.Connection) -> bool:
        if wrong == "raises":
            raise KeyError("no")
        return "yes"  # type: ignore[return-value]

    server, client = contexts_for_early_data()
    server.set_allow_early_data_callback(allow)
    ends = again(server, client)
    ends.client.write_early_data(b"early")
    pump.shuttle(ends.client, ends.server)
    with pytest.raises(KeyError if wrong == "raises" else TypeError):
        ends.server.read_early_data(100)
    for call in (ends.server.do_handshake, lambda: ends.server.read_early_data(100)):
        with verdicts.protocol_error("aborted"):
            call()


@pytest.mark.parametrize("size", [0, 10_000])
def test_a_chosen_context_says_whether_and_how_much(size: int) -> None:
    """Its callback is asked, and its size counts, whatever the first one allowed."""
    asked: list[str] = []
    first, client = contexts_for_early_data(0 if size else 10_000)
    host, _client = contexts_for_early_data(size)
    host.set_allow_early_data_callback(lambda _connection: bool(asked.append("host")) or True)
    first.set_allow_early_data_callback(lambda _connection: bool(asked.append("first")) or True)
    first.set_tlsext_servername_callback(lambda connection: connection.set_context(host))
    session = session_of(first, client, b"localhost")
    ends = pump.pair(first, client, b"localhost")
    ends.client.set_session(session)
    if size:
        ends.client.write_early_data(b"early")
    else:
        with verdicts.protocol_error("a session"):
            ends.client.write_early_data(b"early")
    pump.step(ends.client.do_handshake)
    pump.shuttle(ends.client, ends.server)
    assert read_to_the_end(ends) == (b"early" if size else b"")
    assert asked == (["host"] if size else [])


# ---- sessions that do not allow it


def assert_goes_on(ends: pump.Pair) -> None:
    """Nothing was sent, and an ordinary handshake follows."""
    with verdicts.protocol_error("early data needs a session"):
        ends.client.write_early_data(b"early")
    assert pump.outgoing(ends.client) == b""
    finish(ends)
    assert statuses(ends) == ["not sent", "not sent"]


def test_without_a_session() -> None:
    assert_goes_on(pump.pair(*contexts_for_early_data()))


def test_with_a_session_that_does_not_allow_it() -> None:
    assert_goes_on(again(*contexts_for_early_data(0)))


def test_with_a_session_of_tls_1_2() -> None:
    server = contexts.server_context(version="TLSv1.2")
    server.set_session_id(b"here")
    server.set_max_early_data(1000)
    assert_goes_on(again(server, contexts.client_context(version="TLSv1.2")))


def test_with_a_session_that_was_made_by_other_rules() -> None:
    """It is not offered, so nothing may be sent as if it were."""
    server, client = contexts_for_early_data()
    session = session_of(server, client)
    client.set_verify_depth(3)
    ends = pump.pair(server, client)
    ends.client.set_session(session)
    assert_goes_on(ends)
    assert not ends.client.session_reused()


def test_with_a_session_past_a_verify_callback() -> None:
    server, client = contexts_for_early_data()
    client.set_verify(SSL.VERIFY_PEER, lambda *about: bool(about[-1]))
    assert_goes_on(again(server, client))


def test_beside_a_key_that_is_shared() -> None:
    server, client = contexts_for_early_data()
    shared.serve(server)
    shared.ask(client)
    # A server with a certificate uses a key only with the suites that are for its digest.
    client.set_tls13_ciphersuites(b"TLS_AES_128_GCM_SHA256")
    ends = again(server, client)
    assert_goes_on(ends)
    assert ends.client.get_psk_identity() == shared.IDENTITY


@pytest.mark.parametrize("who", ["a stranger", "nobody"])
def test_a_server_whose_rules_have_changed_since(who: str) -> None:
    """A full handshake would refuse this client: its data is not even looked at."""
    server, _client = contexts_for_early_data()
    client = contexts.client_context(
        authority.client_stranger() if who == "a stranger" else None, version="TLSv1.3"
    )
    ends = again(server, client)
    server.load_verify_locations(authority.trust_file())
    server.set_verify(resuming.REQUIRED)
    strict = SSL.Connection(server, None)
    strict.set_accept_state()
    ends = pump.Pair(strict, ends.client)
    ends.client.write_early_data(b"early")
    pump.shuttle(ends.client, ends.server)
    assert read_to_the_end(ends) == b""
    failures = pump.handshake_outcome(*ends)
    assert verdicts.is_protocol_error(failures.server)
    assert isinstance(failures.client, SSL.Error)
    assert ends.client.get_early_data_status() == "rejected"


def test_no_data_on_a_session_past_a_servers_verify_callback() -> None:
    server, _client = contexts_for_early_data()
    server.load_verify_locations(authority.trust_file())
    server.set_verify(resuming.REQUIRED, lambda *about: bool(about[-1]))
    client = contexts.client_context(authority.client_identity(), version="TLSv1.3")
    ends = again(server, client)
    ends.client.write_early_data(b"early")
    pump.shuttle(ends.client, ends.server)
    assert read_to_the_end(ends) == b""
    finish(ends)
    assert statuses(ends) == ["rejected", "rejected"]


def test_rules_that_change_while_it_is_read() -> None:
    ends = sent_early(b"early bird")
    assert ends.server.read_early_data(5) == b"early"
    ends.server.set_verify(resuming.REQUIRED)
    with verdicts.protocol_error("rules of verification changed"):
        ends.server.read_early_data(5)
    for call in (ends.server.do_handshake, lambda: ends.server.read_early_data(5)):
        with verdicts.protocol_error("aborted"):
            call()
    pump.shuttle(ends.server, ends.client)
    with pytest.raises(SSL.Error):
        pump.handshake(*ends)


@pytest.mark.parametrize("serving", [True, False])
@pytest.mark.parametrize("accepted", [True, False])
def test_rules_that_change_after_it(serving: bool, accepted: bool) -> None:
    """libssl tells of the end of a handshake before early data, and again when it has ended."""
    ends = sent_early()
    if accepted:
        assert ends.server.read_early_data(10) == b"early"
    else:
        pump.step(ends.server.do_handshake)
        pump.shuttle(ends.server, ends.client)
    end = ends.server if serving else ends.client
    end.set_verify(resuming.REQUIRED if serving else SSL.VERIFY_PEER, lambda *_: False)
    with pytest.raises(SSL.Error, match="rules of verification changed"):
        if accepted:
            read_to_the_end(ends)
        pump.handshake(*ends)


def counting_on_a_key(*, verify: bool) -> pump.Pair:
    """A client with a session, about to come back with a key that its server does not know."""
    server, client = (
        contexts_for_early_data()[0],
        contexts.client_context(version="TLSv1.3", verify=verify),
    )
    session = session_of(server, client)
    client.set_psk_use_session_callback(lambda _: (b"unknown", shared.KEY))
    ends = pump.pair(server, client)
    ends.client.set_session(session)
    return ends


def test_none_for_a_server_that_may_have_to_prove_a_key() -> None:
    """The data would be gone before it turns out that nobody stands for the server."""
    ends = counting_on_a_key(verify=False)
    with verdicts.protocol_error("VERIFY_PEER where a callback for pre-shared keys"):
        ends.client.write_early_data(b"early")
    assert pump.outgoing(ends.client) == b""
    assert "the server used no pre-shared key" in str(pump.handshake_outcome(*ends).client)


@pytest.mark.parametrize("accepted", [True, False])
def test_it_does_not_replace_a_key_that_is_shared(accepted: bool) -> None:
    """A client that begins to verify nobody counts on its key; the server resumes without it."""
    ends = counting_on_a_key(verify=True)
    ends.client.write_early_data(b"early")
    ends.client.set_verify(SSL.VERIFY_NONE)
    pump.shuttle(ends.client, ends.server)
    if accepted:
        with contextlib.suppress(SSL.WantReadError):
            assert ends.server.read_early_data(10) == b"early"
            ends.server.read_early_data(10)
    assert "the server used no pre-shared key" in str(pump.handshake_outcome(*ends).client)
