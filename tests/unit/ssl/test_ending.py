"""How a connection ends: what came, which call met it, and what every later call says."""

from __future__ import annotations

import contextlib
import errno
import itertools
import socket
from collections.abc import Callable, Iterator

import pytest

from kit import floods, sealing, sockets, verdicts
from kit.floods import Flood
from OpenSSL import SSL

ACCESS_DENIED = 49
#: What is waited for at most, in seconds; nothing is to be waited for.
SOON = 5

Told = tuple[type[BaseException] | None, object]


class Transport:
    """How bytes come to the victim."""

    def __init__(self, victim: SSL.Connection, theirs: socket.socket | None) -> None:
        self.victim = victim
        self._theirs = theirs

    def deliver(self, data: bytes) -> None:
        if self._theirs is None:
            self.victim.bio_write(data)
        else:
            self._theirs.send(data)

    def cut(self) -> None:
        if self._theirs is None:
            self.victim.bio_shutdown()
        else:
            self._theirs.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        assert self._theirs is not None
        sockets.reset(self._theirs)


@contextlib.contextmanager
def connection(version: str, transport: str, to: bool) -> Iterator[tuple[Transport, floods.Made]]:
    """A victim after its handshake, and the hand of its peer."""
    flood = Flood("", version, to, lambda _: b"")
    if transport == "memory":
        victim, peer = floods.in_memory(flood)
        with contextlib.suppress(SSL.WantReadError):
            victim.recv(1)
        yield Transport(victim, None), sealing.sealer(peer, to)
        return
    with sockets.udp_pair() if version == "DTLS" else sockets.tcp_pair() as (mine, theirs):
        peer = floods.peer(flood, theirs)
        shaking = sockets.in_thread(peer.do_handshake)
        victim = floods.victim(flood, mine)
        victim.do_handshake()
        shaking.result(sockets.PATIENCE)
        mine.settimeout(SOON if transport == "waiting" else 0)
        yield Transport(victim, theirs), sealing.sealer(peer, to)


CALLS: dict[str, Callable[[SSL.Connection], object]] = {
    "recv": lambda each: each.recv(10),
    "large recv": lambda each: each.recv(1 << 20),
    "recv_into": lambda each: each.recv_into(bytearray(10)),
    "peek": lambda each: each.recv(10, socket.MSG_PEEK),
    "shutdown": lambda each: each.shutdown(),
    "send": lambda each: each.send(b"x"),
    "sendall": lambda each: each.sendall(b"x"),
    "do_handshake": lambda each: each.do_handshake(),
    "handle_timeout": lambda each: each.DTLSv1_handle_timeout(),
}
READING = ("recv", "large recv", "recv_into", "peek")


def told(victim: SSL.Connection, name: str) -> Told:
    """What a call answers or raises; want-states are waited for where there is a socket."""
    call = CALLS[name]
    try:
        if victim._socket is None or victim._socket.gettimeout():
            return None, call(victim)
        return None, sockets.until_done(victim, call, victim)
    except Exception as error:
        # Resets and their like are children of it, which are Python's own errors as well.
        kind = SSL.SysCallError if isinstance(error, SSL.SysCallError) else type(error)
        return kind, error.args


def met(victim: SSL.Connection, name: str) -> Told:
    """The same for the call that meets it: `shutdown` has to send its own first."""
    if name == "shutdown":
        assert victim.shutdown() is False
    return told(victim, name)


def kinds(*, datagrams: bool = True) -> Iterator[tuple[str, str, bool]]:
    for version, to in itertools.product(("TLSv1.2", "TLSv1.3", "DTLS"), (True, False)):
        for transport in ("memory", "waiting", "not waiting"):
            if datagrams or version != "DTLS":
                yield version, transport, to


every = pytest.mark.parametrize("version, transport, to", list(kinds()))
streams = pytest.mark.parametrize("version, transport, to", list(kinds(datagrams=False)))
sockets_only = pytest.mark.parametrize(
    "version, transport, to", [each for each in kinds(datagrams=False) if each[1] != "memory"]
)
by = pytest.mark.parametrize("name", [*READING, "shutdown"])

PROTOCOL_OVER = (SSL.Error, ([("SSL routines", "", "protocol is shutdown")],))
UNREAD = (SSL.Error, ([("SSL routines", "", "application data after close notify")],))


@every
@by
def test_a_goodbye(version: str, transport: str, to: bool, name: str) -> None:
    with connection(version, transport, to) as (way, made):
        way.deliver(sealing.close_notify(made))
        wanted: Told = (None, True) if name == "shutdown" else (SSL.ZeroReturnError, ())
        assert met(way.victim, name) == wanted
        for _ in range(2):
            for later in READING:
                assert told(way.victim, later) == (SSL.ZeroReturnError, ())
            assert told(way.victim, "do_handshake") == (None, None)
            if name != "shutdown":
                assert told(way.victim, "sendall") == (None, 1)
        assert told(way.victim, "shutdown") == (None, True)
        assert told(way.victim, "send") == PROTOCOL_OVER
        assert told(way.victim, "recv") == (SSL.ZeroReturnError, ())


def repeats(victim: SSL.Connection, wanted: Told) -> None:
    for later in [*CALLS, *reversed(CALLS)]:
        assert told(victim, later) == wanted, later


@pytest.mark.differs("shutdown() that meets a fatal")
@every
@by
@pytest.mark.holds("F3")
def test_a_fatal_alert(version: str, transport: str, to: bool, name: str) -> None:
    with connection(version, transport, to) as (way, made):
        way.deliver(sealing.fatal(made, ACCESS_DENIED))
        found = met(way.victim, name)
        assert found[0] is SSL.Error
        assert "access denied" in str(found[1])
        repeats(way.victim, found)
        with pytest.raises(SSL.Error) as caught:
            way.victim.shutdown()
        assert (caught.value.alert, caught.value.alert_sent) == (ACCESS_DENIED, False)


@pytest.mark.differs("any call after a failure")
@streams
@by
def test_a_cut(version: str, transport: str, to: bool, name: str) -> None:
    with connection(version, transport, to) as (way, _):
        if name == "shutdown":
            assert way.victim.shutdown() is False
        way.cut()
        found = told(way.victim, name)
        assert found == (SSL.SysCallError, verdicts.UNEXPECTED_EOF)
        repeats(way.victim, found)


@pytest.mark.differs("any call after a failure")
@sockets_only
@by
def test_a_reset(version: str, transport: str, to: bool, name: str) -> None:
    with connection(version, transport, to) as (way, _):
        if name == "shutdown":
            assert way.victim.shutdown() is False
        way.reset()
        found = told(way.victim, name)
        assert found == (SSL.SysCallError, (errno.ECONNRESET, "ECONNRESET"))
        repeats(way.victim, found)


@sockets_only
def test_a_reset_met_by_sending(version: str, transport: str, to: bool) -> None:
    with connection(version, transport, to) as (way, _):
        way.reset()
        found = told(way.victim, "send")
        assert found == (SSL.SysCallError, (errno.ECONNRESET, "ECONNRESET"))
        repeats(way.victim, found)


@pytest.mark.differs("any call after a failure")
@streams
@by
@pytest.mark.holds("F9")
def test_garbage(version: str, transport: str, to: bool, name: str) -> None:
    with connection(version, transport, to) as (way, made):
        record = bytearray(made.seal(23, b"data"))
        record[-1] ^= 1
        way.deliver(bytes(record))
        found = met(way.victim, name)
        assert found[0] is SSL.Error
        assert "bad record mac" in str(found[1])
        repeats(way.victim, found)
        with pytest.raises(SSL.Error) as caught:
            way.victim.recv(1)
        # Nothing is sent behind a close_notify.
        assert caught.value.alert in (20, None)


@streams
@by
@pytest.mark.holds("F9")
def test_plain_text(version: str, transport: str, to: bool, name: str) -> None:
    with connection(version, transport, to) as (way, _):
        way.deliver(b"220 plain text\r\n" * 4)
        found = met(way.victim, name)
        assert found[0] is SSL.Error
        assert found[1]
        repeats(way.victim, found)


@pytest.mark.differs("shutdown() that waits, over data")
@every
@by
def test_data(version: str, transport: str, to: bool, name: str) -> None:
    """What came is never lost: a goodbye that has to wait for it says so."""
    with connection(version, transport, to) as (way, made):
        way.deliver(sealing.data(made, b"data"))
        found = met(way.victim, name)
        if name == "shutdown":
            assert found == UNREAD
            assert told(way.victim, "shutdown") == UNREAD
        else:
            assert found == (None, 4 if name == "recv_into" else b"data")
        if name in ("shutdown", "peek"):
            assert told(way.victim, "recv") == (None, b"data")
        way.deliver(sealing.data(made, b"more"))
        assert told(way.victim, "recv") == (None, b"more")
        way.deliver(sealing.close_notify(made))
        assert told(way.victim, "recv") == (SSL.ZeroReturnError, ())
        assert told(way.victim, "shutdown") == (None, True)


@every
def test_a_part_of_a_record_is_still_there_after_a_shutdown(
    version: str, transport: str, to: bool
) -> None:
    with connection(version, transport, to) as (way, made):
        way.deliver(sealing.data(made, b"some data"))
        assert told(way.victim, "recv") == (None, b"some data")
        way.deliver(sealing.data(made, b"0123456789abcdef"))
        assert told(way.victim, "recv") == (None, b"0123456789")
        assert met(way.victim, "shutdown") == UNREAD
        assert told(way.victim, "recv") == (None, b"abcdef")
        way.deliver(sealing.close_notify(made))
        assert told(way.victim, "shutdown") == (None, True)
