"""Sessions and virtual hosts: what an open host gave out never opens a strict one."""

from __future__ import annotations

import pytest

from kit import authority, contexts, pump
from OpenSSL import SSL

OPEN, STRICT, OTHER = b"open.example", b"strict.example", b"other.example"
REQUIRED = SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT
NEWEST = pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])


class Hosts:
    """A server that is open by default, or strict, and has hosts of both kinds."""

    def __init__(self, version: str, strict_default: bool = False) -> None:
        self.open = contexts.server_context(version=version)
        self.strict = contexts.server_context(version=version)
        for each in (self.open, self.strict):
            each.set_session_id(b"the same for all")
        self.strict.load_verify_locations(authority.trust_file())
        self.strict.set_verify(REQUIRED)
        self.first = self.strict if strict_default else self.open
        self.first.set_tlsext_servername_callback(self.choose)
        self.client = contexts.client_context(version=version)

    def choose(self, connection: SSL.Connection) -> None:
        name = connection.get_servername()
        if name == OPEN:
            connection.set_context(self.open)
        elif name is not None:
            connection.set_context(self.strict)

    def pair(self, name: bytes | None, session: SSL.Session | None = None) -> pump.Pair:
        server, client = pump.pair(self.first, self.client)
        if name is not None:
            client.set_tlsext_host_name(name)
        if session is not None:
            client.set_session(session)
        return pump.Pair(server, client)

    def visit(self, name: bytes | None, session: SSL.Session | None = None) -> pump.Pair:
        """A visit that succeeds; its ends have taken the tickets."""
        ends = self.pair(name, session)
        pump.handshake(*ends)
        pump.transfer(ends.server, ends.client, b"tickets")
        return ends

    def show_a_certificate(self) -> None:
        contexts.use_identity(self.client, authority.client_identity())


def session_of(ends: pump.Pair) -> SSL.Session:
    session = ends.client.get_session()
    assert session is not None
    return session


@NEWEST
@pytest.mark.holds("D21")
def test_a_session_of_an_open_host_does_not_open_a_strict_one(version: str) -> None:
    hosts = Hosts(version)
    session = session_of(hosts.visit(OPEN))
    ends = hosts.pair(STRICT, session)
    outcome = pump.handshake_outcome(*ends)
    if version == "TLSv1.2" and outcome.server is None:
        # The older protocol takes the host from the session, not from the client.
        assert ends.server.get_servername() == OPEN
        assert ends.server.get_context() is hosts.open
        return
    assert isinstance(outcome.server, SSL.Error)
    assert "another virtual host" in str(outcome.server)
    assert isinstance(outcome.client, SSL.Error)
    assert outcome.client.alert == 40  # handshake_failure


@NEWEST
def test_a_session_of_an_open_host_does_not_open_a_strict_default(version: str) -> None:
    hosts = Hosts(version, strict_default=True)
    session = session_of(hosts.visit(OPEN))
    ends = hosts.pair(None, session)
    outcome = pump.handshake_outcome(*ends)
    if outcome.server is None:
        assert version == "TLSv1.2"
        assert ends.server.get_context() is hosts.open
    else:
        assert "another virtual host" in str(outcome.server)


@NEWEST
def test_a_certificate_shown_to_one_strict_host_is_not_shown_to_another(version: str) -> None:
    hosts = Hosts(version)
    hosts.show_a_certificate()
    session = session_of(hosts.visit(STRICT))
    ends = hosts.pair(OTHER, session)
    outcome = pump.handshake_outcome(*ends)
    if outcome.server is None:
        assert version == "TLSv1.2"
        assert ends.server.get_servername() == STRICT
    else:
        assert "another virtual host" in str(outcome.server)


@NEWEST
@pytest.mark.parametrize("name", [OPEN, STRICT])
def test_a_session_opens_the_host_that_gave_it(version: str, name: bytes) -> None:
    hosts = Hosts(version)
    hosts.show_a_certificate()
    session = session_of(hosts.visit(name))
    again = hosts.visit(name, session)
    assert again.client.session_reused()
    assert again.server.get_context() is (hosts.open if name == OPEN else hosts.strict)
    assert (again.server.get_peer_certificate() is not None) == (name == STRICT)


@NEWEST
def test_without_a_session_the_strict_host_asks(version: str) -> None:
    hosts = Hosts(version)
    assert isinstance(pump.handshake_outcome(*hosts.pair(STRICT)).server, SSL.Error)
    hosts.show_a_certificate()
    assert hosts.visit(STRICT).server.get_peer_certificate() is not None


# What a host forbids: a version, agreed on before its name was read.
FORBIDDEN = {
    "TLS 1.0": (SSL.TLS_METHOD, SSL.TLS1_VERSION, SSL.OP_NO_TLSv1),
    "TLS 1.1": (SSL.TLS_METHOD, SSL.TLS1_1_VERSION, SSL.OP_NO_TLSv1_1),
    "TLS 1.2": (SSL.TLS_METHOD, SSL.TLS1_2_VERSION, SSL.OP_NO_TLSv1_2),
    "TLS 1.3": (SSL.TLS_METHOD, SSL.TLS1_3_VERSION, SSL.OP_NO_TLSv1_3),
    "DTLS 1.0": (SSL.DTLS_METHOD, SSL.DTLS1_VERSION, SSL.OP_NO_DTLSv1),
    "DTLS 1.2": (SSL.DTLS_METHOD, SSL.DTLS1_2_VERSION, SSL.OP_NO_DTLSv1_2),
}


def speaking(method: int, version: int) -> SSL.Context:
    context = SSL.Context(method)
    context.set_cipher_list(b"DEFAULT:@SECLEVEL=0")
    context.set_min_proto_version(version)
    context.set_max_proto_version(version)
    return context


@pytest.mark.parametrize("forbids", [False, True])
@pytest.mark.parametrize("name", FORBIDDEN)
def test_a_version_that_a_host_forbids_is_not_spoken_there(name: str, forbids: bool) -> None:
    method, version, option = FORBIDDEN[name]
    first, host, client = speaking(method, version), SSL.Context(method), speaking(method, version)
    host.set_cipher_list(b"DEFAULT:@SECLEVEL=0")
    for each in (first, host):
        contexts.use_identity(each, authority.identity())
    if forbids:
        host.set_options(option)
    else:
        host.clear_options(option)
    first.set_tlsext_servername_callback(lambda connection: connection.set_context(host))
    ends = pump.pair(first, client)
    ends.client.set_tlsext_host_name(OPEN)
    outcome = pump.handshake_outcome(*ends)
    if not forbids:
        assert outcome == (None, None)
        assert ends.client.get_protocol_version() == version
        return
    assert isinstance(outcome.server, SSL.Error)
    assert isinstance(outcome.client, SSL.Error)
    assert outcome.client.alert == 70  # protocol_version


@NEWEST
@pytest.mark.parametrize("callback", [False, True])
def test_a_protocol_that_asks_for_a_certificate_is_not_opened_by_another_ones_session(
    version: str, callback: bool
) -> None:
    """An ALPN callback may be strict by `set_verify` alone, without another Context."""

    def choose(connection: SSL.Connection, offered: list[bytes]) -> bytes:
        if offered[0] == b"admin":
            connection.set_verify(REQUIRED, (lambda *_: True) if callback else None)
        return offered[0]

    server_context = contexts.server_context(version=version)
    server_context.set_session_id(b"the same for all")
    server_context.load_verify_locations(authority.trust_file())
    server_context.set_alpn_select_callback(choose)

    def pair(client: SSL.Context, protocol: bytes, session: SSL.Session | None) -> pump.Pair:
        ends = pump.pair(server_context, client)
        ends.client.set_alpn_protos([protocol])
        if session is not None:
            ends.client.set_session(session)
        return ends

    def visit(client: SSL.Context, protocol: bytes, session: SSL.Session | None) -> SSL.Session:
        ends = pair(client, protocol, session)
        pump.handshake(*ends)
        pump.transfer(ends.server, ends.client, b"tickets")
        assert ends.client.session_reused() == (session is not None)
        return session_of(ends)

    client = contexts.client_context(version=version)
    session = visit(client, b"open", None)
    visit(client, b"open", session)
    outcome = pump.handshake_outcome(*pair(client, b"admin", session))
    assert "another virtual host" in str(outcome.server)
    contexts.use_identity(client, authority.client_identity())
    visit(client, b"admin", visit(client, b"admin", None))


@NEWEST
def test_a_clients_own_server_name_callback_does_not_forbid_it_to_resume(version: str) -> None:
    """libssl runs it on clients too; a server that does not acknowledge the name is no host."""
    server_context = contexts.server_context(version=version)
    client_context = contexts.client_context(version=version)
    seen = []
    client_context.set_tlsext_servername_callback(lambda end: seen.append(end.get_servername()))
    first = pump.connected(server_context, client_context, b"brisk.test")
    pump.transfer(first.server, first.client, b"tickets")
    again = pump.pair(server_context, client_context, b"brisk.test")
    again.client.set_session(session_of(first))
    pump.handshake(*again)
    assert again.client.session_reused()


@NEWEST
def test_a_client_that_moves_to_a_strict_context_is_judged(version: str) -> None:
    server_context = contexts.server_context(version=version)
    lax = contexts.client_context(version=version, verify=False)
    first = pump.connected(server_context, lax, b"brisk.test")
    pump.transfer(first.server, first.client, b"tickets")
    strict = contexts.client_context(version=version)
    lax.set_tlsext_servername_callback(lambda end: end.set_context(strict))
    again = pump.pair(server_context, lax, b"brisk.test")
    again.client.set_session(session_of(first))
    outcome = pump.handshake_outcome(*again)
    assert "another virtual host" in str(outcome.client)


@NEWEST
@pytest.mark.parametrize("tickets", [True, False])
@pytest.mark.parametrize("of_context", [True, False])
def test_without_hosts_a_session_stands_for_no_certificate(
    version: str, tickets: bool, of_context: bool
) -> None:
    """What is required may have changed since the session was given out."""
    context = contexts.server_context(version=version)
    context.set_session_id(b"the same for all")
    if not tickets:
        context.set_options(SSL.OP_NO_TICKET)
    client = contexts.client_context(version=version)
    first = pump.connected(context, client)
    pump.transfer(first.server, first.client, b"tickets")
    if of_context:
        context.set_verify(REQUIRED)
    ends = pump.pair(context, client)
    if not of_context:
        ends.server.set_verify(REQUIRED)
    ends.client.set_session(session_of(first))
    outcome = pump.handshake_outcome(*ends)
    assert "without the certificate that is required" in str(outcome.server)
    assert isinstance(outcome.client, SSL.Error)
    assert outcome.client.alert == 40  # handshake_failure


@NEWEST
def test_without_hosts_a_session_with_a_certificate_is_resumed(version: str) -> None:
    context = contexts.server_context(version=version, require_client=True)
    context.set_session_id(b"the same for all")
    client = contexts.client_context(authority.client_identity(), version=version)
    first = pump.connected(context, client)
    pump.transfer(first.server, first.client, b"tickets")
    ends = pump.pair(context, client)
    ends.client.set_session(session_of(first))
    pump.handshake(*ends)
    assert ends.server.session_reused()
    assert ends.server.get_peer_certificate() is not None
