"""A program's own cache of sessions, and Contexts that use it."""

from __future__ import annotations

from kit import contexts
from OpenSSL import SSL

__all__ = ["KEY", "NOTED", "OUTSIDE", "Cache", "noting", "stateful"]

KEY = b"a secret of the program's own"
OUTSIDE = SSL.SESS_CACHE_SERVER | SSL.SESS_CACHE_NO_INTERNAL
NOTED = SSL.SESS_CACHE_CLIENT | SSL.SESS_CACHE_NO_INTERNAL_STORE


class Cache:
    """What a program keeps for several servers: bytes under ids."""

    def __init__(self) -> None:
        self.kept: dict[bytes, bytes] = {}
        self.asked: list[bytes] = []
        self.removed: list[bytes] = []
        self.key = KEY

    def serve(self, context: SSL.Context) -> SSL.Context:
        context.set_options(SSL.OP_NO_TICKET)
        context.set_session_cache_mode(OUTSIDE)
        context.set_session_new_callback(self.new)
        context.set_session_get_callback(self.get)
        context.set_session_remove_callback(self.remove)
        return context

    def new(self, _connection: SSL.Connection, session: SSL.Session) -> None:
        self.kept[session.get_id()] = session.to_bytes(self.key)

    def get(self, connection: SSL.Connection, name: bytes) -> SSL.Session | None:
        self.asked.append(name)
        kept = self.kept.get(name)
        if kept is None:
            return None
        return SSL.Session.from_bytes(kept, connection.get_context(), self.key)

    def remove(self, _context: SSL.Context, session: SSL.Session) -> None:
        self.removed.append(session.get_id())


def noting(context: SSL.Context) -> list[SSL.Session]:
    """The sessions that a client is given, from now on."""
    got: list[SSL.Session] = []
    context.set_session_cache_mode(NOTED)
    context.set_session_new_callback(lambda _connection, session: got.append(session))
    return got


def stateful(version: str | None = None) -> SSL.Context:
    """A server that keeps its sessions itself."""
    context = contexts.server_context(version=version)
    context.set_options(SSL.OP_NO_TICKET)
    return context
