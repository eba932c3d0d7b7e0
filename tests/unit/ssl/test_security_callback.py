"""What the security level allows, and a program may still refuse."""

from __future__ import annotations

import gc
import random
import threading
import weakref
from collections.abc import Callable
from typing import Any

import pytest

from kit import authority, contexts, datagrams, pump, resuming, sockets, verdicts
from OpenSSL import SSL, crypto

VERSIONS = pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
SIDES = pytest.mark.parametrize("side", ["server", "client"])
Subject = Any
OPERATIONS = {name: getattr(SSL, name) for name in dir(SSL) if name.startswith("SECOP_")}


class Guard:
    """Refuses some things, and notes what it was asked."""

    def __init__(self, refuses: Callable[[int, int, int, Subject], bool] = lambda *_: False):
        self.refuses = refuses
        self.asked: list[tuple[int, int, int, Subject]] = []

    def __call__(
        self, _: SSL.Connection, operation: int, bits: int, nid: int, subject: Subject
    ) -> bool:
        self.asked.append((operation, bits, nid, subject))
        return not self.refuses(operation, bits, nid, subject)

    def subjects(self, operation: int) -> list[Subject]:
        return [each[3] for each in self.asked if each[0] == operation]


def guarded(
    side: str, guard: Guard, version: str | None = None, where: str = "context"
) -> pump.Pair:
    server = contexts.server_context(version=version)
    client = contexts.client_context(version=version)
    if where == "context":
        (server if side == "server" else client).set_security_callback(guard)
    ends = pump.pair(server, client)
    if where == "connection":
        getattr(ends, side).set_security_callback(guard)
    return ends


@VERSIONS
@SIDES
@pytest.mark.parametrize("where", ["context", "connection"])
def test_it_is_asked_about_what_is_used(version: str, side: str, where: str) -> None:
    guard = Guard()
    ends = guarded(side, guard, version, where)
    pump.handshake(*ends)
    assert {each[0] for each in guard.asked} <= set(OPERATIONS.values())
    chosen = ends.client.get_cipher_name()
    operation = SSL.SECOP_CIPHER_SHARED if side == "server" else SSL.SECOP_CIPHER_CHECK
    assert chosen in guard.subjects(operation)
    assert ends.client.get_protocol_version() in [
        nid for what, _, nid, _ in guard.asked if what == SSL.SECOP_VERSION
    ]
    assert all(len(each) == 2 for each in guard.subjects(SSL.SECOP_CURVE_CHECK))
    assert pump.transfer(ends.client, ends.server, b"data") == b"data"


def test_certificates_are_shown_as_such() -> None:
    guard = Guard()
    who = authority.identity()
    ends = guarded("server", guard)
    pump.handshake(*ends)
    shown = guard.subjects(SSL.SECOP_EE_KEY)
    assert [each.to_cryptography() for each in shown] == [who.certificate] * len(shown)
    assert isinstance(shown[0], crypto.X509)


REFUSALS: dict[str, Callable[[int, int, int, Subject], bool]] = {
    "every version": lambda what, *_: what == SSL.SECOP_VERSION,
    "every suite": lambda what, *_: (
        what in (SSL.SECOP_CIPHER_SUPPORTED, SSL.SECOP_CIPHER_SHARED, SSL.SECOP_CIPHER_CHECK)
    ),
    "every group": lambda what, *_: (
        what in (SSL.SECOP_CURVE_SUPPORTED, SSL.SECOP_CURVE_SHARED, SSL.SECOP_CURVE_CHECK)
    ),
    "every signature": lambda what, *_: (
        what in (SSL.SECOP_SIGALG_SUPPORTED, SSL.SECOP_SIGALG_SHARED, SSL.SECOP_SIGALG_CHECK)
    ),
    "everything": lambda *_: True,
}


@VERSIONS
@SIDES
@pytest.mark.parametrize("what", REFUSALS)
def test_what_it_refuses_is_not_used(version: str, side: str, what: str) -> None:
    ends = guarded(side, Guard(REFUSALS[what]), version)
    outcome = pump.handshake_outcome(*ends)
    assert isinstance(getattr(outcome, side), SSL.Error)
    assert not isinstance(getattr(outcome, side), SSL.WantReadError)


@SIDES
def test_others_are_used_in_its_place(side: str) -> None:
    unwanted = {"TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"}
    ends = guarded(side, Guard(lambda _w, _b, _n, subject: subject in unwanted), "TLSv1.3")
    pump.handshake(*ends)
    assert ends.client.get_cipher_name() == "TLS_AES_128_GCM_SHA256"


@pytest.mark.parametrize("where", ["context", "connection"])
@SIDES
def test_the_newest_version_may_be_refused(side: str, where: str) -> None:
    def refuses(what: int, _bits: int, nid: int, _subject: Subject) -> bool:
        return what == SSL.SECOP_VERSION and nid == SSL.TLS1_3_VERSION

    guard = Guard(refuses)
    ends = guarded(side, guard, where=where)
    pump.handshake(*ends)
    assert ends.client.get_protocol_version() == SSL.TLS1_2_VERSION
    assert (SSL.SECOP_VERSION, 0, SSL.TLS1_3_VERSION, None) in guard.asked
    assert pump.transfer(ends.client, ends.server, b"data") == b"data"


@SIDES
def test_who_refuses_every_version_is_told_so(side: str) -> None:
    ends = guarded(side, Guard(REFUSALS["every version"]))
    failure = getattr(pump.handshake_outcome(*ends), side)
    assert failure.errors[-1].reason in ("no protocols available", "unsupported protocol")
    assert any("security" in note for note in getattr(failure, "__notes__", ["security"]))


def test_it_cannot_allow_what_the_level_refuses() -> None:
    ends = guarded("server", Guard())
    ends.server.set_security_level(5)
    outcome = pump.handshake_outcome(*ends)
    assert isinstance(outcome.server, SSL.Error)
    assert not isinstance(outcome.server, SSL.WantReadError)


@VERSIONS
@SIDES
@pytest.mark.parametrize("answer", ["yes", 1.5, LookupError("no guard")])
def test_what_is_no_answer_ends_the_handshake(version: str, side: str, answer: object) -> None:
    def ask(*_: object) -> Any:
        if isinstance(answer, Exception):
            raise answer
        return answer

    ends = guarded(side, ask, version)  # type: ignore[arg-type]
    outcome = pump.handshake_outcome(*ends)
    kind = LookupError if isinstance(answer, Exception) else TypeError
    assert isinstance(getattr(outcome, side), kind)
    with pytest.raises(SSL.Error):
        getattr(ends, side).send(b"x")


TOUCHES: dict[str, Callable[[SSL.Connection, SSL.Context], object]] = {
    "its suites": lambda end, _: end.set_cipher_list(b"AES128-SHA"),
    "its groups": lambda end, _: end.set_groups_list(b"X25519"),
    "its state": lambda end, _: end.get_state_string(),
    "its handshake": lambda end, _: end.do_handshake(),
    "its Context": lambda end, _: end.set_context(contexts.server_context()),
    "the Context's suites": lambda _, context: context.set_cipher_list(b"AES128-SHA"),
    "the Context's certificate": lambda _, context: context.use_certificate_pem(
        authority.identity().chain_pem, authority.identity().key_pem
    ),
    "the Context's hooks": lambda _, context: context.set_info_callback(None),
    "the Context's options": lambda _, context: context.get_options(),
    "another connection of it": lambda _, context: SSL.Connection(context),
}


@VERSIONS
@pytest.mark.parametrize("touch", TOUCHES)
def test_nothing_of_its_own_can_be_touched(version: str, touch: str) -> None:
    """OpenSSL is in the middle of a list then."""
    told: list[Exception] = []
    server = contexts.server_context(version=version)

    def ask(end: SSL.Connection, *_: object) -> bool:
        with pytest.raises(SSL.Error, match="called from a security callback") as caught:
            TOUCHES[touch](end, server)
        told.append(caught.value)
        return True

    server.set_security_callback(ask)
    ends = pump.connected(server, contexts.client_context(version=version))
    assert told
    assert pump.transfer(ends.client, ends.server, b"data") == b"data"
    server.set_cipher_list(b"ECDHE+AESGCM")  # and afterwards it can


def test_a_connection_made_before_may_shake_hands_in_it() -> None:
    server = contexts.server_context(version="TLSv1.3")
    others: list[pump.Pair] = [pump.pair(server, contexts.client_context()) for _ in range(3)]
    done: list[bytes] = []

    def ask(*_: object) -> bool:
        if others:
            pair = others.pop()
            pump.handshake(*pair)
            done.append(pump.transfer(*pair, b"data"))
        return True

    server.set_security_callback(ask)
    pump.connected(server, contexts.client_context())
    assert done == [b"data"] * 3


def test_changes_by_other_threads_wait() -> None:
    """They neither free a list that is being walked nor wait for ever."""
    server = contexts.server_context()
    changing = threading.Event()
    changed = threading.Event()

    def change() -> None:
        changing.set()
        server.set_cipher_list(b"ECDHE+AESGCM")
        changed.set()

    def ask(*_: object) -> bool:
        if not changing.is_set():
            threading.Thread(target=change).start()
            assert changing.wait(sockets.PATIENCE)
        assert not changed.is_set()
        return True

    server.set_security_callback(ask)
    ends = pump.pair(server, contexts.client_context())
    with verdicts.wants_read():
        ends.client.do_handshake()
    pump.shuttle(ends.client, ends.server)
    with verdicts.wants_read():
        ends.server.do_handshake()
    assert changed.wait(sockets.PATIENCE)
    pump.exchange(*ends)
    server.set_security_callback(None)
    pump.connected(server, contexts.client_context())


@VERSIONS
@SIDES
def test_no_session_stands_for_it(version: str, side: str) -> None:
    """A resumed handshake would pass by what it might refuse now."""
    server, client = contexts.server_context(version=version), contexts.client_context()
    session = resuming.session_of(*resuming.visit(server, client))
    assert resuming.resumes(*resuming.visit(server, client, session))
    (server if side == "server" else client).set_security_callback(Guard())
    assert not resuming.resumes(*resuming.visit(server, client, session))
    # Nor does one that was made under it stand for anything later.
    session = resuming.session_of(*resuming.visit(server, client))
    assert not resuming.resumes(*resuming.visit(server, client, session))
    (server if side == "server" else client).set_security_callback(None)
    assert not resuming.resumes(*resuming.visit(server, client, session))


@VERSIONS
@pytest.mark.parametrize("way", ["a Context by name", "a Context by hello", "on the connection"])
def test_nor_where_it_comes_with_the_clients_hello(version: str, way: str) -> None:
    guard = Guard()
    server, other = (contexts.server_context(version=version) for _ in range(2))
    client = contexts.client_context(version=version)
    session = resuming.session_of(*resuming.visit(server, client))
    assert resuming.resumes(*resuming.visit(server, client, session))
    other.set_security_callback(guard)
    if way == "a Context by name":
        server.set_tlsext_servername_callback(lambda end: end.set_context(other))
    elif way == "a Context by hello":
        server.set_client_hello_callback(lambda end, _: end.set_context(other))
    else:
        server.set_client_hello_callback(lambda end, _: end.set_security_callback(guard))
    assert not resuming.resumes(*resuming.visit(server, client, session))
    assert guard.asked


def test_a_chosen_context_brings_its_own_or_leaves_it() -> None:
    first, second = Guard(), Guard()
    server, plain, other = (contexts.server_context() for _ in range(3))
    server.set_security_callback(first)
    other.set_security_callback(second)
    for chosen, asked in ((plain, first), (other, second)):
        server.set_tlsext_servername_callback(lambda end, it=chosen: end.set_context(it))
        first.asked.clear()
        ends = pump.pair(server, contexts.client_context())
        ends.client.set_tlsext_host_name(b"host.test")
        pump.handshake(*ends)
        assert asked.subjects(SSL.SECOP_EE_KEY) or asked.subjects(SSL.SECOP_SIGALG_SHARED)
        assert pump.transfer(ends.client, ends.server, b"data") == b"data"


def test_a_connections_own_stays() -> None:
    own, theirs = Guard(), Guard()
    server, other = contexts.server_context(), contexts.server_context()
    other.set_security_callback(theirs)
    server.set_tlsext_servername_callback(lambda end: end.set_context(other))
    ends = pump.pair(server, contexts.client_context())
    ends.server.set_security_callback(own)
    ends.client.set_tlsext_host_name(b"host.test")
    pump.handshake(*ends)
    assert own.asked
    assert not theirs.asked


@VERSIONS
@SIDES
def test_what_was_said_of_an_algorithm_counts(version: str, side: str) -> None:
    """OpenSSL counts first and fills then: another answer would have it write behind the end."""
    told = []
    for seed in range(100):
        chance = random.Random(seed)
        guard = Guard(lambda *_, chance=chance: chance.random() < 0.3)  # type: ignore[misc]
        ends = guarded(side, guard, version)
        pump.handshake_outcome(*ends)
        told.append([each for each in guard.asked if isinstance(each[3], (str, bytes))])
    assert any(told)
    most = max(plain.count(each) for plain in told for each in plain)
    # A server that asks for another hello begins again.
    assert most == (2 if version == "TLSv1.3" and side == "server" else 1)


def test_what_is_loaded_later_is_looked_at_in_the_handshake() -> None:
    """A setter asks nobody; the handshake does."""
    guard = Guard(lambda what, *_: what == SSL.SECOP_EE_KEY)
    ends = guarded("server", guard, where="connection")
    ends.server.use_certificate_pem(authority.identity().chain_pem, authority.identity().key_pem)
    ends.server.set_cipher_list(b"ECDHE+AESGCM")
    assert not guard.asked
    assert isinstance(pump.handshake_outcome(*ends).server, SSL.Error)


def test_over_datagrams() -> None:
    guard = Guard()
    server = datagrams.context(serving=True)
    server.set_security_callback(guard)
    pump.connected(server, datagrams.context())
    assert guard.asked


def test_a_renegotiation_asks_again() -> None:
    guard = Guard()
    server = contexts.server_context(version="TLSv1.2")
    server.set_options(SSL.OP_ALLOW_CLIENT_RENEGOTIATION)
    server.set_security_callback(guard)
    ends = pump.connected(server, contexts.client_context(version="TLSv1.2"))
    guard.asked.clear()
    guard.refuses = lambda what, *_: what == SSL.SECOP_CIPHER_SHARED
    ends.client.renegotiate()
    with verdicts.wants_read():
        ends.client.do_handshake()
    pump.shuttle(ends.client, ends.server)
    with pytest.raises(SSL.Error, match="no shared cipher"):
        ends.server.recv(10)
    assert guard.asked


def ring() -> weakref.ref[SSL.Context]:
    context = contexts.server_context()
    context.set_security_callback(lambda *_: bool(context))
    return weakref.ref(context)


def test_it_can_be_asked_for_removed_and_collected() -> None:
    context = contexts.server_context()
    guard = Guard()
    assert context.get_security_callback() is None
    context.set_security_callback(guard)
    assert context.get_security_callback() is guard
    context.set_security_callback(None)
    assert context.get_security_callback() is None
    pump.connected(context, contexts.client_context())
    assert not guard.asked
    seen = ring()
    gc.collect()
    assert seen() is None
    with pytest.raises(TypeError, match="callback must be callable"):
        contexts.server_context().set_security_callback(1)  # type: ignore[arg-type]
