"""Early data across a fleet: what a ticket brings is taken once, whichever process it comes to.

Theory.  Early data can be replayed: anyone who has recorded a client's first flight may send it
again, to this process or to another one.  libssl keeps that off one process alone, with sessions
that it has in memory.  Here tickets are sealed with the fleet's keys, and each is noted in the
store when its early data is about to be taken, in one atomic step.  Who finds it noted refuses.
So does who hears nothing in time, and a store that may have forgotten: one that was lost, or
began after the ticket was made.  The handshake goes on each time, and the client sends its
data after it.

A ticket is known by its key, which is another one for each ticket (RFC 8446, 4.6.1), and which
nobody can change in a recorded flight.
"""

from __future__ import annotations

import hashlib

from OpenSSL import SSL
from OpenSSL._native.ssl.early_data import set_once_hook
from OpenSSL.fleet.limits import Limited

TYPE_CHECKING = False
if TYPE_CHECKING:
    from OpenSSL.fleet.counters import Counters

__all__ = ["EarlyData"]


class EarlyData:
    """Decides whether a Context's early data has come for the first time."""

    def __init__(
        self, store: Limited, counters: Counters, *, name: str = "default", skew: float = 60
    ) -> None:
        """Note tickets of the fleet called ``name``, whose clocks differ by ``skew`` seconds."""
        self.store: Limited = store
        self.counters: Counters = counters
        self.skew: float = skew
        self._prefix = f"early:{name}:".encode()

    def attach(self, context: SSL.Context) -> None:
        """Ask here about the early data of ``context``, and let its tickets hold all.

        Otherwise a session is single use within one process only (SSL_CTX_set_options(3)).
        """
        set_once_hook(context, self.allow)
        context.set_options(SSL.OP_NO_ANTI_REPLAY)

    def begin(self) -> None:
        """Have the store begin to count from now on, where it does not do so yet.

        Raises what the store raises.
        """
        self.store.store.add(self._prefix + b"begin", b"", 0, -1.0)

    def allow(self, connection: SSL.Connection) -> bool:
        """Whether this is the first time that the ticket of ``connection`` brings early data."""
        session = connection.get_session()
        if session is None or connection.get_psk_identity() is not None:
            return False  # a key that was agreed on beforehand is no ticket: it comes again
        entry = hashlib.sha256(b"brisktls early data" + session.get_master_key()).digest()
        first = self.store.once(
            self._prefix + entry,
            # The slowest clock accepts the ticket for so long, the fastest one has made it.
            session.get_timeout() + 2 * self.skew,
            session.get_time() - self.skew,
        )
        if first is not None:
            self.counters.count("early_taken" if first else "early_refused")
        return first is True
