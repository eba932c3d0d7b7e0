"""A child of a process whose threads were at work: it neither waits for them nor crashes."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from kit import contexts, pump
from kit.patience import PATIENCE
from OpenSSL import SSL

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here"),
    pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning"),
]


def in_child(work: object) -> int:
    """Run something in a forked child; answer the child's status, -1 when it hung."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            status = 0 if work() else 2  # type: ignore[operator]
        finally:
            os._exit(status)
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return status
        time.sleep(0.005)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return -1


@contextlib.contextmanager
def somebody_inside() -> Iterator[SSL.Connection]:
    """A client whose handshake another thread is at until the block ends."""
    inside, leave = threading.Event(), threading.Event()

    def stay(*_: object) -> None:
        inside.set()
        leave.wait(PATIENCE)

    context = contexts.client_context()
    context.set_info_callback(stay)
    client = SSL.Connection(context, None)
    client.set_connect_state()
    thread = threading.Thread(target=pump.step, args=(client.do_handshake,))
    thread.start()
    try:
        assert inside.wait(PATIENCE)
        yield client
    finally:
        leave.set()
        thread.join()


def test_a_connection_that_another_thread_was_using_is_refused() -> None:
    def refused(client: SSL.Connection) -> bool:
        try:
            client.pending()
        except SSL.Error as error:
            return "forked" in str(error)
        return False

    with somebody_inside() as client:
        assert in_child(lambda: refused(client)) == 0
    assert client.bio_read(1 << 14)


def test_a_new_thread_is_not_taken_for_one_that_a_fork_left_behind() -> None:
    """Systems give new threads the names of old ones."""
    refusals: list[str] = []

    def use(client: SSL.Connection) -> None:
        try:
            client.pending()
        except SSL.Error as error:
            refusals.append(str(error))

    def refused(client: SSL.Connection) -> bool:
        for _ in range(8):
            new = threading.Thread(target=use, args=(client,))
            new.start()
            new.join()
        return len(refusals) == 8 and all("forked" in each for each in refusals)

    with somebody_inside() as client:
        assert in_child(lambda: refused(client)) == 0


def test_who_forks_in_a_callback_goes_on_in_the_child() -> None:
    context = contexts.client_context()
    children: list[int] = []
    client = SSL.Connection(context, None)

    def fork(*_: object) -> None:
        if not children:
            children.append(in_child(lambda: client.pending() == 0))

    context.set_info_callback(fork)
    client = SSL.Connection(context, None)
    client.set_connect_state()
    pump.step(client.do_handshake)
    assert children == [0]


@pytest.mark.skipif(
    not getattr(sys, "_is_gil_enabled", lambda: True)(),
    reason="OpenSSL's own locks may be held at the fork as well",
)
@pytest.mark.holds("C29")
def test_a_context_whose_connections_were_at_work_can_be_changed() -> None:
    server_context = contexts.server_context(version="TLSv1.2")
    ends = pump.connected(server_context, contexts.client_context(version="TLSv1.2"))
    stop = threading.Event()

    def busy() -> None:
        data = bytes(1 << 20)
        while not stop.is_set():
            ends.server.sendall(data)
            while True:
                try:
                    ends.server.bio_read(1 << 24)
                except SSL.WantReadError:
                    break

    def change() -> bool:
        server_context.set_cipher_list(b"DEFAULT")
        return True

    thread = threading.Thread(target=busy)
    thread.start()
    try:
        for _ in range(20):
            time.sleep(0.003)
            assert in_child(change) == 0
    finally:
        stop.set()
        thread.join()
