"""Random rules of then, rules of now, and the way from one to the other, against full handshakes.

    rules.py --cases N [--seconds N] [--seed N] [--only WAY]

One case is a handshake by some rules, whose session is then offered in a handshake by others,
which come to a connection in one of many ways; and a control that does the same without a
session.  Whoever the control refuses must not be let in, and whoever it lets in must not be
refused, but where rules change in the middle of a handshake that has resumed already: there a
refusal may say so.  Where nothing has changed the session has to be resumed: else nothing
would be shown.  A case that fails prints itself; the same seed repeats it.
"""

from __future__ import annotations

import argparse
import random
import ssl
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import rule_extras
from rule_extras import EXTRAS
from rule_sets import (
    HOST,
    NONE,
    TICKETS,
    TOO_LATE,
    VERSIONS,
    Connected,
    Rules,
    blank,
    draw,
    identify,
    judge_by,
    judge_here,
    move,
    near,
    shake,
)

from kit.strangers import stranger, visit_stranger
from OpenSSL import SSL

#: Ways in which rules come with a Context, and none of the connection's own.
FOR_CONTEXTS = ("context", "bytes", "name", "protocol", "keys")
KNOWN_TO_STRANGERS = ("TLS 1.2", "TLS 1.3")

# ---- cases


class Case:
    """One sequence; `judge` is the side whose rules change."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.server = self.random.random() < 0.5
        self.version = self.random.choice(VERSIONS)
        self.way = self.random.choice(sorted(SERVER_WAYS if self.server else CLIENT_WAYS))
        self.then = draw(self.random, self.server)
        if self.random.random() < 0.7:  # most begin with a session
            self.then = replace(
                self.then,
                trust="xy",
                flags=0,
                depth=100,
                host=self.then.host and HOST,
                extra=self.random.choice((None,) * 4 + (*rule_extras.lenient(self.server),)),
            )
        self.now = near(self.random, self.then, self.server)
        self.peer = self.random.choice(("x", "x", "y", "") if self.server else ("x", "x", "y"))
        self.no_tickets = self.random.random() < 0.3
        self.changed = self.then != self.now

    def __str__(self) -> str:
        side = "server" if self.server else "client"
        return (
            f"{side} {self.version} {self.way!r}, peer of {self.peer!r}, "
            f"{'no tickets, ' if self.no_tickets else ''}\n  then {self.then}\n  now  {self.now}"
        )

    # -- both sides' Contexts

    def context(self, rules: Rules | None) -> SSL.Context:
        """One of the side that judges."""
        context = blank(self.version)
        if self.server:
            identify(context, "x", client=False)
            if self.no_tickets:
                context.set_options(SSL.OP_NO_TICKET)
        if rules is not None:
            judge_by(context, rules, of_clients=self.server)
        return context

    def peers_context(self) -> SSL.Context:
        context = blank(self.version)
        if self.peer:
            identify(context, self.peer, client=self.server)
        if not self.server and self.no_tickets:
            context.set_options(SSL.OP_NO_TICKET)
        return context

    def connect(self, judging: SSL.Context, peer: SSL.Context) -> Connected:
        server = SSL.Connection(judging if self.server else peer, None)
        server.set_accept_state()
        client = SSL.Connection(peer if self.server else judging, None)
        client.set_connect_state()
        client.set_tlsext_host_name(HOST)
        client.set_alpn_protos([b"p"])
        if "staple" in f"{self.then.extra} {self.now.extra}":
            client.request_ocsp()
        return server, client

    def judge(self, ends: Connected) -> SSL.Connection:
        return ends[0] if self.server else ends[1]

    # -- one case

    def run(self, counts: Counter[str]) -> None:
        first = self.context(self.then)
        peer = self.peers_context()
        if self.way == "protocol" or self.way == "name":
            prepare_hooks(first, self)
        ends = self.connect(first, peer)
        if self.then.host is not None and not self.server:
            ends[1].set_host(self.then.host)
        if shake(*ends) != [None, None]:
            counts["no session"] += 1
            return
        session = ends[1].get_session()
        if session is None or not session.is_resumable():
            counts["no session"] += 1
            return
        ways = SERVER_WAYS if self.server else CLIENT_WAYS
        attempt, control = ways[self.way](self, first, peer, ends, session)
        if self.way == "stranger" and attempt[0].session_reused():
            counts["of a stranger, resumed"] += 1
        self.compare(attempt, control, counts)

    def compare(
        self,
        attempt: tuple[SSL.Connection, Any],
        control: tuple[SSL.Connection, Any],
        counts: Counter[str],
    ) -> None:
        end, outcome = attempt
        _end, expected = control
        resumed = outcome is None and end.session_reused()
        counts["resumed" if resumed else "full" if outcome is None else "refused"] += 1
        if self.changed:
            counts["changed"] += 1
        if resumed and self.changed:
            counts["resumed though something changed"] += 1
        if (
            self.way == "late"
            and outcome is not None
            and any(each in str(outcome) for each in TOO_LATE)
        ):
            counts["refused in the middle"] += 1
            return
        assert (outcome is None) == (expected is None), (
            f"with a session {outcome!r}, without {expected!r}, resumed: {resumed}"
        )
        if not self.changed and outcome is None and self.must_resume():
            counts["had to be resumed"] += 1
            assert resumed, "nothing has changed, and the handshake was a full one"

    def must_resume(self) -> bool:
        for name in (self.then.extra, self.now.extra):
            if name is not None and (self.way not in FOR_CONTEXTS or not EXTRAS[name].lasts):
                return False
        asked = self.server and self.now.mode == NONE
        return asked or self.now.judge is None

    # -- what ways have in common

    def both(
        self,
        make: Callable[[], Connected],
        session: SSL.Session,
    ) -> tuple[tuple[SSL.Connection, Any], tuple[SSL.Connection, Any]]:
        """The same with the session and without."""
        done = []
        for each in (session, None):
            ends = make()
            if each is not None:
                ends[1].set_session(each)
            results = shake(*ends)
            done.append((self.judge(ends), results[0 if self.server else 1]))
        return done[0], done[1]

    def fresh(self, judging: SSL.Context, peer: SSL.Context, rules: Rules) -> Connected:
        ends = self.connect(judging, peer)
        if not self.server and rules.host is not None:
            ends[1].set_host(rules.host)
        return ends


Way = Callable[[Case, SSL.Context, SSL.Context, Connected, SSL.Session], Any]


def by_context(case: Case, first: SSL.Context, peer: SSL.Context, _ends: Any, session: Any) -> Any:
    """The Context itself is changed; what it trusts only grows."""
    judge_by(first, case.now, of_clients=case.server)
    case.changed |= case.now.service != case.then.service
    return case.both(lambda: case.fresh(first, peer, case.now), session)


def by_connection(
    case: Case, first: SSL.Context, peer: SSL.Context, _ends: Any, session: Any
) -> Any:
    case.changed |= own_level_counts(case)

    def make() -> Connected:
        ends = case.connect(first, peer)
        judge_here(case.judge(ends), case.now, case.server)
        return ends

    return case.both(make, session)


def own_level_counts(case: Case) -> bool:
    # Callbacks and names that were there before are another's here.
    return case.then.judge is not None or case.then.host != case.now.host


def by_move(case: Case, first: SSL.Context, peer: SSL.Context, _ends: Any, session: Any) -> Any:
    other = case.context(case.now)

    def make() -> Connected:
        ends = case.fresh(first, peer, case.now)
        case.judge(ends).set_context(other)
        return ends

    return case.both(make, session)


def in_hook(point: Callable[[SSL.Connection, int], bool], after: bool = False) -> Way:
    """Rules that an info callback sets at some point of the handshake."""

    def way(case: Case, first: SSL.Context, peer: SSL.Context, _ends: Any, session: Any) -> Any:
        case.changed |= own_level_counts(case) or (after and case.now.host is not None)

        def make() -> Connected:
            ends = case.connect(first, peer)
            done: list[bool] = []

            def tell(end: SSL.Connection, where: int, _value: int) -> None:
                if not done and point(end, where):
                    done.append(True)
                    judge_here(end, case.now, case.server)

            case.judge(ends).set_info_callback(tell)
            return ends

        return case.both(make, session)

    return way


at_start = in_hook(lambda _end, where: bool(where & SSL.SSL_CB_HANDSHAKE_START))
late = in_hook(
    lambda end, where: (
        bool(where & SSL.SSL_CB_LOOP)
        and b"hello" in end.get_state_string().lower()
        and b"before" not in end.get_state_string().lower()
    ),
    after=True,
)


# -- the client's


def again(case: Case, first: SSL.Context, peer: SSL.Context, ends: Connected, _old: Any) -> Any:
    """The same Connection shakes hands once more, and libssl would offer its session."""
    server, client = SSL.Connection(peer, None), ends[1]
    server.set_accept_state()
    client.set_connect_state()
    judge_here(client, case.now, False)
    case.changed |= own_level_counts(case)
    move(client, server), move(server, client)  # what is left of before
    server = SSL.Connection(peer, None)
    server.set_accept_state()
    results = shake(server, client)
    control = case.connect(first, peer)
    if case.then.host is not None and case.now.host is None:
        control[1].set_host(case.then.host)
    judge_here(control[1], case.now, False)
    return (client, results[1]), (control[1], shake(*control)[1])


def by_bytes(
    case: Case, first: SSL.Context, peer: SSL.Context, _ends: Any, session: SSL.Session
) -> Any:
    other = case.context(case.now)
    read = SSL.Session.from_bytes(session.to_bytes(), other)
    return case.both(lambda: case.fresh(other, peer, case.now), read)


# -- the server's


def prepare_hooks(first: SSL.Context, case: Case) -> None:
    """A hook chooses the same Context at first, and another one from then on."""
    case.chosen = [case.context(case.then)]  # type: ignore[attr-defined]

    def choose(connection: SSL.Connection, *rest: Any) -> Any:
        connection.set_context(case.chosen[-1])  # type: ignore[attr-defined]
        return rest[0][0] if rest else None

    if case.way == "name":
        first.set_tlsext_servername_callback(choose)
    else:
        first.set_alpn_select_callback(choose)


def by_hook(case: Case, first: SSL.Context, peer: SSL.Context, _ends: Any, session: Any) -> Any:
    case.chosen.append(case.context(case.now))  # type: ignore[attr-defined]
    return case.both(lambda: case.connect(first, peer), session)


def by_keys(case: Case, first: SSL.Context, peer: SSL.Context, _ends: Any, session: Any) -> Any:
    """Another process, as it were, that knows the keys of the tickets."""
    other = case.context(case.now)
    for each in (first, other):
        each.set_ticket_keys(TICKETS)
    ends = case.connect(first, peer)
    assert shake(*ends) == [None, None]
    session = ends[1].get_session()
    case.changed |= case.no_tickets
    return case.both(lambda: case.connect(other, peer), session)


def by_stranger(
    case: Case, first: SSL.Context, peer: SSL.Context, ends: Connected, session: Any
) -> Any:
    """Another program that knows the keys of the tickets, and nothing of stamps."""
    if case.version not in KNOWN_TO_STRANGERS:
        return by_keys(case, first, peer, ends, session)
    asks = case.random.random() < 0.3
    other = stranger(
        case.random.choice((b"service", b"service", b"another")),
        TICKETS[0],
        version=case.version.replace(" ", "v"),
        client=asks,
    )
    now = case.context(case.now)
    now.set_ticket_keys(TICKETS)
    case.changed = True  # so that nothing has to be resumed
    try:
        session = visit_stranger(other, peer, name=HOST)[1]
    except (ssl.SSLError, SSL.Error):
        session = None  # a client that it does not know
    attempt, control = case.both(lambda: case.connect(now, peer), session)
    server = attempt[0]
    if attempt[1] is None and server.session_reused():
        assert case.now.mode == NONE and case.now.shared and not asks
        assert server.get_peer_certificate() is None
    return attempt, control


CLIENT_WAYS: dict[str, Way] = {
    "context": by_context,
    "connection": by_connection,
    "move": by_move,
    "start": at_start,
    "late": late,
    "again": again,
    "bytes": by_bytes,
}
SERVER_WAYS: dict[str, Way] = {
    "context": by_context,
    "connection": by_connection,
    "move": by_move,
    "start": at_start,
    "late": late,
    "name": by_hook,
    "protocol": by_hook,
    "keys": by_keys,
    "stranger": by_stranger,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, help="stop after so long")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", help="one way alone")
    words = parser.parse_args()
    counts: Counter[str] = Counter()
    begun = time.monotonic()
    findings = 0
    for number in range(words.cases):
        case = Case(words.seed * 10_000_000 + number)
        if words.only and case.way != words.only:
            continue
        if words.seconds is not None and time.monotonic() - begun > words.seconds:
            break
        counts["cases"] += 1
        try:
            case.run(counts)
        except Exception as error:
            findings += 1
            what = f"{type(error).__name__}: {error}"
            print(f"case {number}, seed {words.seed}: {case}\n  {what}", flush=True)
            if findings >= 20:
                break
    for name, count in sorted(counts.items()):
        print(f"{count:9} {name}")
    print(f"{time.monotonic() - begun:.0f} s; {findings} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
