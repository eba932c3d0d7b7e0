"""Two connections and random operations, checked against a model of what must arrive.

    machine.py --steps N [--seed N]

One step is one operation on one end: send, recv, a part of the bytes moved to the
other side, a question, a re-entrant call from a callback, a cut, a collection.
The model is two queues of bytes: what one end has taken from its user arrives at
the other in this order, whole, or the connection says that it failed.  When
nothing failed, everything has to arrive in the end, so no want-state loses
anything.  A life that fails says its seed, which repeats it.
"""

from __future__ import annotations

import argparse
import contextlib
import faulthandler
import functools
import gc
import random
import sys
import time
import traceback
import weakref
from collections import Counter
from collections.abc import Callable
from typing import Any

from kit import authority, contexts, memory, scenes
from OpenSSL import SSL

#: Operations in one life of a pair.
LIFE = 400
#: Longest time for one life, in seconds.
PATIENCE = 120
#: Bytes that may be missing from the allocators' books after warm-up, for each life.
LEAK = 64
WANTS = (SSL.WantReadError, SSL.WantWriteError, SSL.WantX509LookupError)
ENDS = (SSL.Error, TimeoutError)
SEED_DATA = random.Random(1).randbytes(200_000)
#: For each Context another that allows the same.
TWINS: dict[SSL.Context, SSL.Context] = {}


Calls = list[Callable[[SSL.Connection], Any]]


class Thrown(Exception):
    """What a callback raises on purpose."""


def raise_again(error: BaseException) -> None:
    raise error


class Pool:
    """Contexts of both sides for each version, made once."""

    def __init__(self) -> None:
        self.pairs = []
        for version in ("TLSv1.2", "TLSv1.3", None):
            self.pairs.append(self.make(version))
            for one, other in zip(self.pairs[-1], self.make(version), strict=True):
                TWINS[one], TWINS[other] = other, one
        self.life: Life | None = None

    def make(self, version: str | None) -> tuple[SSL.Context, SSL.Context]:
        server = contexts.server_context(version=version, ask_client=True)
        client = contexts.client_context(authority.client_identity(), version=version)
        server.set_alpn_select_callback(self.on_alpn)
        server.set_tlsext_servername_callback(self.on_name)
        client.set_verify(SSL.VERIFY_PEER, self.on_verify)
        server.set_client_hello_callback(lambda end, _: self.later(end, True))
        server.set_cert_verify_callback(lambda end, *_: self.hook(end, True))
        server.set_session_ticket_callback(
            lambda end: self.hook(end, b"data"),
            lambda end, *_: self.hook(end, SSL.TICKET_RETURN_IGNORE),
        )
        for context in (server, client):
            context.set_cert_callback(self.on_certificate)
            context.add_custom_ext(
                scenes.NUMBER,
                scenes.IN_HELLOS,
                lambda end, *_: self.hook(end, b"said"),
                lambda end, *_: self.hook(end, True),
            )
        if version != "TLSv1.2":
            server.set_psk_find_session_callback(lambda end, _: self.hook(end, None))
            client.set_psk_use_session_callback(lambda end: self.hook(end, None))
        if version is None:
            server.use_certificate_chain_file(str(authority.identity("ecdsa").files.chain))
            server.use_privatekey(scenes.sign_by(self.on_signature, self.server))
        for context in (server, client):
            context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
            context.set_info_callback(self.on_event)
            context.set_keylog_callback(self.on_event)
        return server, client

    def on_verify(self, end: SSL.Connection, *about: Any) -> bool:
        return self.hook(end, bool(about[-1]))

    def on_certificate(self, end: SSL.Connection) -> None:
        self.later(end, None, QUESTIONS)

    def on_signature(self, end: SSL.Connection, *_: Any) -> bool:
        return bool(self.hook(end, True, QUESTIONS))

    def server(self) -> SSL.Connection:
        assert self.life is not None
        return self.life.server

    def later(self, end: SSL.Connection, answer: Any, calls: Calls | None = None) -> Any:
        """The answer of a hook that may ask for time first."""
        assert self.life is not None
        if self.life.chance.random() < 0.2:
            self.life.counts["waits"] += 1
            raise SSL.WantX509LookupError
        return self.hook(end, answer, calls)

    def on_alpn(self, end: SSL.Connection, offer: list[bytes]) -> Any:
        return self.hook(end, offer[0])

    def on_name(self, end: SSL.Connection) -> None:
        self.hook(end, None)

    def on_event(self, end: SSL.Connection, *_: Any) -> None:
        self.hook(end, None)

    def hook(self, end: SSL.Connection, answer: Any, calls: Calls | None = None) -> Any:
        assert self.life is not None
        return self.life.in_hook(end, answer, REENTRANT if calls is None else calls)


class Life:
    """One pair from its beginning to its end."""

    def __init__(self, pool: Pool, seed: int, counts: Counter[str]) -> None:
        self.chance = chance = random.Random(seed)
        self.counts = counts
        pool.life = self
        server, client = chance.choice(pool.pairs)
        self.server, self.client = SSL.Connection(server, None), SSL.Connection(client, None)
        self.server.set_accept_state()
        self.client.set_connect_state()
        self.client.set_alpn_protos([b"h2", b"http/1.1"])
        self.client.set_tlsext_host_name(b"brisk.test")
        self.ends = (self.server, self.client)
        self.wire: dict[SSL.Connection, bytearray] = {each: bytearray() for each in self.ends}
        self.sent: dict[SSL.Connection, bytearray] = {each: bytearray() for each in self.ends}
        self.got: dict[SSL.Connection, int] = dict.fromkeys(self.ends, 0)
        self.again: dict[SSL.Connection, bytes | None] = dict.fromkeys(self.ends, None)
        self.thrown: Thrown | None = None
        self.throwing = chance.random() < 0.1
        self.reentrant = chance.random() < 0.3
        self.spoilt = False
        self.over = False
        self.closing = False

    def other(self, end: SSL.Connection) -> SSL.Connection:
        return self.client if end is self.server else self.server

    # ---- what callbacks do

    def in_hook(self, end: SSL.Connection, answer: Any, calls: Calls) -> Any:
        chance = self.chance
        if self.reentrant and chance.random() < 0.3:
            self.counts["re-entrant"] += 1
            for call in chance.sample(calls, 2):
                try:
                    call(end)
                except (*ENDS, ValueError, TypeError):
                    continue
        if self.throwing and chance.random() < 0.05:
            self.counts["thrown"] += 1
            self.spoilt = True
            error = Thrown(chance.random())
            # The first one comes out; the others become its context.
            self.thrown = self.thrown or error
            raise error
        return answer

    # ---- operations

    def call(self, end: SSL.Connection, what: Callable[[], Any]) -> Any:
        """Make a call; None when it has to be made again or the connection is over."""
        self.thrown = None
        return self.judge(end, what)

    def judge(self, end: SSL.Connection, what: Callable[[], Any]) -> Any:
        try:
            answer = what()
        except WANTS:
            self.counts["wants"] += 1
            return None
        except Thrown as error:
            assert error is self.thrown, "an exception of somewhere else"
            self.over = True
            return None
        except ENDS as error:
            self.counts["errors"] += 1
            assert self.spoilt or self.closing, f"nothing was spoilt: {error!r}"
            self.over = not isinstance(error, SSL.ZeroReturnError) or self.over
            return None
        assert self.thrown is None, "what a callback raised got lost"
        return answer

    def shake(self, end: SSL.Connection) -> None:
        self.call(end, end.do_handshake)

    def send(self, end: SSL.Connection) -> None:
        chance = self.chance
        data = self.again[end]
        if data is None:
            size = int(chance.paretovariate(0.4)) % 60_000
            start = chance.randrange(100_000)
            data = SEED_DATA[start : start + size]
        shape = chance.choice((bytes, bytearray, memoryview))
        whole = chance.random() < 0.3
        self.thrown = None
        try:
            taken = end.sendall(shape(data)) if whole else end.send(shape(data))
        except BaseException as error:
            taken = getattr(error, "bytes_sent", None) or 0
            self.sent[end] += data[:taken]
            self.again[end] = data[taken:]
            self.judge(end, functools.partial(raise_again, error))
            return
        assert (taken == len(data)) if whole else (0 < taken <= len(data) or not data), taken
        self.sent[end] += data[:taken]
        self.again[end] = data[taken:] or None

    def receive(self, end: SSL.Connection) -> bool:
        """Whether something came."""
        chance = self.chance
        size = int(chance.paretovariate(0.3)) % 100_000 + 1
        kind = chance.randrange(4)
        if kind == 0:
            peeked = self.call(end, lambda: end.recv(size, SSL_PEEK))
            if peeked is None:
                return False
            data = self.call(end, lambda: end.recv(len(peeked)))
            assert data is not None and peeked.startswith(data), "peeking told something else"
        elif kind == 1:
            room = bytearray(size)
            count = self.call(end, lambda: end.recv_into(room))
            if count is None:
                return False
            data = bytes(room[:count])
            assert not any(room[count:]), "more was written than was answered"
        else:
            data = self.call(end, lambda: end.recv(size))
            if data is None:
                return False
        assert 0 < len(data) <= size, f"recv answered {len(data)} bytes for {size}"
        at, other = self.got[end], self.other(end)
        there = bytes(self.sent[other])
        if self.closing:
            # A record that was made and not yet taken by the transport goes before the goodbye.
            there += self.again[other] or b""
        expected = there[at : at + len(data)]
        if not self.spoilt or expected:
            assert data == expected, f"other bytes than were sent, at {at}"
        self.got[end] = at + len(data)
        return True

    def move(self, end: SSL.Connection) -> None:
        """Some of what `end` wants to send goes on its way, some arrives."""
        chance = self.chance
        with contextlib.suppress(SSL.WantReadError):
            self.wire[end] += end.bio_read(int(chance.paretovariate(0.3)) % 70_000 + 1)
        other = self.other(end)
        for _ in range(chance.randrange(4)):
            size = int(chance.paretovariate(0.4)) % 40_000 + 1
            part = bytes(self.wire[end][:size])
            if part:
                assert other.bio_write(part) == len(part)
                del self.wire[end][:size]

    def ask(self, end: SSL.Connection) -> None:
        for question in self.chance.sample(QUESTIONS, 3):
            question(end)

    def spoil(self, end: SSL.Connection) -> None:
        """The network lies: a bit changes, bytes get lost, or it ends."""
        chance = self.chance
        if chance.random() > 0.02:
            return
        wire = self.wire[end]
        kind = chance.randrange(3)
        self.counts["spoilt"] += 1
        self.spoilt = True
        if kind == 0 and wire:
            wire[chance.randrange(len(wire))] ^= 1 << chance.randrange(8)
        elif kind == 1 and wire:
            del wire[: chance.randrange(len(wire))]
        else:
            self.other(end).bio_shutdown()

    def close(self, end: SSL.Connection) -> None:
        if self.chance.random() < 0.02 and self.got[end] == len(self.sent[self.other(end)]):
            self.closing = True
            self.call(end, end.shutdown)

    def limit(self, end: SSL.Connection) -> None:
        end.set_bio_limit(self.chance.choice((0, 1, 1000, 20_000)))

    def renew(self, end: SSL.Connection) -> None:
        if self.chance.random() < 0.05:
            gc.collect(0)

    def run(self) -> int:
        """The whole life; how many steps it had."""
        chance = self.chance
        names, weights = zip(*OPERATIONS, strict=True)
        for number in range(LIFE):
            end = self.ends[chance.random() < 0.5]
            chance.choices(names, weights)[0](self, end)
            if self.over and chance.random() < 0.1:
                return number + 1
        if not (self.over or self.spoilt or self.closing):
            self.finish()
        return LIFE

    def finish(self) -> None:
        """Nothing failed: everything arrives."""
        self.throwing = False
        for end in self.ends:
            end.set_bio_limit(0)
        for _ in range(40 + sum(map(len, self.sent.values())) // 1000):
            for end in self.ends:
                self.shake(end)
                if self.again[end]:
                    self.send(end)
                self.move(end)
                while self.wire[end]:
                    self.move(end)
                while not self.over and self.receive(end):
                    pass
            if all(self.got[e] == len(self.sent[self.other(e)]) for e in self.ends) and not any(
                self.again.values()
            ):
                break
        for end in self.ends:
            assert self.got[end] == len(self.sent[self.other(end)]), "bytes were lost"
        self.counts["delivered"] += 1


SSL_PEEK = 2
QUESTIONS: list[Callable[[SSL.Connection], Any]] = [
    SSL.Connection.pending,
    SSL.Connection.want_read,
    SSL.Connection.want_write,
    SSL.Connection.get_state_string,
    SSL.Connection.get_peer_certificate,
    SSL.Connection.get_verified_chain,
    SSL.Connection.get_cipher_name,
    SSL.Connection.get_session,
    SSL.Connection.get_finished,
    SSL.Connection.get_shutdown,
    SSL.Connection.get_servername,
    SSL.Connection.get_alpn_proto_negotiated,
    SSL.Connection.get_client_ca_list,
    SSL.Connection.get_shared_ciphers,
    SSL.Connection.get_context,
    SSL.Connection.session_reused,
]
REENTRANT: list[Callable[[SSL.Connection], Any]] = [
    *QUESTIONS,
    SSL.Connection.do_handshake,
    lambda end: end.recv(10),
    lambda end: end.send(b"from a callback"),
    lambda end: end.set_context(TWINS[end.get_context()]),
    lambda end: end.set_app_data(object()),
    lambda end: end.get_context().set_timeout(300),
    lambda end: end.set_verify(end.get_verify_mode(), lambda *_: True),
    lambda end: end.shutdown(),
    lambda _end: gc.collect(0),
]
OPERATIONS = (
    (Life.shake, 6),
    (Life.send, 8),
    (Life.receive, 12),
    (Life.move, 20),
    (Life.ask, 1),
    (Life.spoil, 2),
    (Life.close, 1),
    (Life.limit, 1),
    (Life.renew, 1),
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--lives", type=int, default=2**62)
    chosen = parser.parse_args()
    faulthandler.enable()
    pool = Pool()
    counts: Counter[str] = Counter()
    steps = lives = 0
    seed = chosen.seed
    books: list[int] = []
    started = time.monotonic()
    dead: list[Any] = []
    while steps < chosen.steps and lives < chosen.lives:
        faulthandler.dump_traceback_later(PATIENCE, exit=True)
        life = Life(pool, seed, counts)
        dead = [weakref.ref(end) for end in life.ends]
        try:
            steps += life.run()
        except BaseException:
            traceback.print_exc()
            print(f"seed {seed} failed; {steps} steps before it")
            return 1
        pool.life = None
        del life
        lives += 1
        seed += 1
        if lives % 100 == 0:
            gc.collect()
            assert all(ref() is None for ref in dead), "a connection outlives its life"
            books.append(memory.in_use())
    faulthandler.cancel_dump_traceback_later()
    # A leak shows in every window; caches that still fill do not.
    half = books[len(books) // 2 :]
    slope = (min(half[len(half) // 2 :]) - min(half[: len(half) // 2])) if len(half) > 3 else 0
    leaking = slope > LEAK * 100 * max(len(half) // 2, 1)
    told = ", ".join(f"{number} {what}" for what, number in sorted(counts.items()))
    print(
        f"{steps} steps in {lives} lives ({time.monotonic() - started:.0f} s): {told}; "
        f"memory {slope:+} bytes over {len(half) * 50} lives{' LEAK' if leaking else ''}"
    )
    return 1 if leaking else 0


if __name__ == "__main__":
    sys.exit(main())
