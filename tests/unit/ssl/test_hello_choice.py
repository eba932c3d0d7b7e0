"""What a callback for clients' hellos decides: at once, later, and more than once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kit import authority, bare, contexts, datagrams, hellos, pump
from kit.hellos import Hello
from OpenSSL import SSL

Shown = list[SSL.ClientHello]
REQUIRED = SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT
NEWEST = pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])


def watching(version: str | None = None) -> tuple[SSL.Context, Shown]:
    """A server's Context, and what its callback is shown."""
    shown: Shown = []
    context = contexts.server_context(version=version)
    context.set_client_hello_callback(lambda _, hello: shown.append(hello))
    return context, shown


# ---- what the callback decides


@NEWEST
def test_it_may_choose_a_context_for_a_client(version: str) -> None:
    """By what no other callback is told; the chosen one's certificate, version and rules hold."""
    other = contexts.server_context(authority.identity("ed25519"), version=version)
    first = SSL.Context(SSL.TLS_METHOD)  # has no certificate, and speaks any version
    names: list[bytes | None] = []
    other.set_tlsext_servername_callback(lambda end: names.append(end.get_servername()))
    other.set_alpn_select_callback(lambda _, offered: offered[-1])
    other.set_client_hello_callback(lambda *_: pytest.fail("the choice is made"))

    def choose(end: SSL.Connection, hello: SSL.ClientHello) -> None:
        assert end.get_servername() == hello.server_name == b"brisk.test"
        if 0x0807 in hello.signature_algorithms:
            end.set_context(other)

    first.set_client_hello_callback(choose)
    client = contexts.client_context()
    client.set_alpn_protos([b"h2", b"http/1.1"])
    ends = pump.connected(first, client, b"brisk.test")
    assert ends.server.get_context() is other
    assert ends.client.get_protocol_version_name() == version
    assert ends.client.get_alpn_proto_negotiated() == b"http/1.1"
    certificate = ends.client.get_peer_certificate()
    assert certificate is not None
    assert certificate.get_pubkey().type_name() == "ED25519"
    assert names == [b"brisk.test"]


Setting = Callable[[SSL.Connection], object]
SETTINGS: dict[str, Setting] = {
    "version": lambda end: end.set_max_proto_version(SSL.TLS1_2_VERSION),
    "options": lambda end: end.set_options(SSL.OP_NO_TLSv1_3),
}


@pytest.mark.parametrize("setting", SETTINGS)
def test_what_it_sets_on_the_connection_counts_in_this_handshake(setting: str) -> None:
    context = contexts.server_context()
    context.set_client_hello_callback(lambda end, _: SETTINGS[setting](end) and None)
    ends = pump.connected(context, contexts.client_context())
    assert ends.client.get_protocol_version_name() == "TLSv1.2"


def session_of(ends: pump.Pair) -> SSL.Session:
    pump.transfer(ends.server, ends.client, b"tickets")
    session = ends.client.get_session()
    assert session is not None
    return session


@NEWEST
@pytest.mark.parametrize("by", ["set_context", "set_verify"])
def test_a_session_of_an_open_door_does_not_open_a_strict_one(version: str, by: str) -> None:
    """The callback has chosen before libssl looks the session up."""
    strict = contexts.server_context(version=version, require_client=True)
    front = contexts.server_context(version=version)
    front.load_verify_locations(authority.trust_file())
    for each in (front, strict):
        each.set_session_id(b"the same for all")

    def choose(end: SSL.Connection, hello: SSL.ClientHello) -> None:
        if b"strict" not in hello.alpn_protocols:
            return
        if by == "set_context":
            end.set_context(strict)
        else:
            end.set_verify(REQUIRED)

    front.set_client_hello_callback(choose)
    client = contexts.client_context(version=version)

    def pair(protocol: bytes, session: SSL.Session | None = None) -> pump.Pair:
        ends = pump.pair(front, client)
        ends.client.set_alpn_protos([protocol])
        if session is not None:
            ends.client.set_session(session)
        return ends

    def visit(protocol: bytes, session: SSL.Session | None = None) -> pump.Pair:
        ends = pair(protocol, session)
        pump.handshake(*ends)
        return ends

    session = session_of(visit(b"open"))
    again = visit(b"open", session)
    assert again.client.session_reused()
    outcome = pump.handshake_outcome(*pair(b"strict", session))
    assert "peer did not return a certificate" in str(outcome.server)
    contexts.use_identity(client, authority.client_identity())
    ends = visit(b"strict", session)
    assert not ends.server.session_reused()
    assert ends.server.get_peer_certificate() is not None
    assert visit(b"strict", session_of(ends)).server.session_reused()
    # Nor does one of other protocols stand for these, whatever the callback makes of them.
    assert not visit(b"other", session).server.session_reused()


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
def test_false_refuses_the_client(version: str) -> None:
    context = contexts.server_context(version=version)
    context.set_client_hello_callback(lambda *_: False)
    ends = pump.pair(context, contexts.client_context())
    outcome = pump.handshake_outcome(*ends)
    assert isinstance(outcome.server, SSL.Error)
    assert "refused the client" in str(outcome.server)
    assert (outcome.server.alert, outcome.server.alert_sent) == (40, True)
    assert isinstance(outcome.client, SSL.Error)
    assert (outcome.client.alert, outcome.client.alert_sent) == (40, False)
    with pytest.raises(SSL.Error):
        ends.server.send(b"x")


@pytest.mark.parametrize(
    ("make", "alert"),
    [
        (lambda: ValueError("no"), 80),
        (lambda: SSL.Error([("", "", "no")]), 80),
        (lambda: told_by(SSL.ClientHello(Hello(extensions=[(10, b"")]).message())), 50),
    ],
)
def test_what_it_raises_comes_out_and_the_client_is_told(
    make: Callable[[], BaseException], alert: int
) -> None:
    error = make()

    def refuse(*_: object) -> None:
        raise error

    context = contexts.server_context()
    context.set_client_hello_callback(refuse)
    outcome = pump.handshake_outcome(*pump.pair(context, contexts.client_context()))
    assert outcome.server is error
    assert isinstance(outcome.client, SSL.Error)
    assert outcome.client.alert == alert


def told_by(hello: SSL.ClientHello) -> BaseException:
    with pytest.raises(SSL.Error) as caught:
        _ = hello.groups
    return caught.value


# ---- not yet


class Undecided:
    """A callback that asks for time, and then does what it is told."""

    def __init__(self, then: Callable[[SSL.Connection], Any], times: int = 2) -> None:
        self._then, self._times = then, times
        self.shown: Shown = []

    def __call__(self, end: SSL.Connection, hello: SSL.ClientHello) -> Any:
        self.shown.append(hello)
        if len(self.shown) <= self._times:
            raise SSL.WantX509LookupError
        return self._then(end)


def arrived(context: SSL.Context, client_context: SSL.Context) -> pump.Pair:
    """Two ends, the client's hello with the server."""
    ends = pump.pair(context, client_context, b"brisk.test")
    assert not pump.step(ends.client.do_handshake)
    pump.shuttle(ends.client, ends.server)
    return ends


@NEWEST
def test_it_may_ask_for_time(version: str) -> None:
    """What it does in the end counts as if it had been done at once."""
    other = contexts.server_context(authority.identity("ed25519"), version=version)
    context = contexts.server_context(version=version)
    callback = Undecided(lambda end: end.set_context(other))
    context.set_client_hello_callback(callback)
    ends = arrived(context, contexts.client_context(version=version))
    for _ in range(2):
        with pytest.raises(SSL.WantX509LookupError):
            ends.server.do_handshake()
    with pytest.raises(SSL.WantReadError):
        ends.server.do_handshake()
    pump.handshake(*ends)
    assert ends.server.get_context() is other
    assert [each.message for each in callback.shown] == [callback.shown[0].message] * 3
    assert pump.transfer(ends.client, ends.server, b"data") == b"data"


@pytest.mark.parametrize("call", ["recv", "send"])
def test_whatever_shakes_hands_tells_of_it(call: str) -> None:
    context = contexts.server_context()
    context.set_client_hello_callback(Undecided(lambda _: None, 1))
    ends = arrived(context, contexts.client_context())
    drive = (lambda: ends.server.recv(1)) if call == "recv" else lambda: ends.server.send(b"x")
    with pytest.raises(SSL.WantX509LookupError):
        drive()
    with pytest.raises(SSL.WantReadError):
        drive()


@pytest.mark.parametrize("waits", [1, 2])
def test_over_dtls_it_may_ask_for_time(waits: int) -> None:
    context = datagrams.context(serving=True)
    callback = Undecided(lambda _: None, waits)
    context.set_client_hello_callback(callback)
    ends = arrived(context, datagrams.context())
    for _ in range(waits):
        with pytest.raises(SSL.WantX509LookupError):
            ends.server.do_handshake()
    pump.handshake(*ends)
    assert len(callback.shown) == waits + 1


@NEWEST
@pytest.mark.parametrize("by", ["the callback", "the program"])
def test_what_was_set_while_it_waited_is_a_rule_for_sessions(version: str, by: str) -> None:
    context = contexts.server_context(version=version)
    context.load_verify_locations(authority.trust_file())
    client = contexts.client_context(version=version)
    first = pump.connected(context, client, b"brisk.test")
    session = session_of(first)
    for strict in (False, True):
        require = (lambda end: end.set_verify(REQUIRED)) if strict else lambda _: None
        callback = Undecided(require if by == "the callback" else lambda _: None, 1)
        context.set_client_hello_callback(callback)
        ends = pump.pair(context, client, b"brisk.test")
        # Its own stamp is for a server with such a callback.
        ends.client.set_session(session)
        assert not pump.step(ends.client.do_handshake)
        pump.shuttle(ends.client, ends.server)
        with pytest.raises(SSL.WantX509LookupError):
            ends.server.do_handshake()
        if by == "the program":
            require(ends.server)
        outcome = pump.handshake_outcome(*ends)
        if strict:
            assert "peer did not return a certificate" in str(outcome.server)
        else:
            assert isinstance(outcome.server, SSL.WantReadError | None)
            assert ends.server.session_reused()


@pytest.mark.parametrize("end", ["False", "raises"])
def test_a_no_after_a_while_is_a_no(end: str) -> None:
    def refuse(_: SSL.Connection) -> bool:
        if end == "raises":
            raise LookupError("nobody knows")
        return False

    context = contexts.server_context()
    context.set_client_hello_callback(Undecided(refuse, 1))
    ends = arrived(context, contexts.client_context())
    with pytest.raises(SSL.WantX509LookupError):
        ends.server.do_handshake()
    outcome = pump.handshake_outcome(*ends)
    expected = LookupError if end == "raises" else SSL.Error
    assert type(outcome.server) is expected
    assert isinstance(outcome.client, SSL.Error)
    assert outcome.client.alert in (40, 80)


def test_a_renegotiation_waits_and_its_version_is_looked_at_all_the_same() -> None:
    """The Context is chosen first and time is asked for then: it still has to suit."""
    newer = contexts.server_context(version="TLSv1.3")
    context = contexts.server_context(version="TLSv1.2")
    shown: Shown = []

    def choose(end: SSL.Connection, hello: SSL.ClientHello) -> None:
        shown.append(hello)
        if len(shown) == 2:
            end.set_context(newer)
            raise SSL.WantX509LookupError

    context.set_client_hello_callback(choose)
    ends = pump.connected(context, contexts.client_context())
    ends.server.renegotiate()
    assert pump.transfer(ends.server, ends.client, b"asks") == b"asks"
    pump.shuttle(ends.client, ends.server)
    with pytest.raises(SSL.Error, match="does not offer this version"):
        ends.server.recv(1)


# ---- more than one hello


def test_it_is_asked_again_after_a_request_for_another_group() -> None:
    context, shown = watching("TLSv1.3")
    context.set_groups_list(b"P-384")
    client = contexts.client_context()
    client.set_groups_list(b"P-256:P-384")
    pump.connected(context, client)
    first, second = shown
    assert (first.key_share_groups, second.key_share_groups) == ((0x17,), (0x18,))
    assert first.random == second.random


def test_a_chosen_context_is_asked_the_second_time() -> None:
    front, other = SSL.Context(SSL.TLS_METHOD), contexts.server_context(version="TLSv1.3")
    other.set_groups_list(b"P-384")
    told: list[str] = []
    front.set_client_hello_callback(lambda end, _: told.append("front") or end.set_context(other))
    other.set_client_hello_callback(lambda _, hello: told.append(f"{hello.key_share_groups}"))
    client = contexts.client_context()
    client.set_groups_list(b"P-256:P-384")
    pump.connected(front, client)
    assert told == ["front", "(24,)"]


@pytest.mark.parametrize("refuse", [False, True])
def test_it_is_asked_in_a_renegotiation(refuse: bool) -> None:
    context, shown = watching("TLSv1.2")
    if refuse:
        context.set_client_hello_callback(
            lambda _, hello: None if shown.append(hello) or len(shown) < 2 else False
        )
    ends = pump.connected(context, contexts.client_context())
    assert ends.server.renegotiate()
    assert pump.transfer(ends.server, ends.client, b"asks") == b"asks"
    pump.shuttle(ends.client, ends.server)
    if refuse:
        with pytest.raises(SSL.Error, match="refused the client"):
            ends.server.recv(1)
    else:
        assert pump.transfer(ends.client, ends.server, b"data") == b"data"
        assert ends.server.total_renegotiations() == 1
    first, second = shown
    assert first.random != second.random


@pytest.mark.parametrize("by", ["client_hello", "tlsext_servername"])
@pytest.mark.parametrize(
    "extensions",
    [
        [(0, hellos.name(b"other.example"))],
        [(0, hellos.name(b"other.example")), (16, b"\0\1\0")],
        [(0, hellos.name(b"other.example\0.test"))],
        [(16, b"")],
    ],
    ids=["well formed", "protocols", "name", "no list"],
)
def test_a_renegotiation_never_passes_the_callback_by(
    extensions: list[tuple[int, bytes]], by: str
) -> None:
    """libssl reads no protocols then, so what is malformed in them would not end it."""
    asked: list[bytes | None] = []

    def choose(connection: SSL.Connection, *_: object) -> None:
        asked.append(connection.get_servername())
        if asked[-1] != b"one.example":
            raise ValueError("not here")

    context = bare.server_context()
    getattr(context, f"set_{by}_callback")(choose)
    server = SSL.Connection(context, None)
    server.set_accept_state()
    client = bare.Client(server)
    client.shake([(0, hellos.name(b"one.example"))])
    assert server.get_cipher_name() == "PSK-NULL-SHA256"
    with pytest.raises((ValueError, SSL.Error)):
        client.shake(extensions)
    for move in (server.do_handshake, lambda: server.send(b"x"), lambda: server.recv(1)):
        with pytest.raises(SSL.Error):
            move()
    assert asked in ([b"one.example"], [b"one.example", b"other.example"])


def test_a_well_formed_renegotiation_by_hand_goes_through() -> None:
    server = SSL.Connection(bare.server_context(), None)
    server.set_accept_state()
    client = bare.Client(server)
    for _ in range(3):
        client.shake([(0, hellos.name(b"one.example")), (16, hellos.protocols([b"h2"]))])
    assert server.send(b"data") == 4
