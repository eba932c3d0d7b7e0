"""Certificates chosen in the handshake, at once or later."""

from __future__ import annotations

import socket

import pytest

from kit import authority, contexts, peers, pump, resuming, sockets, verdicts
from OpenSSL import SSL

VERSIONS = pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])


class Chooser:
    """A certificate callback that has no answer for so many times, and then gives one."""

    def __init__(self, who: authority.Identity, waits: int = 3) -> None:
        self.who = who
        self.waits = waits
        self.asked: list[SSL.Connection] = []

    def __call__(self, connection: SSL.Connection) -> None:
        self.asked.append(connection)
        if len(self.asked) <= self.waits:
            raise SSL.WantX509LookupError
        connection.use_certificate_pem(self.who.chain_pem, self.who.key_pem)


def outcome(ends: pump.Pair) -> pump.Outcome:
    """The handshake, carried on whenever a callback has asked for time."""
    for _ in range(pump.ROUNDS):
        found = pump.handshake_outcome(*ends)
        if not any(isinstance(each, SSL.WantX509LookupError) for each in found):
            return found
    raise AssertionError("it never ends")


@pytest.mark.promises("WantX509LookupError does not")
@VERSIONS
@pytest.mark.parametrize("where", ["context", "connection"])
def test_a_server_waits_for_its_certificate(where: str, version: str) -> None:
    choose = Chooser(authority.identity())
    server = contexts.blank_context(version)
    if where == "context":
        server.set_cert_callback(choose)
    ends = pump.pair(server, contexts.client_context(version=version))
    if where == "connection":
        ends.server.set_cert_callback(choose)
    assert outcome(ends) == (None, None)
    assert choose.asked == [ends.server] * 4
    assert pump.transfer(ends.client, ends.server, b"data") == b"data"


@VERSIONS
@pytest.mark.parametrize("where", ["context", "connection"])
def test_a_client_waits_for_its_certificate(where: str, version: str) -> None:
    choose = Chooser(authority.client_identity())
    client = contexts.client_context(version=version)
    if where == "context":
        client.set_cert_callback(choose)
    ends = pump.pair(contexts.server_context(version=version, require_client=True), client)
    if where == "connection":
        ends.client.set_cert_callback(choose)
    assert outcome(ends) == (None, None)
    assert choose.asked == [ends.client] * 4
    shown = ends.server.get_peer_certificate()
    assert shown is not None
    assert shown.to_cryptography() == authority.client_identity().certificate


def test_over_dtls() -> None:
    choose = Chooser(authority.identity())
    server = SSL.Context(SSL.DTLS_METHOD)
    server.set_cert_callback(choose)
    client = SSL.Context(SSL.DTLS_METHOD)
    client.load_verify_locations(str(authority.trust_file()))
    client.set_verify(SSL.VERIFY_PEER)
    ends = pump.pair(server, client)
    for end in ends:
        end.set_ciphertext_mtu(1200)
    assert outcome(ends) == (None, None)
    assert len(choose.asked) == 4
    assert pump.transfer(ends.client, ends.server, b"data") == b"data"


@VERSIONS
def test_the_first_write_waits_too(version: str) -> None:
    """Nothing of it is lost or sent twice, and nothing leaves before the certificate is there."""
    choose = Chooser(authority.identity(), waits=1)
    server = contexts.blank_context(version)
    server.set_cert_callback(choose)
    ends = pump.pair(server, contexts.client_context(version=version))
    with verdicts.wants_read():
        ends.client.do_handshake()
    pump.shuttle(ends.client, ends.server)
    with pytest.raises(SSL.WantX509LookupError):
        ends.server.sendall(b"hello")
    assert pump.outgoing(ends.server) == b""
    pump.handshake(*ends)
    assert pump.transfer(ends.server, ends.client, b"hello") == b"hello"


def test_another_thread_may_ask_in_between() -> None:
    choose = Chooser(authority.identity(), waits=2)
    server = contexts.blank_context()
    server.set_cert_callback(choose)
    ends = pump.pair(server, contexts.client_context())
    with verdicts.wants_read():
        ends.client.do_handshake()
    pump.shuttle(ends.client, ends.server)
    with pytest.raises(SSL.WantX509LookupError):
        ends.server.do_handshake()
    with pytest.raises(SSL.WantX509LookupError):
        sockets.in_thread(ends.server.recv, 100).result(sockets.PATIENCE)
    assert len(choose.asked) == 2
    with verdicts.wants_read():  # it is there now, and the peer's turn
        sockets.in_thread(ends.server.do_handshake).result(sockets.PATIENCE)
    pump.handshake(*ends)


@VERSIONS
def test_what_it_raises_after_waiting_ends_the_handshake(version: str) -> None:
    asked: list[int] = []

    def choose(_connection: SSL.Connection) -> None:
        asked.append(1)
        if len(asked) < 3:
            raise SSL.WantX509LookupError
        raise KeyError("no certificate")

    server = contexts.server_context(version=version)
    server.set_cert_callback(choose)
    ends = pump.pair(server, contexts.client_context(version=version))
    failures = outcome(ends)
    assert isinstance(failures.server, KeyError)
    assert verdicts.is_protocol_error(failures.client, "alert internal error")
    with verdicts.protocol_error():
        ends.server.do_handshake()
    assert len(asked) == 3


@VERSIONS
def test_another_callback_fails_while_it_waits(version: str) -> None:
    """The certificate is there, and not asked for: the handshake is over."""
    asked: list[int] = []

    def choose(_connection: SSL.Connection) -> None:
        asked.append(1)
        raise SSL.WantX509LookupError

    def watch(_connection: SSL.Connection, _where: int, _value: int) -> None:
        raise KeyError("from the watcher")

    server = contexts.server_context(version=version)
    server.set_cert_callback(choose)
    ends = pump.pair(server, contexts.client_context(version=version))
    with verdicts.wants_read():
        ends.client.do_handshake()
    pump.shuttle(ends.client, ends.server)
    with pytest.raises(SSL.WantX509LookupError):
        ends.server.do_handshake()
    ends.server.set_info_callback(watch)
    ends.server.set_cert_callback(lambda _connection: None)
    failures = outcome(ends)
    assert isinstance(failures.server, KeyError)
    assert isinstance(failures.client, SSL.Error)
    with verdicts.protocol_error("aborted"):
        ends.server.sendall(b"secret")


def test_no_certificate_in_the_end() -> None:
    server = contexts.blank_context()
    server.set_cert_callback(Chooser(authority.identity(), waits=100))
    ends = pump.pair(server, contexts.client_context())
    with verdicts.wants_read():
        ends.client.do_handshake()
    pump.shuttle(ends.client, ends.server)
    with pytest.raises(SSL.WantX509LookupError):
        ends.server.do_handshake()
    ends.server.set_cert_callback(None)
    failures = outcome(ends)
    assert verdicts.is_protocol_error(failures.server, "no shared cipher|no suitable")
    assert verdicts.is_protocol_error(failures.client, "alert handshake failure")


def test_closing_while_it_waits() -> None:
    choose = Chooser(authority.identity())
    server = contexts.blank_context()
    server.set_cert_callback(choose)
    with sockets.unix_pair() as (server_sock, client_sock):
        client = sockets.client_end(contexts.client_context(), client_sock)
        client_sock.setblocking(False)
        with verdicts.wants_read():
            client.do_handshake()
        end = sockets.server_end(server, server_sock)
        with pytest.raises(SSL.WantX509LookupError):
            end.do_handshake()
        with verdicts.protocol_error("shutdown while in init"):
            end.shutdown()
        with pytest.raises(SSL.WantX509LookupError):  # that was only refused
            end.do_handshake()
        end.close()
        with verdicts.dirty_close():
            client.do_handshake()


def test_a_timeout_does_not_count_while_it_waits() -> None:
    """The call comes back at once, also from a socket that waits."""
    server = contexts.blank_context()
    server.set_cert_callback(Chooser(authority.identity(), waits=2))
    with sockets.unix_pair() as (server_sock, client_sock):
        client = sockets.client_end(contexts.client_context(), client_sock)
        client_sock.setblocking(False)
        with verdicts.wants_read():
            client.do_handshake()
        server_sock.settimeout(1e-6)
        end = sockets.server_end(server, server_sock)
        for _ in range(2):
            with pytest.raises(SSL.WantX509LookupError):
                end.do_handshake()
        with pytest.raises(TimeoutError):  # now it is the peer that is waited for
            end.do_handshake()
        server_sock.settimeout(sockets.PATIENCE)
        serving = sockets.in_thread(end.do_handshake)
        client_sock.setblocking(True)
        client.do_handshake()
        serving.result(sockets.PATIENCE)


def test_a_renegotiation_waits() -> None:
    """In the middle of a connection: no data is lost, on either side."""
    server = contexts.server_context(version="TLSv1.2")
    server.set_options(
        SSL.OP_NO_SESSION_RESUMPTION_ON_RENEGOTIATION | SSL.OP_ALLOW_CLIENT_RENEGOTIATION
    )
    ends = pump.connected(server, contexts.client_context(version="TLSv1.2"))
    choose = Chooser(authority.identity())
    ends.server.set_cert_callback(choose)
    ends.client.renegotiate()
    with verdicts.wants_read():
        ends.client.do_handshake()
    pump.shuttle(ends.client, ends.server)
    for call in (ends.server.recv, ends.server.send, ends.server.sendall):
        with pytest.raises(SSL.WantX509LookupError):
            call(100 if call == ends.server.recv else b"lost")  # type: ignore[operator]
    with verdicts.wants_read():
        ends.server.recv(100)
    pump.exchange(*ends)
    pump.handshake(*ends)
    assert pump.transfer(ends.client, ends.server, b"data") == b"data"
    assert pump.transfer(ends.server, ends.client, b"back") == b"back"
    assert len(choose.asked) == 4


def test_a_late_request_waits() -> None:
    """A certificate that the server asks for after the handshake of TLS 1.3."""
    choose = Chooser(authority.client_identity(), waits=2)
    server = contexts.server_context(version="TLSv1.3", ask_client=True)
    server.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_POST_HANDSHAKE)
    client = contexts.client_context(version="TLSv1.3")
    client.set_post_handshake_auth(True)
    client.set_cert_callback(choose)
    ends = pump.connected(server, client)
    ends.server.verify_client_post_handshake()
    ends.server.do_handshake()
    pump.shuttle(ends.server, ends.client)
    for _ in range(2):
        with pytest.raises(SSL.WantX509LookupError):
            ends.client.recv(100)
    assert pump.transfer(ends.client, ends.server, b"data") == b"data"
    assert ends.server.get_peer_certificate() is not None
    assert pump.transfer(ends.server, ends.client, b"back") == b"back"
    assert len(choose.asked) == 3


def test_a_callback_may_leave_things_as_they_are() -> None:
    server = contexts.server_context()
    server.set_cert_callback(lambda _connection: None)
    assert outcome(pump.pair(server, contexts.client_context())) == (None, None)
    server.set_cert_callback(None)
    assert outcome(pump.pair(server, contexts.client_context())) == (None, None)
    with pytest.raises(TypeError, match="callable"):
        server.set_cert_callback(5)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="callable"):
        SSL.Connection(server).set_cert_callback(5)  # type: ignore[arg-type]


def test_a_chosen_context_brings_its_callback_and_a_connections_own_stays() -> None:
    asked: list[str] = []
    host = contexts.server_context()
    host.set_cert_callback(lambda _connection: asked.append("host"))
    first = contexts.server_context()
    first.set_cert_callback(lambda _connection: asked.append("first"))
    first.set_tlsext_servername_callback(lambda connection: connection.set_context(host))
    pump.connected(first, contexts.client_context(), b"brisk.test")
    assert asked == ["host"]
    ends = pump.pair(first, contexts.client_context(), b"brisk.test")
    ends.server.set_cert_callback(lambda _connection: asked.append("own"))
    pump.handshake(*ends)
    assert asked == ["host", "own"]
    host.set_cert_callback(None)
    pump.connected(first, contexts.client_context(), b"brisk.test")
    assert asked == ["host", "own"]


# ---- what it may not choose


@VERSIONS
def test_a_resumed_session_needs_no_certificate(version: str) -> None:
    asked: list[int] = []
    server = contexts.server_context(version=version)
    server.set_session_id(b"here")
    server.set_cert_callback(lambda _connection: asked.append(1))
    client = contexts.client_context(version=version)
    session = resuming.session_of(*resuming.visit(server, client))
    assert resuming.resumes(*resuming.visit(server, client, session))
    assert len(asked) == 1


def require(connection: SSL.Connection) -> None:
    connection.set_verify(resuming.REQUIRED)


def require_in_the_context(connection: SSL.Connection) -> None:
    connection.get_context().set_cipher_list(b"ECDHE+AESGCM")


@VERSIONS
@pytest.mark.parametrize("change", [require, require_in_the_context])
def test_whom_to_believe_is_not_its_to_choose(change: resuming.Prepare, version: str) -> None:
    """A session that is resumed would be let in past it."""
    server = contexts.server_context(version=version)
    server.set_cert_callback(change)
    client = contexts.client_context(authority.client_identity(), version=version)
    failures = outcome(pump.pair(server, client))
    assert verdicts.is_protocol_error(failures.server, "rules of verification changed")
    assert verdicts.is_protocol_error(failures.client, "alert internal error")


def test_nor_while_it_waits() -> None:
    def choose(connection: SSL.Connection) -> None:
        require(connection)
        raise SSL.WantX509LookupError

    server = contexts.server_context()
    server.set_cert_callback(choose)
    failures = outcome(pump.pair(server, contexts.client_context()))
    assert verdicts.is_protocol_error(failures.server, "rules of verification changed")


@VERSIONS
def test_nor_between_two_calls(version: str) -> None:
    """What the program does while it looks for a certificate counts as its callback's doing."""
    choose = Chooser(authority.identity(), waits=1)
    server = contexts.blank_context(version)
    server.set_cert_callback(choose)
    ends = pump.pair(server, contexts.client_context(version=version))
    with verdicts.wants_read():
        ends.client.do_handshake()
    pump.shuttle(ends.client, ends.server)
    with pytest.raises(SSL.WantX509LookupError):
        ends.server.do_handshake()
    require(ends.server)
    failures = outcome(ends)
    assert verdicts.is_protocol_error(failures.server, "rules of verification changed")
    assert isinstance(failures.client, SSL.Error)


def test_nor_is_another_context() -> None:
    failures: list[SSL.Error] = []

    def choose(connection: SSL.Connection) -> None:
        with pytest.raises(SSL.Error, match="too late") as caught:
            connection.set_context(contexts.server_context())
        failures.append(caught.value)

    server = contexts.server_context()
    server.set_cert_callback(choose)
    assert outcome(pump.pair(server, contexts.client_context())) == (None, None)
    assert len(failures) == 1


# ---- with another program


def test_a_blocking_socket_goes_on_by_another_call() -> None:
    choose = Chooser(authority.identity(), waits=2)
    server = contexts.blank_context()
    server.set_cert_callback(choose)

    def serve(listener: socket.socket) -> None:
        sock, _address = listener.accept()
        with sockets.server_end(server, sock) as connection:
            while True:
                try:
                    connection.do_handshake()
                    break
                except SSL.WantX509LookupError:
                    continue
            sockets.echo(connection)

    with sockets.listener() as listener:
        serving = sockets.in_thread(serve, listener)
        with peers.openssl_client(listener.getsockname()[1]) as program:
            program.say(b"over the wire\n")
            program.expect("over the wire")
            assert program.finish() == 0
        serving.result(sockets.PATIENCE)
    assert len(choose.asked) == 3
