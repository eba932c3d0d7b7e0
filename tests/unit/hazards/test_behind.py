"""What stands behind a record or a goodbye is left alone: nothing is taken that is not TLS's."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator

import pytest

from kit import contexts, floods, pump, sealing, sockets, verdicts
from kit.floods import Flood
from kit.records import ALERT, DATA, HANDSHAKE
from OpenSSL import SSL

PLAIN = b"220 this is plain text\r\n" * 1000
SIZES = (1, 100, 16384, 20479, 20480, 65536, 1 << 20)
VERSIONS = ("TLSv1.2", "TLSv1.3")
FULL = 16384

versions = pytest.mark.parametrize("version", VERSIONS)
sizes = pytest.mark.parametrize("size", SIZES)


def flood(version: str, to: bool = True) -> Flood:
    return Flood("", version, to, lambda _: b"")


@contextlib.contextmanager
def over(
    kind: str, version: str
) -> Iterator[tuple[SSL.Connection, socket.socket, floods.Made, socket.socket]]:
    """The victim, its socket, the hand of its peer, and the peer's socket."""
    with sockets.tcp_pair() if kind == "tcp" else sockets.unix_pair() as (mine, theirs):
        peer = floods.peer(flood(version), theirs)
        shaking = sockets.in_thread(peer.do_handshake)
        victim = floods.victim(flood(version), mine)
        victim.do_handshake()
        shaking.result(sockets.PATIENCE)
        mine.settimeout(sockets.PATIENCE)
        yield victim, mine, sealing.sealer(peer, True), theirs


def receive_all(victim: SSL.Connection, size: int) -> bytes:
    got = b""
    with contextlib.suppress(SSL.ZeroReturnError):
        while True:
            got += victim.recv(size)
    return got


def wait_for(sock: socket.socket, count: int) -> None:
    """Wait until so many bytes are there; they stay."""
    while len(sock.recv(1 << 20, socket.MSG_PEEK | socket.MSG_WAITALL)) < count:
        pass


def receive_plain(sock: socket.socket, count: int) -> bytes:
    got = b""
    while len(got) < count:
        part = sock.recv(count - len(got))
        assert part, f"only {len(got)} bytes"
        got += part
    return got


@versions
@sizes
@pytest.mark.parametrize("kind", ["tcp", "unix"])
@pytest.mark.parametrize("length", [5, FULL, 3 * FULL, 2 * FULL + 1])
@pytest.mark.holds("F6")
def test_plain_text_behind_a_goodbye_stays_in_the_socket(
    version: str, size: int, kind: str, length: int
) -> None:
    """FTP's CCC and LDAP go on in plain text, on the same connection."""
    with over(kind, version) as (victim, mine, made, theirs):
        said = bytes(length)
        stream = b"".join(sealing.data(made, said[at : at + FULL]) for at in range(0, length, FULL))
        sending = sockets.in_thread(theirs.sendall, stream + sealing.close_notify(made) + PLAIN)
        assert receive_all(victim, size) == said
        assert receive_plain(mine, len(PLAIN)) == PLAIN
        sending.result(sockets.PATIENCE)


@pytest.mark.parametrize("padding", [1, 5, 493, 4000, 16000])
@pytest.mark.parametrize("before", [1, FULL])
def test_a_goodbye_that_is_padded(padding: int, before: int) -> None:
    """In TLS 1.3 no length tells a goodbye from data."""
    with over("tcp", "TLSv1.3") as (victim, mine, made, theirs):
        goodbye = made.seal(DATA, bytes(before)), made.seal(ALERT, sealing.CLOSE_NOTIFY, padding)
        sending = sockets.in_thread(theirs.sendall, b"".join(goodbye) + PLAIN)
        assert receive_all(victim, 1 << 20) == bytes(before)
        assert receive_plain(mine, len(PLAIN)) == PLAIN
        sending.result(sockets.PATIENCE)


@versions
@pytest.mark.parametrize("size", [1, 100, 5000])
def test_what_is_taken_with_a_record(version: str, size: int) -> None:
    """Where a header says that a record is data, the next header comes with it; no more does."""
    with over("tcp", version) as (victim, mine, made, theirs):
        messages = [sealing.data(made, bytes(size)) for _ in range(4)]
        theirs.sendall(b"".join(messages) + sealing.close_notify(made) + PLAIN)
        left = sum(map(len, messages))
        last = sealing.close_notify(made)
        wait_for(mine, left + len(last) + len(PLAIN))
        for message in messages:
            assert victim.recv(65536) == bytes(size)
            left -= len(message)
            taken = 5 if version == "TLSv1.2" else 0
            there = mine.recv(1 << 20, socket.MSG_PEEK)
            assert len(there) == left + len(last) + len(PLAIN) - taken
        with verdicts.clean_close():
            victim.recv(1)
        assert receive_plain(mine, len(PLAIN)) == PLAIN


@versions
def test_plain_text_behind_a_goodbye_that_shutdown_waited_for(version: str) -> None:
    with over("tcp", version) as (victim, mine, made, theirs):
        assert victim.shutdown() is False
        theirs.sendall(sealing.close_notify(made) + PLAIN)
        assert victim.shutdown() is True
        assert receive_plain(mine, len(PLAIN)) == PLAIN


@versions
@sizes
@pytest.mark.holds("F6")
def test_a_second_connection_on_the_same_socket(version: str, size: int) -> None:
    with sockets.tcp_pair() as (server_sock, client_sock):
        for turn in range(2):
            server = sockets.server_end(contexts.server_context(version=version), server_sock)
            client = sockets.client_end(contexts.client_context(version=version), client_sock)
            shaking = sockets.in_thread(server.do_handshake)
            client.do_handshake()
            shaking.result(sockets.PATIENCE)
            if turn == 0:
                server.sendall(b"first")
                server.shutdown()
                assert receive_all(client, size) == b"first"
                client.shutdown()
                assert receive_all(server, size) == b""
        server.sendall(b"second")
        assert client.recv(100) == b"second"


# ---- in memory


@pytest.mark.differs("bio_unused_data")
@versions
@sizes
def test_what_lies_behind_a_goodbye_in_memory_is_given_back(version: str, size: int) -> None:
    victim, peer = floods.in_memory(flood(version))
    made = sealing.sealer(peer, True)
    stream = sealing.data(made, b"data") + sealing.close_notify(made) + PLAIN
    assert victim.bio_unused_data() == b""
    for at in range(0, len(stream), 1000):
        victim.bio_write(stream[at : at + 1000])
    assert victim.bio_unused_data() == b"", "nothing is unused before the goodbye is read"
    assert receive_all(victim, size) == b"data"
    assert victim.bio_unused_data() == PLAIN
    assert victim.bio_unused_data() == b""
    victim.bio_write(b"more")
    assert victim.bio_unused_data() == b"more"
    with verdicts.clean_close():
        victim.recv(1)
    assert victim.shutdown() is True


def test_datagrams_behind_a_goodbye_come_one_by_one() -> None:
    victim, peer = floods.in_memory(flood("DTLS"))
    for each in (sealing.close_notify(sealing.sealer(peer, True)), b"one", b"two"):
        victim.bio_write(each)
    with verdicts.clean_close():
        victim.recv(1)
    assert [victim.bio_unused_data() for _ in range(3)] == [b"one", b"two", b""]


def test_nothing_is_given_back_after_an_alert_or_over_a_socket() -> None:
    victim, peer = floods.in_memory(flood("TLSv1.3"))
    victim.bio_write(sealing.fatal(sealing.sealer(peer, True), 49) + PLAIN)
    with verdicts.protocol_error("access denied"):
        victim.recv(1)
    assert victim.bio_unused_data() == b""
    with sockets.tcp_pair() as (mine, _), pytest.raises(TypeError):
        SSL.Connection(contexts.server_context(), mine).bio_unused_data()


# ---- behind a record


def spoilt(record: bytes) -> bytes:
    return record[:-1] + bytes([record[-1] ^ 1])


@pytest.mark.differs("recv behind a full record of")
@versions
@pytest.mark.parametrize("transport", ["memory", "tcp"])
@pytest.mark.holds("O1")
def test_a_bad_record_behind_a_good_one_does_not_keep_the_answer(
    version: str, transport: str
) -> None:
    if transport == "memory":
        victim, peer = floods.in_memory(flood(version))
        made = sealing.sealer(peer, True)
        victim.bio_write(sealing.data(made, b"question") + spoilt(sealing.data(made, b"bad")))
        assert victim.recv(65536) == b"question"
        assert victim.send(b"answer") == 6
        pump.shuttle(victim, peer)
        assert peer.recv(10) == b"answer"
    else:
        with over("tcp", version) as (victim, _, made, theirs):
            theirs.sendall(sealing.data(made, b"question") + spoilt(sealing.data(made, b"bad")))
            assert victim.recv(65536) == b"question"
            assert victim.send(b"answer") == 6
            with verdicts.protocol_error("bad record mac"):
                victim.recv(65536)
            return
    with verdicts.protocol_error("bad record mac"):
        victim.recv(65536)


@versions
def test_an_alert_behind_a_record_is_met_by_the_next_call(version: str) -> None:
    victim, peer = floods.in_memory(flood(version))
    made = sealing.sealer(peer, True)
    victim.bio_write(sealing.data(made, b"question") + sealing.fatal(made, 49))
    assert victim.recv(65536) == b"question"
    assert victim.pending() == 0
    assert victim.send(b"answer") == 6
    with verdicts.protocol_error("access denied"):
        victim.recv(65536)


@pytest.mark.holds("O1")
def test_a_renegotiation_behind_a_record_is_answered_by_the_next_call() -> None:
    victim, peer = floods.in_memory(flood("TLSv1.2", to=False))
    made = sealing.sealer(peer, False)
    victim.bio_write(sealing.data(made, bytes(FULL)) + made.seal(HANDSHAKE, sealing.HELLO_REQUEST))
    assert victim.recv(65536) == bytes(FULL)
    assert pump.outgoing(victim) == b""
    with verdicts.wants_read():
        victim.recv(65536)
    assert pump.outgoing(victim)


@pytest.mark.differs("recv behind a full record of")
@versions
def test_the_records_of_a_large_message_come_together(version: str) -> None:
    victim, peer = floods.in_memory(flood(version))
    made = sealing.sealer(peer, True)
    victim.bio_write(
        b"".join(sealing.data(made, bytes([number]) * FULL) for number in range(3))
        + sealing.data(made, b"end")
        + sealing.data(made, b"another")
    )
    assert victim.recv(1 << 20) == b"\0" * FULL + b"\1" * FULL + b"\2" * FULL + b"end"
    assert victim.recv(1 << 20) == b"another"


# ---- messages in pieces, and goodbyes


def halves(made: floods.Made, message: bytes, at: int) -> tuple[bytes, bytes]:
    return made.seal(HANDSHAKE, message[:at]), made.seal(HANDSHAKE, message[at:])


@pytest.mark.differs("shutdown() in the middle of a ticket")
@pytest.mark.parametrize("message", [sealing.TICKET, sealing.KEY_UPDATE], ids=["ticket", "key"])
@pytest.mark.parametrize("at", [1, 4])  # from four bytes on libssl knows what it is
@pytest.mark.parametrize("sent_before", [True, False])
@pytest.mark.holds("K2")
def test_shutdown_waits_in_the_middle_of_a_message(
    message: bytes, at: int, sent_before: bool
) -> None:
    """It comes in two records, and the second one later."""
    with sockets.tcp_pair() as (mine, theirs):
        peer = floods.peer(flood("TLSv1.3", to=False), theirs)
        shaking = sockets.in_thread(peer.do_handshake)
        victim = floods.victim(flood("TLSv1.3", to=False), mine)
        victim.do_handshake()
        shaking.result(sockets.PATIENCE)
        made = sealing.sealer(peer, False)
        assert isinstance(made, sealing.Sealer13)
        first, second = halves(made, message, at)
        if message == sealing.KEY_UPDATE:
            made.next_keys()
        if sent_before:
            assert victim.shutdown() is False
        theirs.sendall(first)
        mine.settimeout(0.1)
        with pytest.raises(TimeoutError):
            (victim.shutdown if sent_before else lambda: victim.recv(1))()
        mine.settimeout(sockets.PATIENCE)
        ending = sockets.in_thread(victim.shutdown)
        theirs.sendall(second + sealing.close_notify(made))
        if not sent_before:
            ending.result(sockets.PATIENCE)
            assert victim.shutdown() is True
        else:
            assert ending.result(sockets.PATIENCE) is True


@pytest.mark.differs("shutdown() in the middle of a ticket")
@pytest.mark.holds("K2")
def test_shutdown_in_memory_asks_for_the_rest_of_a_message() -> None:
    victim, peer = floods.in_memory(flood("TLSv1.3", to=False))
    made = sealing.sealer(peer, False)
    first, second = halves(made, sealing.TICKET, 4)
    victim.bio_write(first)
    with verdicts.wants_read():
        victim.recv(1)
    with verdicts.wants_read():
        victim.shutdown()
    victim.bio_write(second)
    assert victim.shutdown() is False
    victim.bio_write(sealing.close_notify(made))
    assert victim.shutdown() is True


# ---- leaving a `with` block


def lingering(size: int, version: str, waits: bool) -> tuple[int, BaseException]:
    """A client that only writes: what its server receives, and what ends that."""
    with sockets.listener() as listening:
        ready = sockets.in_thread(lambda: listening.accept()[0])
        plain = socket.create_connection(listening.getsockname())
        accepted = ready.result(sockets.PATIENCE)
        server = sockets.server_end(contexts.server_context(), accepted)
        shaking = sockets.in_thread(server.do_handshake)
        client = sockets.client_end(contexts.client_context(version=version), plain)
        with accepted:
            with client:
                client.do_handshake()
                shaking.result(sockets.PATIENCE)
                sending = sockets.in_thread(client.sendall, bytes(size))
                got = 0
                if not waits:
                    got += len(sockets.receive_exactly(server, size // 2))
                assert sending.result(sockets.PATIENCE) == size
                client.setblocking(waits)
            assert plain.fileno() == -1
            accepted.settimeout(sockets.PATIENCE)
            try:
                while True:
                    got += len(server.recv(65536))
            except SSL.Error as error:
                return got, error


@versions
@pytest.mark.parametrize("size", [2, 1000, 200_000])
@pytest.mark.parametrize("waits", [True, False])
@pytest.mark.holds("F4")
def test_with_loses_nothing_over_unread_tickets(version: str, size: int, waits: bool) -> None:
    got, error = lingering(size, version, waits)
    assert got == size
    assert type(error) is SSL.ZeroReturnError


def test_with_does_not_wait_for_ever_for_a_peer_that_does_not_read() -> None:
    with sockets.tcp_pair() as (server_sock, client_sock):
        server = sockets.server_end(contexts.server_context(), server_sock)
        client = sockets.client_end(contexts.client_context(), client_sock)
        shaking = sockets.in_thread(server.do_handshake)
        client.do_handshake()
        shaking.result(sockets.PATIENCE)
        client.settimeout(0.2)
        with client:
            for _ in range(100):  # until the system takes no more
                with contextlib.suppress(TimeoutError):
                    client.sendall(bytes(1 << 20))
                    continue
                break
        assert client_sock.fileno() == -1


def test_with_does_not_wait_for_a_peer_that_stays() -> None:
    """Who has acknowledged everything need not close as well."""
    for blocking in (True, False):
        with sockets.connected(contexts.server_context(), contexts.client_context()) as (
            server,
            client,
        ):
            client.setblocking(blocking)
            with client:
                pass
            server.settimeout(sockets.PATIENCE)
            with verdicts.clean_close():
                server.recv(1)


def test_with_over_a_flood_comes_to_its_end() -> None:
    with (
        over("tcp", "TLSv1.3") as (victim, _, made, theirs),
        floods.sent(theirs, [sealing.data(made, bytes(16384)) for _ in range(2000)]),
    ):
        victim.settimeout(0.3)
        with victim:
            victim.recv(1)
