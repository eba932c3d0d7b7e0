"""Eight threads make any legal call on shared connections: no crash, no hang, no wrong byte."""

from __future__ import annotations

import faulthandler
import gc
import io
import random
import socket
import sys
import threading
import time
from collections import Counter

from kit import contexts, pump, sockets
from OpenSSL import SSL
from stress.chaos_calls import ASKING, CHANGING, TWINS, renewed

FULL = {"seconds": 300, "seed": 1}
SHORT = {"seconds": 5, "seed": 1}
THREADS, PAIRS = 8, 6
#: Seconds that a call may take before it counts as hanging; none waits for more than a tenth.
PATIENCE = 60
LETTERS = b"abcdefgh"


class Pair:
    """Two ends, over sockets or in memory; bytes in memory are moved under a lock."""

    def __init__(self, server: SSL.Context, client: SSL.Context, chance: random.Random) -> None:
        self.moving = threading.Lock()
        self.memory = chance.random() < 0.4
        self.ends: tuple[SSL.Connection, SSL.Connection]
        if self.memory:
            self.ends = tuple(pump.pair(server, client))  # type: ignore[assignment]
            self.ends[0].set_bio_limit(300_000)
            self.ends[1].set_bio_limit(300_000)
        else:
            one, other = socket.socketpair() if chance.random() < 0.5 else self.tcp()
            for sock in (one, other):
                sock.settimeout(chance.choice((0.0, 0.01, 0.1)))
            self.ends = sockets.server_end(server, one), sockets.client_end(client, other)
        if chance.random() < 0.3:
            self.ends[1].set_max_proto_version(SSL.TLS1_2_VERSION)

    @staticmethod
    def tcp() -> tuple[socket.socket, socket.socket]:
        with sockets.listener() as listening:
            client = socket.create_connection(listening.getsockname())
            return listening.accept()[0], client

    def move(self) -> None:
        if self.memory:
            with self.moving:
                pump.exchange(*self.ends)


def check(data: bytes | bytearray) -> None:
    left = bytes(data).translate(None, LETTERS)
    assert not left, f"bytes that nobody sent: {left[:40]!r}"


def received(end: SSL.Connection, chance: random.Random) -> None:
    kind = chance.randrange(3)
    if kind == 0:
        check(end.recv(chance.choice((1, 100, 20_000, 200_000))))
    elif kind == 1:
        buffer = bytearray(chance.choice((1, 100, 70_000)))
        check(buffer[: end.recv_into(buffer)])
    else:
        check(end.recv(100, socket.MSG_PEEK))


def sent(end: SSL.Connection, chance: random.Random) -> None:
    letter = bytes([chance.choice(LETTERS)])
    data = letter * chance.choice((1, 64, 5000, 16_384, 60_000))
    kind = chance.randrange(3)
    if kind == 0:
        end.send(data)
    elif kind == 1:
        end.sendall(data)
    else:
        end.sendfile(io.BytesIO(data))


class Storm:
    """The shared connections and what has been done to them."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.contexts = [contexts.server_context(), contexts.client_context()]
        twins = [contexts.server_context(), contexts.client_context()]
        for one, other in zip(self.contexts, twins, strict=True):
            one.set_session_id(b"chaos")
            other.set_session_id(b"chaos")
            TWINS[one], TWINS[other] = other, one
        renewed()  # before threads do it twice
        self.session: SSL.Session | None = None
        chance = random.Random(seed)
        self.pairs = [self.fresh(chance) for _ in range(PAIRS)]
        self.calls: Counter[str] = Counter()
        self.progress = [0.0] * THREADS
        self.failures: list[BaseException] = []
        self.ending = threading.Event()

    def fresh(self, chance: random.Random) -> Pair:
        pair = Pair(self.contexts[0], self.contexts[1], chance)
        session = self.session
        if session is not None and chance.random() < 0.5:
            pair.ends[1].set_session(session)
        return pair

    def call(self, chance: random.Random) -> str:
        number = chance.randrange(PAIRS)
        pair = self.pairs[number]
        end = chance.choice(pair.ends)
        dice = chance.random()
        if dice < 0.30:
            received(end, chance)
            return "receive"
        if dice < 0.55:
            sent(end, chance)
            return "send"
        if dice < 0.75:
            pair.move()
            return "move"
        if dice < 0.95:
            chance.choice(ASKING)(end)
            return "ask"
        if dice < 0.98:
            chance.choice(CHANGING)(chance.choice(self.contexts))
            return "change a Context"
        if dice < 0.985:
            end.shutdown()
            return "say goodbye"
        if dice < 0.990 and not pair.memory:
            end.close()
            return "close"
        if dice < 0.997:
            self.session = pair.ends[1].get_session()
            self.pairs[number] = self.fresh(chance)
            return "forget"
        gc.collect()
        return "collect"

    def work(self, thread: int) -> None:
        chance = random.Random(self.seed * 1000 + thread)
        while not self.ending.is_set() and not self.failures:
            self.progress[thread] = time.monotonic()
            try:
                self.calls[self.call(chance)] += 1
            except (SSL.Error, TimeoutError):
                self.calls["refused or to be repeated"] += 1
            except BaseException as error:
                self.failures.append(error)
        self.progress[thread] = float("inf")


def run(seconds: int, seed: int) -> dict[str, int]:
    storm = Storm(seed)
    threads = [
        threading.Thread(target=storm.work, args=(number,), daemon=True)
        for number in range(THREADS)
    ]
    storm.progress = [time.monotonic()] * THREADS
    for thread in threads:
        thread.start()
    end = time.monotonic() + seconds
    while any(thread.is_alive() for thread in threads):
        time.sleep(0.2)
        if time.monotonic() > end:
            storm.ending.set()
        if min(storm.progress) < time.monotonic() - PATIENCE:
            faulthandler.dump_traceback(file=sys.stderr)
            raise AssertionError("a call hangs")
    if storm.failures:
        raise storm.failures[0]
    return dict(sorted(storm.calls.items()))
