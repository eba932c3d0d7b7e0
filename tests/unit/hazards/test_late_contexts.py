"""Another Context in the middle of a handshake: only where libssl lets go of the first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kit import apart, authority, contexts, pump, verdicts
from OpenSSL import SSL, crypto

VERSIONS = pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
REQUIRED = SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT
Move = Callable[[SSL.Connection], None]


def refuses(connection: SSL.Connection, context: SSL.Context) -> None:
    """It says that it is too late, and the Context stays."""
    before = connection.get_context()
    with pytest.raises(SSL.Error, match="too late for another Context"):
        connection.set_context(context)
    assert connection.get_context() is before


def by_alpn(context: SSL.Context, move: Move) -> None:
    def choose(connection: SSL.Connection, offered: list[bytes]) -> bytes:
        move(connection)
        return offered[0]

    context.set_alpn_select_callback(choose)


def by_staple(context: SSL.Context, move: Move) -> None:
    def staple(connection: SSL.Connection, _data: object) -> bytes:
        move(connection)
        return b""

    context.set_ocsp_server_callback(staple)


def by_info(context: SSL.Context, move: Move) -> None:
    def tell(connection: SSL.Connection, _where: int, _value: int) -> None:
        if b"write server hello" in connection.get_state_string().lower():
            move(connection)

    context.set_info_callback(tell)


def by_keys(context: SSL.Context, move: Move) -> None:
    context.set_keylog_callback(lambda connection, _line: move(connection))


def by_verifying(context: SSL.Context, move: Move) -> None:
    def judge(connection: SSL.Connection, *_: object) -> bool:
        move(connection)
        return True

    context.set_verify(SSL.VERIFY_PEER, judge)


@pytest.mark.differs("set_context in a handshake, but", "set_context in an ALPN callback")
@VERSIONS
@pytest.mark.parametrize("hook", [by_alpn, by_staple, by_info, by_keys, by_verifying])
@pytest.mark.holds("D2")
def test_hooks_that_come_too_late(hook: Callable[[SSL.Context, Move], None], version: str) -> None:
    first, other = (contexts.server_context(version=version) for _ in range(2))
    first.load_verify_locations(authority.trust_file())
    asked = []

    def move(connection: SSL.Connection) -> None:
        asked.append(connection)
        if hook is by_alpn:
            connection.set_context(other)
        else:
            refuses(connection, other)

    hook(first, move)
    client_context = contexts.client_context(authority.client_identity(), version=version)
    client_context.set_alpn_protos([b"h2"])
    server, client = pump.pair(first, client_context)
    client.request_ocsp()
    pump.handshake(server, client)
    assert asked
    assert pump.transfer(server, client, b"fine") == b"fine"


@VERSIONS
def test_between_two_calls_in_the_middle(version: str) -> None:
    first, other = contexts.blank_context(version), contexts.server_context(version=version)
    identity = authority.identity()
    first.use_certificate(crypto.load_certificate(crypto.FILETYPE_PEM, identity.pem))
    first.use_privatekey_file(str(identity.files.key))
    for intermediate in crypto.load_certificates(crypto.FILETYPE_PEM, identity.chain_pem) * 20:
        first.add_extra_chain_cert(intermediate)  # more than libssl holds back
    server, client = pump.pair(first, contexts.client_context(version=version))
    server.set_bio_limit(1)
    with verdicts.wants_read():
        client.do_handshake()
    pump.shuttle(client, server)
    with pytest.raises(SSL.WantWriteError):
        server.do_handshake()
    refuses(server, other)
    server.set_bio_limit(0)
    pump.handshake(server, client)


@VERSIONS
def test_before_and_after_it_is_in_time(version: str) -> None:
    first, other = (contexts.server_context(version=version) for _ in range(2))
    server, client = pump.pair(first, contexts.client_context(version=version))
    with verdicts.wants_read():
        server.do_handshake()  # nothing has come yet
    server.set_context(other)
    pump.handshake(server, client)
    assert server.get_context() is other
    server.set_context(first)
    assert pump.transfer(server, client, b"fine") == b"fine"


@pytest.mark.holds("D1", "D2")
def test_a_store_is_not_given_up_while_it_verifies() -> None:
    """The Context whose store is used has no other owner than the connection."""
    last = contexts.server_context()

    def judge(connection: SSL.Connection, *_: object) -> bool:
        refuses(connection, last)
        return True

    def choose(connection: SSL.Connection) -> None:
        strict = contexts.server_context()
        strict.load_verify_locations(authority.trust_file())
        store = strict.get_cert_store()
        assert store is not None
        store.set_flags(crypto.X509StoreFlags.CRL_CHECK | crypto.X509StoreFlags.CRL_CHECK_ALL)
        strict.set_verify(REQUIRED, judge)
        connection.set_context(strict)

    last.set_tlsext_servername_callback(choose)
    client_context = contexts.client_context(authority.client_identity())
    ends = pump.pair(last, client_context, b"brisk.test")
    pump.handshake(*ends)
    assert ends.server.get_peer_certificate() is not None


# ---- hosts that are chosen by a protocol, over TLS 1.3


class Protocols:
    """A server whose protocol `admin` leads to a strict Context, all the others to an open one."""

    def __init__(self, **strict: Any) -> None:
        self.open = contexts.server_context()
        self.strict = contexts.server_context(**strict)
        for each in (self.open, self.strict):
            each.set_session_id(b"the same for all")
        self.open.set_alpn_select_callback(self.choose)
        self.client = contexts.client_context()

    def choose(self, connection: SSL.Connection, offered: list[bytes]) -> bytes:
        if offered[0] == b"admin":
            connection.set_context(self.strict)
        return offered[0]

    def pair(self, protocol: bytes, session: SSL.Session | None = None) -> pump.Pair:
        ends = pump.pair(self.open, self.client)
        ends.client.set_alpn_protos([protocol])
        if session is not None:
            ends.client.set_session(session)
        return ends

    def session(self, protocol: bytes) -> SSL.Session:
        ends = self.pair(protocol)
        pump.handshake(*ends)
        pump.transfer(ends.server, ends.client, b"tickets")
        session = ends.client.get_session()
        assert session is not None
        return session


@pytest.mark.holds("D21")
@pytest.mark.parametrize("mode", [SSL.VERIFY_PEER, REQUIRED])
def test_a_session_of_an_open_protocol_does_not_open_a_strict_one(mode: int) -> None:
    hosts = Protocols()
    hosts.strict.load_verify_locations(authority.trust_file())
    hosts.strict.set_verify(mode, lambda *_: False)
    contexts.use_identity(hosts.client, authority.client_identity())
    outcome = pump.handshake_outcome(*hosts.pair(b"admin", hosts.session(b"open")))
    assert "certificate verify failed" in str(outcome.server)
    assert isinstance(outcome.client, SSL.Error)


def test_a_session_of_its_own_opens_a_strict_protocol() -> None:
    hosts = Protocols()
    hosts.strict.load_verify_locations(authority.trust_file())
    hosts.strict.set_verify(REQUIRED)
    contexts.use_identity(hosts.client, authority.client_identity())
    ends = hosts.pair(b"admin", hosts.session(b"admin"))
    pump.handshake(*ends)
    assert ends.server.session_reused()
    assert ends.server.get_context() is hosts.strict


def test_a_protocol_whose_context_speaks_another_version() -> None:
    hosts = Protocols(version="TLSv1.2")
    ends = hosts.pair(b"admin")
    pump.handshake(*ends)
    assert ends.server.get_protocol_version() == SSL.TLS1_2_VERSION
    assert ends.server.get_alpn_proto_negotiated() == b"admin"
    hosts.client.set_min_proto_version(SSL.TLS1_3_VERSION)
    outcome = pump.handshake_outcome(*hosts.pair(b"admin"))
    assert "unsupported protocol" in str(outcome.server)
    assert isinstance(outcome.client, SSL.Error)


@pytest.mark.holds("C27")
def test_words_of_refusal_may_run_a_finaliser_that_changes_the_context() -> None:
    out = apart.run("""
        import gc
        from kit import authority, contexts, pump
        from OpenSSL import SSL
        server = contexts.server_context(version="TLSv1.2")
        armed = False

        class Late:
            def __del__(self):
                server.set_timeout(300)

        def tell(connection, _where, _value):
            global armed
            if armed and "read client hello" in connection.get_state_string().decode():
                armed = False
                connection.set_verify(SSL.VERIFY_PEER)
                gc.collect()
                gc.disable()
                ring = Late()
                ring.me = ring
                del ring
                gc.set_threshold(1)
                gc.enable()

        server.set_info_callback(tell)
        trusting = contexts.client_context()
        ends = pump.connected(server, trusting, b"brisk.test")
        pump.transfer(*ends, b"tickets")
        session = ends.client.get_session()
        armed = True
        ends = pump.pair(server, trusting, b"brisk.test")
        ends.client.set_session(session)
        outcome = pump.handshake_outcome(*ends)
        gc.set_threshold(700)
        print(armed, "rules of verification changed" in str(outcome.server))
    """)
    assert out == "False True\n"
