"""The callback that says how long a DTLS connection waits for an answer."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from kit import authority, contexts, pump
from OpenSSL import SSL


class Oops(Exception):
    """What the callbacks of these tests raise."""


def client() -> SSL.Connection:
    made = SSL.Connection(SSL.Context(SSL.DTLS_METHOD), None)
    made.set_connect_state()
    return made


def pair() -> pump.Pair:
    server = SSL.Context(SSL.DTLS_METHOD)
    contexts.use_identity(server, authority.identity())
    return pump.pair(server, SSL.Context(SSL.DTLS_METHOD))


def begin(connection: SSL.Connection) -> None:
    """Send the first flight."""
    with pytest.raises(SSL.WantReadError):
        connection.do_handshake()
    assert connection.bio_read(65536)


def refused(connection: SSL.Connection) -> None:
    with contextlib.suppress(SSL.Error):
        connection.do_handshake()


def late(connection: SSL.Connection) -> bool:
    """Wait until the answer is overdue, and say what came of that."""
    left = connection.DTLSv1_get_timeout()
    assert left is not None
    time.sleep(left)
    return connection.DTLSv1_handle_timeout()


def test_it_is_asked_for_the_first_wait_and_each_that_follows() -> None:
    asked: list[tuple[SSL.Connection, float]] = []

    def wait(connection: SSL.Connection, seconds: float) -> float:
        asked.append((connection, seconds))
        return seconds + 0.03

    connection = client()
    connection.set_timer_callback(wait)
    begin(connection)
    left = connection.DTLSv1_get_timeout()
    assert left is not None
    assert left <= 0.03
    assert late(connection)
    assert connection.bio_read(65536)
    assert late(connection)
    assert [each for each, _ in asked] == [connection] * 3
    assert [seconds for _, seconds in asked] == pytest.approx([0, 0.03, 0.06])


def test_a_wait_that_blocks_is_as_long_as_it_says() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with ours, theirs:
        connection = SSL.Connection(SSL.Context(SSL.DTLS_METHOD), ours)
        connection.set_connect_state()
        connection.set_timer_callback(lambda _, seconds: 0.05)
        thread = threading.Thread(target=refused, args=(connection,))
        theirs.settimeout(10)
        thread.start()
        # libssl gives up after twelve.
        flights = [theirs.recv(65536) for _ in range(4)]
        thread.join(30)
    assert not thread.is_alive()
    # The same hello, in records of other numbers.
    assert len({each[13:] for each in flights}) == 1


def test_without_it_libssl_doubles_the_second_it_begins_with() -> None:
    connection = client()
    connection.set_timer_callback(lambda *_: 0.04)
    begin(connection)
    connection.set_timer_callback(None)
    assert late(connection)
    left = connection.DTLSv1_get_timeout()
    assert left is not None
    assert 0.04 < left <= 0.08
    other = client()
    other.set_timer_callback(lambda *_: 0.04)
    other.set_timer_callback(None)
    begin(other)
    left = other.DTLSv1_get_timeout()
    assert left is not None
    assert 0.5 < left <= 1


def test_it_stays_under_another_context() -> None:
    connection = client()
    connection.set_timer_callback(lambda *_: 4000)
    connection.set_context(SSL.Context(SSL.DTLS_METHOD))
    begin(connection)
    left = connection.DTLSv1_get_timeout()
    assert left is not None
    assert left > 3000


@pytest.mark.parametrize("seconds", [0.02, 1, 4294.0])
def test_what_it_may_return(seconds: float) -> None:
    connection = client()
    connection.set_timer_callback(lambda *_: seconds)
    begin(connection)
    left = connection.DTLSv1_get_timeout()
    assert left is not None
    assert left <= seconds


WRONG: list[tuple[Any, type[Exception]]] = [
    (0, ValueError),
    (-1.0, ValueError),
    (0.0199, ValueError),
    (4295, ValueError),
    (2**70, ValueError),
    (10**400, OverflowError),
    (float("nan"), ValueError),
    (float("inf"), ValueError),
    (None, TypeError),
    ("1", TypeError),
]


@pytest.mark.parametrize(("answer", "error"), WRONG)
@pytest.mark.parametrize("when", ["first", "later", "waiting"])
def test_a_wrong_answer_ends_the_handshake(when: str, answer: Any, error: type[Exception]) -> None:
    check_that_it_ends(when, lambda: answer, error)


@pytest.mark.parametrize("kind", [Oops, KeyboardInterrupt])
@pytest.mark.parametrize("when", ["first", "later", "waiting"])
def test_what_it_raises_ends_the_handshake(when: str, kind: type[BaseException]) -> None:
    def fail() -> float:
        raise kind("timer")

    check_that_it_ends(when, fail, kind)


def check_that_it_ends(when: str, answer: Callable[[], Any], error: type[BaseException]) -> None:
    """The failure comes out, and no handshake follows, though the peer answers well."""
    ends = pair()
    calls = [0.03] if when != "first" else []
    ends.client.set_timer_callback(lambda *_: calls.pop() if calls else answer())
    step = ends.client.do_handshake
    if when != "first":
        with pytest.raises(SSL.WantReadError):
            step()
        time.sleep(0.03)
        if when == "later":
            step = ends.client.DTLSv1_handle_timeout  # type: ignore[assignment]
    with pytest.raises(error):
        step()
    ends.client.set_timer_callback(None)
    for _ in range(4):
        pump.exchange(*ends)
        for call in (
            ends.client.do_handshake,
            ends.client.DTLSv1_handle_timeout,
            lambda: ends.client.send(b"data"),
            lambda: ends.client.recv(10),
        ):
            with pytest.raises(SSL.Error, match="callback|alert|over|bad|unexpected"):
                call()
        with contextlib.suppress(SSL.Error):
            pump.step(ends.server.do_handshake)
    assert not ends.server.get_cipher_name()


def test_a_server_is_asked_as_well() -> None:
    ends = pair()
    asked: list[float] = []

    def wait(_: SSL.Connection, seconds: float) -> float:
        asked.append(seconds)
        return 1.0

    ends.server.set_timer_callback(wait)
    pump.handshake(*ends)
    assert set(asked) == {0.0}
    assert pump.transfer(ends.client, ends.server, b"data") == b"data"


def fragments(packet: bytes) -> Iterator[tuple[int, int, int]]:
    """The messages of a handshake in plain text: each one's length, where it begins, how much."""
    while packet:
        end = 13 + int.from_bytes(packet[11:13], "big")
        message = packet[13:end]
        yield (
            int.from_bytes(message[1:4], "big"),
            int.from_bytes(message[6:9], "big"),
            int.from_bytes(message[9:12], "big"),
        )
        packet = packet[end:]


def test_what_is_sent_again_is_not_cut_by_what_waits_before_it() -> None:
    """Each packet has the whole size: those before it have left libssl, if not the program."""
    ends = pair()
    ends.server.set_timer_callback(lambda *_: 0.03)
    begin_both(ends)
    time.sleep(0.03)
    assert ends.server.DTLSv1_handle_timeout()
    again = [ends.server.bio_read(65536) for _ in range(4)]
    assert sum(len(each) for each in again) > 1200
    for packet in again:
        for total, start, size in fragments(packet):
            assert (start, size) == (0, total)


def begin_both(ends: pump.Pair) -> None:
    """Have the server send its first flight, which is lost."""
    pump.step(ends.client.do_handshake)
    pump.shuttle(ends.client, ends.server)
    pump.step(ends.server.do_handshake)
    with contextlib.suppress(SSL.WantReadError):
        while ends.server.bio_read(65536):
            pass


def test_who_has_no_timers() -> None:
    connection = SSL.Connection(contexts.client_context(), None)
    with pytest.raises(SSL.Error, match="only a DTLS connection"):
        connection.set_timer_callback(lambda *_: 1.0)
    with pytest.raises(TypeError, match="callable"):
        connection.set_timer_callback(1.0)  # type: ignore[arg-type]
