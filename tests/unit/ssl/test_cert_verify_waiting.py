"""A client that verifies by its program's word, and is told "not yet"."""

from __future__ import annotations

import gc
import socket
import weakref
from collections.abc import Callable

import pytest

from kit import authority, contexts, datagrams, peers, pump, sockets, verdicts
from OpenSSL import SSL, crypto

CODES = SSL.X509VerificationCodes
VERSIONS = pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])


class Judge:
    """Has no answer for so many times, and then gives one."""

    def __init__(self, answer: bool = True, waits: int = 3) -> None:
        self.answer = answer
        self.waits = waits
        self.shown: list[bytes] = []

    def __call__(self, _: SSL.Connection, chain: list[crypto.X509]) -> bool:
        self.shown.append(crypto.dump_certificate(crypto.FILETYPE_PEM, chain[0]))
        if len(self.shown) <= self.waits:
            raise SSL.WantX509LookupError
        return self.answer


def asking(judge: Judge, version: str | None = None, mode: int = SSL.VERIFY_PEER) -> SSL.Context:
    context = contexts.blank_context(version)
    context.set_verify(mode)
    context.set_cert_verify_callback(judge)
    return context


def waiting(version: str | None, judge: Judge, mode: int = SSL.VERIFY_PEER) -> pump.Pair:
    """Two ends, whose client has been told "not yet" once."""
    ends = pump.pair(contexts.server_context(version=version), asking(judge, version, mode))
    outcome = pump.handshake_outcome(*ends)
    assert isinstance(outcome.client, SSL.WantX509LookupError)
    assert isinstance(outcome.server, SSL.WantReadError)
    return ends


def until_it_answers(ends: pump.Pair) -> pump.Outcome:
    for _ in range(pump.ROUNDS):
        found = pump.handshake_outcome(*ends)
        if not isinstance(found.client, SSL.WantX509LookupError):
            return found
    raise AssertionError("it never ends")


@VERSIONS
@pytest.mark.parametrize("mode", [SSL.VERIFY_NONE, SSL.VERIFY_PEER])
def test_it_is_asked_until_it_answers(version: str, mode: int) -> None:
    judge = Judge()
    ends = waiting(version, judge, mode)
    assert ends.client.get_verify_result() != 0, "nobody has said yes"
    assert until_it_answers(ends) == (None, None)
    assert len(set(judge.shown)) == 1
    assert len(judge.shown) == 4
    assert ends.client.get_verify_result() == 0
    assert pump.transfer(ends.client, ends.server, b"data") == b"data"


@VERSIONS
def test_a_no_counts_after_waiting(version: str) -> None:
    ends = waiting(version, Judge(answer=False))
    outcome = until_it_answers(ends)
    assert isinstance(outcome.client, SSL.Error)
    assert outcome.client.verify_code == CODES.ERR_APPLICATION_VERIFICATION
    assert outcome.client.alert_sent
    assert isinstance(outcome.server, SSL.Error)
    assert outcome.server.alert is not None


@VERSIONS
def test_names_are_compared_after_waiting(version: str) -> None:
    for name, code in ((b"brisk.test", 0), (b"other.test", CODES.ERR_HOSTNAME_MISMATCH)):
        ends = waiting(version, Judge())
        ends.client.set_host(name)
        outcome = until_it_answers(ends)
        assert getattr(outcome.client, "verify_code", 0) == code
        assert ends.client.get_verify_result() == code


@VERSIONS
@pytest.mark.parametrize(
    "call",
    [
        lambda end: end.send(b"early"),
        lambda end: end.sendall(b"early"),
        lambda end: end.recv(10),
        lambda end: end.recv_into(bytearray(10)),
        lambda end: end.do_handshake(),
    ],
    ids=["send", "sendall", "recv", "recv_into", "do_handshake"],
)
def test_no_data_goes_before_the_answer(
    version: str, call: Callable[[SSL.Connection], object]
) -> None:
    """Whatever is called meanwhile asks again, and moves nothing."""
    judge = Judge(waits=1000)
    ends = waiting(version, judge)
    asked = len(judge.shown)
    for _ in range(3):
        with pytest.raises(SSL.WantX509LookupError):
            call(ends.client)
    assert len(judge.shown) == asked + 3
    with verdicts.wants_read():
        ends.client.bio_read(1 << 16)
    with verdicts.wants_read():
        ends.server.recv(10)


def test_it_may_be_given_up() -> None:
    ends = waiting(None, Judge())
    with pytest.raises(SSL.Error):
        ends.client.shutdown()
    client = weakref.ref(ends.client)
    del ends
    gc.collect()
    assert client() is None


def test_a_server_cannot_wait() -> None:
    """A server of libssl takes "not yet" for a yes: here it is a failure of the callback."""
    for mode in (SSL.VERIFY_PEER, SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT):
        server = contexts.server_context()
        server.set_verify(mode)
        server.set_cert_verify_callback(Judge())
        client = contexts.client_context(authority.client_identity())
        ends = pump.pair(server, client)
        outcome = pump.handshake_outcome(*ends)
        assert verdicts.is_protocol_error(outcome.server, "a callback raised WantX509LookupError")
        with pytest.raises(SSL.Error):
            ends.server.do_handshake()
        with pytest.raises(SSL.Error):
            ends.server.send(b"secret")


def test_a_renegotiation_asks_for_time_too() -> None:
    server = contexts.server_context(version="TLSv1.2")
    server.set_options(
        SSL.OP_NO_SESSION_RESUMPTION_ON_RENEGOTIATION | SSL.OP_ALLOW_CLIENT_RENEGOTIATION
    )
    judge = Judge(waits=0)
    ends = pump.connected(server, asking(judge, "TLSv1.2"))
    judge.waits = len(judge.shown) + 2
    ends.client.renegotiate()
    told = 0
    for _ in range(pump.ROUNDS):
        found = pump.handshake_outcome(*ends)
        told += isinstance(found.client, SSL.WantX509LookupError)
    assert found == (None, None)
    assert told == 2
    assert len(judge.shown) == 4
    assert pump.transfer(ends.client, ends.server, b"data") == b"data"


def test_over_datagrams() -> None:
    client = datagrams.context()
    judge = Judge()
    client.set_cert_verify_callback(judge)
    ends = pump.pair(datagrams.context(serving=True), client)
    assert isinstance(pump.handshake_outcome(*ends).client, SSL.WantX509LookupError)
    assert until_it_answers(ends) == (None, None)
    assert len(judge.shown) == 4


@VERSIONS
def test_a_server_of_others_waits(version: str) -> None:
    """The call comes back at once, also from a socket that blocks."""
    judge = Judge(waits=2)
    with (
        peers.openssl_server() as server,
        socket.create_connection((sockets.LOOPBACK, server.port), sockets.PATIENCE) as sock,
        sockets.client_end(asking(judge, version), sock) as end,
    ):
        for _ in range(2):
            with pytest.raises(SSL.WantX509LookupError):
                end.do_handshake()
        end.do_handshake()
        end.sendall(b"hello\n")
        assert sockets.receive_exactly(end, 6) == b"olleh\n"
    assert len(judge.shown) == 3
