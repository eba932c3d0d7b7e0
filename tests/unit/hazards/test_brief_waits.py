"""A read that waits for a moment without lock and interpreter: nothing is missed meanwhile.

That is how a server's threads read, so each test sees to it that there is another thread.
"""

from __future__ import annotations

import errno
import os
import select
import signal
import socket
import threading
import time
from collections.abc import Iterator
from types import FrameType

import pytest

from kit import contexts, sockets, verdicts
from OpenSSL import SSL

#: Seconds: longer than a wait without the interpreter, shorter than one with it.
MOMENT = 0.1


@pytest.fixture(autouse=True)
def other_thread() -> Iterator[None]:
    over = threading.Event()
    thread = threading.Thread(target=over.wait, daemon=True)
    thread.start()
    yield
    over.set()
    thread.join()


@pytest.fixture(params=["TLSv1.2", "TLSv1.3"])
def ends(request: pytest.FixtureRequest) -> Iterator[tuple[SSL.Connection, SSL.Connection]]:
    version = request.param
    with sockets.connected(
        contexts.server_context(version=version), contexts.client_context(version=version)
    ) as both:
        server, client = both
        # The server has read once, so it knows that its socket has no more.
        client.sendall(b"first")
        assert server.recv(100) == b"first"
        yield both


def after(seconds: float, call: object, *arguments: object) -> threading.Timer:
    timer = threading.Timer(seconds, call, arguments)  # type: ignore[arg-type]
    timer.start()
    return timer


@pytest.mark.parametrize("late", [0.0, MOMENT / 20, MOMENT])
def test_what_comes_is_read(ends: tuple[SSL.Connection, SSL.Connection], late: float) -> None:
    server, client = ends
    for size in (1, 5000, 16384, 100_000):
        timer = after(late, client.sendall, bytes(size))
        left = size
        while left:
            left -= len(server.recv(left))
        timer.join()


def test_an_end_is_told_again_and_again(ends: tuple[SSL.Connection, SSL.Connection]) -> None:
    server, client = ends
    client.sendall(b"last")
    client.shutdown()
    assert server.recv(100) == b"last"
    for _ in range(3):
        with pytest.raises(SSL.ZeroReturnError):
            server.recv(100)


def test_an_end_that_came_with_nothing(ends: tuple[SSL.Connection, SSL.Connection]) -> None:
    server, client = ends
    timer = after(MOMENT / 20, client.shutdown)
    for _ in range(3):
        with pytest.raises(SSL.ZeroReturnError):
            server.recv(100)
    timer.join()


@pytest.mark.parametrize("late", [0.0, MOMENT / 20, MOMENT])
def test_a_cut(ends: tuple[SSL.Connection, SSL.Connection], late: float) -> None:
    server, client = ends
    timer = after(late, client._socket.shutdown, socket.SHUT_RDWR)
    for _ in range(2):
        with verdicts.dirty_close():
            server.recv(100)
    timer.join()


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timer sends a signal here")
@pytest.mark.parametrize("late", [MOMENT / 20, MOMENT])
def test_a_signal_is_not_kept_waiting(
    ends: tuple[SSL.Connection, SSL.Connection], late: float
) -> None:
    server, client = ends

    def fail(_number: int, _frame: FrameType | None) -> None:
        raise LookupError("of the handler")

    before = signal.signal(signal.SIGALRM, fail)
    timer = after(5 * MOMENT, client.sendall, b"second")
    try:
        signal.setitimer(signal.ITIMER_REAL, late)
        with pytest.raises(LookupError, match="of the handler"):
            server.recv(100)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    timer.join()
    assert server.recv(100) == b"second"


@pytest.mark.parametrize("seconds", [0.001, MOMENT / 20, MOMENT])
def test_a_timeout_loses_nothing(
    ends: tuple[SSL.Connection, SSL.Connection], seconds: float
) -> None:
    server, client = ends
    server.settimeout(seconds)
    for _ in range(3):
        with pytest.raises(TimeoutError):
            server.recv(100)
    client.sendall(b"second")
    server.settimeout(sockets.PATIENCE)
    assert server.recv(100) == b"second"


def test_a_socket_that_does_not_block(ends: tuple[SSL.Connection, SSL.Connection]) -> None:
    server, client = ends
    server.setblocking(False)
    for _ in range(3):
        with pytest.raises(SSL.WantReadError):
            server.recv(100)
    client.sendall(b"second")
    select.select([server], [], [], sockets.PATIENCE)
    assert server.recv(100) == b"second"


def test_a_bare_number_is_waited_for(ends: tuple[SSL.Connection, SSL.Connection]) -> None:
    with sockets.tcp_pair() as (ours, other):
        connection = SSL.Connection(contexts.server_context(), ours.fileno())
        connection.set_accept_state()
        shaking = sockets.in_thread(connection.do_handshake)
        client = sockets.client_end(contexts.client_context(), other)
        client.do_handshake()
        shaking.result(sockets.PATIENCE)
        for late in (0.0, MOMENT / 20, MOMENT):
            timer = after(late, client.sendall, b"word")
            assert connection.recv(100) == b"word"
            timer.join()


@pytest.mark.skipif(not hasattr(os, "dup2"), reason="no descriptor can be put in a place here")
def test_a_stranger_is_not_read_from(ends: tuple[SSL.Connection, SSL.Connection]) -> None:
    server, _client = ends
    number = server.fileno()
    reader, writer = os.pipe()
    os.write(writer, bytes(1000))

    def strike() -> None:
        server._socket.close()
        os.dup2(reader, number)

    timer = after(MOMENT / 20, strike)
    try:
        with verdicts.system_error(errno.EBADF):
            server.recv(100)
        timer.join()
        assert len(os.read(reader, 2000)) == 1000
    finally:
        for each in (number, reader, writer):
            os.close(each)


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="descriptors cannot be counted")
def test_reading_and_sending_at_once_leave_no_descriptor(
    ends: tuple[SSL.Connection, SSL.Connection],
) -> None:
    server, client = ends
    before = len(os.listdir("/proc/self/fd"))
    count = 300

    def read() -> int:
        got = 0
        while got < count:
            got += len(server.recv(1000))
        return got

    reading = sockets.in_thread(read)
    echoed = sockets.in_thread(sockets.receive_exactly, client, 5000 * count)
    for number in range(count):
        if number % 10 == 0:
            time.sleep(0.003)  # so that the reader waits now and then
        client.sendall(b"x")
        server.sendall(bytes(5000))
    assert reading.result(sockets.PATIENCE) == count
    echoed.result(sockets.PATIENCE)
    assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="descriptors cannot be counted")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_child_of_a_fork_has_no_second_descriptor(
    ends: tuple[SSL.Connection, SSL.Connection],
) -> None:
    server, client = ends
    name = os.readlink(f"/proc/self/fd/{server.fileno()}")
    over = threading.Event()

    def read() -> None:
        while not over.is_set():
            server.recv(100)

    def speak() -> None:
        while not over.is_set():
            client.sendall(b"x")  # before the reader gives up its short wait
            time.sleep(0.005)
        client.sendall(b"x")

    threads = [sockets.in_thread(read), sockets.in_thread(speak)]
    counts = []
    for _ in range(40):
        time.sleep(0.002)
        child = os.fork()
        if child == 0:
            same = [
                number
                for number in os.listdir("/proc/self/fd")
                if os.path.exists(f"/proc/self/fd/{number}")
                and os.readlink(f"/proc/self/fd/{number}") == name
            ]
            os._exit(len(same))
        counts.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    over.set()
    for each in threads:
        each.result(sockets.PATIENCE)
    # A fork may still fall between the end of a wait and the close, which is not a wait.
    assert counts.count(1) >= 30


def test_an_end_made_by_another_thread_is_seen(
    ends: tuple[SSL.Connection, SSL.Connection],
) -> None:
    server, client = ends
    reading = sockets.in_thread(server.recv, 100)
    time.sleep(MOMENT / 20)
    server.set_shutdown(SSL.SENT_SHUTDOWN | SSL.RECEIVED_SHUTDOWN)
    client.sendall(b"too late")
    with pytest.raises(SSL.ZeroReturnError):
        reading.result(sockets.PATIENCE)
