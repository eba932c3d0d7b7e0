"""Connections whose Contexts, sessions, keys and hooks come and go, all of them at random.

    churn.py [--seconds N | --lives N] [--seed N] [--trace]

Every hook there is, for each of which a die says whether it returns what is good or what is
nonsense, raises, asks for time, or does anything at all to its own connection, to its peer
and to their Contexts.  Whatever can be forgotten is forgotten at some time.  It is to be run
over a core with sanitizers too: ``make sanitize ARGS=churn``.  What must hold: no crash, no
class of exception but the documented ones, what a hook raises comes out of the very call that
ran it, and a connection whose handshake a hook has failed moves no byte.  A life that fails says
its seed, which repeats it.
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
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import churn_calls

from kit import authority, contexts, scenes, shared
from OpenSSL import SSL, crypto
from OpenSSL._native.ssl.early_data import set_once_hook

#: Longest time for one life, in seconds.
PATIENCE = 120
DOCUMENTED = (*churn_calls.REFUSALS, SSL.Error, crypto.Error, TimeoutError)
NONSENSE: tuple[object, ...] = (
    None,
    False,
    0,
    -1,
    b"",
    b"x",
    "text",
    1.5,
    (),
    (b"a", b"b"),
    [],
    object(),
    b"x" * 70_000,
)
VERSIONS = ("TLSv1.2", "TLSv1.3", None, "DTLS")
NUMBER = scenes.NUMBER

Hook = Callable[..., Any]
#: How each hook is set, and what it returns that is good.
SETTERS: dict[str, tuple[Callable[[SSL.Context, Hook], Any], Any]] = {
    "alpn": (SSL.Context.set_alpn_select_callback, b"h2"),
    "name": (SSL.Context.set_tlsext_servername_callback, None),
    "hello": (SSL.Context.set_client_hello_callback, True),
    "certificate": (SSL.Context.set_cert_callback, None),
    "verify": (lambda context, hook: context.set_verify(SSL.VERIFY_PEER, hook), True),
    "judge": (SSL.Context.set_cert_verify_callback, True),
    "security": (SSL.Context.set_security_callback, True),
    "info": (SSL.Context.set_info_callback, None),
    "keylog": (SSL.Context.set_keylog_callback, None),
    "message": (SSL.Context.set_message_callback, None),
    "staple": (SSL.Context.set_ocsp_server_callback, contexts.STAPLE),
    "stapled": (SSL.Context.set_ocsp_client_callback, True),
    "psk client": (SSL.Context.set_psk_client_callback, (shared.IDENTITY, shared.KEY)),
    "psk server": (SSL.Context.set_psk_server_callback, shared.KEY),
    "psk use": (SSL.Context.set_psk_use_session_callback, (shared.IDENTITY, shared.SESSION)),
    "psk find": (SSL.Context.set_psk_find_session_callback, shared.SESSION),
    "session new": (SSL.Context.set_session_new_callback, None),
    "session get": (SSL.Context.set_session_get_callback, None),
    "ticket make": (SSL.Context.set_session_ticket_callback, b"data"),
    "ticket take": (
        lambda context, hook: context.set_session_ticket_callback(None, hook),
        SSL.TICKET_RETURN_USE,
    ),
    "early": (SSL.Context.set_allow_early_data_callback, True),
    "early once": (set_once_hook, True),
    "say": (lambda context, hook: context.add_custom_ext(NUMBER, scenes.IN_HELLOS, hook), b"said"),
    "hear": (
        lambda context, hook: context.add_custom_ext(
            NUMBER + 1, scenes.IN_HELLOS, lambda *_: b"", hook
        ),
        True,
    ),
    "padding": (SSL.Context.set_record_padding_callback, 0),
    "cookie": (SSL.Context.set_cookie_generate_callback, scenes.COOKIE),
    "cookie back": (SSL.Context.set_cookie_verify_callback, True),
}
MAY_WAIT = ("hello", "certificate", "judge")
OVER = b"SSL negotiation finished successfully"
BEFORE = b"before SSL initialization"


class Thrown(Exception):
    """What a hook raises."""


REMOVED: list[bytes] = []


def on_removed(_context: SSL.Context, session: SSL.Session) -> None:
    """Not a method of a life: what goes with its Context may be told when that is empty already."""
    REMOVED[:] = [session.get_id()]


def chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__context__


class Life:
    """Some pairs, one after the other, and everything that they leave to each other."""

    def __init__(self, seed: int, counts: Counter[str], trace: bool) -> None:
        self.chance = chance = random.Random(seed)
        self.counts = counts
        self.trace = trace
        self.version = chance.choice(VERSIONS)
        #: How often hooks do something else than they should.
        self.wild = chance.choice((0.0, 0.0, 0.05, 0.3))
        self.wrong = chance.choice((0.0, 0.0, 0.02, 0.1))
        self.known: list[SSL.Context] = []
        self.sessions: list[SSL.Session] = []
        #: For each call under way what hooks have raised in it.
        self.thrown: list[list[BaseException]] = []
        self.failed: set[SSL.Connection] = set()
        self.shaken: set[SSL.Connection] = set()
        self.pair: tuple[SSL.Connection, SSL.Connection] | None = None

    # ---- Contexts

    def context(self) -> SSL.Context:
        chance = self.chance
        datagrams = self.version == "DTLS"
        made = SSL.Context(SSL.DTLS_METHOD if datagrams else SSL.TLS_METHOD)
        if self.version in contexts.VERSIONS:
            made.set_min_proto_version(contexts.VERSIONS[self.version])
            made.set_max_proto_version(contexts.VERSIONS[self.version])
        if chance.random() < 0.2:
            certificate = scenes.vault()[0]
            made.use_certificate(certificate)
            made.use_privatekey(scenes.sign_by(self.hook("sign", True), self.an_end))
        else:
            churn_calls.use_identity(made, chance)
        made.load_verify_locations(str(authority.trust_file()))
        made.set_session_id(b"churn")
        made.set_verify(chance.choice((0, 0, 1, 1, 3, 5)))
        if chance.random() < 0.3:
            made.set_max_early_data(1000)
        if chance.random() < 0.3:
            made.set_options(SSL.OP_NO_TICKET)
        if datagrams and chance.random() < 0.5:
            made.set_options(SSL.OP_COOKIE_EXCHANGE)
        if chance.random() < 0.2:
            made.set_cipher_list(b"PSK:ALL")
        for name in SETTERS:
            if chance.random() < 0.25:
                self.set_one(made, name)
        if chance.random() < 0.3:
            made.set_session_remove_callback(on_removed)
        made.set_session_cache_mode(chance.choice((0, 1, 2, 3, 0x301)))
        return made

    def set_one(self, context: SSL.Context, name: str) -> None:
        setter, answer = SETTERS[name]
        setter(context, self.hook(name, answer))

    def set_some(self, context: SSL.Context) -> None:
        self.set_one(context, self.chance.choice(sorted(SETTERS)))

    def drop_some(self, context: SSL.Context) -> None:
        setter = SETTERS[self.chance.choice(sorted(SETTERS))][0]
        setter(context, None)  # type: ignore[arg-type]

    def keep(self, session: SSL.Session | None) -> None:
        if session is not None:
            self.sessions.append(session)

    def a_session(self) -> SSL.Session:
        if not self.sessions:
            raise ValueError("there is no session yet")
        return self.chance.choice(self.sessions)

    def a_context(self) -> SSL.Context:
        if self.known and self.chance.random() < 0.7:
            return self.chance.choice(self.known)
        made = self.context()
        if self.chance.random() < 0.5:
            self.known.append(made)
        return made

    def an_end(self) -> SSL.Connection:
        assert self.pair is not None
        return self.chance.choice(self.pair)

    # ---- hooks

    def hook(self, name: str, answer: Any) -> Hook:
        return lambda *told: self.in_hook(name, told, answer)

    def in_hook(self, name: str, told: tuple[Any, ...], answer: Any) -> Any:
        chance = self.chance
        self.counts["hooks"] += 1
        end = told[0]
        if name == "session new" and chance.random() < 0.5:
            self.sessions.append(told[1])
        if name == "session get" and self.sessions and chance.random() < 0.7:
            answer = chance.choice(self.sessions)
        if len(self.thrown) < 3 and chance.random() < self.wild:
            for _ in range(chance.randrange(1, 4)):
                self.step(end if chance.random() < 0.8 else self.an_end())
        if name in MAY_WAIT and chance.random() < 0.2:
            self.counts["waits"] += 1
            raise SSL.WantX509LookupError
        if chance.random() < self.wrong:
            if chance.random() < 0.5:
                self.counts["nonsense"] += 1
                return chance.choice(NONSENSE)
            self.counts["thrown"] += 1
            error = Thrown(name)
            self.thrown[-1].append(error)
            # Where no call of this connection is under way it is nobody's handshake.  A call that
            # ends one may send data as well; and a server that asks for another one has only
            # asked: it begins with the client's hello.
            # A security callback cannot ask its connection, and comes in handshakes only.  Before
            # early data a key is asked for where there is no hello yet: that can be done again.
            harmless = (
                () if name == "security" else (OVER, BEFORE) if name == "psk use" else (OVER,)
            )
            if (
                name != "sign"
                and end not in self.shaken
                and (not harmless or end.get_state_string() not in harmless)
            ):
                self.failed.add(end)
            raise error
        return answer

    # ---- calls

    def call(self, name: str, what: Callable[[], Any], end: SSL.Connection) -> None:
        if self.trace:
            print("  " * len(self.thrown), name, flush=True)
        self.thrown.append([])
        error: BaseException | None = None
        got: Any = None
        try:
            got = what()
        except (*DOCUMENTED, Thrown) as caught:
            error = caught
        raised = self.thrown.pop()
        if raised and name == "recv" and got:
            # Nothing that has come is lost: what a later record's hook raised waits for a call.
            self.counts["waited for"] += 1
            try:
                end.recv(1)
            except (*DOCUMENTED, Thrown) as caught:
                error = caught
        if raised:
            # The first failure comes out: nonsense that a hook returned may have been one.
            assert raised[0] in chain(error), f"{name}: {error!r} instead of what a hook raised"
        else:
            assert not isinstance(error, Thrown), f"{name}: an exception of somewhere else"
        self.counts["refused" if error else "done"] += 1
        if error is None and name in ("do_handshake", "send", "recv"):
            assert end not in self.failed, f"{name} goes on past a hook that has failed"
            if name == "do_handshake" and end not in self.shaken:
                self.shaken.add(end)
                self.counts["shaken"] += 1

    def step(self, end: SSL.Connection) -> None:
        """Any call at all."""
        calls = churn_calls.of(end, self)
        name = self.chance.choice(sorted(calls))
        if name == "again":
            self.failed.discard(end)
            self.shaken.discard(end)
        self.call(name, calls[name], end)

    def move(self, source: SSL.Connection, target: SSL.Connection) -> None:
        with contextlib.suppress(SSL.Error):
            for _ in range(self.chance.randrange(1, 5)):
                target.bio_write(source.bio_read(70_000))

    def begin(self) -> None:
        server, client = (SSL.Connection(self.a_context(), None) for _ in range(2))
        server.set_accept_state()
        client.set_connect_state()
        self.pair = server, client
        self.failed, self.shaken = set(), set()
        client.set_tlsext_host_name(b"brisk.test")
        client.set_alpn_protos([b"h2"])
        if self.chance.random() < 0.3:
            client.request_ocsp()
        if self.sessions and self.chance.random() < 0.7:
            session = self.chance.choice(self.sessions)
            self.call("set_session", lambda: client.set_session(session), client)
        if self.chance.random() < 0.3:
            self.call("write_early", lambda: client.write_early_data(b"early"), client)

    def run(self, steps: int = 60) -> None:
        chance = self.chance
        for _ in range(3):
            self.begin()
            assert self.pair is not None
            for _ in range(steps):
                one, other = self.pair if chance.random() < 0.5 else self.pair[::-1]
                die = chance.random()
                if die < 0.4:
                    self.call("do_handshake", one.do_handshake, one)
                elif die < 0.7:
                    self.move(one, other)
                elif die < 0.78:
                    data = bytes(chance.choice((1, 100, 17_000)))
                    self.call("send", functools.partial(one.send, data), one)
                elif die < 0.86:
                    self.call("recv", functools.partial(one.recv, 70_000), one)
                elif die < 0.89:
                    self.call("read_early", functools.partial(one.read_early_data, 100), one)
                else:
                    self.step(one)
            self.keep(self.pair[1].get_session())
            del one, other
            if chance.random() < 0.5:
                self.known.clear()
            self.pair = None
            if chance.random() < 0.2:
                gc.collect()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--lives", type=int, default=2**62)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--trace", action="store_true")
    chosen = parser.parse_args()
    faulthandler.enable()
    lost: list[str] = []
    sys.unraisablehook = lambda told: lost.append(f"{told.exc_value!r} in {told.object!r}")
    counts: Counter[str] = Counter()
    started = time.monotonic()
    lives, findings = 0, 0
    while lives < chosen.lives and time.monotonic() < started + chosen.seconds:
        faulthandler.dump_traceback_later(PATIENCE, exit=True)
        try:
            Life(chosen.seed + lives, counts, chosen.trace).run()
            assert not lost, lost
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            traceback.print_exc()
            print(f"seed {chosen.seed + lives} failed", flush=True)
            findings += 1
            lost.clear()
        lives += 1
    faulthandler.cancel_dump_traceback_later()
    told = ", ".join(f"{number} {what}" for what, number in sorted(counts.items()))
    print(f"{lives} lives ({time.monotonic() - started:.0f} s): {told}; {findings} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
