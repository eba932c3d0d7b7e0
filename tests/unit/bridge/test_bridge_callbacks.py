"""What a bridged context asks and tells: names, keys, sessions, passwords."""

from __future__ import annotations

import ssl
import sys
from typing import Any

import pytest

from kit import authority, contexts
from kit.bridged_pairs import client, refused, server, talking
from kit.sockets import PATIENCE, in_thread, tcp_pair
from OpenSSL import SSL
from OpenSSL._bridge import SSLContext, SSLSocket


def test_a_name_callback_chooses_a_context_or_an_alert() -> None:
    other = server(who=authority.identity("rsa"))
    first = server()
    told = []

    def choose(sock: Any, name: str | None, context: Any) -> int | None:
        told.append((type(sock), name, context is first))
        sock.context = other
        return None

    first.sni_callback = choose
    with talking(first, client()) as (one, two):
        assert one.context is other
        assert two.connection.get_peer_certificate().get_pubkey().type() == 6  # RSA
    assert told == [(SSLSocket, "localhost", True)]
    first.sni_callback = lambda *about: ssl.ALERT_DESCRIPTION_ACCESS_DENIED
    assert refused(first, client())[1].reason == "TLSV1_ALERT_ACCESS_DENIED"
    first.sni_callback = None
    with talking(first, client()):
        pass


def test_what_a_name_callback_raises_costs_its_connection_only(monkeypatch) -> None:
    told: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda about: told.append(about.exc_value))
    serving = server()

    def wrong(*about: object) -> None:
        raise ZeroDivisionError

    serving.sni_callback = wrong
    error, other = refused(serving, client())
    assert error.reason == "CALLBACK_FAILED"
    # Programs know this name, whatever words OpenSSL has for it.
    assert other.reason == "SSLV3_ALERT_HANDSHAKE_FAILURE"
    assert isinstance(told[0], ZeroDivisionError)


def test_a_certificate_callback_that_waits_is_told() -> None:
    def wait(_connection: SSL.Connection) -> None:
        raise SSL.WantX509LookupError

    context = contexts.server_context()
    context.set_cert_callback(wait)
    error, _other = refused(context.as_ssl_context(), client())
    assert error.errno == ssl.SSL_ERROR_WANT_X509_LOOKUP


def test_keys_are_logged(tmp_path) -> None:
    log = tmp_path / "keys"
    asking = client(keylog_filename=log)
    assert asking.keylog_filename == log
    with talking(server(), asking):
        pass
    lines = log.read_text().splitlines()
    assert lines[0].startswith("#") and len(lines) == 6
    asking.keylog_filename = None
    with talking(server(), asking):
        pass
    assert len(log.read_text().splitlines()) == 6
    with pytest.raises(OSError):
        asking.keylog_filename = tmp_path


def test_sessions_are_resumed() -> None:
    serving, asking = server(), client(maximum_version=ssl.TLSVersion.TLSv1_2)
    with talking(serving, asking) as (_one, other):
        session = other.session
        assert not other.session_reused
        assert session.id and session.has_ticket and session.timeout
    with tcp_pair() as (a, b):
        accepted = in_thread(serving.wrap_socket, a, server_side=True)
        with (
            asking.wrap_socket(b, server_hostname="localhost", session=session) as again,
            accepted.result(PATIENCE),
        ):
            assert again.session_reused
            with pytest.raises(ValueError, match="after handshake"):
                again.session = session
    with pytest.raises(ValueError, match="different SSLContext"):
        client().wrap_bio(
            ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="localhost", session=session
        )


@pytest.mark.differs("the name of a server's sessions")
@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
@pytest.mark.parametrize("named", [b"", b"our service"])
def test_a_server_that_verifies_resumes_who_asks_for_it(version, named) -> None:
    """Programs hand sessions on by themselves; aioftp does, for its data."""
    only = ssl.TLSVersion[version]
    context = contexts.server_context(require_client=True)
    if named:
        context.set_session_id(named)
    serving = context.as_ssl_context()
    asking = client("standard", maximum_version=only)
    files = authority.client_identity().files
    asking.load_cert_chain(files.chain, files.key)
    session = None
    for resumed in (False, True):
        with tcp_pair() as (a, b):
            accepted = in_thread(serving.wrap_socket, a, server_side=True)
            with (
                asking.wrap_socket(b, server_hostname="localhost", session=session) as one,
                accepted.result(PATIENCE) as other,
            ):
                other.sendall(b"x")
                assert one.recv(1) == b"x"
                session = one.session
                assert one.session_reused == other.session_reused == resumed


@pytest.mark.differs("a key file that is encrypted")
def test_an_encrypted_key_needs_its_password() -> None:
    files = authority.identity().files
    context = SSLContext(ssl.PROTOCOL_TLS_SERVER)
    for wrong in (None, b"wrong", lambda: "wrong"):
        with pytest.raises(ssl.SSLError):
            context.load_cert_chain(files.chain, files.key_encrypted, wrong)
    for bad in (42, lambda: 42):
        with pytest.raises(TypeError):
            context.load_cert_chain(files.chain, files.key_encrypted, bad)
    right = authority.PASSPHRASE
    for good in (right, right.decode(), lambda: bytearray(right)):
        context.load_cert_chain(files.chain, files.key_encrypted, good)
    with talking(context, client()):
        pass
