"""Large reads take more from the socket than one record, and never hide a whole one."""

from __future__ import annotations

import contextlib
import random
import select
import socket
import time

import pytest

from kit import contexts, sockets
from OpenSSL import SSL

SIZES = (1, 17, 500, 5000, 16384, 20479, 20480, 20481, 65536, 300_000)


def patterned(size: int, seed: int) -> bytes:
    return random.Random(seed).randbytes(size)


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
@pytest.mark.parametrize("seed", range(6))
def test_what_select_does_not_show_is_not_there(version: str, seed: int) -> None:
    """A program that reads once each time the socket is readable gets everything."""
    choose = random.Random(seed)
    messages = [
        patterned(choose.choice((1, 30, 999, 16384, 16385, 40_000)), index) for index in range(60)
    ]
    wanted = b"".join(messages)
    with sockets.connected(
        contexts.server_context(version=version), contexts.client_context(version=version)
    ) as (server, client):
        sending = sockets.in_thread(lambda: [server.sendall(each) for each in messages])
        got = bytearray()
        while len(got) < len(wanted):
            if not client.pending():
                assert select.select([client], [], [], 10)[0], f"{len(got)} of {len(wanted)}"
            size = choose.choice(SIZES)
            if choose.random() < 0.5:
                got += client.recv(size)
            else:
                buffer = bytearray(size)
                got += buffer[: client.recv_into(buffer)]
        sending.result(sockets.PATIENCE)
        assert bytes(got) == wanted


def test_a_large_read_takes_many_records_and_only_whole_ones() -> None:
    """What one call answers never ends within a record, but where its memory ends."""
    with sockets.connected(contexts.server_context(), contexts.client_context()) as (
        server,
        client,
    ):
        server.sendall(bytes(16384) * 2 + b"end")
        select.select([client], [], [], 10)
        taken = []
        while sum(taken) < 2 * 16384 + 3:
            taken.append(len(client.recv(100_000)))
            assert client.pending() == 0
        assert max(taken) > 16384


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
def test_a_goodbye_that_came_with_data_is_not_waited_for(version: str) -> None:
    """Who says goodbye and waits for an answer keeps the socket open: nothing more comes."""
    with sockets.connected(
        contexts.server_context(version=version), contexts.client_context(version=version)
    ) as (server, client):
        server.sendall(b"last words")
        server.shutdown()
        got = b""
        with pytest.raises(SSL.ZeroReturnError):
            while True:
                if not client.pending():
                    assert select.select([client], [], [], 2)[0], "nothing tells of the goodbye"
                got += client.recv(65536)
        assert got == b"last words"
        assert client.pending() == 0


def test_data_before_the_end_come_first() -> None:
    left, right = socket.socketpair()
    with left, right:
        server = sockets.server_end(contexts.server_context(), left)
        client = sockets.client_end(contexts.client_context(), right)
        done = sockets.in_thread(server.do_handshake)
        client.do_handshake()
        done.result(sockets.PATIENCE)
        server.sendall(bytes(16384) + b"last words")
        server.sock_shutdown(socket.SHUT_RDWR)
        left.close()
        got = b""
        with pytest.raises(SSL.SysCallError, match="Unexpected EOF"):
            while True:
                got += client.recv(1 << 20)
        assert got == bytes(16384) + b"last words"


def test_a_record_in_two_halves_across_a_large_and_a_small_read() -> None:
    """What was taken too early by a large read is there for the next, whatever its size."""
    left, right = socket.socketpair()
    with left, right:
        memory = SSL.Connection(contexts.server_context(), None)
        memory.set_accept_state()
        client = sockets.client_end(contexts.client_context(), right)
        right.setblocking(False)
        while True:
            try:
                client.do_handshake()
                break
            except SSL.WantReadError:
                memory.bio_write(left.recv(1 << 16))
                with contextlib.suppress(SSL.WantReadError):
                    memory.do_handshake()
                left.sendall(memory.bio_read(1 << 16))
        memory.bio_write(left.recv(1 << 16))
        memory.do_handshake()
        memory.sendall(bytes(16384))
        memory.sendall(b"second record")
        stream = b""
        while True:
            try:
                stream += memory.bio_read(1 << 20)
            except SSL.WantReadError:
                break
        left.sendall(stream[:-9])
        assert client.recv(1 << 20) == bytes(16384)
        for _ in range(2):
            with pytest.raises(SSL.WantReadError):
                client.recv(100)
        left.sendall(stream[-9:])
        assert client.recv(100) == b"second record"


def test_what_was_read_with_what_a_callback_refused_is_not_left_inside() -> None:
    """The ticket's callback raises in a read that has taken the record behind it as well."""
    armed = False

    def tell(_connection: SSL.Connection, where: int, _value: int) -> None:
        nonlocal armed
        if armed and where == SSL.SSL_CB_CONNECT_EXIT:
            armed = False
            raise KeyError("own")

    client_context = contexts.client_context(version="TLSv1.3")
    client_context.set_info_callback(tell)
    with sockets.tcp_pair() as (server_sock, client_sock):
        server = sockets.server_end(contexts.server_context(), server_sock)
        client = sockets.client_end(client_context, client_sock)
        shaking = sockets.in_thread(server.do_handshake)
        client.do_handshake()
        shaking.result(sockets.PATIENCE)
        for number in range(5):
            server.sendall(b"record %d" % number)
        time.sleep(0.2)
        armed = True
        with pytest.raises(KeyError):
            client.recv(65536)
        assert client.pending() == len(b"record 0")
        for number in range(5):
            assert client.recv(65536) == b"record %d" % number


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
@pytest.mark.parametrize("size", [1, 16383, 16384, 16385, 2 * 16384, 5 * 16384])
def test_one_read_for_each_event_gets_to_the_goodbye(version: str, size: int) -> None:
    """Programs that never ask ``pending`` are told by the socket alone, as with libssl."""
    with sockets.connected(
        contexts.server_context(version=version), contexts.client_context(version=version)
    ) as (server, client):
        server.sendall(bytes(size))
        server.shutdown()
        got = b""
        with pytest.raises(SSL.ZeroReturnError):
            while True:
                assert select.select([client], [], [], 10)[0], f"silence after {len(got)} bytes"
                got += client.recv(1 << 17)
        assert len(got) == size
