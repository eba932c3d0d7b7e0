"""How records are cut and filled up."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import nullcontext

import pytest

from kit import authority, contexts, peers, pump, sockets
from OpenSSL import SSL
from OpenSSL._face.common import library

VERSIONS = ["TLSv1.2", "TLSv1.3"]
SIDES = ["context", "connection"]
WHOLE = 5 + 16384 + 16


# ---- sizes


def lengths(ends: pump.Pair, size: int) -> list[int]:
    """The sizes of the records that a message becomes."""
    ends.client.sendall(b"x" * size)
    data = pump.outgoing(ends.client)
    found = []
    while data:
        length = int.from_bytes(data[3:5], "big")
        found.append(length)
        ends.server.bio_write(data[: 5 + length])
        data = data[5 + length :]
    assert pump.drain(ends.server) == b"x" * size
    return found


SETTINGS: list[
    tuple[Callable[[SSL.Context | SSL.Connection], None], Callable[[list[int]], bool]]
] = [
    (lambda it: it.set_max_send_fragment(1000), lambda them: len(them) == 10),
    (lambda it: it.set_block_padding(512), lambda them: all(each % 512 == 16 for each in them)),
    (
        lambda it: it.set_tlsext_max_fragment_length(2048),
        lambda them: len(them) == 5 and max(them) < 2048 + 300,
    ),
]


@pytest.mark.parametrize("where", ["context", "connection"])
@pytest.mark.parametrize(("setting", "expected"), SETTINGS)
def test_how_records_are_made(
    setting: Callable[[SSL.Context | SSL.Connection], None],
    expected: Callable[[list[int]], bool],
    where: str,
) -> None:
    client = contexts.client_context(version="TLSv1.3")
    if where == "context":
        setting(client)
    ends = pump.pair(contexts.server_context(version="TLSv1.3"), client)
    if where == "connection":
        setting(ends.client)
    pump.handshake(*ends)
    assert expected(lengths(ends, 10_000))
    plain = pump.connected(
        contexts.server_context(version="TLSv1.3"), contexts.client_context(version="TLSv1.3")
    )
    assert not expected(lengths(plain, 10_000))


@pytest.mark.parametrize("where", ["context", "connection"])
def test_settings_without_a_trace(where: str) -> None:
    client = contexts.client_context()
    ends = pump.pair(contexts.server_context(), client)
    target = client if where == "context" else ends.client
    target.set_split_send_fragment(1024)
    target.set_default_read_buffer_len(40_000)
    if where == "context":
        ends = pump.pair(contexts.server_context(), client)
    pump.handshake(*ends)
    assert pump.transfer(ends.server, ends.client, b"y" * 60_000) == b"y" * 60_000
    assert pump.transfer(ends.client, ends.server, b"y" * 60_000) == b"y" * 60_000


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        (lambda it: it.set_max_send_fragment(511), SSL.Error),
        (lambda it: it.set_max_send_fragment(16385), SSL.Error),
        (lambda it: it.set_max_send_fragment(-1), ValueError),
        (lambda it: it.set_split_send_fragment(0), SSL.Error),
        (lambda it: it.set_block_padding(-1), ValueError),
        (lambda it: it.set_block_padding(20_000), SSL.Error),
        (lambda it: it.set_tlsext_max_fragment_length(513), ValueError),
        (lambda it: it.set_default_read_buffer_len(-5), ValueError),
        (lambda it: it.set_max_send_fragment("x"), TypeError),
        (lambda it: it.set_client_sigalgs_list("none"), SSL.Error),
        (lambda it: it.set_client_sigalgs_list("a\0b"), ValueError),
        (lambda it: it.set_client_sigalgs_list(5), TypeError),
    ],
)
@pytest.mark.parametrize("where", ["context", "connection"])
def test_bad_settings(call: Callable[[object], None], kind: type[Exception], where: str) -> None:
    client = contexts.client_context()
    ends = pump.pair(contexts.server_context(), client)
    with pytest.raises(kind):
        call(client if where == "context" else ends.client)
    pump.handshake(*ends)


# ---- padding


@pytest.mark.parametrize("where", SIDES)
def test_records_are_filled_up(where: str) -> None:
    asked: list[tuple[int, int]] = []

    def fill(_end: SSL.Connection, kind: int, length: int) -> int:
        asked.append((kind, length))
        return 1000 - length

    server = contexts.server_context(version="TLSv1.3")
    ends = pump.pair(server, contexts.client_context())
    (server if where == "context" else ends.server).set_record_padding_callback(
        lambda end, kind, length: fill(end, kind, length) if kind == 23 else 0
    )
    if where == "context":
        ends = pump.pair(server, contexts.client_context())
    pump.handshake(*ends)
    pump.drain(ends.client)
    ends.server.send(b"x" * 10)
    sent = pump.outgoing(ends.server)
    assert (23, 11) in asked
    assert len(sent) == 5 + 1000 + 16
    ends.client.bio_write(sent)
    assert ends.client.recv(100) == b"x" * 10


def padded() -> pump.Pair:
    """A pair whose server has been asking a callback since before the keys were made."""
    ends = pump.pair(contexts.server_context(version="TLSv1.3"), contexts.client_context())
    ends.server.set_record_padding_callback(lambda *_: 0)
    pump.handshake(*ends)
    pump.drain(ends.client)
    return ends


def test_more_than_fits_is_cut() -> None:
    ends = padded()
    ends.server.set_record_padding_callback(lambda *_: 2**70)
    ends.server.send(b"x")
    sent = pump.outgoing(ends.server)
    assert len(sent) == WHOLE
    ends.client.bio_write(sent)
    assert ends.client.recv(100) == b"x"


@pytest.mark.parametrize("answer", [RuntimeError("no"), "many", -1, None])
def test_what_is_no_number_comes_out_of_the_call(answer: object) -> None:
    def fill(*_: object) -> object:
        if isinstance(answer, Exception):
            raise answer
        return answer

    ends = padded()
    ends.server.set_record_padding_callback(fill)  # type: ignore[arg-type]
    with pytest.raises((RuntimeError, TypeError, ValueError)):
        ends.server.send(b"x")
    sent = pump.outgoing(ends.server)
    assert len(sent) == WHOLE
    ends.client.bio_write(sent)
    assert ends.client.recv(100) == b"x"


@pytest.mark.parametrize("renewed", [False, True])
def test_a_callback_may_go_while_its_keys_are_in_use(renewed: bool) -> None:
    """libssl from 3.2 on calls what it was given when the keys were made."""
    ends = padded()
    if renewed:
        ends.server.set_context(contexts.server_context(version="TLSv1.3"))
    ends.server.set_record_padding_callback(None)
    for _ in range(2):
        ends.server.send(b"x" * 10)
        sent = pump.outgoing(ends.server)
        assert len(sent) == 5 + 10 + 1 + 16
        ends.client.bio_write(sent)
        assert ends.client.recv(100) == b"x" * 10
    ends.server.set_record_padding_callback(lambda *_: 100)
    ends.server.send(b"x" * 10)
    assert len(pump.outgoing(ends.server)) == 5 + 10 + 1 + 100 + 16


def test_a_host_without_a_callback_fills_its_blocks() -> None:
    """A callback that was never there is not kept, or blocks would not count."""
    inner = contexts.server_context(version="TLSv1.3")
    inner.set_block_padding(1000)
    server = contexts.server_context(version="TLSv1.3")
    server.set_tlsext_servername_callback(lambda connection: connection.set_context(inner))
    ends = pump.pair(server, contexts.client_context(), authority.HOST.encode())
    pump.handshake(*ends)
    pump.drain(ends.client)
    ends.server.send(b"x" * 10)
    assert len(pump.outgoing(ends.server)) == 5 + 1000 + 16


@pytest.mark.differs("a padding that is set after")
@pytest.mark.parametrize("how", ["callback", "block"])
def test_what_comes_after_the_keys_counts_or_raises(how: str) -> None:
    """Nobody who asks for padding goes without it unawares."""
    ends = pump.connected(contexts.server_context(version="TLSv1.3"), contexts.client_context())
    pump.drain(ends.client)
    late = library.OpenSSL_version(0) >= b"OpenSSL 3.2"
    with pytest.raises(SSL.Error, match="before the handshake") if late else nullcontext():
        if how == "callback":
            ends.server.set_record_padding_callback(lambda _end, _kind, length: 1000 - length)
        else:
            ends.server.set_block_padding(1000)
    ends.server.set_block_padding(0)
    if how == "block" and not late:
        ends.server.set_block_padding(1000)
    ends.server.send(b"x" * 10)
    sent = pump.outgoing(ends.server)
    assert len(sent) == 5 + 16 + (11 if late else 1000)
    ends.client.bio_write(sent)
    assert ends.client.recv(100) == b"x" * 10


def test_a_failure_in_the_handshake_ends_it() -> None:
    server = contexts.server_context(version="TLSv1.3")
    server.set_record_padding_callback(lambda *_: "many")  # type: ignore[arg-type, return-value]
    outcome = pump.handshake_outcome(*pump.pair(server, contexts.client_context()))
    assert isinstance(outcome.server, TypeError)
    assert outcome.client is not None


def test_another_program_reads_padded_records() -> None:
    server = contexts.server_context(version="TLSv1.3")
    server.set_record_padding_callback(lambda _end, _kind, length: 512 - length % 512)

    def serve(listener: socket.socket) -> None:
        sock, _address = listener.accept()
        with sockets.server_end(server, sock) as end:
            end.do_handshake()
            sockets.echo(end)

    with sockets.listener() as listener:
        serving = sockets.in_thread(serve, listener)
        with peers.openssl_client(listener.getsockname()[1]) as program:
            program.say(b"over the wire\n")
            program.expect("over the wire")
            assert program.finish() == 0
        serving.result(sockets.PATIENCE)
