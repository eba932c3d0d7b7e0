"""Early data of TLS 1.3, on both sides, taken, refused and replayed."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from kit import authority, contexts, programs, pump, sockets, verdicts
from kit.early import (
    again,
    contexts_for_early_data,
    finish,
    read_to_the_end,
    sent_early,
    statuses,
)
from OpenSSL import SSL


def test_data_comes_with_the_hello() -> None:
    ends = again(*contexts_for_early_data())
    assert ends.client.write_early_data(b"early ") == 6
    assert ends.client.write_early_data(bytearray(b"bird")) == 4
    assert ends.client.write_early_data(b"") == 0
    flight = pump.outgoing(ends.client)
    assert b"bird" not in flight
    ends.server.bio_write(flight)
    assert ends.server.read_early_data(3) == b"ear"
    assert read_to_the_end(ends) == b"ly bird"
    finish(ends)
    assert statuses(ends) == ["accepted", "accepted"]
    assert ends.client.session_reused()


def test_as_much_as_is_allowed_and_no_more() -> None:
    """Also in several records; what is too much is refused, and the rest goes on."""
    ends = again(*contexts_for_early_data(40_000))
    data = bytes(range(256)) * 160
    with verdicts.protocol_error("allows 40000 bytes"):
        ends.client.write_early_data(data)
    sent = 0
    while sent < 40_000:
        sent += ends.client.write_early_data(data[sent:40_000])
    with verdicts.protocol_error("40000 of them are sent"):
        ends.client.write_early_data(b"x")
    pump.shuttle(ends.client, ends.server)
    assert read_to_the_end(ends) == data[:40_000]
    finish(ends)


def test_a_server_that_does_not_read_it_refuses_it() -> None:
    ends = sent_early()
    finish(ends)
    assert statuses(ends) == ["rejected", "rejected"]


@pytest.mark.parametrize(
    "call",
    [
        SSL.Connection.do_handshake,
        lambda end: end.recv(100),
        lambda end: end.recv_into(bytearray(100)),
        lambda end: end.recv(100, socket.MSG_PEEK),
        lambda end: end.send(b"x"),
        lambda end: end.sendall(b"x"),
    ],
)
def test_it_is_never_taken_for_what_comes_after_the_handshake(
    call: Callable[[SSL.Connection], object],
) -> None:
    ends = sent_early(b"early bird")
    assert ends.server.read_early_data(5) == b"early"
    with verdicts.protocol_error("read early data to its end"):
        call(ends.server)
    assert read_to_the_end(ends) == b" bird"
    finish(ends)


def test_a_replay_is_refused() -> None:
    """The same flight a second time: the session is gone, and with it the data."""
    server, client = contexts_for_early_data()
    ends = again(server, client)
    ends.client.write_early_data(b"pay")
    flight = pump.outgoing(ends.client)
    seen = []
    for _ in range(2):
        victim = SSL.Connection(server, None)
        victim.set_accept_state()
        victim.bio_write(flight)
        try:
            seen.append(victim.read_early_data(1000))
        except SSL.WantReadError:
            seen.append(b"")
    assert seen == [b"pay", b""]


@pytest.mark.parametrize("means", ["nothing", "a callback", "an option"])
def test_sessions_of_the_programs_own_bring_none_unasked(means: str) -> None:
    """A store that gives one out again would let a replay in: libssl does not know of it."""
    server, client = contexts_for_early_data()
    kept: dict[bytes, SSL.Session] = {}
    server.set_session_new_callback(
        lambda _connection, session: kept.__setitem__(session.get_id(), session)
    )
    server.set_session_get_callback(lambda _connection, name: kept.get(name))
    if means == "a callback":
        server.set_allow_early_data_callback(lambda _connection: True)
    elif means == "an option":
        server.set_options(SSL.OP_NO_ANTI_REPLAY | SSL.OP_NO_TICKET)
    ends = again(server, client)
    ends.client.write_early_data(b"pay")
    flight = pump.outgoing(ends.client)
    seen = []
    for _ in range(3):
        victim = SSL.Connection(server, None)
        victim.set_accept_state()
        victim.bio_write(flight)
        try:
            seen.append(victim.read_early_data(1000))
        except SSL.WantReadError:
            seen.append(b"")
    # The first one libssl has itself, and knows.
    assert seen == [b"pay", *([b"", b""] if means == "nothing" else [b"pay", b"pay"])]


# ---- what else is not possible


def test_what_has_failed_is_told_again() -> None:
    """Not that there is more to be read: there is not."""
    ends = again(*contexts_for_early_data())
    assert ends.client.write_early_data(b"early") == 5
    flight = bytearray(pump.outgoing(ends.client))
    ends.server.bio_write(flight[:-30])  # the hello, and the beginning of a record
    with pytest.raises(SSL.WantReadError):
        ends.server.read_early_data(100)
    flight[-1] ^= 1
    ends.server.bio_write(flight[-30:])
    with pytest.raises(SSL.Error) as failed:
        ends.server.read_early_data(100)
    assert failed.value.alert == 20  # bad_record_mac
    calls = (
        lambda: ends.server.recv(1),
        lambda: ends.server.send(b"x"),
        ends.server.do_handshake,
        lambda: ends.server.read_early_data(100),
    )
    for call in calls:
        with pytest.raises(SSL.Error) as told:
            call()
        assert told.value.args == failed.value.args


def test_the_wrong_side_and_the_wrong_time() -> None:
    server, client = contexts_for_early_data()
    ends = again(server, client)
    with verdicts.protocol_error("answers early data that it has read"):
        ends.server.write_early_data(b"x")
    with verdicts.protocol_error("read by a server"):
        ends.client.read_early_data(10)
    finish(ends)
    with verdicts.protocol_error("too late"):
        ends.client.write_early_data(b"x")
    with verdicts.protocol_error():
        ends.server.read_early_data(10)
    assert pump.transfer(ends.client, ends.server, b"fine") == b"fine"


def test_no_early_data_at_all() -> None:
    ends = pump.pair(*contexts_for_early_data())
    assert statuses(ends) == ["not sent", "not sent"]
    pump.step(ends.client.do_handshake)
    pump.shuttle(ends.client, ends.server)
    assert read_to_the_end(ends) == b""
    finish(ends)


def test_a_first_write_without_more_to_say() -> None:
    """What follows early data by `send` comes after the handshake."""
    ends = sent_early()
    with pytest.raises(SSL.WantReadError):
        ends.client.send(b"later")
    assert read_to_the_end(ends) == b"early"
    finish(ends)


@pytest.mark.parametrize("name", ["do_handshake", "recv"])
def test_no_more_of_it_once_the_handshake_goes_on(name: str) -> None:
    """libssl would end the handshake and send it, in one call, as ordinary data."""
    ends = sent_early()
    with verdicts.wants_read():
        ends.client.recv(1) if name == "recv" else ends.client.do_handshake()
    with verdicts.protocol_error("too late"):
        ends.client.write_early_data(b"more")
    assert read_to_the_end(ends) == b"early"
    finish(ends)


def test_a_transport_without_room() -> None:
    """The same call again goes on, and the data is sent once."""
    ends = again(*contexts_for_early_data())
    ends.client.set_bio_limit(1)
    assert ends.client.write_early_data(b"early ") == 6
    with pytest.raises(SSL.WantWriteError):
        ends.client.write_early_data(b"bird")
    pump.shuttle(ends.client, ends.server)
    assert ends.client.write_early_data(b"bird") == 4
    ends.client.set_bio_limit(0)
    pump.shuttle(ends.client, ends.server)
    assert read_to_the_end(ends) == b"early bird"
    finish(ends)


@pytest.mark.parametrize("longer", [b"birds of a feather", bytes(9000)])
def test_it_may_go_on_with_more_data(longer: bytes) -> None:
    """libssl says that it has sent as much as it is given the second time."""
    ends = again(*contexts_for_early_data())
    ends.client.set_bio_limit(1)
    assert ends.client.write_early_data(b"early ") == 6
    with pytest.raises(SSL.WantWriteError):
        ends.client.write_early_data(longer[:4])
    pump.shuttle(ends.client, ends.server)
    assert ends.client.write_early_data(longer) == 4
    ends.client.set_bio_limit(0)
    pump.shuttle(ends.client, ends.server)
    assert read_to_the_end(ends) == b"early " + longer[:4]
    finish(ends)


def test_it_does_not_go_on_with_less() -> None:
    ends = again(*contexts_for_early_data())
    ends.client.set_bio_limit(1)
    assert ends.client.write_early_data(b"early ") == 6
    with pytest.raises(SSL.WantWriteError):
        ends.client.write_early_data(b"bird")
    pump.shuttle(ends.client, ends.server)
    for less in (b"bir", b""):
        with verdicts.protocol_error("4 bytes of early data wait for room"):
            ends.client.write_early_data(less)
    assert ends.client.write_early_data(b"bird") == 4
    ends.client.set_bio_limit(0)
    pump.shuttle(ends.client, ends.server)
    assert read_to_the_end(ends) == b"early bird"
    finish(ends)


@pytest.mark.parametrize("limit", [1, 700, 5000])
def test_all_that_is_allowed_through_little_room(limit: int) -> None:
    """libssl counts what it cannot write at once a second time."""
    ends = again(*contexts_for_early_data(40_000))
    data = bytes(range(250)) * 160
    ends.client.set_bio_limit(limit)
    sent = waits = 0
    while sent < len(data):
        try:
            sent += ends.client.write_early_data(data[sent:])
        except SSL.WantWriteError:
            waits += 1
            assert pump.shuttle(ends.client, ends.server) > 0
    assert waits > 0
    ends.client.set_bio_limit(0)
    pump.shuttle(ends.client, ends.server)
    assert read_to_the_end(ends) == data
    finish(ends)


def test_sizes() -> None:
    context = contexts.server_context()
    assert context.get_max_early_data() == 0
    context.set_max_early_data(100_000)
    assert context.get_max_early_data() == 100_000
    assert context.get_recv_max_early_data() == 100_000
    context.set_recv_max_early_data(10)
    assert context.get_recv_max_early_data() == 10
    for call in (context.set_max_early_data, context.set_recv_max_early_data):
        for wrong in (-1, 2**32):
            with pytest.raises(ValueError, match="size"):
                call(wrong)
        with pytest.raises(TypeError):
            call("1")  # type: ignore[arg-type]
    ends = pump.pair(*contexts_for_early_data())
    for nothing in (0, -1):
        with pytest.raises(ValueError, match="positive"):
            ends.server.read_early_data(nothing)
    with pytest.raises(TypeError):
        ends.client.write_early_data("text")  # type: ignore[arg-type]


def test_keys_are_derived_alike() -> None:
    ends = sent_early()
    ours = ends.client.export_keying_material_early(b"EXPERIMENTAL a", 20, b"context")
    assert ends.server.read_early_data(100) == b"early"
    assert ends.server.export_keying_material_early(b"EXPERIMENTAL a", 20, b"context") == ours
    assert ends.server.export_keying_material_early(b"EXPERIMENTAL a", 20, b"other") != ours
    with pytest.raises(ValueError, match="size"):
        ends.client.export_keying_material_early(b"EXPERIMENTAL a", 0)
    with verdicts.protocol_error():
        pump.pair(*contexts_for_early_data()).client.export_keying_material_early(b"label", 32)


# ---- with another program


def test_a_server_of_another_program() -> None:
    files = authority.identity().files
    _server, client = contexts_for_early_data()
    with programs.running(
        *("openssl", "s_server", "-accept", f"{sockets.LOOPBACK}:0", "-tls1_3", "-early_data"),
        *("-cert", str(files.certificate), "-key", str(files.key)),
        *("-cert_chain", str(files.intermediates)),
    ) as program:
        port = int(program.expect(r"^ACCEPT .*:(\d+)").group(1))
        with (
            socket.create_connection((sockets.LOOPBACK, port)) as sock,
            sockets.client_end(client, sock, b"localhost") as end,
        ):
            end.do_handshake()
            program.write(b"ticket\n")
            assert sockets.receive_exactly(end, 7) == b"ticket\n"
            session = end.get_session()
            end.shutdown()
        assert session is not None
        with (
            socket.create_connection((sockets.LOOPBACK, port)) as sock,
            sockets.client_end(client, sock, b"localhost") as end,
        ):
            end.set_session(session)
            assert end.write_early_data(b"the early bird\n") == 15
            end.do_handshake()
            assert end.get_early_data_status() == "accepted"
            program.expect("the early bird")
            end.shutdown()


@pytest.mark.parametrize("allowed", [True, False])
def test_a_client_of_another_program(allowed: bool, tmp_path: Path) -> None:
    server, _client = contexts_for_early_data()
    server.set_allow_early_data_callback(lambda _connection: allowed)
    early, session = tmp_path / "early", tmp_path / "session"
    early.write_bytes(b"the early bird\n")
    told: list[tuple[bytes, str]] = []

    def serve(listener: socket.socket) -> None:
        for _ in range(2):
            sock, _address = listener.accept()
            with sockets.server_end(server, sock) as end:
                found = b""
                while part := end.read_early_data(100):
                    found += part
                end.do_handshake()
                told.append((found, end.get_early_data_status()))
                sockets.echo(end)

    with sockets.listener() as listener:
        serving = sockets.in_thread(serve, listener)
        port = listener.getsockname()[1]
        for options in (("-sess_out",), ("-early_data", str(early), "-sess_in")):
            with programs.running(
                *("openssl", "s_client", "-connect", f"{sockets.LOOPBACK}:{port}", "-tls1_3"),
                *("-servername", "localhost", *options, str(session)),
            ) as program:
                program.write(b"over the wire\n")
                program.expect("^over the wire")
                program.write(b"Q\n")
                assert program.finish() == 0
        serving.result(sockets.PATIENCE)
    assert told == [
        (b"", "not sent"),
        (b"the early bird\n", "accepted") if allowed else (b"", "rejected"),
    ]
