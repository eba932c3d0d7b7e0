"""Answers to early data: a server need not wait until its client has finished."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from kit import contexts, programs, pump, sockets, verdicts
from kit.early import (
    again,
    contexts_for_early_data,
    finish,
    read_to_the_end,
    sent_early,
    session_of,
    statuses,
)
from OpenSSL import SSL


def answered(data: bytes) -> pump.Pair:
    """A server has read early data, and answered with ``data``; nothing of it was moved yet."""
    ends = sent_early()
    assert ends.server.read_early_data(100) == b"early"
    sent = 0
    while sent < len(data):
        sent += ends.server.write_early_data(data[sent:])
    return ends


@pytest.mark.parametrize("size", [1, 5000, 16384, 16385, 100_000])
def test_an_answer_comes_before_the_client_has_finished(size: int) -> None:
    data = bytes(range(250)) * (size // 250 + 1)
    ends = answered(data[:size])
    pump.shuttle(ends.server, ends.client)
    ends.client.do_handshake()
    assert pump.drain(ends.client) == data[:size]
    assert statuses(ends) == ["accepted", "accepted"]
    assert read_to_the_end(ends) == b""
    finish(ends)


def test_between_pieces_of_early_data() -> None:
    ends = sent_early()
    assert ends.server.read_early_data(3) == b"ear"
    assert ends.server.write_early_data(b"") == 0
    assert ends.server.write_early_data(b"one ") == 4
    assert ends.server.read_early_data(3) == b"ly"
    assert ends.server.write_early_data(bytearray(b"two")) == 3
    with pytest.raises(SSL.WantReadError):
        ends.server.read_early_data(3)
    assert ends.server.write_early_data(b", three") == 7
    assert read_to_the_end(ends) == b""
    assert pump.drain(ends.client) == b"one two, three"
    finish(ends)


def test_nothing_else_may_be_sent_or_received_meanwhile() -> None:
    ends = answered(b"answer")
    for call in (lambda: ends.server.send(b"x"), lambda: ends.server.recv(1)):
        with verdicts.protocol_error("read early data to its end first"):
            call()
    assert read_to_the_end(ends) == b""
    assert pump.drain(ends.client) == b"answer"
    finish(ends)


def test_there_must_be_something_to_answer() -> None:
    ends = sent_early()
    with verdicts.protocol_error("answers early data that it has read"):
        ends.server.write_early_data(b"x")
    assert read_to_the_end(ends) == b"early"
    finish(ends)
    with verdicts.protocol_error("too late to answer early data"):
        ends.server.write_early_data(b"x")
    assert pump.transfer(ends.client, ends.server, b"fine") == b"fine"


@pytest.mark.parametrize("why", ["a full handshake", "refused", "TLS 1.2"])
def test_who_was_not_heard_is_not_answered(why: str) -> None:
    server, client = contexts_for_early_data()
    if why == "TLS 1.2":
        server = contexts.server_context(version="TLSv1.2")
        client = contexts.client_context()
    ends = again(server, client) if why == "refused" else pump.pair(server, client)
    if why == "refused":
        ends.server.set_allow_early_data_callback(lambda _connection: False)
        ends.client.write_early_data(b"early")
    else:
        pump.step(ends.client.do_handshake)
    pump.shuttle(ends.client, ends.server)
    with contextlib.suppress(SSL.WantReadError):
        assert ends.server.read_early_data(100) == b""
    with verdicts.protocol_error("answers early data that it has read"):
        ends.server.write_early_data(b"x")


def test_not_under_other_rules() -> None:
    """Whom a session stands for is looked at with each piece."""
    ends = sent_early()
    assert ends.server.read_early_data(100) == b"early"
    ends.server.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT)
    with verdicts.protocol_error("the rules of verification changed"):
        ends.server.write_early_data(b"secret")
    with verdicts.protocol_error("aborted"):
        ends.server.write_early_data(b"secret")
    with pytest.raises(SSL.Error):
        pump.handshake(*ends)


@pytest.mark.parametrize("limit", [1, 700, 20_000])
def test_a_memory_without_room(limit: int) -> None:
    ends = sent_early()
    assert ends.server.read_early_data(100) == b"early"
    data = bytes(range(250)) * 160
    received = b""
    ends.server.set_bio_limit(limit)
    sent = waits = 0
    shaken = False
    while sent < len(data):
        try:
            sent += ends.server.write_early_data(data[sent:])
        except SSL.WantWriteError:
            waits += 1
            pump.shuttle(ends.server, ends.client)
            shaken = shaken or pump.step(ends.client.do_handshake)
            received += pump.drain(ends.client)
    assert waits >= 1
    ends.server.set_bio_limit(0)
    pump.shuttle(ends.server, ends.client)
    ends.client.do_handshake()
    received += pump.drain(ends.client)
    assert received == data
    assert read_to_the_end(ends) == b""
    finish(ends)


@pytest.fixture
def over_sockets() -> Iterator[tuple[SSL.Connection, SSL.Connection]]:
    """A server without tickets, with early data in its socket; nobody waits."""
    server, client = contexts_for_early_data()
    session = session_of(server, client)
    server.set_num_tickets(0)
    with sockets.tcp_pair() as (here, there):
        for sock in (here, there):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            sock.setblocking(False)
        with sockets.server_end(server, here) as one, sockets.client_end(client, there) as two:
            two.set_session(session)
            assert two.write_early_data(b"early") == 5
            yield one, two


def test_a_socket_without_room(over_sockets: tuple[SSL.Connection, SSL.Connection]) -> None:
    """libssl would not notice, and without tickets nothing that follows would bring the rest."""
    server, client = over_sockets
    assert sockets.until_done(server, server.read_early_data, 100) == b"early"
    data = bytes(range(250)) * 40_000
    sent = 0
    with pytest.raises(SSL.WantWriteError):
        while True:
            sent += server.write_early_data(data[sent:])
    assert 0 < sent < len(data)

    def hear() -> bytes:
        sockets.until_done(client, client.do_handshake)
        found = b""
        while len(found) < sent:
            found += sockets.until_done(client, client.recv, 1 << 20)
        return found

    hearing = sockets.in_thread(hear)
    assert sockets.until_done(server, server.read_early_data, 100) == b""
    sockets.until_done(server, server.do_handshake)
    assert hearing.result(sockets.PATIENCE) == data[:sent]
    assert sockets.until_done(server, server.send, b"later") == 5
    assert sockets.until_done(client, client.recv, 100) == b"later"


class Carrier:
    """Moves bytes by methods of its own."""

    def __init__(self, sock: socket.socket) -> None:
        self.recv, self.send = sock.recv, sock.send


def test_not_by_methods_of_an_object() -> None:
    """They may take a part, and libssl would not notice."""
    server, client = contexts_for_early_data()
    session = session_of(server, client)
    with sockets.tcp_pair() as (here, there), sockets.client_end(client, there) as other:
        end = SSL.Connection(server, Carrier(here))  # type: ignore[arg-type]
        end.set_accept_state()
        other.set_session(session)
        other.write_early_data(b"early")
        assert end.read_early_data(100) == b"early"
        with verdicts.protocol_error("over sockets and in memory only"):
            end.write_early_data(b"answer")
        shaking = sockets.in_thread(other.do_handshake)
        assert end.read_early_data(100) == b""
        end.do_handshake()
        shaking.result(sockets.PATIENCE)
        end.send(b"answer")
        assert other.recv(100) == b"answer"


def test_a_client_of_another_program(tmp_path: Path) -> None:
    server, _client = contexts_for_early_data()
    early, session = tmp_path / "early", tmp_path / "session"
    early.write_bytes(b"the early bird\n")
    told: list[bytes] = []

    def serve(listener: socket.socket) -> None:
        for _ in range(2):
            sock, _address = listener.accept()
            with sockets.server_end(server, sock) as end:
                while part := end.read_early_data(100):
                    told.append(part)
                    end.write_early_data(b"the worm\n")
                end.do_handshake()
                sockets.echo(end)

    with sockets.listener() as listener:
        serving = sockets.in_thread(serve, listener)
        port = listener.getsockname()[1]
        for options in (("-sess_out",), ("-early_data", str(early), "-sess_in")):
            with programs.running(
                *("openssl", "s_client", "-connect", f"{sockets.LOOPBACK}:{port}", "-tls1_3"),
                *("-servername", "localhost", *options, str(session)),
            ) as program:
                if "-early_data" in options:
                    program.expect("^the worm")
                program.write(b"over the wire\n")
                program.expect("^over the wire")
                program.write(b"Q\n")
                assert program.finish() == 0
        serving.result(sockets.PATIENCE)
    assert told == [b"the early bird\n"]
