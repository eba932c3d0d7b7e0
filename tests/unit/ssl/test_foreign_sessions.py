"""Sessions of other programs stand for nothing, and are resumed where nothing is asked for."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest

from kit import authority, contexts, pump
from kit.resuming import (
    REQUIRED,
    VERSIONS,
    resumes,
    session_of,
    visit,
    visitor,
)
from kit.strangers import NO_ANTI_REPLAY, stranger, visit_stranger
from OpenSSL import SSL

NAME = b"haproxy"
KEY = os.urandom(80)
HOST = b"brisk.test"
Change = Callable[[SSL.Context], object]


def ours(version: str | None = None, *, shared: bool = True, **how: Any) -> SSL.Context:
    """A server that shares its sessions, and has other rules than any before it."""
    context = contexts.server_context(version=version, **how)
    context.set_session_id(NAME, shared=shared)
    context.set_ticket_keys([KEY])
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    return context


def theirs(version: str | None = None, **how: Any) -> Any:
    return stranger(NAME, KEY, version=version, **how)


def comes_back(context: SSL.Context, client: SSL.Context, session: SSL.Session) -> bool:
    return resumes(*visit(context, client, session))


@pytest.mark.differs("Context.set_session_id(name, shared=True)")
@VERSIONS
def test_each_takes_what_the_other_gave_out(version: str) -> None:
    client = contexts.client_context(version=version)
    first = visit_stranger(theirs(version), client)[1]
    ends, outcome = visit(ours(version), client, first)
    assert resumes(ends, outcome)
    assert ends.server.get_peer_certificate() is None
    resumed, third = visit_stranger(theirs(version), client, session_of(ends, outcome))
    assert resumed
    assert comes_back(ours(version), client, third)


@VERSIONS
def test_from_a_full_handshake_of_ours(version: str) -> None:
    client = contexts.client_context(version=version)
    session = session_of(*visit(ours(version), client))
    assert visit_stranger(theirs(version), client, session)[0]
    # Where other rules are in force, too: it says nothing of any.
    other = ours(version)
    other.set_cipher_list(b"ECDHE-ECDSA-AES256-GCM-SHA384")
    assert comes_back(other, client, session)


@VERSIONS
def test_a_context_that_does_not_share_takes_none_and_gives_none(version: str) -> None:
    client = contexts.client_context(version=version)
    closed = ours(version, shared=False)
    session = visit_stranger(theirs(version), client)[1]
    assert not comes_back(closed, client, session)
    assert not comes_back(closed, client, session_of(*visit(ours(version), client)))
    assert not visit_stranger(theirs(version), client, session_of(*visit(closed, client)))[0]
    closed.set_session_id(NAME, shared=True)
    assert comes_back(closed, client, session)
    closed.set_session_id(NAME)
    assert not comes_back(closed, client, session)


@VERSIONS
def test_another_name_or_key_is_a_full_handshake(version: str) -> None:
    client = contexts.client_context(version=version)
    for other in (
        stranger(b"another", KEY, version=version),
        stranger(NAME + b"\0", KEY, version=version),
        stranger(b"", KEY, version=version),
        stranger(NAME, os.urandom(80), version=version),
    ):
        assert not comes_back(ours(version), client, visit_stranger(other, client)[1])
        session = session_of(*visit(ours(version), client))
        assert not visit_stranger(other, client, session)[0]


# ---- what a session must not bring along


@VERSIONS
def test_a_client_certificate_that_they_verified_is_not_believed(version: str) -> None:
    client = visitor(version)
    session = visit_stranger(theirs(version, client=True), client)[1]
    ends, outcome = visit(ours(version), client, session)
    assert not resumes(ends, outcome)
    assert ends.server.get_peer_certificate() is None


@pytest.mark.differs("Context.set_session_id(name, shared=True)")
@VERSIONS
@pytest.mark.parametrize("how", ["ask_client", "require_client"])
def test_who_asks_for_certificates_takes_none(version: str, how: str) -> None:
    client = visitor(version)
    session = visit_stranger(theirs(version), client)[1]
    asking = ours(version, **{how: True})
    ends, outcome = visit(asking, client, session)
    assert not resumes(ends, outcome)
    assert ends.server.get_peer_certificate() is not None
    # Nor does it give any out.
    assert not visit_stranger(theirs(version), client, session_of(ends, outcome))[0]
    # And a client that has none is refused where one is required.
    plain = contexts.client_context(version=version)
    session = visit_stranger(theirs(version), plain)[1]
    assert (visit(asking, plain, session)[1] == (None, None)) == (how == "ask_client")


@pytest.mark.parametrize(
    "setter",
    [
        "set_psk_server_callback",
        "set_psk_find_session_callback",
        "set_cert_callback",
        "set_security_callback",
    ],
)
@VERSIONS
def test_nor_who_would_have_been_asked_in_full(version: str, setter: str) -> None:
    """By a callback that has no say where a session is resumed."""
    client = contexts.client_context(version=version)
    session = visit_stranger(theirs(version), client)[1]
    context = ours(version)
    answer = True if setter == "set_security_callback" else None
    getattr(context, setter)(lambda *_: answer)
    assert not comes_back(context, client, session)


@pytest.mark.parametrize(
    ("then", "now", "expected"),
    [
        (HOST, HOST, True),
        (HOST, HOST.upper(), True),
        (HOST, b"www." + HOST, False),
        (HOST, b"localhost", False),
        (b"a.wild.test", b"a.wild.test", True),
        (b"a.wild.test", b"b.wild.test", False),
        (b"elsewhere.test", b"elsewhere.test", False),
        (b"elsewhere.test", HOST, False),
        (HOST, None, False),
        (None, HOST, False),
        (None, None, False),
    ],
)
@VERSIONS
def test_it_is_for_the_host_that_is_asked_for_and_shown(
    version: str, then: bytes | None, now: bytes | None, expected: bool
) -> None:
    client = contexts.client_context(version=version)
    session = visit_stranger(theirs(version), client, name=then)[1]
    assert resumes(*visit(ours(version), client, session, name=now)) is expected


@pytest.mark.parametrize(
    ("name", "expected"), [(HOST, True), (b"elsewhere.test", False), (None, False)]
)
@VERSIONS
def test_ours_too(version: str, name: bytes | None, expected: bool) -> None:
    client = contexts.client_context(version=version)
    ends, outcome = visit(ours(version), client, name=name)
    session = session_of(ends, outcome)
    assert visit_stranger(theirs(version), client, session, name=name)[0] is expected
    # Among ourselves it is as ever.
    assert resumes(*visit(ours(version), client, session, name=name))


@pytest.mark.parametrize("chosen", ["open", "strict", "closed"])
@VERSIONS
def test_the_host_that_is_chosen_decides(version: str, chosen: str) -> None:
    hosts = {
        "open": ours(version),
        "strict": ours(version, require_client=True),
        "closed": ours(version, shared=False),
    }
    front = ours(version)
    front.set_tlsext_servername_callback(lambda end: end.set_context(hosts[chosen]))
    client = visitor(version)
    session = visit_stranger(theirs(version), client)[1]
    ends, outcome = visit(front, client, session)
    assert resumes(ends, outcome) is (chosen == "open")
    assert (ends.server.get_peer_certificate() is None) is (chosen != "strict")


@pytest.mark.parametrize(
    ("ciphers", "expected"),
    [
        ("ECDHE-ECDSA-AES128-GCM-SHA256", True),
        ("ECDHE-RSA-AES256-GCM-SHA384", True),
        ("ECDHE-ECDSA-AES128-SHA256", False),
        ("AES128-GCM-SHA256:@SECLEVEL=0:!ECDSA:kRSA", False),
        ("DHE-RSA-AES128-GCM-SHA256", False),
    ],
)
def test_with_a_cipher_that_could_be_chosen_and_tells_how_keys_were_exchanged(
    ciphers: str, expected: bool
) -> None:
    client = contexts.client_context(version="TLSv1.2")
    session = visit_stranger(theirs("TLSv1.2", ciphers=ciphers), client)[1]
    assert comes_back(ours("TLSv1.2"), client, session) is expected
    narrow = ours("TLSv1.2")
    narrow.set_cipher_list(b"ECDHE-ECDSA-CHACHA20-POLY1305")
    assert not comes_back(narrow, client, session)


@VERSIONS
def test_a_higher_level_of_security_asks_for_a_key_exchange_of_its_own(version: str) -> None:
    client = contexts.client_context(version=version)
    session = visit_stranger(theirs(version), client)[1]
    context = ours(version)
    context.set_security_level(3)
    assert not comes_back(context, client, session)


def test_another_version_is_a_full_handshake() -> None:
    client = contexts.client_context()
    session = visit_stranger(theirs("TLSv1.2"), client)[1]
    assert not comes_back(ours(), client, session)


# ---- rules that change


@VERSIONS
def test_a_connection_that_was_there_before_goes_by_the_rules_it_has(version: str) -> None:
    client = contexts.client_context(version=version)
    session = visit_stranger(theirs(version), client)[1]
    context = ours(version, shared=False)
    ends = pump.pair(context, client, HOST)
    context.set_session_id(NAME, shared=True)
    ends.client.set_session(session)
    assert not resumes(ends, pump.handshake_outcome(*ends))


@VERSIONS
def test_rules_that_change_in_the_middle_are_those_of_now(version: str) -> None:
    client = contexts.client_context(version=version)
    session = visit_stranger(theirs(version), client)[1]
    taken: list[bool] = []

    def strict(end: SSL.Connection, where: int, _value: int) -> None:
        if end.session_reused() and not taken:
            taken.append(True)
            end.set_verify(REQUIRED)

    context = ours(version)
    context.set_info_callback(strict)
    _ends, outcome = visit(context, client, session)
    assert taken
    assert "rules of verification changed" in str(outcome.server)


def test_who_has_shown_a_certificate_afterwards_is_no_stranger() -> None:
    """Tickets that are given out then say who it is, and are not theirs to take."""
    client = visitor("TLSv1.3")
    client.set_post_handshake_auth(True)
    context = ours("TLSv1.3")
    context.load_verify_locations(str(authority.trust_file()))
    ends, outcome = visit(context, client)
    assert visit_stranger(theirs("TLSv1.3"), client, session_of(ends, outcome))[0]
    ends.server.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_POST_HANDSHAKE)
    ends.server.verify_client_post_handshake()
    for _ in range(3):
        pump.step(ends.server.do_handshake)
        pump.exchange(*ends)
        pump.step(lambda: ends.client.recv(1))
        pump.exchange(*ends)
        pump.step(lambda: ends.server.recv(1))
    assert ends.server.get_peer_certificate() is not None
    session = session_of(ends, outcome)
    assert not visit_stranger(theirs("TLSv1.3"), client, session)[0]


def test_a_later_ticket_is_not_theirs_where_rules_have_changed() -> None:
    client = contexts.client_context(version="TLSv1.3")
    ends, outcome = visit(ours("TLSv1.3"), client)
    session = session_of(ends, outcome)
    assert visit_stranger(theirs("TLSv1.3"), client, session)[0]
    ends.server.set_verify(SSL.VERIFY_PEER)
    ends.server.new_session_ticket()
    later = session_of(ends, outcome)
    assert later.to_bytes() != session.to_bytes()
    assert not visit_stranger(theirs("TLSv1.3"), client, later)[0]


# ---- early data


def early_client() -> SSL.Context:
    return contexts.client_context(version="TLSv1.3")


@pytest.mark.parametrize("callback", [False, True])
def test_their_early_data_is_refused_and_the_handshake_goes_on(callback: bool) -> None:
    client = early_client()
    session = visit_stranger(theirs("TLSv1.3", early=1000), client)[1]
    assert session.get_max_early_data() == 1000
    context = ours("TLSv1.3")
    context.set_max_early_data(1000)
    context.set_options(NO_ANTI_REPLAY)  # else libssl looks into its cache alone
    if callback:
        context.set_allow_early_data_callback(lambda _end: True)
    ends = pump.pair(context, client, HOST)
    ends.client.set_session(session)
    assert ends.client.write_early_data(b"early") == 5
    pump.exchange(*ends)
    assert ends.server.read_early_data(100) == b""
    assert pump.handshake_outcome(*ends) == (None, None)
    assert ends.server.session_reused()
    assert ends.client.get_early_data_status() == "rejected"


def test_who_takes_early_data_keeps_its_tickets() -> None:
    client = early_client()
    context = ours("TLSv1.3")
    context.set_max_early_data(1000)
    context.set_options(NO_ANTI_REPLAY)
    session = session_of(*visit(context, client))
    assert not visit_stranger(theirs("TLSv1.3"), client, session)[0]
    assert comes_back(context, client, session)


# ---- beside it


@VERSIONS
def test_without_tickets_it_goes_on_as_before(version: str) -> None:
    client = contexts.client_context(version=version)
    context = ours(version)
    context.set_options(SSL.OP_NO_TICKET)
    context.set_session_cache_mode(SSL.SESS_CACHE_SERVER)
    ends, outcome = visit(context, client)
    session = session_of(ends, outcome)
    assert comes_back(context, client, session)


def test_a_session_of_the_cache_keeps_its_stamp_where_a_ticket_is_made_of_it() -> None:
    """TLS 1.2: a client that comes back by id, and takes a ticket now."""
    context = ours("TLSv1.2")
    context.set_session_cache_mode(SSL.SESS_CACHE_SERVER)
    client = contexts.client_context(version="TLSv1.2")
    client.set_options(SSL.OP_NO_TICKET)
    ends, outcome = visit(context, client)  # kept: a connection that is cut off takes it along
    session = session_of(ends, outcome)
    client.clear_options(SSL.OP_NO_TICKET)
    kept = [ends]
    for _ in range(3):
        ends, outcome = visit(context, client, session)
        assert resumes(ends, outcome)
        kept.append(ends)
    assert session_of(ends, outcome).has_ticket()


@VERSIONS
def test_a_ticket_callback_is_asked_as_for_any_other(version: str) -> None:
    client = contexts.client_context(version=version)
    session = visit_stranger(theirs(version), client)[1]
    for answer in (SSL.TICKET_RETURN_USE, SSL.TICKET_RETURN_IGNORE):
        context = ours(version)
        shown: list[object] = []

        def take(
            _end: object, found: object, *_: object, shown: Any = shown, answer: int = answer
        ) -> int:
            shown.append(found)
            return answer

        context.set_session_ticket_callback(None, take)
        assert comes_back(context, client, session) is (answer == SSL.TICKET_RETURN_USE)
        assert shown[0] is not None


@pytest.mark.parametrize(
    ("name", "error"), [(b"", ValueError), (b"x" * 33, SSL.Error), (None, TypeError)]
)
def test_a_name_that_cannot_be_shared_changes_nothing(name: Any, error: type[Exception]) -> None:
    client = contexts.client_context()
    context = ours()
    session = visit_stranger(theirs(), client)[1]
    with pytest.raises(error):
        context.set_session_id(name, shared=True)
    assert comes_back(context, client, session)
