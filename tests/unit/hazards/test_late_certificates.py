"""A server asks for the client's certificate after the handshake."""

from __future__ import annotations

import pytest

from kit import authority, contexts, pump
from OpenSSL import SSL


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
