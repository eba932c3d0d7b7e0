"""A server asks for the client's certificate after the handshake."""

from __future__ import annotations

import pytest

from kit import authority, contexts, pump
from OpenSSL import SSL

REQUIRED = SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT


def late_pair(required=True):
    server = contexts.server_context(version="TLSv1.3", ask_client=True)
    mode = SSL.VERIFY_PEER | SSL.VERIFY_POST_HANDSHAKE
    server.set_verify(mode | (SSL.VERIFY_FAIL_IF_NO_PEER_CERT if required else 0))
    return server


def ask_late(ends):
    """Ask for the certificate, and let it come."""
    ends.server.verify_client_post_handshake()
    ends.server.do_handshake()
    pump.shuttle(ends.server, ends.client)
    with pytest.raises(SSL.WantReadError):
        ends.client.recv(1)
    pump.shuttle(ends.client, ends.server)


@pytest.mark.holds("S11")
def test_a_server_asks_for_the_certificate_late():
    client = contexts.client_context(authority.client_identity())
    client.set_post_handshake_auth(True)
    ends = pump.connected(late_pair(), client)
    assert ends.server.get_peer_certificate() is None
    ask_late(ends)
    with pytest.raises(SSL.WantReadError):
        ends.server.recv(1)
    assert ends.server.get_peer_certificate() is not None
    assert pump.transfer(ends.client, ends.server, b"more") == b"more"


@pytest.mark.parametrize("who", ["nobody", "a stranger"])
def test_a_late_certificate_is_judged_as_an_early_one(who):
    client = contexts.client_context(None if who == "nobody" else authority.client_stranger())
    client.set_post_handshake_auth(True)
    ends = pump.connected(late_pair(), client)
    ask_late(ends)
    with pytest.raises(SSL.Error) as caught:
        ends.server.recv(1)
    if who == "nobody":
        assert "peer did not return a certificate" in str(caught.value)
    else:
        assert caught.value.verify_code
    with pytest.raises(SSL.Error):
        ends.server.send(b"secret")


def test_late_requests_that_cannot_be_made_say_so():
    offering = contexts.client_context()
    offering.set_post_handshake_auth(True)
    ready = pump.connected(late_pair(), offering)
    for connection in (
        SSL.Connection(late_pair()),  # no role, no handshake
        pump.pair(late_pair(), offering).server,  # no handshake
        pump.connected(late_pair(), contexts.client_context()).server,  # not offered
        pump.connected(contexts.server_context(), offering).server,  # not to be verified
        pump.connected(contexts.server_context(version="TLSv1.2"), offering).server,
        ready.client,
    ):
        with pytest.raises(SSL.Error):
            connection.verify_client_post_handshake()
    assert pump.transfer(ready.server, ready.client, b"fine") == b"fine"


# ---- by a renegotiation, up to TLS 1.2


def by_connection(end: SSL.Connection, _judge: object) -> None:
    end.set_verify(REQUIRED)


def by_callback(end: SSL.Connection, _judge: object) -> None:
    end.set_verify(REQUIRED, lambda *arguments: bool(arguments[-1]))


def by_context(end: SSL.Connection, judge: SSL.Context) -> None:
    end.set_context(judge)


@pytest.mark.parametrize("demand", [by_connection, by_callback, by_context])
@pytest.mark.parametrize("method", [SSL.TLS_METHOD, SSL.DTLS_METHOD])
@pytest.mark.parametrize("who", ["a friend", "a stranger", "nobody"])
@pytest.mark.holds("S14")
def test_a_renegotiation_brings_the_certificate(who, method, demand):
    """And not the session, which was made without one."""
    shown = {"a friend": authority.client_identity, "a stranger": authority.client_stranger}
    server, judge, client = (SSL.Context(method) for _ in range(3))
    for context in (server, judge):
        contexts.use_identity(context, authority.identity())
        context.load_verify_locations(str(authority.trust_file()))
    judge.set_verify(REQUIRED)
    if who in shown:
        contexts.use_identity(client, shown[who]())
    for context in (server, client):
        context.set_max_proto_version(
            SSL.TLS1_2_VERSION if method == SSL.TLS_METHOD else SSL.DTLS1_2_VERSION
        )
    ends = pump.connected(server, client)
    assert pump.transfer(ends.client, ends.server, b"before") == b"before"
    demand(ends.server, judge)
    ends.server.renegotiate()
    pump.step(ends.server.do_handshake)

    def finish():
        for _ in range(6):
            pump.exchange(*ends)
            with pytest.raises(SSL.WantReadError):
                ends.client.recv(1)
            pump.exchange(*ends)
            pump.step(ends.server.do_handshake)
        return pump.transfer(ends.client, ends.server, b"after")

    if who == "a friend":
        assert finish() == b"after"
        assert ends.server.get_peer_certificate() is not None
    else:
        with pytest.raises(SSL.Error, match="certificate"):
            finish()
        with pytest.raises(SSL.Error):
            ends.server.send(b"secret")
