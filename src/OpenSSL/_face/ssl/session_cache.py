"""The cache of a Context: who is told of sessions, who is asked for them, what it keeps."""

from __future__ import annotations

import time

from OpenSSL._face.common.arguments import hook, integer
from OpenSSL._face.ssl.sessions import Session
from OpenSSL._native.ssl import context as native_context
from OpenSSL._native.ssl import session_cache as native

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from OpenSSL._face.ssl.connection import Connection
    from OpenSSL._face.ssl.context import Context

    NewHook: TypeAlias = Callable[[Connection, Session], object]
    GetHook: TypeAlias = Callable[[Connection, bytes], Session | None]
    RemoveHook: TypeAlias = Callable[[Context, Session], object]

__all__ = ["ContextSessionCache"]


def _made(session: Session) -> Session:
    if not isinstance(session, Session):
        raise TypeError(f"session must be a Session instance, not {type(session).__name__}")
    return session


class ContextSessionCache(native_context.Context):
    """Context: its session cache, and a cache of the program's own beside it."""

    __slots__ = ()

    def set_session_new_callback(self, callback: NewHook | None) -> None:
        """Tell ``callback(connection, session)`` of each new session of the cache's kind.

        ``session`` is a copy to keep. A server has sessions for its cache unless its tickets
        hold all (TLS 1.2 with tickets); over TLS 1.3 each ticket is one. A client has
        them with ``SESS_CACHE_CLIENT``, best joined with ``SESS_CACHE_NO_INTERNAL_STORE``;
        over TLS 1.3 they come while it reads, after the handshake. What the callback
        returns is ignored; what it raises comes out of the call that was at work, and ends
        a handshake. None tells nobody. For connections made from now on.

        Raises TypeError if ``callback`` cannot be called.
        ``SSL_CTX_sess_set_new_cb(3)``
        """
        native.set_new_callback(self, hook("callback", callback))

    def get_session_new_callback(self) -> NewHook | None:
        """Return the callback given to :meth:`set_session_new_callback`, or None.

        ``SSL_CTX_sess_get_new_cb(3)``
        """
        return native.get_new_callback(self)

    def set_session_get_callback(self, callback: GetHook | None) -> None:
        """Let a server ask ``callback(connection, session_id)`` for a session it does not have.

        It returns a :class:`Session` or None, and is asked where a client comes back without
        a ticket that holds all: with ``OP_NO_TICKET``, over TLS 1.2 and 1.3, or over TLS 1.2
        where the client has no tickets. A session is resumed only if it has this very id
        and was made by the rules that are in force; else the handshake is a full one, as if None
        had been returned. One that :meth:`Session.from_bytes` has read without a key is an
        error, ValueError: anyone who can write the bytes could be let in. What is raised ends the
        handshake and comes out of the call that was shaking hands. None asks nobody. For
        connections made from now on.

        Raises TypeError if ``callback`` cannot be called.
        ``SSL_CTX_sess_set_get_cb(3)``
        """
        native.set_get_callback(self, hook("callback", callback))

    def get_session_get_callback(self) -> GetHook | None:
        """Return the callback given to :meth:`set_session_get_callback`, or None.

        ``SSL_CTX_sess_get_get_cb(3)``
        """
        return native.get_get_callback(self)

    def set_session_remove_callback(self, callback: RemoveHook | None) -> None:
        """Tell ``callback(context, session)`` of each session that must not be resumed any more.

        That is one that is too old, that the cache has no room for, that was removed, or
        whose connection ended without :meth:`Connection.shutdown`. It may not have been in
        the cache. The callback runs when the call that brought it about is over and
        nothing is held, and there is no connection to raise in: what it raises goes to
        ``sys.unraisablehook``. It is not told of what goes with the Context itself. None
        tells nobody.

        Raises TypeError if ``callback`` cannot be called.
        ``SSL_CTX_sess_set_remove_cb(3)``
        """
        native.set_remove_callback(self, hook("callback", callback))

    def get_session_remove_callback(self) -> RemoveHook | None:
        """Return the callback given to :meth:`set_session_remove_callback`, or None.

        ``SSL_CTX_sess_get_remove_cb(3)``
        """
        return native.get_remove_callback(self)

    def set_session_cache_size(self, size: int) -> int:
        """Keep at most ``size`` sessions, 0 for any number; returns the previous number.

        20480 unless set. Raises TypeError if it is not an integer and ValueError for a
        negative number.

        ``SSL_CTX_sess_set_cache_size(3)``
        """
        return native.set_cache_size(self, integer("size", size))

    def get_session_cache_size(self) -> int:
        """Return how many sessions the cache keeps at most; 0 for any number.

        ``SSL_CTX_sess_get_cache_size(3)``
        """
        return native.get_cache_size(self)

    def flush_sessions(self, tm: int | None = None) -> None:
        """Remove from the cache what is too old at ``tm``, in seconds since 1970.

        That is now unless given; 0 removes everything. Raises TypeError if it is not an
        integer and ValueError for a negative number.

        ``SSL_CTX_flush_sessions(3)``
        """
        native.flush(self, int(time.time()) if tm is None else integer("tm", tm))

    def add_session(self, session: Session) -> None:
        """Put a copy of ``session`` into the cache, in place of one with the same id.

        It is resumed where the rules that are in force are those it was made by. Raises
        TypeError if it is not a Session, ValueError for an empty one, one without an id, one
        of a pre-shared key, and one that :meth:`Session.from_bytes` has read without a key.

        ``SSL_CTX_add_session(3)``
        """
        native.add(self, _made(session))

    def remove_session(self, session: Session) -> bool:
        """Remove from the cache the session with the id of ``session``; whether it was there.

        Raises TypeError if it is not a Session and ValueError for an empty one.

        ``SSL_CTX_remove_session(3)``
        """
        return native.remove(self, _made(session))
