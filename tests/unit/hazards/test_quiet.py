"""Want-states in memory: asked again they cost nothing, and nothing that comes is missed."""

from __future__ import annotations

import contextlib
import inspect
import threading
import traceback

import pytest

from kit import contexts, pump
from OpenSSL import SSL


@pytest.fixture(params=["TLSv1.2", "TLSv1.3"])
def ends(request: pytest.FixtureRequest) -> pump.Pair:
    return pump.connected(
        contexts.server_context(version=request.param),
        contexts.client_context(version=request.param),
    )


def wants(connection: SSL.Connection) -> None:
    """Want twice: the second time is the one that libssl is not asked."""
    for _ in range(2):
        with pytest.raises(SSL.WantReadError):
            connection.recv(100)
        assert connection.want_read()


def test_data_that_comes_is_seen(ends: pump.Pair) -> None:
    wants(ends.server)
    for data in (b"one", b"two"):
        ends.client.send(data)
        ends.server.bio_write(ends.client.bio_read(1000))
        assert ends.server.recv(100) == data
        wants(ends.server)


def test_the_end_of_the_transport_is_seen(ends: pump.Pair) -> None:
    wants(ends.server)
    ends.server.bio_shutdown()
    with pytest.raises(SSL.SysCallError):
        ends.server.recv(100)


def test_a_shutdown_state_is_seen(ends: pump.Pair) -> None:
    wants(ends.server)
    ends.server.set_shutdown(SSL.RECEIVED_SHUTDOWN)
    with pytest.raises(SSL.ZeroReturnError):
        ends.server.recv(100)


def test_another_operation_is_not_answered_for(ends: pump.Pair) -> None:
    wants(ends.server)
    ends.server.do_handshake()
    assert ends.server.send(b"still fine") == 10
    wants(ends.server)


def test_a_byte_at_a_time_is_seen(ends: pump.Pair) -> None:
    ends.client.send(b"whole")
    record = ends.client.bio_read(1000)
    for index in range(len(record) - 1):
        ends.server.bio_write(record[index : index + 1])
        wants(ends.server)
    ends.server.bio_write(record[-1:])
    assert ends.server.recv(100) == b"whole"


def test_a_handshake_wants_and_goes_on() -> None:
    client = SSL.Connection(contexts.client_context(), None)
    client.set_connect_state()
    for _ in range(3):
        with pytest.raises(SSL.WantReadError):
            client.do_handshake()
    server = SSL.Connection(contexts.server_context(), None)
    server.set_accept_state()
    pump.handshake(server, client)
    assert pump.transfer(client, server, b"through") == b"through"


def test_starting_over_is_seen() -> None:
    client = SSL.Connection(contexts.client_context(), None)
    client.set_connect_state()
    for _ in range(2):
        with pytest.raises(SSL.WantReadError):
            client.do_handshake()
    first = client.bio_read(10_000)
    client.set_connect_state()
    with pytest.raises(SSL.WantReadError):
        client.do_handshake()
    assert client.bio_read(10_000) not in (b"", first)


@pytest.mark.parametrize("name", ["recv", "recv_into", "bio_read"])
def test_a_want_state_is_an_ordinary_exception(ends: pump.Pair, name: str) -> None:
    argument: object = bytearray(9) if name == "recv_into" else 9
    with pytest.raises(SSL.WantReadError) as caught:
        getattr(ends.server, name)(argument)
    assert caught.value.args == ()
    assert caught.value.bytes_sent is None
    assert caught.value.__context__ is None
    assert __file__ in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    "name", ["do_handshake", "send", "recv", "recv_into", "bio_read", "bio_write"]
)
def test_the_fast_methods_look_like_any_other(name: str) -> None:
    method = getattr(SSL.Connection, name)
    assert next(iter(inspect.signature(method).parameters)) == "self"
    assert method.__doc__.rstrip().endswith("(3)``")
    with pytest.raises(TypeError):
        method(object())


def test_keywords_are_taken(ends: pump.Pair) -> None:
    assert ends.client.send(buf=b"12345", flags=0) == 5
    assert ends.server.bio_write(buf=ends.client.bio_read(bufsiz=1000)) > 5
    assert ends.server.recv(bufsiz=2, flags=None) == b"12"
    assert ends.server.recv_into(buffer=bytearray(9), nbytes=2) == 2


def test_many_threads_on_one_connection_wait_for_each_other(ends: pump.Pair) -> None:
    """Eight senders at the lock: every message whole, nobody left waiting."""
    message = b"x" * 5000
    rounds, senders = 50, 8

    def send() -> None:
        for _ in range(rounds):
            ends.client.sendall(message)

    threads = [threading.Thread(target=send) for _ in range(senders)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    total = 0
    pump.shuttle(ends.client, ends.server)
    while total < rounds * senders * len(message):
        total += len(ends.server.recv(1 << 20))
    wants(ends.server)


def test_a_short_send_never_lands_within_a_sendall(ends: pump.Pair) -> None:
    """In memory a record is sent without a turn, but not into somebody's message."""
    size, rounds = 600_000, 30
    done = threading.Event()

    def short() -> None:
        while not done.is_set():
            ends.client.send(b".")

    def read() -> None:
        # Holds the lock now and then, so that the others have to wait for it.
        while not done.is_set():
            with contextlib.suppress(SSL.WantReadError):
                ends.client.recv(100)

    threads = [threading.Thread(target=each) for each in (short, read)]
    for thread in threads:
        thread.start()
    got = bytearray()
    try:
        for _ in range(rounds):
            ends.client.sendall(b"m" * size)
            pump.shuttle(ends.client, ends.server)
    finally:
        done.set()
        for thread in threads:
            thread.join()
    pump.shuttle(ends.client, ends.server)
    while True:
        try:
            got += ends.server.recv(1 << 20)
        except SSL.WantReadError:
            break
    runs = [run for run in bytes(got).split(b".") if run]
    assert sum(map(len, runs)) == rounds * size
    assert all(len(run) % size == 0 for run in runs)
