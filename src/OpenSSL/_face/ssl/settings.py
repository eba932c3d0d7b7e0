"""Options (``OP_*``) and modes (``MODE_*``) of Contexts and Connections."""

from __future__ import annotations

from OpenSSL._face.common.arguments import integer
from OpenSSL._native.ssl import settings as native
from OpenSSL._native.ssl.connection import Connection
from OpenSSL._native.ssl.context import Context

__all__ = ["ConnectionSettings", "ContextSettings"]


class ContextSettings(Context):
    """What every connection made from a Context starts with."""

    __slots__ = ()

    def set_options(self, options: int) -> int:
        """Add ``options``, ``OP_*`` joined with ``|``, to those already set.

        Returns the new set. Raises TypeError if ``options`` is not an int and OverflowError
        for a negative number or one of more than 64 bits.

        ``SSL_CTX_set_options(3)``
        """
        return native.context_set_options(self, integer("options", options))

    def clear_options(self, options: int) -> int:
        """Take ``options`` away from those set; returns the new set.

        Raises what :meth:`set_options` raises.

        ``SSL_CTX_clear_options(3)``
        """
        return native.context_clear_options(self, integer("options", options))

    def get_options(self) -> int:
        """Return the options in force, ``OP_*`` joined with ``|``.

        ``SSL_CTX_get_options(3)``
        """
        return native.context_get_options(self)

    def set_mode(self, mode: int) -> int:
        """Add ``mode``, ``MODE_*`` joined with ``|``, to the modes already set.

        Returns the new set. Raises TypeError if ``mode`` is not an int and OverflowError
        for a negative number or one of more than 32 bits.

        ``SSL_CTX_set_mode(3)``
        """
        return native.context_set_mode(self, integer("mode", mode))

    def clear_mode(self, mode_to_clear: int) -> int:
        """Take modes away from those set; returns the new set.

        Raises what :meth:`set_mode` raises.

        ``SSL_CTX_clear_mode(3)``
        """
        return native.context_clear_mode(self, integer("mode_to_clear", mode_to_clear))

    def get_mode(self) -> int:
        """Return the modes in force, ``MODE_*`` joined with ``|``.

        ``SSL_CTX_get_mode(3)``
        """
        return native.get_mode(self)

    def set_max_records_without_data(self, number: int) -> None:
        """Let a peer send at most ``number`` records in a row that hold no data; 0: no bound.

        Beyond it the connection ends, with an :class:`Error` that says so. Counted are
        tickets, key updates, warnings, renegotiations, everything that makes work and
        brings nothing; a record counts once more for each 512 bytes it has. The messages of a
        first handshake count once for 512 bytes, in however many records they come. Data begin
        the count again, whichever side sends them, and so does the end of a handshake.
        Over DTLS only what certainly comes from the peer counts. 1000 to begin with; for
        all connections of this Context, those that exist included.

        Raises TypeError if ``number`` is not an integer, OverflowError if it is negative or
        has more than 32 bits.
        """
        native.set_max_records_without_data(self, integer("number", number))

    def get_max_records_without_data(self) -> int:
        """Return the number last given to :meth:`set_max_records_without_data`."""
        return native.get_max_records_without_data(self)


class ConnectionSettings(Connection):
    """The same bits for one Connection, which began with its Context's."""

    __slots__ = ()

    def set_options(self, options: int) -> int:
        """Add ``options``, ``OP_*`` joined with ``|``, for this connection alone.

        Returns the new set. Raises TypeError if ``options`` is not an int and OverflowError
        for a negative number or one of more than 64 bits.

        ``SSL_set_options(3)``
        """
        return native.connection_set_options(self, integer("options", options))

    def clear_options(self, options: int) -> int:
        """Take ``options`` away for this connection alone; returns the new set.

        Raises what :meth:`set_options` raises.

        ``SSL_clear_options(3)``
        """
        return native.connection_clear_options(self, integer("options", options))

    def get_options(self) -> int:
        """Return the options in force on this connection.

        ``SSL_get_options(3)``
        """
        return native.connection_get_options(self)

    def set_mode(self, mode: int) -> int:
        """Add ``mode``, ``MODE_*`` joined with ``|``, for this connection alone.

        Returns the new set. Raises TypeError if ``mode`` is not an int and OverflowError
        for a negative number or one of more than 32 bits.

        ``SSL_set_mode(3)``
        """
        return native.connection_set_mode(self, integer("mode", mode))

    def clear_mode(self, mode_to_clear: int) -> int:
        """Take modes away for this connection alone; returns the new set.

        Raises what :meth:`set_mode` raises.

        ``SSL_clear_mode(3)``
        """
        return native.connection_clear_mode(self, integer("mode_to_clear", mode_to_clear))

    def get_mode(self) -> int:
        """Return the modes in force on this connection.

        ``SSL_get_mode(3)``
        """
        return native.get_mode(self)
