"""One question to a server at a time: a connection, an offer, and what came of it.

A scan is many of these, so this is also where it is polite: how many stand open at
once, how soon one may follow another, and when to stop asking.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

from OpenSSL import SSL, crypto

from .dial import Call, begin, redial
from .failures import Failure
from .options import Asked
from .scan_hello import Hellos
from .scan_outcome import (
    FAILED,
    REFUSED,
    UNTRIED,
    Offer,
    Probe,
    agreed,
    cipher_string,
    outcome,
    words_of,
)
from .settings import client_context
from .trust import Verdict
from .waiting import Deadline

__all__ = ["Prober"]

#: Failures that are not an answer of TLS: asking again may end differently.
_NO_ANSWER = {
    *("name-resolution", "refused", "timeout", "unreachable", "network", "proxy"),
    *("starttls-refused", "starttls-broken"),
}
#: This many of them one after another, and the server is left alone.
_PATIENCE = 5


class Prober:
    """Asks one server, politely, from any number of threads."""

    def __init__(
        self,
        asked: Asked,
        ask_passphrase: Callable[[str], bytes],
        *,
        parallel: int,
        delay: float,
        seconds: float,
    ) -> None:
        self.asked = asked
        self.connections = 0
        #: Called with each new connection, to show how far things are.
        self.on_connection: Callable[[int], object] = lambda number: None
        self.certificate_asked = False
        self.offers_compression = False
        #: Why no more questions are asked, once that is so.
        self.stopped: str | None = None
        self.last_failure: Failure | None = None
        self._ask_passphrase = functools.cache(ask_passphrase)
        self._places = threading.BoundedSemaphore(parallel)
        self._lock = threading.Lock()
        self._delay = delay
        self._next = 0.0
        self._ends = time.monotonic() + seconds
        self._over = f"the scan's {seconds:g} seconds were over"
        self._silent = 0
        self._woken = threading.Event()
        self._open: set[Call] = set()
        self._certificates: dict[bytes, Probe] = {}

    def stop(self, reason: str) -> None:
        """Ask nothing more; what is under way comes to its end."""
        self.stopped = self.stopped or reason
        self._woken.set()

    def abandon(self) -> None:
        """End also what is under way."""
        self.stop("it was interrupted")
        for call in list(self._open):
            if hasattr(call, "opened"):
                with contextlib.suppress(OSError):
                    call.opened.socket.shutdown(socket.SHUT_RDWR)

    def certificates(self) -> list[Probe]:
        """Return a probe for each certificate that the server showed."""
        return list(self._certificates.values())

    def pace(self) -> None:
        """Wait until one more connection is polite; raise :class:`Failure` if there is none."""
        with self._lock:
            start = max(time.monotonic(), self._next)
            self._next = start + self._delay
        if start >= self._ends:
            self.stop(self._over)
        self._woken.wait(max(0.0, start - time.monotonic()))
        if self.stopped:
            raise Failure("timeout", self.stopped)
        with self._lock:
            self.connections += 1
        self.on_connection(self.connections)

    @property
    def timeout(self) -> float:
        """Seconds for one connection."""
        return max(0.001, min(self.asked.timeout, self._ends - time.monotonic()))

    def ask(self, offer: Offer, action: Callable[[Call], Any] | None = None) -> Probe:
        """Make *offer*, call *action* on what came of it, and tell the outcome."""
        hellos = Hellos(datagrams=self.asked.settings.datagrams)
        try:
            call = self._call(offer, hellos)
        except Failure as failure:
            if failure.kind == "file":
                raise
            return Probe(offer, UNTRIED, failure.kind, f"this libssl cannot: {failure.line}")
        try:
            with self._places:
                self.pace()
                probe = self._asked(call, offer, hellos, action)
                self._note(probe, hellos)
                return probe
        except Failure as failure:
            return Probe(offer, UNTRIED, failure.kind, failure.line)

    def again(self, call: Call) -> Call:
        """Connect as *call* did, with its session, and return the call that is over then."""
        with self._places:
            self.pace()
            try:
                second = redial(call, self.timeout)
            except Failure as failure:
                raise Failure(failure.kind, words_of(failure, call)) from failure
            second.close()
            return second

    def _note(self, probe: Probe, hellos: Hellos) -> None:
        with self._lock:
            self.certificate_asked = self.certificate_asked or probe.certificate_asked
            self.offers_compression = self.offers_compression or hellos.compression_offered
            if probe.chain:
                leaf = crypto.dump_certificate(crypto.FILETYPE_ASN1, probe.chain[0])
                self._certificates.setdefault(leaf, probe)

    def _call(self, offer: Offer, hellos: Hellos) -> Call:
        asked = self.asked
        settings = dataclasses.replace(
            asked.settings,
            minimum=offer.version,
            maximum=offer.version,
            ciphers=cipher_string(offer),
            groups=":".join(offer.groups) or None,
            sigalgs=":".join(offer.signatures) or None,
            alpn=offer.alpn,
        )
        verdict = Verdict(asked.name, enforce=False)
        context = client_context(settings, verdict, self._ask_passphrase)
        # Servers that cannot tie a renegotiation to what came before are looked at too.
        context.set_options(SSL.OP_LEGACY_SERVER_CONNECT)
        context.clear_options(SSL.OP_NO_COMPRESSION)
        if not offer.tickets:
            context.set_options(SSL.OP_NO_TICKET)
        context.set_message_callback(hellos.watch)
        deadline = Deadline(self.timeout)
        call = Call(asked.target, settings, asked.name, verdict, deadline, context, asked.route)
        call.starttls_protocol = asked.protocol
        return call

    def _asked(
        self, call: Call, offer: Offer, hellos: Hellos, action: Callable[[Call], Any] | None
    ) -> Probe:
        # Waiting for a turn is not the server's time.
        call.deadline = Deadline(self.timeout)
        self._open.add(call)
        try:
            begin(call)
        except Failure as failure:
            self._open.discard(call)
            return self._failed(call, offer, hellos, failure)
        try:
            self._answered()
            probe = outcome(call, offer, hellos)
            if action is not None:
                _act(probe, action, call)
            return probe
        finally:
            self._open.discard(call)
            call.close()

    def _failed(self, call: Call, offer: Offer, hellos: Hellos, failure: Failure) -> Probe:
        if failure.kind in _NO_ANSWER:
            self._silence(failure)
            return Probe(offer, FAILED, failure.kind, words_of(failure, call))
        if not hellos.sent:
            words = f"this libssl cannot: {words_of(failure, call)}"
            return Probe(offer, UNTRIED, failure.kind, words)
        self._answered()
        if not agreed(call, hellos):
            return Probe(offer, REFUSED, failure.kind, words_of(failure, call))
        # The server agreed; that the handshake went no further is another matter.
        probe = outcome(call, offer, hellos)
        probe.convinced = call.certificate_asked
        probe.kind, probe.words = failure.kind, words_of(failure, call)
        return probe

    def _answered(self) -> None:
        self._silent = 0

    def _silence(self, failure: Failure) -> None:
        self.last_failure = failure
        self._silent += 1
        if self._silent >= _PATIENCE:
            self.stop(f"left alone after {_PATIENCE} failures in a row ({failure.line})")


def _act(probe: Probe, action: Callable[[Call], Any], call: Call) -> None:
    try:
        probe.found = action(call)
    except Failure as failure:
        probe.kind, probe.words = failure.kind, words_of(failure, call)
