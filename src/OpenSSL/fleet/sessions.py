"""The sessions of a fleet: what one process keeps, every other one can resume.

Theory.  Tickets need no store.  This is for clients and servers without them: TLS 1.2 with
session ids, and TLS 1.3 with ``OP_NO_TICKET``.  An entry is sealed under the session's id and the
ring's epoch, so it cannot take another's place, and none is opened after a revocation.
Whom it lets in is decided by its stamp, as for every session.  A handshake asks the store
once at most; what it keeps, it keeps in the background.

libssl asks in the middle of a handshake (SSL_CTX_sess_set_get_cb(3)), and this takes time.  An
event loop would stand still as long as that takes, so there the store is asked before, when the
hello has come.
"""

from __future__ import annotations

import weakref

from OpenSSL import SSL
from OpenSSL.fleet.limits import Limited
from OpenSSL.fleet.sealing import Seal
from OpenSSL.fleet.store import InOneProcess

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from OpenSSL.fleet.counters import Counters
    from OpenSSL.SSL import ClientHello

__all__ = ["SessionCache"]

#: The seal of the store's entries vouches for what is in them; this says that one does.
KEY = b"sealed by the fleet"
TICKET = 35  # the extension of tickets, up to TLS 1.2
MODE = SSL.SESS_CACHE_SERVER | SSL.SESS_CACHE_NO_INTERNAL


class SessionCache(InOneProcess):
    """Keeps the sessions of servers in a store, and finds them there."""

    __module__ = "OpenSSL.fleet"

    def __init__(
        self,
        store: Limited,
        secret: bytes | str | Iterable[bytes | str],
        counters: Counters,
        *,
        name: str = "default",
        epoch: Callable[[], int] = lambda: 1,
        lifetime: float = 24 * 3600,
    ) -> None:
        """Keep entries of the fleet called ``name``, for ``lifetime`` seconds at most.

        ``epoch`` tells the number of revocations.  Raises what :class:`Seal` raises.
        """
        self.store: Limited = store
        self.counters: Counters = counters
        self.lifetime: float = lifetime
        self._seal = Seal(secret, "sessions")
        self._prefix = f"session:{name}:".encode()
        self._epoch = epoch
        #: What the store said before libssl asks: the id it was asked for, and the entry.
        self._fetched: weakref.WeakKeyDictionary[SSL.Connection, tuple[bytes, bytes | None]] = (
            weakref.WeakKeyDictionary()
        )

    def attach(self, context: SSL.Context) -> None:
        """Let the servers of ``context`` keep their sessions here, and none by themselves.

        Raises ValueError if it has session callbacks that are not a fleet's.
        """
        for own in (context.get_session_new_callback(), context.get_session_get_callback()):
            if own is not None and not isinstance(getattr(own, "__self__", None), SessionCache):
                raise ValueError("the Context has session callbacks of its own: sessions=False")
        context.set_session_cache_mode(MODE)
        context.set_session_new_callback(self.keep)
        context.set_session_get_callback(self.find)

    def _entry(self, name: bytes) -> bytes:
        return self._prefix + b"%d:" % self._epoch() + name

    def keep(self, connection: SSL.Connection, session: SSL.Session) -> None:
        """Put a session into the store, unless its client has all of it in a ticket."""
        version = session.get_protocol_version()
        if version == SSL.TLS1_3_VERSION and not connection.get_options() & SSL.OP_NO_TICKET:
            return
        name = session.get_id()
        sealed = self._seal.close(session.to_bytes(KEY), self._entry(name))
        self.store.put(self._prefix + name, sealed, min(session.get_timeout(), self.lifetime))

    def find(self, connection: SSL.Connection, name: bytes) -> SSL.Session | None:
        """The session of that id; None where there is none, or none in time."""
        if connection in self._fetched:
            asked, sealed = self._fetched.pop(connection)
            sealed = sealed if asked == name else None
        else:
            sealed = self.store.get(self._prefix + name)
        if sealed is None:
            self.counters.count("session_misses")
            return None
        try:
            data = self._seal.open(sealed, self._entry(name))
            session = SSL.Session.from_bytes(data, connection.get_context(), KEY)
        except (ValueError, SSL.Error):
            self.counters.count("session_refused")
            return None
        self.counters.count("session_hits")
        return session

    async def fetch(self, connection: SSL.Connection, hello: ClientHello) -> None:
        """Ask the store for the session of a client that says hello, while others go on."""
        wanted = _wanted(connection, hello)
        if wanted is None or self._fetched.get(connection, (b"",))[0] == wanted:
            return  # a client may say hello twice
        import asyncio

        try:
            answer = await asyncio.to_thread(self.store.get, self._prefix + wanted)
        except RuntimeError:  # no thread can begin: an interpreter that ends
            answer = None
        self._fetched[connection] = wanted, answer


def _wanted(connection: SSL.Connection, hello: ClientHello) -> bytes | None:
    """The id that libssl is going to ask for, if it asks for one."""
    try:
        found = hello.session_ids
    except SSL.Error:  # malformed: the handshake says so
        return None
    if connection.get_options() & SSL.OP_NO_TICKET:
        return found[0] if found else None
    # A client that has tickets comes back with one; any other has an id of TLS 1.2.
    return hello.session_id or None if hello.extension(TICKET) is None else None
