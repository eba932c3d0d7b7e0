"""What a call of a handshake says leaves in one call of the system, and is never lost.

Sockets that keep packets apart (SOCK_SEQPACKET) show it: each packet is one call.
"""

from __future__ import annotations

import contextlib
import socket
import sys
from collections.abc import Callable, Iterator

import pytest

from kit import authority, contexts, pump, sockets, verdicts
from kit.apart import run
from OpenSSL import SSL, crypto

Call = Callable[[], object]

versions = pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])


@contextlib.contextmanager
def apart() -> Iterator[tuple[socket.socket, socket.socket]]:
    try:
        one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    except (AttributeError, OSError):
        pytest.skip("no sockets that keep packets apart")
    with one, other:
        for end in (one, other):
            end.setblocking(False)
        yield one, other


def tell(sock: socket.socket, stream: bytes) -> None:
    """Send records so that whoever reads a header, and then its body, loses nothing."""
    while stream:
        end = 5 + int.from_bytes(stream[3:5], "big")
        sock.send(stream[:5])
        sock.send(stream[5:end])
        stream = stream[end:]


def packets(sock: socket.socket) -> list[bytes]:
    heard = []
    with contextlib.suppress(BlockingIOError):
        while part := sock.recv(1 << 17):
            heard.append(part)
    return heard


def fill(sock: socket.socket) -> int:
    """Send packets until the socket takes no more; how many it took."""
    count = 0
    with contextlib.suppress(BlockingIOError):
        while True:
            sock.send(b"junk")
            count += 1
    return count


def kinds(packet: bytes) -> list[int]:
    """The types of the records in a packet."""
    found = []
    while packet:
        found.append(packet[0])
        packet = packet[5 + int.from_bytes(packet[3:5], "big") :]
    return found


def server_context(version: str, long: bool = False) -> SSL.Context:
    if not long:
        return contexts.server_context(version=version)
    # libssl's own buffer for a flight has 4 KiB.
    context = contexts.blank_context(version)
    who = authority.identity("rsa")
    context.use_certificate_file(str(who.files.certificate))
    context.use_privatekey_file(str(who.files.key))
    for certificate in who.intermediates + (who.root,) * 10:
        context.add_extra_chain_cert(crypto.X509.from_cryptography(certificate))
    return context


def ends(
    context: SSL.Context, version: str, mine: socket.socket, server: bool
) -> tuple[SSL.Connection, SSL.Connection]:
    """One end over the socket, and the other in memory."""
    client_context = contexts.client_context(version=version)
    if server:
        end, other = sockets.server_end(context, mine), SSL.Connection(client_context, None)
        other.set_connect_state()
    else:
        end, other = sockets.client_end(client_context, mine), SSL.Connection(context, None)
        other.set_accept_state()
    return end, other


def turn(theirs: socket.socket, other: SSL.Connection, call: Call) -> tuple[bool, list[bytes]]:
    """Let the end over the socket hear what is there: whether it is done, and what it says."""
    pump.step(other.do_handshake)
    tell(theirs, pump.outgoing(other))
    done = pump.step(call)
    said = packets(theirs)
    for packet in said:
        other.bio_write(packet)
    return done, said


def converse(theirs: socket.socket, other: SSL.Connection, call: Call) -> list[list[bytes]]:
    """Shake hands to the end; the packets of each call."""
    flights = []
    for _ in range(pump.ROUNDS):
        done, said = turn(theirs, other, call)
        flights.append(said)
        if done:
            return flights
    raise AssertionError("no end of the handshake")


@versions
@pytest.mark.parametrize("long", [False, True])
@pytest.mark.parametrize("server", [False, True])
def test_each_flight_is_one_packet(version: str, long: bool, server: bool) -> None:
    with apart() as (mine, theirs):
        end, other = ends(server_context(version, long), version, mine, server)
        flights = [said for said in converse(theirs, other, end.do_handshake) if said]
        assert [len(said) for said in flights] == [1] * len(flights)
        assert len(flights) == 2, "a hello and what answers the peer's"
        if long and server:
            assert len(flights[0][0]) > 4096
        if server and version == "TLSv1.3":
            assert kinds(flights[1][0]) == [23, 23], "both tickets"


def test_tickets_leave_before_data_is_returned() -> None:
    with apart() as (mine, theirs):
        server, client = ends(server_context("TLSv1.3"), "TLSv1.3", mine, True)
        turn(theirs, client, server.do_handshake)
        client.do_handshake()
        client.send(b"request")
        tell(theirs, pump.outgoing(client))
        assert server.recv(100) == b"request"
        (tickets,) = packets(theirs)
        assert kinds(tickets) == [23, 23]


@versions
@pytest.mark.parametrize("server", [False, True])
def test_a_flight_that_cannot_leave_is_not_done(version: str, server: bool) -> None:
    """No call says that a handshake is over before all of it has left."""
    with apart() as (mine, theirs):
        end, other = ends(server_context(version), version, mine, server)
        done = False
        stops = 0
        for _ in range(pump.ROUNDS):
            pump.step(other.do_handshake)
            tell(theirs, pump.outgoing(other))
            junk = fill(mine)
            try:
                end.do_handshake()
                done = True
            except SSL.WantReadError:
                pass
            except SSL.WantWriteError:
                stops += 1
                assert end.want_write()
                for call in (lambda: end.recv(1), end.do_handshake):
                    with pytest.raises(SSL.WantWriteError):
                        call()
            for packet in packets(theirs)[junk:]:
                raise AssertionError(f"overtaken by {packet!r}")
            if not done:
                with contextlib.suppress(SSL.WantReadError):
                    end.do_handshake()
                    done = True
            assert not end.want_write()
            for packet in packets(theirs):
                other.bio_write(packet)
            if done:
                break
        assert done
        assert stops == 2, "a hello and what answers the peer's"
        other.do_handshake()
        end.send(b"data")
        for packet in packets(theirs):
            other.bio_write(packet)
        assert other.recv(100) == b"data"


def test_data_that_came_with_tickets_that_cannot_leave() -> None:
    with apart() as (mine, theirs):
        server, client = ends(server_context("TLSv1.3"), "TLSv1.3", mine, True)
        turn(theirs, client, server.do_handshake)
        client.do_handshake()
        client.send(b"request")
        tell(theirs, pump.outgoing(client))
        junk = fill(mine)
        assert server.recv(100) == b"request"
        assert server.want_write()
        with pytest.raises(SSL.WantWriteError):
            server.send(b"answer")
        assert len(packets(theirs)) == junk
        assert server.send(b"answer") == 6
        tickets, answer = packets(theirs)
        assert kinds(tickets) == [23, 23]
        client.bio_write(tickets + answer)
        assert client.recv(100) == b"answer"


def test_tickets_for_a_client_that_has_gone() -> None:
    """libssl lets them go, so that what the client has said can be read."""
    with apart() as (mine, theirs):
        server, client = ends(server_context("TLSv1.3"), "TLSv1.3", mine, True)
        turn(theirs, client, server.do_handshake)
        client.do_handshake()
        client.send(b"last words")
        tell(theirs, pump.outgoing(client))
        theirs.close()
        server.do_handshake()
        assert server.recv(100) == b"last words"
        with verdicts.dirty_close():
            server.recv(100)


@versions
def test_a_hello_that_nobody_hears(version: str) -> None:
    with apart() as (mine, theirs):
        client = sockets.client_end(contexts.client_context(version=version), mine)
        theirs.close()
        with pytest.raises(SSL.SysCallError):
            client.do_handshake()


@versions
def test_a_long_flight_by_and_by(version: str) -> None:
    """A peer that takes a few bytes at a time gets all of it, once."""
    with sockets.tcp_pair() as (mine, theirs):
        mine.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
        theirs.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        mine.setblocking(False)
        server, client = ends(server_context(version, long=True), version, mine, True)
        done = False
        heard = 0
        for _ in range(10_000):
            pump.step(client.do_handshake)
            theirs.sendall(pump.outgoing(client))
            done = done or pump.step(server.do_handshake)
            theirs.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                heard += client.bio_write(theirs.recv(100))
            theirs.setblocking(True)
            if done and pump.step(client.do_handshake):
                break
        assert done
        assert heard > 4096
        server.send(b"data")
        theirs.settimeout(sockets.PATIENCE)
        while not pump.step(lambda: client.recv(100)):
            client.bio_write(theirs.recv(1 << 16))


# ---- the memory of a burst

BURSTS = """
import resource
from kit import contexts, sockets
from OpenSSL import SSL

data, room = bytes(200_000), bytearray(1 << 20)

def drain(sock):
    try:
        while True:
            sock.recv_into(room)
    except BlockingIOError:
        pass

with sockets.connected(contexts.server_context(), contexts.client_context()) as (end, other):
    theirs = other._socket
    end.setblocking(False)
    theirs.setblocking(False)
    before = 0
    for number in range(60):
        if number == 10:
            before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        left = memoryview(data)
        while left:
            try:
                left = left[end.send(left):]
            except SSL.WantWriteError:
                drain(theirs)
        drain(theirs)
    print((resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) // 50)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="counts what Linux calls a fault")
def test_bursts_have_their_memory_at_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """The system need not give, and clear, 64 pages for each: that cost more than all else."""
    # As malloc is before a program has freed much.
    monkeypatch.setenv("MALLOC_MMAP_THRESHOLD_", str(128 * 1024))
    assert int(run(BURSTS)) < 10
