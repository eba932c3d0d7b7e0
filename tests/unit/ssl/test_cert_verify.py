"""Verification by the program, in the place of libssl's."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable

import pytest

from kit import authority, contexts, datagrams, peers, pump, sockets, stdlib
from OpenSSL import SSL, crypto

CODES = SSL.X509VerificationCodes
REQUIRED = SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT
NEWEST = pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
Judge = Callable[[SSL.Connection, list[crypto.X509]], bool]


def believing(version: str | None = None, judge: Judge = lambda *_: True) -> SSL.Context:
    """A client that trusts nobody, but for what ``judge`` says."""
    context = contexts.blank_context(version)
    context.set_verify(SSL.VERIFY_PEER)
    context.set_cert_verify_callback(judge)
    return context


def refusal(outcome: Exception | None) -> tuple[int | None, bool]:
    assert isinstance(outcome, SSL.Error), outcome
    assert "certificate verify failed" in str(outcome)
    return outcome.verify_code, outcome.alert_sent


# ---- yes and no


@NEWEST
def test_its_yes_takes_the_place_of_trust(version: str) -> None:
    """What it is shown is what the peer has sent, verified by nobody."""
    shown: list[tuple[SSL.Connection, list[bytes]]] = []

    def judge(end: SSL.Connection, chain: list[crypto.X509]) -> bool:
        shown.append((end, [crypto.dump_certificate(crypto.FILETYPE_PEM, each) for each in chain]))
        return True

    who = authority.stranger()
    ends = pump.connected(contexts.server_context(who, version=version), believing(version, judge))
    ((end, chain),) = shown
    assert end is ends.client
    assert b"".join(chain) == who.chain_pem
    assert end.get_verify_result() == 0
    assert end.get_verified_chain() is None
    assert end.get_peername() is None
    assert pump.transfer(ends.client, ends.server, b"data") == b"data"


@NEWEST
@pytest.mark.parametrize("answer", [False, 0, None])
def test_its_no_ends_the_handshake_whatever_is_trusted(version: str, answer: object) -> None:
    context = contexts.client_context(version=version)  # trusts the server's authority
    context.set_cert_verify_callback(lambda *_: answer)  # type: ignore[arg-type,return-value]
    ends = pump.pair(contexts.server_context(version=version), context)
    outcome = pump.handshake_outcome(*ends)
    assert refusal(outcome.client) == (CODES.ERR_APPLICATION_VERIFICATION, True)
    assert isinstance(outcome.server, SSL.Error)
    assert outcome.server.alert is not None
    assert ends.client.get_verify_result() == CODES.ERR_APPLICATION_VERIFICATION


@NEWEST
@pytest.mark.parametrize("believe", [True, False])
def test_a_server_judges_its_clients(version: str, believe: bool) -> None:
    server = contexts.server_context(version=version)
    server.set_verify(REQUIRED)
    names: list[str | None] = []
    server.set_cert_verify_callback(
        lambda _, chain: bool(names.append(chain[0].get_subject().CN)) or believe
    )
    client = contexts.client_context(authority.client_identity(), version=version)
    ends = pump.pair(server, client)
    outcome = pump.handshake_outcome(*ends)
    assert names == ["client"]
    if believe:
        assert isinstance(outcome.server, SSL.WantReadError | None)
        assert ends.server.get_verify_result() == 0
    else:
        assert refusal(outcome.server) == (CODES.ERR_APPLICATION_VERIFICATION, True)
        assert isinstance(outcome.client, SSL.Error)


@NEWEST
def test_a_client_without_a_certificate_is_not_its_to_judge(version: str) -> None:
    server = contexts.server_context(version=version)
    server.set_verify(REQUIRED)
    server.set_cert_verify_callback(lambda *_: pytest.fail("there is nothing to judge"))
    outcome = pump.handshake_outcome(*pump.pair(server, contexts.client_context(version=version)))
    assert "peer did not return a certificate" in str(outcome.server)


def test_without_verify_peer_its_no_is_only_told() -> None:
    context = contexts.client_context(verify=False)
    context.set_cert_verify_callback(lambda *_: False)
    ends = pump.connected(contexts.server_context(), context)
    assert ends.client.get_verify_result() == CODES.ERR_APPLICATION_VERIFICATION


@NEWEST
@pytest.mark.parametrize("mode", [SSL.VERIFY_NONE, SSL.VERIFY_PEER])
def test_what_it_raises_ends_the_handshake_in_any_mode(version: str, mode: int) -> None:
    def judge(*_: object) -> bool:
        raise LookupError("no judge")

    context = believing(version, judge)
    context.set_verify(mode)
    ends = pump.pair(contexts.server_context(version=version), context)
    outcome = pump.handshake_outcome(*ends)
    assert isinstance(outcome.client, LookupError)
    assert isinstance(outcome.server, SSL.Error)
    with pytest.raises(SSL.Error):
        ends.client.send(b"x")


def test_the_callback_of_set_verify_is_not_asked() -> None:
    context = believing()
    context.set_verify(SSL.VERIFY_PEER, lambda *_: pytest.fail("its place is taken"))
    pump.connected(contexts.server_context(authority.stranger()), context)


def test_over_dtls() -> None:
    client = datagrams.context()
    seen: list[int] = []
    client.set_cert_verify_callback(lambda _, chain: not seen.append(len(chain)))
    pump.connected(datagrams.context(serving=True), client)
    assert seen == [2]


@pytest.mark.parametrize("believe", [True, False])
def test_servers_of_others(believe: bool) -> None:
    with peers.openssl_server(authority.stranger()) as server:
        context = believing(judge=lambda *_: believe)
        sock = socket.create_connection((sockets.LOOPBACK, server.port), sockets.PATIENCE)
        with sock, sockets.client_end(context, sock) as client:
            if not believe:
                with pytest.raises(SSL.Error, match="certificate verify failed"):
                    client.do_handshake()
                return
            client.do_handshake()
            client.sendall(b"abc\n")
            assert sockets.receive_exactly(client, 4) == server.answer(b"abc\n")


# ---- names are compared all the same

NAMES: dict[str, tuple[Callable[[SSL.Connection], object], int]] = {
    "the host": (lambda end: end.set_host(b"brisk.test"), 0),
    "another host": (lambda end: end.set_host(b"other.test"), CODES.ERR_HOSTNAME_MISMATCH),
    "one of two hosts": (lambda end: (end.set_host(b"a.test"), end.add_host(b"brisk.test")), 0),
    "a wildcard": (lambda end: end.set_host(b"one.wild.test"), 0),
    "too deep for a wildcard": (
        lambda end: end.set_host(b"one.two.wild.test"),
        CODES.ERR_HOSTNAME_MISMATCH,
    ),
    "the address": (lambda end: end.set_ip_asc(b"127.0.0.1"), 0),
    "another address": (lambda end: end.set_ip_asc(b"127.0.0.2"), CODES.ERR_IP_ADDRESS_MISMATCH),
    "another e-mail address": (
        lambda end: end.set_email(b"who@brisk.test"),
        CODES.ERR_EMAIL_MISMATCH,
    ),
    "the host at another address": (
        lambda end: (end.set_host(b"brisk.test"), end.set_ip_asc(b"::2")),
        CODES.ERR_IP_ADDRESS_MISMATCH,
    ),
}


@NEWEST
@pytest.mark.parametrize("name", NAMES)
def test_names_are_compared_after_a_yes(version: str, name: str) -> None:
    ask, code = NAMES[name]
    for chosen_by_it in (False, True):

        def judge(end: SSL.Connection, chain: list[crypto.X509], late: bool = chosen_by_it) -> bool:
            if late:
                ask(end)
            return True

        server = contexts.server_context(version=version)
        ends = pump.pair(server, believing(version, judge))
        if not chosen_by_it:
            ask(ends.client)
        outcome = pump.handshake_outcome(*ends)
        if code == 0:
            assert isinstance(outcome.client, SSL.WantReadError | None)
        else:
            assert refusal(outcome.client) == (code, True)
        assert ends.client.get_verify_result() == code


def test_names_of_clients_are_compared_as_well() -> None:
    server = contexts.server_context()
    server.set_verify(REQUIRED)
    server.set_cert_verify_callback(lambda *_: True)
    who = authority.authority().issue("visitor", names=("visitor.test",))
    client = contexts.client_context(who)
    for name, code in ((b"visitor.test", None), (b"other.test", CODES.ERR_HOSTNAME_MISMATCH)):
        ends = pump.pair(server, client)
        ends.server.set_host(name)
        outcome = pump.handshake_outcome(*ends)
        assert (code is None) is isinstance(outcome.server, SSL.WantReadError | None)
        if code is not None:
            assert refusal(outcome.server) == (code, True)


def test_a_no_is_not_made_good_by_a_name() -> None:
    ends = pump.pair(contexts.server_context(), believing(judge=lambda *_: False))
    ends.client.set_host(b"brisk.test")
    outcome = pump.handshake_outcome(*ends)
    assert refusal(outcome.client) == (CODES.ERR_APPLICATION_VERIFICATION, True)


# ---- what needs libssl's own verification


def test_records_of_dane_are_not_passed_over() -> None:
    context = believing(judge=lambda *_: pytest.fail("it would stand for the records"))
    context.dane_enable()
    ends = pump.pair(contexts.server_context(), context)
    ends.client.dane_enable("brisk.test")
    ends.client.add_tlsa(3, 1, 1, bytes(32))
    outcome = pump.handshake_outcome(*ends)
    assert "DANE and certificate transparency need" in str(outcome.client)
    assert isinstance(outcome.server, SSL.Error)


@pytest.mark.parametrize("strict", [True, False])
def test_timestamps_of_logs_are_not_passed_over(strict: bool) -> None:
    context = believing()
    context.enable_ct(strict)
    outcome = pump.handshake_outcome(*pump.pair(contexts.server_context(), context))
    assert "DANE and certificate transparency need" in str(outcome.client)


# ---- sessions


class Visits:
    """Connections that stay: a server's cache drops the sessions of those that were cut off."""

    def __init__(self, server: SSL.Context) -> None:
        self._server = server
        self._ends: list[pump.Pair] = []

    def session(self, client: SSL.Context) -> SSL.Session:
        ends = pump.connected(self._server, client)
        self._ends.append(ends)
        pump.transfer(ends.server, ends.client, b"tickets")
        session = ends.client.get_session()
        assert session is not None
        return session

    def resumed(self, client: SSL.Context, session: SSL.Session) -> bool:
        ends = pump.pair(self._server, client)
        self._ends.append(ends)
        ends.client.set_session(SSL.Session.from_bytes(session.to_bytes(), client))
        pump.handshake(*ends)
        assert ends.client.session_reused() == ends.server.session_reused()
        return ends.client.session_reused()


@NEWEST
def test_what_it_has_judged_is_judged_again(version: str) -> None:
    visits = Visits(contexts.server_context(version=version))
    asked: list[int] = []
    judged = believing(version, lambda _, chain: not asked.append(len(chain)))
    session = visits.session(judged)
    assert not visits.resumed(judged, session)
    assert len(asked) == 2
    # Nor does its yes stand for libssl's, nor libssl's for its own.
    plain = contexts.client_context(version=version)
    assert not visits.resumed(plain, session)
    session = visits.session(plain)
    assert visits.resumed(plain, session)
    plain.set_cert_verify_callback(lambda _, chain: not asked.append(len(chain)))
    assert not visits.resumed(plain, session)
    assert len(asked) == 3


@NEWEST
@pytest.mark.parametrize("tickets", [True, False])
def test_a_server_judges_again_what_it_has_judged(version: str, tickets: bool) -> None:
    server = contexts.server_context(version=version, require_client=True)
    server.set_session_id(b"one service")
    if not tickets:
        server.set_options(SSL.OP_NO_TICKET)
    client = contexts.client_context(authority.client_identity(), version=version)
    visits = Visits(server)
    before = visits.session(client)
    assert visits.resumed(client, before)
    asked: list[int] = []
    server.set_cert_verify_callback(lambda _, chain: not asked.append(len(chain)))
    assert not visits.resumed(client, before)
    session = visits.session(client)
    assert not visits.resumed(client, session)
    assert len(asked) == 3
    server.set_cert_verify_callback(None)
    assert not visits.resumed(client, session)


# ---- other Contexts, other times


@pytest.mark.parametrize("by", ["hello", "set_context"])
def test_a_context_that_only_brings_a_certificate_leaves_the_judge_in_office(by: str) -> None:
    front = contexts.server_context()
    front.set_verify(REQUIRED)
    front.set_cert_verify_callback(lambda *_: False)
    bringing = contexts.server_context()
    client = contexts.client_context(authority.client_identity())

    def outcome(other: SSL.Context) -> Exception | None:
        front.set_client_hello_callback(
            (lambda end, _: end.set_context(other)) if by == "hello" else None
        )
        ends = pump.pair(front, client)
        if by != "hello":
            ends.server.set_context(other)
        return pump.handshake_outcome(*ends).server

    assert refusal(outcome(bringing))
    strict = contexts.server_context(require_client=True)
    assert isinstance(outcome(strict), SSL.WantReadError | None), "all rules are the other one's"
    strict.set_cert_verify_callback(lambda *_: False)
    assert refusal(outcome(strict))
    bringing.set_cert_verify_callback(lambda *_: True)
    assert isinstance(outcome(bringing), SSL.WantReadError | None)


@pytest.mark.parametrize("believe", [True, False])
def test_a_certificate_that_comes_late(believe: bool) -> None:
    server = contexts.server_context(version="TLSv1.3")
    server.set_verify(REQUIRED | SSL.VERIFY_POST_HANDSHAKE)
    names: list[str | None] = []
    server.set_cert_verify_callback(
        lambda _, chain: bool(names.append(chain[0].get_subject().CN)) or believe
    )
    client = contexts.client_context(authority.client_identity(), version="TLSv1.3")
    client.set_post_handshake_auth(True)
    ends = pump.connected(server, client)
    ends.server.verify_client_post_handshake()
    ends.server.do_handshake()
    assert names == []
    pump.shuttle(ends.server, ends.client)
    assert not pump.step(lambda: ends.client.recv(1))
    ends.client.send(b"x")
    pump.shuttle(ends.client, ends.server)
    if believe:
        assert ends.server.recv(1) == b"x"
    else:
        with pytest.raises(SSL.Error, match="certificate verify failed"):
            ends.server.recv(1)
    assert names == ["client"]


def test_it_can_be_asked_for_and_removed() -> None:
    context = contexts.client_context()
    assert context.get_cert_verify_callback() is None

    def judge(end: SSL.Connection, chain: list[crypto.X509]) -> bool:
        raise AssertionError("it was removed")

    context.set_cert_verify_callback(judge)
    assert context.get_cert_verify_callback() is judge
    context.set_cert_verify_callback(None)
    assert context.get_cert_verify_callback() is None
    ends = pump.connected(contexts.server_context(), context)
    assert ends.client.get_verified_chain()
    outcome = pump.handshake_outcome(
        *pump.pair(contexts.server_context(authority.stranger()), context)
    )
    assert refusal(outcome.client) == (CODES.ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, True)
    with pytest.raises(TypeError, match="callback must be callable"):
        context.set_cert_verify_callback(1)  # type: ignore[arg-type]


def test_a_client_of_the_standard_library_is_judged() -> None:
    server = contexts.server_context()
    server.set_verify(REQUIRED)
    server.set_cert_verify_callback(lambda _, chain: chain[0].get_subject().CN == "client")
    for who, welcome in ((authority.client_identity(), True), (authority.stranger(), False)):
        with sockets.tcp_pair() as (one, other):
            future = sockets.in_thread(sockets.server_end(server, one).do_handshake)
            context = stdlib.client_context(who)
            context.check_hostname = False
            with context.wrap_socket(other) as client:
                if welcome:
                    assert future.result(sockets.PATIENCE) is None
                else:
                    with pytest.raises(SSL.Error, match="certificate verify failed"):
                        future.result(sockets.PATIENCE)
                    with pytest.raises(ssl.SSLError, match="alert"):
                        client.recv(1)
