"""Several threads, signals, and descriptors that change hands."""

from __future__ import annotations

import array
import signal
import socket
import sys
import threading
import time

import pytest

from kit import contexts, sockets
from kit.verdicts import clean_close
from OpenSSL import SSL


@pytest.fixture(params=["TLSv1.2", "TLSv1.3"])
def ends(request):
    with sockets.connected(
        contexts.server_context(version=request.param),
        contexts.client_context(version=request.param),
    ) as both:
        yield both


@pytest.mark.holds("D18", "C1", "C2")
def test_writers_do_not_mix_their_bytes(ends):
    """Each call's bytes stay together; only their order is anybody's."""
    server, client = ends
    size, times = 3000, 200

    def write(letter):
        for _ in range(times):
            client.sendall(letter * size)

    futures = [sockets.in_thread(write, letter) for letter in (b"a", b"b", b"c", b"d")]
    received = sockets.receive_exactly(server, size * times * 4)
    for future in futures:
        future.result(sockets.PATIENCE)
    blocks = [received[at : at + size] for at in range(0, len(received), size)]
    assert all(len(set(block)) == 1 for block in blocks)
    assert sorted(block[:1] for block in blocks) == sorted([b"a", b"b", b"c", b"d"] * times)


def test_a_waiting_reader_holds_nobody_up(ends):
    """While one thread waits for bytes, others may ask, write and close."""
    server, client = ends
    reader = sockets.in_thread(client.recv, 100)
    for _ in range(50):
        assert client.pending() == 0
        assert client.get_cipher_name()
        client.sendall(b"to and fro")
    assert sockets.receive_exactly(server, 500) == b"to and fro" * 50
    assert client.shutdown() is False
    with clean_close():
        server.recv(1)
    assert not reader.done()
    server.sendall(b"the answer")
    assert reader.result(sockets.PATIENCE) == b"the answer"


def test_a_waiting_writer_holds_nobody_up(ends):
    server, client = ends
    data = bytes(32 << 20)
    writer = sockets.in_thread(client.sendall, data)
    server.sendall(b"meanwhile")
    assert sockets.receive_exactly(client, 9) == b"meanwhile"
    assert not writer.done()
    assert sockets.receive_exactly(server, len(data)) == data
    writer.result(sockets.PATIENCE)


def test_a_reader_learns_that_the_socket_was_shut_down(ends):
    _, client = ends
    reader = sockets.in_thread(client.recv, 100)
    client.sock_shutdown(socket.SHUT_RDWR)
    with pytest.raises(SSL.SysCallError):
        reader.result(sockets.PATIENCE)


def test_a_threaded_handshake(ends):
    """One connection may shake hands while another of the same context is being used."""
    server, client = ends
    stop = threading.Event()

    def chat():
        count = 0
        while not stop.is_set():
            client.sendall(b"x")
            count += len(server.recv(1))
        return count

    future = sockets.in_thread(chat)
    for _ in range(20):
        with sockets.connected(server.get_context(), client.get_context()):
            pass
    stop.set()
    assert future.result(sockets.PATIENCE) > 0


# ---- signals


class Interrupted(Exception):
    """What the signal handler raises."""


@pytest.fixture
def alarm():
    """Set a handler and a time after which it runs."""
    before = signal.getsignal(signal.SIGALRM)

    def arrange(handler, seconds, interval=0.0):
        signal.signal(signal.SIGALRM, handler)
        signal.setitimer(signal.ITIMER_REAL, seconds, interval)

    yield arrange
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


# The alarm is ours here, so the time limit has to come from a thread.
own_alarm = pytest.mark.timeout(60, method="thread")


@own_alarm
@pytest.mark.parametrize("what", ["recv", "sendall"])
@pytest.mark.holds("C16")
def test_a_signal_ends_a_wait(ends, alarm, what):
    def handler(*_):
        raise Interrupted

    _, client = ends
    before = time.monotonic()
    alarm(handler, 0.2)
    with pytest.raises(Interrupted):
        client.recv(1) if what == "recv" else client.sendall(bytes(64 << 20))
    assert time.monotonic() - before < 10


@own_alarm
def test_a_signal_ends_a_handshake(alarm):
    def handler(*_):
        raise Interrupted

    with sockets.tcp_pair() as (_, plain):
        client = sockets.client_end(contexts.client_context(), plain)
        alarm(handler, 0.2)
        with pytest.raises(Interrupted):
            client.do_handshake()


@own_alarm
def test_a_handled_signal_changes_nothing(ends, alarm):
    """A handler that returns lets the call go on, with its timeout still running."""
    server, client = ends
    seen = []
    alarm(lambda *_: seen.append(1), 0.02, 0.02)
    client.settimeout(0.4)
    before = time.monotonic()
    with pytest.raises(TimeoutError):
        client.recv(1)
    assert 0.3 < time.monotonic() - before < 10
    assert len(seen) > 3
    client.settimeout(None)
    writer = sockets.in_thread(lambda: (time.sleep(0.2), server.sendall(b"late")))
    assert sockets.receive_exactly(client, 4) == b"late"
    writer.result(sockets.PATIENCE)


# ---- descriptors


@pytest.mark.parametrize("through", ["socket", "connection"])
@pytest.mark.holds("D3")
def test_a_stranger_gets_no_bytes(through):
    """After a socket is closed its number may belong to somebody else."""
    context = contexts.client_context()
    with sockets.tcp_pair() as (_, plain), sockets.listener() as listening:
        client = sockets.client_end(context, plain)
        number = plain.fileno()
        (plain if through == "socket" else client).close()
        stranger = socket.create_connection(listening.getsockname())
        accepted, _ = listening.accept()
        with stranger, accepted:
            assert stranger.fileno() == number, "the number was not used again"
            with pytest.raises((SSL.Error, OSError, ValueError)) as caught:
                client.do_handshake()
            assert str(caught.value)
            stranger.sendall(b"my own")
            stranger.shutdown(socket.SHUT_WR)
            assert accepted.recv(10000) == b"my own"


def test_a_connection_that_is_dropped_leaves_the_socket_open():
    with sockets.tcp_pair() as (one, other):
        SSL.Connection(contexts.server_context(), one)
        one.sendall(b"still open")
        assert other.recv(100) == b"still open"


# ---- shapes of buffers


def test_buffers_of_larger_items(ends):
    """Lengths are bytes, whatever the items of a buffer are."""
    server, client = ends
    numbers = array.array("I", range(1000))
    client.sendall(numbers)
    assert client.send(memoryview(numbers)) == 4000
    assert sockets.receive_exactly(server, 8000) == numbers.tobytes() * 2
    server.sendall(memoryview(numbers).cast("B"))
    target = array.array("I", bytes(4000))
    count = client.recv_into(target)
    assert 0 < count <= 4000
    assert target.tobytes()[:count] == numbers.tobytes()[:count]


def test_sendall_tells_how_many(ends):
    server, client = ends
    assert client.sendall(b"x" * 100000) == 100000
    assert len(sockets.receive_exactly(server, 100000)) == 100000


@pytest.mark.holds("D16")
def test_sendall_that_cannot_finish_tells_how_far_it_came(ends):
    server, client = ends
    data = bytes(range(256)) * (1 << 16)
    client.setblocking(False)
    with pytest.raises(SSL.WantWriteError) as caught:
        client.sendall(data)
    sent = caught.value.bytes_sent
    assert sent is not None
    assert 0 < sent < len(data)
    client.setblocking(True)
    receiver = sockets.in_thread(sockets.receive_exactly, server, len(data))
    client.sendall(memoryview(data)[sent:])
    assert receiver.result(sockets.PATIENCE) == data


@pytest.mark.holds("D14")
def test_asking_for_much_costs_little(ends):
    """A generous size must not be paid for before there is anything to receive."""
    server, client = ends
    server.sendall(b"little")
    before = sys.getallocatedblocks()
    data = client.recv(1 << 30)
    assert data == b"little"
    assert sys.getsizeof(data) < 1000
    assert sys.getallocatedblocks() - before < 1000
