"""Ticket keys: servers that share them resume each other's sessions, and only those."""

from __future__ import annotations

import os
import threading

import pytest

from kit import contexts, pump
from kit.fleets import session_after
from OpenSSL import SSL

SIZES = (48, 80)


@pytest.fixture(params=["TLSv1.2", "TLSv1.3"])
def version(request):
    return request.param


def key(size=80):
    return os.urandom(size)


def server(keys):
    context = contexts.server_context()
    context.set_session_id(b"fleet")
    # What is resumed comes from a ticket.
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    context.set_ticket_keys(keys)
    return context


def resumed(context, client, session):
    """Whether a visit with the session resumed it; and the session afterwards."""
    ends = pump.pair(context, client)
    ends.client.set_session(session)
    outcome = pump.handshake_outcome(*ends)
    assert outcome == (None, None)
    return ends.client.session_reused(), session_after(ends)


def first_visit(context, client):
    return session_after(pump.connected(context, client))


@pytest.mark.parametrize("size", SIZES)
def test_servers_with_the_same_key_resume_each_others_sessions(version, size):
    shared = key(size)
    one, other = server([shared]), server([shared])
    client = contexts.client_context(version=version)
    session = first_visit(one, client)
    assert session.has_ticket()
    assert resumed(other, client, session)[0]


def test_another_key_means_a_full_handshake(version):
    client = contexts.client_context(version=version)
    session = first_visit(server([key()]), client)
    assert not resumed(server([key()]), client, session)[0]


@pytest.mark.parametrize("part", [slice(16, 48), slice(48, 80)], ids=["hmac", "aes"])
def test_the_name_alone_opens_nothing(version, part):
    right = key()
    wrong = bytearray(right)
    wrong[part] = os.urandom(32)
    client = contexts.client_context(version=version)
    session = first_visit(server([right]), client)
    ends = pump.pair(server([bytes(wrong)]), client)
    ends.client.set_session(session)
    pump.handshake_outcome(*ends)
    assert not ends.client.session_reused()
    assert not ends.server.session_reused()


def test_a_later_key_decrypts_and_the_ticket_is_renewed(version):
    old, new = key(48), key(80)
    client = contexts.client_context(version=version)
    context = server([old])
    session = first_visit(context, client)
    context.set_ticket_keys([new, old])
    again, renewed = resumed(context, client, session)
    assert again
    context.set_ticket_keys([new])
    assert resumed(context, client, renewed)[0]
    assert not resumed(context, client, session)[0]


def test_no_keys_mean_no_tickets(version):
    kept = key()
    client = contexts.client_context(version=version)
    session = first_visit(server([kept]), client)
    closed = server([])
    again, later = resumed(closed, client, session)
    assert not again
    assert not later.has_ticket()


def test_none_goes_back_to_openssls_own_key(version):
    client = contexts.client_context(version=version)
    context = server([key()])
    session = first_visit(context, client)
    context.set_ticket_keys(None)
    assert not resumed(context, client, session)[0]
    assert resumed(context, client, first_visit(context, client))[0]


def test_a_connection_made_before_uses_the_keys_of_now(version):
    shared = key()
    context = contexts.server_context()
    context.set_session_id(b"fleet")
    client = contexts.client_context(version=version)
    ends = pump.pair(context, client)
    context.set_ticket_keys([shared])
    pump.handshake(*ends)
    assert resumed(server([shared]), client, session_after(ends))[0]


def test_a_connection_outlives_its_names_for_the_context(version):
    shared = key()
    client = contexts.client_context(version=version)
    context = server([shared])
    ends = pump.pair(context, client)
    del context
    pump.handshake(*ends)
    assert resumed(server([shared]), client, session_after(ends))[0]


def test_the_keys_are_those_of_the_context_a_connection_was_made_with(version):
    shared = key()
    chosen = contexts.server_context()
    context = server([shared])
    context.set_tlsext_servername_callback(lambda connection: connection.set_context(chosen))
    client = contexts.client_context(version=version)
    assert resumed(context, client, first_visit(context, client))[0]


@pytest.mark.parametrize(
    ("keys", "error"),
    [
        (b"x" * 80, TypeError),
        ("x" * 80, TypeError),
        (7, TypeError),
        ([7], TypeError),
        (["x" * 80], TypeError),
        ([b""], ValueError),
        ([b"x" * 79], ValueError),
        ([b"x" * 80, b"x" * 81], ValueError),
        ([b"x" * 80, b"x" * 48], ValueError),
    ],
)
def test_bad_keys_are_refused_and_those_of_before_stay(version, keys, error):
    shared = key()
    context = server([shared])
    with pytest.raises(error):
        context.set_ticket_keys(keys)
    client = contexts.client_context(version=version)
    assert resumed(server([shared]), client, first_visit(context, client))[0]


def test_keys_are_replaced_while_handshakes_go_on(version):
    """Every visit resumes: each ring holds the key that the last ticket was made with."""
    context = server([key()])
    client = contexts.client_context(version=version)
    over = threading.Event()

    def rotate():
        ring = [key()]
        while not over.is_set():
            ring = [key(48), *ring][:50]
            context.set_ticket_keys(ring)

    session = first_visit(context, client)
    rotating = threading.Thread(target=rotate)
    failures = []
    try:
        rotating.start()
        for _ in range(60):
            ends = pump.pair(context, client)
            ends.client.set_session(session)
            outcome = pump.handshake_outcome(*ends)
            if outcome != (None, None):
                failures.append(outcome)
            session = session_after(ends)
    finally:
        over.set()
        rotating.join()
    assert not failures


def test_over_tls_1_3_each_ticket_that_is_used_brings_another():
    """Clients use a ticket once: without another one every second visit would be in full."""
    context, client = server([key()]), contexts.client_context(version="TLSv1.3")
    session = first_visit(context, client)
    seen = set()
    for _ in range(4):
        assert session.get_ticket() not in seen
        seen.add(session.get_ticket())
        again, session = resumed(context, client, session)
        assert again
