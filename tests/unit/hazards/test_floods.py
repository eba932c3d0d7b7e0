"""A peer that sends what holds no data: it may take its own time, but nobody else's."""

from __future__ import annotations

import contextlib
import signal
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from kit import contexts, floods, pump, sealing, sockets, verdicts
from kit.floods import CLIENT, SERVER, Flood, Heart
from kit.records import DATA, HANDSHAKE
from OpenSSL import SSL

TOO_MANY = r"more than \d+ records in a row that hold no data"
UPDATES = floods.STREAMS[0]

streams = pytest.mark.parametrize("flood", floods.STREAMS, ids=str)
datagrams = pytest.mark.parametrize("flood", floods.DATAGRAMS, ids=str)


@contextlib.contextmanager
def over_tcp(
    flood: Flood, bound: int | None = None
) -> Iterator[tuple[SSL.Connection, SSL.Connection, socket.socket]]:
    with sockets.tcp_pair() as (mine, theirs):
        peer = floods.peer(flood, theirs)
        shaking = sockets.in_thread(peer.do_handshake)
        victim = floods.victim(flood, mine, bound)
        victim.do_handshake()
        shaking.result(sockets.PATIENCE)
        yield victim, peer, theirs


# ---- the bound


@pytest.mark.differs("more than 1000 records in a row")
@streams
@pytest.mark.holds("S1")
def test_a_flood_ends_the_connection(flood: Flood) -> None:
    victim, peer = floods.in_memory(flood)
    for part in flood.parts(peer, 600_000):
        victim.bio_write(part)
    with verdicts.protocol_error(TOO_MANY):
        victim.recv(1)
    for call in (lambda: victim.recv(1), lambda: victim.send(b"x"), victim.shutdown):
        with verdicts.protocol_error(TOO_MANY):
            call()


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
def test_the_peer_is_told(version: str) -> None:
    flood = Flood("", version, CLIENT, lambda made: made.seal(HANDSHAKE, bytes(4)))
    if version == "TLSv1.3":
        flood = floods.STREAMS[1]
    victim, peer = floods.in_memory(flood, 10)
    for part in flood.parts(peer, 1000):
        victim.bio_write(part)
    with pytest.raises(SSL.Error) as caught:
        victim.recv(1)
    assert caught.value.alert_sent is True
    pump.shuttle(victim, peer)
    with pytest.raises(SSL.Error) as told:
        pump.drain(peer)
    assert told.value.alert == caught.value.alert
    assert told.value.alert_sent is False


def test_up_to_tls_1_2_libssl_itself_ends_empty_records() -> None:
    flood = Flood("", "TLSv1.2", CLIENT, lambda made: made.seal(DATA, b""))
    victim, peer = floods.in_memory(flood, 0)
    for part in flood.parts(peer, 5000):
        victim.bio_write(part)
    with verdicts.protocol_error("record too small"):
        victim.recv(1)


def test_a_bound_can_be_set() -> None:
    context = contexts.server_context()
    assert context.get_max_records_without_data() == 1000
    context.set_max_records_without_data(7)
    assert context.get_max_records_without_data() == 7
    with pytest.raises(TypeError):
        context.set_max_records_without_data("7")  # type: ignore[arg-type]
    for number in (-1, 1 << 32):
        with pytest.raises(OverflowError):
            context.set_max_records_without_data(number)
    assert context.get_max_records_without_data() == 7


def test_a_bound_holds_to_the_record() -> None:
    for many, fails in ((50, False), (51, True)):
        victim, peer = floods.in_memory(UPDATES, 50)
        for part in UPDATES.parts(peer, 100_000)[:many]:
            victim.bio_write(part)
        with pytest.raises(SSL.Error if fails else SSL.WantReadError) as caught:
            victim.recv(1)
        assert verdicts.is_protocol_error(caught.value, TOO_MANY) is fails


def test_without_a_bound_there_is_none() -> None:
    victim, peer = floods.in_memory(UPDATES, 0)
    for part in UPDATES.parts(peer, 100_000):
        victim.bio_write(part)
    with verdicts.wants_read():
        victim.recv(1)


def test_a_context_in_use_may_be_given_another_bound() -> None:
    victim, peer = floods.in_memory(UPDATES)
    victim.get_context().set_max_records_without_data(5)
    for part in UPDATES.parts(peer, 1000):
        victim.bio_write(part)
    with verdicts.protocol_error("more than 5 records"):
        victim.recv(1)


@pytest.mark.parametrize("own", [True, False])
def test_data_begin_the_count_again(own: bool) -> None:
    """Whoever sends them: in a long download only keys come from the other side."""
    victim, peer = floods.in_memory(UPDATES, 20)
    made = sealing.sealer(peer, SERVER)
    assert isinstance(made, sealing.Sealer13)
    for _ in range(10):
        for _ in range(15):
            victim.bio_write(made.key_update())
        with contextlib.suppress(SSL.WantReadError):
            victim.recv(1)
        if own:
            victim.send(b"data")
        else:
            victim.bio_write(sealing.data(made, b"x"))
            assert victim.recv(1) == b"x"


def test_slow_ones_are_counted_as_well() -> None:
    victim, peer = floods.in_memory(UPDATES, 20)
    parts = UPDATES.parts(peer, 10_000)
    for part in parts[:20]:
        victim.bio_write(part)
        with verdicts.wants_read():
            victim.recv(1)
    victim.bio_write(parts[20])
    with verdicts.protocol_error(TOO_MANY):
        victim.recv(1)


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
def test_the_first_handshake_leaves_nothing_of_the_count(version: str) -> None:
    flood = Flood("", version, SERVER, lambda made: made.seal(HANDSHAKE, bytes(4)))
    for server in (True, False):
        ours = floods.victim(Flood("", version, server, flood.make), None, 30)
        theirs = floods.peer(Flood("", version, server, flood.make), None)
        ends = (ours, theirs) if server else (theirs, ours)
        pump.handshake(*ends)
        assert pump.transfer(theirs, ours, b"data") == b"data"


def plain(body: bytes) -> bytes:
    """A record of a handshake, before there are keys."""
    return b"\x16\x03\x03" + len(body).to_bytes(2, "big") + body


@pytest.mark.parametrize(
    "parts",
    [
        [sealing.HELLO_REQUEST],
        [sealing.HELLO_REQUEST * 250],
        [bytes(1)] * 4,
        [bytes(3), bytes(1)],
    ],
    ids=["one", "many", "byte by byte", "cut"],
)
def test_a_handshake_that_never_ends_is_ended(parts: list[bytes]) -> None:
    """A server may send HelloRequests in the middle of a handshake: clients pass over them."""
    victim = floods.victim(Flood("", "TLSv1.2", CLIENT, lambda _: b""), None)
    assert not pump.step(victim.do_handshake)
    for _ in range(2000):
        for part in parts:
            victim.bio_write(plain(part))
    with verdicts.protocol_error(TOO_MANY):
        victim.do_handshake()


@pytest.mark.parametrize("kind", [20, 21])
def test_what_is_no_message_counts_in_a_handshake_too(kind: int) -> None:
    """Each of them, though libssl itself may be stricter."""
    flood = Flood("", "TLSv1.3", CLIENT, lambda _: b"")
    victim = floods.victim(flood, None, 3)
    assert not pump.step(victim.do_handshake)
    body = b"\1" if kind == 20 else b"\1\x5a"
    for _ in range(10):
        victim.bio_write(bytes([kind]) + b"\x03\x03\x00" + bytes([len(body)]) + body)
    with pytest.raises(SSL.Error):
        victim.do_handshake()


@pytest.mark.parametrize("requests", [0, 900])
def test_messages_may_come_byte_by_byte(requests: int) -> None:
    """How many records a handshake comes in says nothing: libssl bounds its messages."""
    flood = Flood("", "TLSv1.2", CLIENT, lambda _: b"")
    ours, theirs = floods.victim(flood, None), floods.peer(flood, None)
    records = 0
    for _ in range(4):
        for end in (ours, theirs):
            pump.step(end.do_handshake)
        pump.shuttle(ours, theirs)
        encrypted = False
        for record in cut(pump.outgoing(theirs)):
            encrypted = encrypted or record[0] != HANDSHAKE
            if encrypted:
                ours.bio_write(record)
                continue
            for _ in range(requests):
                ours.bio_write(plain(sealing.HELLO_REQUEST))
            requests = 0
            for byte in record[5:]:
                ours.bio_write(plain(bytes([byte])))
                records += 1
    assert records > ours.get_context().get_max_records_without_data()
    assert pump.transfer(theirs, ours, b"data") == b"data"


def cut(stream: bytes) -> Iterator[bytes]:
    """The records of a stream."""
    while stream:
        end = 5 + int.from_bytes(stream[3:5], "big")
        yield stream[:end]
        stream = stream[end:]


def test_over_dtls_strangers_end_nothing() -> None:
    flood = floods.DATAGRAMS[0]
    victim, peer = floods.in_memory(flood, 10)
    for _ in range(5000):
        victim.bio_write(floods.JUNK)
    with verdicts.wants_read():
        victim.recv(1)
    peer.send(b"data")
    pump.shuttle(peer, victim)
    assert victim.recv(10) == b"data"


def test_over_dtls_the_peer_does() -> None:
    flood = Flood("", "DTLS", CLIENT, lambda made: made.seal(21, b"\x01\x5a"))
    victim, peer = floods.in_memory(flood, 10)
    for part in flood.parts(peer, 200)[:4]:  # libssl itself allows no more in a row
        victim.bio_write(part)
    with verdicts.protocol_error(TOO_MANY):
        victim.recv(1)


# ---- meanwhile


@streams
@pytest.mark.parametrize("size", [1, 4096, 65536])
@pytest.mark.holds("S1")
def test_others_live_on_and_the_timeout_comes(flood: Flood, size: int) -> None:
    with over_tcp(flood, 0) as (victim, peer, theirs):
        victim.settimeout(0.1)
        parts = flood.parts(peer, 300_000)
        with floods.sent(theirs, parts), Heart() as heart:
            before = heart.beats
            with pytest.raises(TimeoutError):
                while True:
                    victim.recv(size)
            assert heart.beats > before
        victim.settimeout(0)


@pytest.mark.parametrize("call", ["recv", "shutdown", "peek"])
def test_a_signal_is_handled_in_the_middle(call: str) -> None:
    """Also with one thread, which has nobody to give the interpreter to."""

    class Alarm(Exception):
        pass

    def ring(_number: int, _frame: object) -> None:
        raise Alarm

    victim, peer = floods.in_memory(UPDATES, 0)
    for part in UPDATES.parts(peer, 400_000):
        victim.bio_write(part)
    if call == "shutdown":
        assert victim.shutdown() is False
    calls = {
        "recv": lambda: victim.recv(1),
        "shutdown": victim.shutdown,
        "peek": lambda: victim.recv(1, socket.MSG_PEEK),
    }
    before = signal.signal(signal.SIGALRM, ring)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.01)
        with pytest.raises(Alarm):
            calls[call]()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    with pytest.raises(SSL.WantReadError):  # unharmed, and all of it comes to an end
        calls[call]()


def test_one_may_send_while_another_is_flooded() -> None:
    with over_tcp(UPDATES, 0) as (victim, peer, theirs):
        victim.settimeout(sockets.PATIENCE)
        parts = UPDATES.parts(peer, 400_000)
        with floods.sent(theirs, parts):
            receiving = sockets.in_thread(victim.recv, 1)
            sent = 0
            while not sent or (not receiving.done() and sent < 100):
                sent += victim.send(b"x")
        theirs.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(SSL.Error):
            receiving.result(sockets.PATIENCE)
    assert sent


@datagrams
def test_datagrams_do_not_keep_anybody(flood: Flood) -> None:
    with sockets.udp_pair() as (mine, theirs):
        peer = floods.peer(flood, theirs)
        shaking = sockets.in_thread(peer.do_handshake)
        victim = floods.victim(flood, mine, 0)
        victim.do_handshake()
        shaking.result(sockets.PATIENCE)
        with floods.sent(theirs, flood.parts(peer, 100_000)), Heart() as heart:
            mine.settimeout(0.1)
            with pytest.raises(TimeoutError):
                victim.recv(100)
            mine.settimeout(0)
            with verdicts.wants_read():  # it returns, though there is always more
                victim.recv(100)
            assert heart.beats


def a_hello_in_pieces() -> list[bytes]:
    """Records of fragments without keys, which never make a hello."""
    made = []
    for number in range(2000):
        body = floods.fragment(number)
        counted = number.to_bytes(6, "big") + len(body).to_bytes(2, "big")
        made.append(b"\x16\xfe\xfd\0\0" + counted + body)
    return made


@pytest.mark.parametrize("call", ["do_handshake", "recv", "sendall"])
@pytest.mark.parametrize("waits", [True, False])
@pytest.mark.holds("S1")
def test_a_hello_that_never_becomes_whole_keeps_nobody(call: str, waits: bool) -> None:
    flood = Flood("", "DTLS", SERVER, lambda _: b"")
    with sockets.udp_pair() as (mine, theirs):
        victim = floods.victim(flood, mine)
        calls = {
            "do_handshake": victim.do_handshake,
            "recv": lambda: victim.recv(100),
            "sendall": lambda: victim.sendall(b"data"),
        }
        with floods.sent(theirs, a_hello_in_pieces()), Heart() as heart:
            mine.settimeout(0.2 if waits else 0)
            start = time.monotonic()
            with pytest.raises(TimeoutError) if waits else verdicts.wants_read():
                calls[call]()
            assert time.monotonic() - start < sockets.PATIENCE
            assert heart.beats or not waits


def test_in_memory_a_hello_that_never_becomes_whole_is_waited_for() -> None:
    victim = floods.victim(Flood("", "DTLS", SERVER, lambda _: b""), None)
    for record in a_hello_in_pieces():
        victim.bio_write(record)
    for _ in range(5):
        with verdicts.wants_read():
            victim.do_handshake()


def test_listening_to_junk_keeps_its_timeout() -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mine,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as theirs,
    ):
        mine.bind((sockets.LOOPBACK, 0))
        theirs.connect(mine.getsockname())
        context = SSL.Context(SSL.DTLS_METHOD)
        context.set_cookie_generate_callback(lambda _: b"cookie")
        context.set_cookie_verify_callback(lambda _, cookie: cookie == b"cookie")
        listening = SSL.Connection(context, mine)
        listening.set_accept_state()
        with floods.sent(theirs, [floods.JUNK]):
            mine.settimeout(0.1)
            with pytest.raises(TimeoutError):
                listening.DTLSv1_listen()
            mine.settimeout(0)
            with verdicts.wants_read():
                listening.DTLSv1_listen()


def test_a_reader_in_memory_gives_others_their_turn() -> None:
    victim, peer = floods.in_memory(UPDATES, 0)
    for part in UPDATES.parts(peer, 400_000):
        victim.bio_write(part)
    with Heart() as heart:
        while heart.beats < 2:
            time.sleep(0.001)
        before = heart.beats
        with verdicts.wants_read():
            victim.recv(1)
        assert heart.beats > before


def test_a_connection_can_be_looked_at_meanwhile() -> None:
    """Questions wait for the lock, which is handed over between two turns."""
    victim, peer = floods.in_memory(UPDATES, 0)
    for part in UPDATES.parts(peer, 800_000):
        victim.bio_write(part)
    answered = threading.Event()
    asking = threading.Event()

    def ask() -> None:
        asking.set()
        victim.get_cipher_name()
        answered.set()

    thread = threading.Thread(target=ask)
    thread.start()
    asking.wait(sockets.PATIENCE)
    with verdicts.wants_read():
        victim.recv(1)
    assert answered.is_set()
    thread.join()
