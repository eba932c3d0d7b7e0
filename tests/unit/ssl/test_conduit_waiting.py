"""Waiting in an object that carries a Connection's bytes, and ending it."""

from __future__ import annotations

import signal
import socket
import time

import pytest

from kit import outer, sockets, verdicts
from OpenSSL import SSL

BIG = bytes(range(256)) * 2000


class Own(Exception):
    pass


@pytest.mark.parametrize("kind", ["connection", "ssl", "bridged", "subclass"])
def test_the_timeout_of_what_carries_holds(kind: str) -> None:
    with outer.pair(kind) as (below, under):
        server, client = outer.inside(below, under)
        client.settimeout(0.1)
        with pytest.raises(TimeoutError):
            client.recv(1)
        server.sendall(b"x")
        assert client.recv(1) == b"x"


def test_one_reads_while_another_sends() -> None:
    with outer.pair("connection") as (below, under):
        server, client = outer.inside(below, under)
        reading = sockets.in_thread(client.recv, 1)
        time.sleep(0.05)  # most often it waits by now; what must hold, holds if it does not
        client.sendall(BIG[:5000])
        assert sockets.receive_exactly(server, 5000) == BIG[:5000]
        server.sendall(b"!")
        assert reading.result(sockets.PATIENCE) == b"!"


def test_many_readers_lose_nothing() -> None:
    with outer.pair("connection") as (below, under):
        server, client = outer.inside(below, under)
        for end in (server, client):
            end.settimeout(sockets.PATIENCE)

        def read() -> int:
            total = 0
            while True:
                try:
                    data = client.recv(700)
                except SSL.ZeroReturnError:
                    return total
                assert data.count(b"x") == len(data)
                total += len(data)

        readers = [sockets.in_thread(read) for _ in range(4)]
        for _ in range(300):
            server.sendall(b"x" * 500)
        server.shutdown()
        assert sum(each.result(sockets.PATIENCE) for each in readers) == 150_000


def test_many_senders_keep_their_messages_together() -> None:
    with outer.pair("ssl", small=True) as (below, under):
        server, client = outer.inside(below, under)
        senders = [
            sockets.in_thread(lambda sign=sign: [client.sendall(sign * 40_000) for _ in range(3)])
            for sign in (b"a", b"b", b"c")
        ]
        data = sockets.receive_exactly(server, 9 * 40_000)
        for each in senders:
            each.result(sockets.PATIENCE)
        assert all(
            len(set(data[start : start + 40_000])) == 1 for start in range(0, len(data), 40_000)
        )


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs a timer that signals")
def test_a_signal_ends_the_waiting() -> None:
    def ring(*_: object) -> None:
        raise Own("the bell")

    with outer.pair("ssl") as (below, under):
        _, client = outer.inside(below, under)
        before = signal.signal(signal.SIGALRM, ring)
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.1)
            with pytest.raises(Own):
                client.recv(1)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)


def test_shutdown_of_both_waits_for_nobody() -> None:
    with outer.pair("ssl", small=True) as (below, under):
        server, client = outer.inside(below, under)
        sending = sockets.in_thread(client.sendall, bytes(5_000_000))
        sockets.until_full(client)
        client.shutdown(socket.SHUT_RDWR)
        with pytest.raises((SSL.Error, OSError)):
            sending.result(sockets.PATIENCE)
        del server


@pytest.mark.parametrize("how", [socket.SHUT_WR, socket.SHUT_RDWR])
@pytest.mark.parametrize("kind", ["connection", "ssl", "bridged"])
def test_shutdown_as_sockets_have_it(kind: str, how: int) -> None:
    with outer.pair(kind) as (below, under):
        server, client = outer.inside(below, under)
        client.sendall(b"last words")
        assert client.shutdown(how) is None
        assert server.recv(100) == b"last words"
        with verdicts.clean_close():
            server.recv(1)
        if how == socket.SHUT_WR:
            server.sendall(b"answer")
            assert client.recv(100) == b"answer"


# What has no `shutdown` can only be closed, over tickets that nobody has read.
@pytest.mark.parametrize("kind", [kind for kind in outer.KINDS if kind not in ("bare", "other")])
def test_a_with_block_closes_what_carries(kind: str) -> None:
    with outer.pair(kind) as (below, under):
        server, client = outer.inside(below, under)
        with client:
            client.sendall(BIG[:100_000])
        assert sockets.receive_all(server) == BIG[:100_000]
        if kind == "connection":
            with verdicts.clean_close():  # each TLS has its own goodbye
                below.recv(1)
