"""OCSP responses stapled to handshakes, on both sides."""

from __future__ import annotations

from OpenSSL._face.arguments import hook
from OpenSSL._native import (
    connection as native_connection,
)
from OpenSSL._native import (
    context as native_context,
)
from OpenSSL._native import (
    stapling as native,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeAlias

    from OpenSSL._face.connection import Connection

    ClientHook: TypeAlias = Callable[[Connection, bytes, Any], bool]
    ServerHook: TypeAlias = Callable[[Connection, Any], bytes]

__all__ = ["ConnectionStapling", "ContextStapling"]


class ContextStapling(native_context.Context):
    """The half of :class:`OpenSSL.SSL.Context` that staples and reads staples."""

    __slots__ = ()

    def set_ocsp_client_callback(self, callback: ClientHook | None, data: Any = None) -> None:
        """Let ``callback(connection, response, data)`` judge the server's stapled response.

        ``response`` is DER, empty when the server stapled none.  False ends the
        handshake with an alert, and so does an exception, which comes out of the
        call that was shaking hands.  Ask for a response with
        :meth:`Connection.request_ocsp`.

        Raises TypeError if ``callback`` cannot be called.
        ``SSL_CTX_set_tlsext_status_cb(3)``
        """
        native.set_ocsp_client_callback(self, hook("callback", callback), data)

    def set_ocsp_server_callback(self, callback: ServerHook | None, data: Any = None) -> None:
        """Let ``callback(connection, data)`` answer the response to staple, in DER.

        Empty bytes staple nothing.  An exception ends the handshake and comes out
        of the call that was shaking hands, and so does a ValueError where OpenSSL
        cannot read the response, which versions from 3.6 on try.

        Raises TypeError if ``callback`` cannot be called.
        ``SSL_CTX_set_tlsext_status_cb(3)``
        """
        native.set_ocsp_server_callback(self, hook("callback", callback), data)


class ConnectionStapling(native_connection.Connection):
    """The half of :class:`OpenSSL.SSL.Connection` that asks for staples."""

    __slots__ = ()

    def request_ocsp(self) -> None:
        """Ask the server, in the handshake to come, to staple an OCSP response.

        ``SSL_set_tlsext_status_type(3)``
        """
        native.request_ocsp(self)

    def get_tlsext_status_ocsp_resp(self) -> bytes | None:
        """The response the server stapled, in DER, or None.

        ``SSL_get_tlsext_status_ocsp_resp(3)``
        """
        return native.get_tlsext_status_ocsp_resp(self)
