"""Tickets: how many a server gives out, one more, and what the program keeps in them."""

from __future__ import annotations

from OpenSSL._face.common.arguments import hook, integer
from OpenSSL._native.ssl import connection as native_connection
from OpenSSL._native.ssl import context as native_context
from OpenSSL._native.ssl import tickets as native

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from OpenSSL._face.ssl.connection import Connection
    from OpenSSL._face.ssl.sessions import Session

    GenerateHook: TypeAlias = Callable[[Connection], bytes | None]
    DecryptHook: TypeAlias = Callable[[Connection, Session | None, bytes, int], int]

__all__ = ["ConnectionTickets", "ContextTickets"]


class ContextTickets(native_context.Context):
    """Context: what a program keeps in the tickets of its clients."""

    __slots__ = ()

    def set_session_ticket_callback(
        self, generate: GenerateHook | None, decrypt: DecryptHook | None = None
    ) -> None:
        """Let a server keep data of its own in tickets, and decide about those that come back.

        ``generate(connection)`` returns the data for a ticket that is about to be sent, at
        most 16 KiB; None leaves what the session has. It is in
        :meth:`Session.get_ticket_appdata` of the session that a client resumes with it.
        ``decrypt(connection, session, key_name, status)`` returns ``TICKET_RETURN_*``:
        ``session`` is a copy, None unless ``status`` is ``TICKET_SUCCESS`` or
        ``TICKET_SUCCESS_RENEW``; ``key_name`` has at most 16 bytes. It is not asked about a
        session that was made by other rules: that one is a full handshake. What either
        raises ends the handshake and comes out of the call that was shaking hands; after
        ``TICKET_RETURN_ABORT`` that raises an Error. For connections made from now on.

        Raises TypeError if one of them cannot be called.
        ``SSL_CTX_set_session_ticket_cb(3)``
        """
        native.set_callbacks(self, hook("generate", generate), hook("decrypt", decrypt))

    def get_session_ticket_callback(self) -> tuple[GenerateHook | None, DecryptHook | None]:
        """Return the two callbacks given to :meth:`set_session_ticket_callback`.

        ``SSL_CTX_set_session_ticket_cb(3)``
        """
        return native.get_callbacks(self)


class ConnectionTickets(native_connection.Connection):
    """Connection: the tickets that a server sends."""

    __slots__ = ()

    def new_session_ticket(self) -> None:
        """Send the client another ticket, with the next bytes that go out.

        :meth:`Connection.do_handshake` sends it now. Raises :class:`Error` for a client, in
        TLS 1.2, and before the handshake is done.

        ``SSL_new_session_ticket(3)``
        """
        native.new_ticket(self)

    def set_num_tickets(self, count: int) -> None:
        """Let this server send ``count`` tickets after the handshake, whatever its Context says.

        Raises TypeError if it is not an integer and OverflowError for a negative number.

        ``SSL_set_num_tickets(3)``
        """
        native.set_number(self, integer("count", count))

    def get_num_tickets(self) -> int:
        """Return how many tickets this server sends after a full handshake of TLS 1.3.

        ``SSL_get_num_tickets(3)``
        """
        return native.get_number(self)
