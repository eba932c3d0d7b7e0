"""Waiting for the transport: as long as its owner wants, with the lock left behind."""

from __future__ import annotations

import errno
import os
import select
import shlex
import shutil
import signal
import socket
import subprocess
import sysconfig
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest

from kit import contexts, sockets, verdicts
from OpenSSL import SSL

Ends = tuple[SSL.Connection, SSL.Connection]


@pytest.fixture
def ends() -> Iterator[Ends]:
    with sockets.connected(contexts.server_context(), contexts.client_context()) as both:
        yield both


def fill(connection: SSL.Connection) -> None:
    """Send until the transport takes no more."""
    connection.setblocking(False)
    with pytest.raises(SSL.WantWriteError):
        while True:
            connection.send(b"x" * 16384)


def test_a_non_blocking_socket_never_waits(ends: Ends) -> None:
    server, client = ends
    client.setblocking(False)
    server.setblocking(False)
    with verdicts.wants_read():
        while True:
            client.recv(1)
    fill(server)


@pytest.mark.holds("D17", "C17")
def test_a_timeout_is_waited_for_and_then_raised(ends: Ends) -> None:
    server, client = ends
    client.settimeout(0.2)
    start = time.monotonic()
    with pytest.raises(TimeoutError, match="read operation timed out"):
        client.recv(1)
    assert time.monotonic() - start >= 0.2
    server.sendall(b"later")
    assert client.recv(10) == b"later"


def test_a_timeout_of_sending(ends: Ends) -> None:
    server, _ = ends
    fill(server)
    server.settimeout(0.1)
    with pytest.raises(TimeoutError, match="write operation timed out"):
        server.send(b"x" * 16384)


def test_a_timeout_of_the_handshake() -> None:
    with sockets.tcp_pair() as (_, sock):
        sock.settimeout(0.1)
        client = sockets.client_end(contexts.client_context(), sock)
        with pytest.raises(TimeoutError):
            client.do_handshake()


@pytest.mark.holds("D16")
def test_a_failed_sendall_tells_how_far_it_got(ends: Ends) -> None:
    server, client = ends
    server.settimeout(0.2)
    data = os.urandom(8 << 20)
    with pytest.raises(TimeoutError) as caught:
        server.sendall(data)
    sent: int = caught.value.bytes_sent  # type: ignore[attr-defined]
    assert 0 < sent < len(data)
    server.settimeout(None)
    rest = sockets.in_thread(server.sendall, memoryview(data)[sent:])
    assert sockets.receive_exactly(client, len(data)) == data
    assert rest.result(sockets.PATIENCE) == len(data) - sent


@pytest.mark.holds("C2", "C3")
def test_one_thread_reads_while_another_writes(ends: Ends) -> None:
    server, client = ends
    waiting = sockets.in_thread(client.recv, 100)
    data = os.urandom(1 << 20)
    sending = sockets.in_thread(client.sendall, data)
    assert sockets.receive_exactly(server, len(data)) == data
    assert sending.result(sockets.PATIENCE) == len(data)
    assert not waiting.done()
    server.sendall(b"answer")
    assert waiting.result(sockets.PATIENCE) == b"answer"


@pytest.mark.holds("D18", "C1", "C2")
def test_senders_take_turns(ends: Ends) -> None:
    server, client = ends
    size, rounds = 50_000, 10
    senders = [
        sockets.in_thread(
            lambda letter=letter: [client.sendall(letter * size) for _ in range(rounds)]
        )
        for letter in (b"a", b"b", b"c", b"d")
    ]
    data = sockets.receive_exactly(server, 4 * size * rounds)
    for sender in senders:
        sender.result(sockets.PATIENCE)
    for start in range(0, len(data), size):
        assert len(set(data[start : start + size])) == 1


@pytest.mark.holds("C16")
def test_a_signal_is_handled_and_the_call_goes_on(ends: Ends) -> None:
    server, client = ends
    seen: list[int] = []
    before = signal.signal(signal.SIGUSR1, lambda number, frame: seen.append(number))
    try:
        main = threading.get_ident()
        threading.Timer(0.1, signal.pthread_kill, (main, signal.SIGUSR1)).start()
        threading.Timer(0.3, server.sendall, (b"answer",)).start()
        assert client.recv(10) == b"answer"
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert seen == [signal.SIGUSR1]


def test_what_a_signal_handler_raises_comes_out(ends: Ends) -> None:
    server, client = ends

    def interrupt(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGUSR1, interrupt)
    try:
        threading.Timer(0.1, signal.pthread_kill, (threading.get_ident(), signal.SIGUSR1)).start()
        with pytest.raises(KeyboardInterrupt):
            client.recv(10)
    finally:
        signal.signal(signal.SIGUSR1, before)
    server.sendall(b"unharmed")
    assert client.recv(10) == b"unharmed"


def blocked(server: SSL.Connection) -> Future[int]:
    """Another thread that sends, and has the turn until somebody reads."""
    sending = sockets.in_thread(server.sendall, bytes(64 << 20))
    full = 0
    while full < 4:  # it has filled the socket, and had time to begin its wait
        time.sleep(0.05)
        full = 0 if select.select([], [server], [], 0)[1] else full + 1
    assert not sending.done()
    return sending


@pytest.mark.holds("C16")
def test_a_signal_ends_the_wait_for_another_sender(ends: Ends) -> None:
    server, client = ends

    def interrupt(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    sending = blocked(server)
    before = signal.signal(signal.SIGUSR1, interrupt)
    try:
        threading.Timer(0.1, signal.pthread_kill, (threading.get_ident(), signal.SIGUSR1)).start()
        with pytest.raises(KeyboardInterrupt):
            server.send(b"x")
    finally:
        signal.signal(signal.SIGUSR1, before)
    receiving = sockets.in_thread(sockets.receive_exactly, client, (64 << 20) + 5)
    assert sending.result(sockets.PATIENCE) == 64 << 20
    server.sendall(b"after")
    assert receiving.result(sockets.PATIENCE)[-5:] == b"after"


@pytest.mark.holds("D17", "C17")
def test_a_timeout_counts_while_another_sender_has_the_turn(ends: Ends) -> None:
    server, client = ends
    sending = blocked(server)
    server.settimeout(0.2)
    for call in (server.send, server.sendall):
        with pytest.raises(TimeoutError, match="write operation timed out") as caught:
            call(b"x")
        assert caught.value.bytes_sent == 0  # type: ignore[attr-defined]  # as all that send say
    server.settimeout(None)
    assert len(sockets.receive_exactly(client, 64 << 20)) == 64 << 20
    sending.result(sockets.PATIENCE)


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
@pytest.mark.holds("C22")
def test_a_goodbye_waits_for_what_another_thread_sends(version: str) -> None:
    with sockets.connected(
        contexts.server_context(version=version), contexts.client_context(version=version)
    ) as (server, client):
        sending = blocked(server)
        ending = sockets.in_thread(server.shutdown)
        time.sleep(0.2)
        client.settimeout(sockets.PATIENCE)
        assert len(sockets.receive_all(client)) == 64 << 20
        assert sending.result(sockets.PATIENCE) == 64 << 20
        assert ending.result(sockets.PATIENCE) is False


@pytest.mark.holds("C27")
def test_a_callback_does_not_wait_for_a_sender_that_waits_for_it() -> None:
    told: list[BaseException] = []

    def info(connection: SSL.Connection, where: int, value: int) -> None:
        if where & SSL.SSL_CB_ALERT and not told:
            try:
                connection.send(b"x")
            except SSL.Error as error:
                told.append(error)

    context = contexts.client_context()
    context.set_info_callback(info)
    with sockets.connected(contexts.server_context(), context) as (server, client):
        sending = blocked(client)
        server.shutdown()
        with pytest.raises(SSL.ZeroReturnError):
            client.recv(1)
        with verdicts.protocol_error("called from a callback"):
            raise told[0]
        assert len(sockets.receive_exactly(server, 64 << 20)) == 64 << 20
        sending.result(sockets.PATIENCE)


@pytest.mark.parametrize("call", ["recv", "send", "shutdown"])
@pytest.mark.holds("D3")
def test_a_closed_socket_is_noticed(ends: Ends, call: str) -> None:
    _, client = ends
    number = client.fileno()
    mine, theirs = socket.socketpair()
    with mine, theirs:
        client.close()
        # The number is taken again by a stranger, who must not hear from us.
        os.dup2(mine.fileno(), number)
        try:
            with verdicts.system_error(errno.EBADF):
                {"recv": lambda: client.recv(1), "send": lambda: client.send(b"x")}.get(
                    call, client.shutdown
                )()
        finally:
            os.close(number)
        mine.close()
        assert theirs.recv(100) == b""


def test_a_socket_closed_by_another_thread_ends_the_wait(ends: Ends) -> None:
    _, client = ends
    waiting = sockets.in_thread(client.recv, 1)
    time.sleep(0.1)
    client.close()
    error = waiting.exception(sockets.PATIENCE)
    assert isinstance(error, SSL.SysCallError)
    assert error.args == (errno.EBADF, "EBADF")


@pytest.mark.promises("Connection")
def test_an_object_with_only_fileno() -> None:
    class Bare:
        def __init__(self, sock: socket.socket) -> None:
            self.fileno = sock.fileno

    with sockets.tcp_pair() as (server_sock, client_sock):
        server = sockets.server_end(contexts.server_context(), server_sock)
        client = SSL.Connection(contexts.client_context(), Bare(client_sock))
        client.set_connect_state()
        future = sockets.in_thread(server.do_handshake)
        client.do_handshake()
        future.result(sockets.PATIENCE)
        client.sendall(b"hello")
        assert server.recv(10) == b"hello"


def test_a_bare_descriptor() -> None:
    with sockets.tcp_pair() as (server_sock, client_sock):
        server = sockets.server_end(contexts.server_context(), server_sock)
        client = SSL.Connection(contexts.client_context(), client_sock.fileno())
        client.set_connect_state()
        future = sockets.in_thread(server.do_handshake)
        client.do_handshake()
        future.result(sockets.PATIENCE)


def test_a_cooperative_socket_is_not_waited_for() -> None:
    """Its descriptor does not block, whatever timeout it tells of: its event loop waits."""

    class Cooperative:
        def __init__(self, sock: socket.socket) -> None:
            sock.setblocking(False)
            self.fileno = sock.fileno

        def gettimeout(self) -> None:
            return None

    with sockets.tcp_pair() as (_, sock):
        client = SSL.Connection(contexts.client_context(), Cooperative(sock))
        client.set_connect_state()
        with verdicts.wants_read():
            client.do_handshake()


def test_a_dead_descriptor_under_a_living_object() -> None:
    class Closed:
        number = 0

        def fileno(self) -> int:
            return self.number

    one, other = socket.socketpair()
    with one, other:
        owner = Closed()
        owner.number = one.fileno()
        client = SSL.Connection(contexts.client_context(), owner)
        client.set_connect_state()
        owner.number = -1
        with verdicts.system_error(errno.EBADF):
            client.do_handshake()


def test_a_datagram_is_sent_again_and_again_while_it_is_waited_for() -> None:
    """The second wait of a DTLS timer is two seconds, longer than a slice of waiting."""
    silent, sock = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
    with silent, sock:
        for each in (silent, sock):
            each.bind((sockets.LOOPBACK, 0))
            each.settimeout(sockets.PATIENCE)
        sock.connect(silent.getsockname())
        client = sockets.client_end(SSL.Context(SSL.DTLS_METHOD), sock)
        shaking = sockets.in_thread(client.do_handshake)
        for _ in range(3):
            assert silent.recv(2000)
        client.close()
        assert isinstance(shaking.exception(sockets.PATIENCE), SSL.SysCallError)


#: A poll that a signal interrupts; a pipe that is empty, and one that is asked for room.
INTERRUPTED = """
#include "platform.h"

int poll(struct pollfd *fds, nfds_t count, int milliseconds)
{
    errno = EINTR;
    return -1;
}

int main(void)
{
    int ends[2];
    char byte = 0;
    alarm(10);
    if (pipe(ends) != 0)
        return 2;
    if (brisk_read(ends[0], 0, &byte, 1) != -1 || !brisk_would_block(errno))
        return 3;
    if (brisk_write(ends[1], 0, &byte, 1) != -1 || !brisk_would_block(errno))
        return 4;
    return 0;
}
"""


def test_a_signal_in_the_look_at_a_pipe_does_not_make_it_block(tmp_path: Path) -> None:
    compiler = shlex.split(os.environ.get("CC", "cc"))
    if shutil.which(compiler[0]) is None:
        pytest.skip("no C compiler; install gcc")
    native = Path(__file__).parents[3] / "src/OpenSSL/_native/common"
    (tmp_path / "interrupted.c").write_text(INTERRUPTED, encoding="utf-8")
    program = tmp_path / "interrupted"
    includes = [f"-I{native}", f"-I{sysconfig.get_path('include')}"]
    source = str(tmp_path / "interrupted.c")
    subprocess.run([*compiler, *includes, source, "-o", str(program)], check=True)
    assert subprocess.run([program], check=False).returncode == 0
