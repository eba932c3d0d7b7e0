"""Sessions and virtual hosts: what an open host gave out never opens a strict one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kit import authority, contexts, pump
from OpenSSL import SSL, crypto

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
        self.open.set_verify(SSL.VERIFY_NONE)
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


def assert_asks(ends: pump.Pair) -> None:
    """A full handshake, in which the server asks for the certificate that it requires."""
    outcome = pump.handshake_outcome(*ends)
    assert "peer did not return a certificate" in str(outcome.server)


def session_of(ends: pump.Pair) -> SSL.Session:
    session = ends.client.get_session()
    assert session is not None
    return session


@pytest.mark.differs("a session that was made by other")
@NEWEST
@pytest.mark.holds("D21", "S3")
def test_a_session_of_an_open_host_does_not_open_a_strict_one(version: str) -> None:
    hosts = Hosts(version)
    session = session_of(hosts.visit(OPEN))
    assert_asks(hosts.pair(STRICT, session))
    hosts.show_a_certificate()
    ends = hosts.visit(STRICT, session)
    assert not ends.server.session_reused()
    assert ends.server.get_servername() == STRICT


@NEWEST
def test_a_session_of_an_open_host_does_not_open_a_strict_default(version: str) -> None:
    hosts = Hosts(version, strict_default=True)
    session = session_of(hosts.visit(OPEN))
    assert_asks(hosts.pair(None, session))


@NEWEST
def test_a_certificate_shown_to_one_strict_host_is_not_shown_to_another(version: str) -> None:
    hosts = Hosts(version)
    hosts.show_a_certificate()
    ends = hosts.visit(OTHER, session_of(hosts.visit(STRICT)))
    assert not ends.server.session_reused()
    assert ends.server.get_servername() == OTHER


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
        # What a verify callback has decided is never taken for granted.
        judged = callback and protocol == b"admin"
        assert ends.client.session_reused() == (session is not None and not judged)
        return session_of(ends)

    client = contexts.client_context(version=version)
    session = visit(client, b"open", None)
    visit(client, b"open", session)
    assert_asks(pair(client, b"admin", session))
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
    assert "rules of verification changed" in str(outcome.client)


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
    assert_asks(ends)


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


# ---- a host brings all its rules

Strict = Callable[[SSL.Context], object]
#: Whatever a Context can hold that a client meets; the server's default allows more.
RULES: dict[str, tuple[Strict, Strict]] = {
    "min version": (
        lambda host: host.set_min_proto_version(SSL.TLS1_3_VERSION),
        lambda client: client.set_max_proto_version(SSL.TLS1_2_VERSION),
    ),
    "max version": (
        lambda host: host.set_max_proto_version(SSL.TLS1_2_VERSION),
        lambda client: client.set_min_proto_version(SSL.TLS1_3_VERSION),
    ),
    "options": (
        lambda host: host.set_options(SSL.OP_NO_TLSv1_3),
        lambda client: client.set_min_proto_version(SSL.TLS1_3_VERSION),
    ),
    "ciphers": (
        lambda host: host.set_cipher_list(b"ECDHE+CHACHA20"),
        lambda client: (
            client.set_max_proto_version(SSL.TLS1_2_VERSION),
            client.set_cipher_list(b"ECDHE+AESGCM"),
        ),
    ),
    "ciphersuites": (
        lambda host: host.set_tls13_ciphersuites(b"TLS_CHACHA20_POLY1305_SHA256"),
        lambda client: (
            client.set_min_proto_version(SSL.TLS1_3_VERSION),
            client.set_tls13_ciphersuites(b"TLS_AES_128_GCM_SHA256"),
        ),
    ),
    "groups": (
        lambda host: host.set_groups_list(b"P-384"),
        lambda client: client.set_groups_list(b"P-256:X25519"),
    ),
    "a curve": (
        lambda host: host.set_tmp_ecdh(crypto.get_elliptic_curve("secp384r1")),
        lambda client: client.set_groups_list(b"P-256:X25519"),
    ),
    "signature algorithms": (
        lambda host: host.set_sigalgs_list(b"ECDSA+SHA512"),
        lambda client: client.set_sigalgs_list(b"ECDSA+SHA256"),
    ),
    "security level": (
        lambda host: host.set_cipher_list(b"DEFAULT:@SECLEVEL=5"),
        lambda client: None,
    ),
    "verify mode": (lambda host: host.set_verify(REQUIRED), lambda client: None),
    "verify depth": (
        lambda host: (trust(host), host.set_verify_depth(0)),
        lambda client: contexts.use_identity(client, authority.client_identity()),
    ),
    "verify flags": (
        lambda host: (trust(host), host.set_verify_flags(crypto.X509StoreFlags.CRL_CHECK)),
        lambda client: contexts.use_identity(client, authority.client_identity()),
    ),
    "verify callback": (
        lambda host: (trust(host), host.set_verify(REQUIRED, lambda *_: False)),
        lambda client: contexts.use_identity(client, authority.client_identity()),
    ),
}


def trust(host: SSL.Context) -> None:
    host.load_verify_locations(authority.trust_file())
    host.set_verify(REQUIRED)


@pytest.mark.differs("a Context that a server-name")
@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("hook", ["name", "protocol", "none"])
@pytest.mark.holds("S13", "F15")
def test_a_host_brings_all_its_rules(rule: str, hook: str) -> None:
    make_strict, make_unfit = RULES[rule]
    strict, open_host = contexts.server_context(), contexts.server_context()
    make_strict(strict)
    client = contexts.client_context()
    client.set_alpn_protos([b"p"])
    make_unfit(client)
    assert pump.handshake_outcome(*pump.pair(strict, client)).server is not None
    for chosen, passes in ((strict, False), (open_host, True)):
        ends = choosing(contexts.server_context(), chosen, client, hook)
        assert (pump.handshake_outcome(*ends).server is None) is passes


def choosing(front: SSL.Context, chosen: SSL.Context, client: SSL.Context, hook: str) -> pump.Pair:
    def choose(end: SSL.Connection, *offered: list[bytes]) -> Any:
        end.set_context(chosen)
        return offered[0][0] if offered else None

    front.set_tlsext_servername_callback(choose if hook == "name" else None)
    front.set_alpn_select_callback(choose if hook == "protocol" else None)
    ends = pump.pair(front, client, OPEN)
    if hook == "none":
        ends.server.set_context(chosen)
    return ends


@pytest.mark.parametrize("rule", ["groups", "a curve", "min version", "max version"])
def test_a_host_need_not_keep_the_rules_of_the_first(rule: str) -> None:
    make_strict, make_unfit = RULES[rule]
    strict, open_host = contexts.server_context(), contexts.server_context()
    make_strict(strict)
    client = contexts.client_context()
    make_unfit(client)
    assert pump.handshake_outcome(*choosing(strict, open_host, client, "name")) == (None, None)


@pytest.mark.parametrize("rule", ["min version", "groups", "signature algorithms", "ciphers"])
def test_what_was_set_on_the_connection_stays(rule: str) -> None:
    _make_strict, make_unfit = RULES[rule]
    first, other = contexts.server_context(), contexts.server_context()
    client = contexts.client_context()
    make_unfit(client)
    ends = pump.pair(first, client)
    setters: dict[str, Callable[[], object]] = {
        "min version": lambda: ends.server.set_min_proto_version(SSL.TLS1_3_VERSION),
        "groups": lambda: ends.server.set_groups_list(b"P-384"),
        "signature algorithms": lambda: ends.server.set_sigalgs_list(b"ECDSA+SHA512"),
        "ciphers": lambda: ends.server.set_cipher_list(b"ECDHE+CHACHA20"),
    }
    setters[rule]()
    ends.server.set_context(other)
    assert pump.handshake_outcome(*ends).server is not None
