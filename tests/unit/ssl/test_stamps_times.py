"""Stamps and time: rules that change meanwhile, and certificates that expire."""

from __future__ import annotations

import datetime
import os
import time
from pathlib import Path

import pytest

from kit import authority, contexts, pump
from kit.resuming import (
    REQUIRED,
    VERSIONS,
    resumes,
    session_of,
    strict_server,
    visit,
    visitor,
)
from OpenSSL import SSL, crypto

# ---- when


@VERSIONS
@pytest.mark.holds("S6")
def test_a_connection_used_again_does_not_stand_for_itself(version: str) -> None:
    lax = contexts.client_context(version=version, verify=False)
    server = contexts.server_context(version=version)
    ends, outcome = visit(server, lax)
    session_of(ends, outcome)
    ends.client.set_connect_state()
    ends.client.set_verify(SSL.VERIFY_PEER)
    fresh = SSL.Connection(server, None)
    fresh.set_accept_state()
    outcome = pump.handshake_outcome(fresh, ends.client)
    assert "certificate verify failed" in str(outcome.client)


@pytest.mark.holds("S6")
def test_a_renegotiation_does_not_stand_for_itself() -> None:
    lax = contexts.client_context(version="TLSv1.2", verify=False)
    server = contexts.server_context(version="TLSv1.2")
    server.clear_options(SSL.OP_NO_RENEGOTIATION)
    ends, outcome = visit(server, lax)
    session_of(ends, outcome)
    ends.client.set_verify(SSL.VERIFY_PEER)
    assert ends.server.renegotiate()
    with pytest.raises(SSL.Error, match="certificate verify failed"):
        for _ in range(10):
            for end in ends:
                pump.step(lambda end=end: end.recv(1))
            pump.step(ends.server.do_handshake)
            pump.exchange(*ends)


@VERSIONS
@pytest.mark.parametrize("role", ["server", "client"])
@pytest.mark.holds("S7")
def test_rules_set_as_the_handshake_begins(version: str, role: str) -> None:
    server = contexts.server_context(version=version)
    client = contexts.client_context(version=version, verify=False)
    session = session_of(*visit(server, client))

    def tell(end: SSL.Connection, where: int, _value: int) -> None:
        if where & SSL.SSL_CB_HANDSHAKE_START:
            end.set_verify(REQUIRED)

    (server if role == "server" else client).set_info_callback(tell)
    outcome = visit(server, client, session)[1]
    said = "did not return" if role == "server" else "certificate verify failed"
    assert said in str(getattr(outcome, role))


@pytest.mark.differs("rules set after a session has")
@VERSIONS
@pytest.mark.holds("S7")
def test_rules_set_after_the_hello(version: str) -> None:
    """Too late for a full handshake: then it is refused."""
    server = contexts.server_context(version=version)
    client = contexts.client_context(version=version)
    session = session_of(*visit(server, client))

    def tell(end: SSL.Connection, _where: int, _value: int) -> None:
        if b"server hello" in end.get_state_string().lower():
            end.set_verify(REQUIRED)

    server.set_info_callback(tell)
    outcome = visit(server, client, session)[1]
    assert "rules of verification changed" in str(outcome.server)


@VERSIONS
def test_rules_loosened_and_set_again_leave_no_session(version: str) -> None:
    """Nobody showed a certificate meanwhile, and the session says so nowhere."""
    server, client = strict_server(version), contexts.client_context(version=version)
    states: list[bytes] = []

    def tell(end: SSL.Connection, _where: int, _value: int) -> None:
        states.append(end.get_state_string().lower())
        if b"read client hello" in states[-1]:
            end.set_verify(SSL.VERIFY_NONE)
        elif b"read finished" in states[-1]:
            end.set_verify(REQUIRED)

    first = visit(server, client, server=lambda end: end.set_info_callback(tell))
    session = session_of(*first)
    assert "did not return" in str(visit(server, client, session)[1].server)


@VERSIONS
@pytest.mark.parametrize("role", ["server", "client"])
@pytest.mark.holds("S12")
def test_a_store_made_stricter(version: str, role: str) -> None:
    server, client = strict_server(version), visitor(version)
    session = session_of(*visit(server, client))
    assert resumes(*visit(server, client, session))
    context = server if role == "server" else client
    store = context.get_cert_store()
    assert store is not None
    session = session_of(*visit(server, client))
    store.set_flags(crypto.X509StoreFlags.CRL_CHECK)
    outcome = visit(server, client, session)[1]
    assert "certificate verify failed" in str(getattr(outcome, role))


@VERSIONS
def test_a_hashed_folder_that_changed(version: str, tmp_path: Path) -> None:
    root = authority.authority().root
    pem = crypto.X509.from_cryptography(root)
    name = f"{pem.get_subject().hash():08x}.0"
    (tmp_path / name).write_bytes(crypto.dump_certificate(crypto.FILETYPE_PEM, pem))
    client = contexts.blank_context(version)
    client.load_verify_locations(None, tmp_path)
    client.set_verify(SSL.VERIFY_PEER)
    server = contexts.server_context(version=version)
    # What libcrypto takes from the folder on the way changes nothing.
    session = session_of(*visit(server, client))
    assert resumes(*visit(server, client, session))
    later = time.time() + 10
    os.utime(tmp_path, (later, later))
    assert not resumes(*visit(server, client, session))


# ---- for how long


def short_lived(seconds: float, client: bool) -> authority.Identity:
    now = datetime.datetime.now(datetime.timezone.utc)
    return authority.authority().issue(
        f"short-{client}", client=client, not_after=now + datetime.timedelta(seconds=seconds)
    )


@pytest.mark.differs("a session whose peer's certificate")
@VERSIONS
@pytest.mark.parametrize("role", ["server", "client"])
@pytest.mark.parametrize("tickets", [True, False])
def test_a_certificate_that_has_expired_meanwhile(version: str, role: str, tickets: bool) -> None:
    brief = short_lived(3, client=role == "server")
    begun = time.monotonic()
    if role == "server":
        server = strict_server(version)
        client = contexts.client_context(brief, version=version)
    else:
        server = contexts.server_context(brief, version=version)
        client = contexts.client_context(version=version)
    if not tickets:
        server.set_options(SSL.OP_NO_TICKET)
    first, outcome = visit(server, client)  # kept: a cache drops what was cut off
    session = session_of(first, outcome)
    ends, outcome = visit(server, client, session)
    if time.monotonic() - begun < 2:
        session = session_of(ends, outcome)
        assert ends.server.session_reused()
    time.sleep(max(0, begun + 4.2 - time.monotonic()))
    outcome = visit(server, client, session)[1]
    assert "certificate verify failed" in str(getattr(outcome, role))
