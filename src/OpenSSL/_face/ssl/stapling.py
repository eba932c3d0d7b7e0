"""OCSP responses stapled to handshakes, on both sides."""

from __future__ import annotations

from OpenSSL._face.common.arguments import hook
from OpenSSL._native.ssl import connection as native_connection
from OpenSSL._native.ssl import context as native_context
from OpenSSL._native.ssl import stapling as native

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeAlias

    from OpenSSL._face.ssl.connection import Connection

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
        call that was shaking hands; for False, and for an OCSPError, the alert is
        bad_certificate_status_response.  Ask for a response with
        :meth:`Connection.request_ocsp`.

        Raises TypeError if ``callback`` cannot be called.
        ``SSL_CTX_set_tlsext_status_cb(3)``
        """
        native.set_ocsp_client_callback(self, hook("callback", callback), data)

    def set_ocsp_server_callback(self, callback: ServerHook | None, data: Any = None) -> None:
        """Let ``callback(connection, data)`` return the response to staple, in DER.

        Empty bytes staple nothing.  An exception ends the handshake and comes out
        of the call that was shaking hands, and so does a ValueError where OpenSSL
        cannot read the response, which versions from 3.6 on try.

        Raises TypeError if ``callback`` cannot be called.
        ``SSL_CTX_set_tlsext_status_cb(3)``
        """
        native.set_ocsp_server_callback(self, hook("callback", callback), data)

    def set_ocsp_verify(self, required: bool = False) -> None:
        """Ask every server for a stapled response, and end the handshake unless it is good.

        A server that staples none is refused if its certificate demands a staple
        (``must_staple``) or with ``required``.  Otherwise the response must pass
        :meth:`OpenSSL.crypto.OCSPResponse.verify` with the verified chain and the store of
        this Context; if it does not, :class:`OpenSSL.crypto.OCSPError` comes out of the
        call that was shaking hands.  This takes the place of a callback of
        :meth:`set_ocsp_client_callback`, as one that is set later takes the place of this.
        It reaches connections that are made later.

        Raises TypeError if ``required`` is not a bool.
        ``SSL_CTX_set_tlsext_status_type(3)``, ``OCSP_basic_verify(3)``
        """
        if not isinstance(required, bool):
            raise TypeError("required must be a bool")
        native.request_ocsp(self)
        native.set_ocsp_client_callback(self, judge, required)


def judge(connection: Connection, response: bytes, required: bool) -> bool:
    """Return True for a response that vouches for the peer, or raise OCSPError."""
    from OpenSSL._exceptions import CryptoError, OCSPError
    from OpenSSL._face.crypto.ocsp import OCSPResponse, must_staple

    # A session stands for a handshake in which this was done.
    if connection.session_reused():
        return True
    chain = connection.get_verified_chain() or []
    if not response:
        if required or not chain or must_staple(chain[0]):
            raise OCSPError("missing", "the server stapled no OCSP response")
        return True
    if len(chain) < 2:
        raise OCSPError("signature", "who issued the certificate is not known here")
    try:
        read = OCSPResponse.from_bytes(response)
    except CryptoError as error:
        raise OCSPError("malformed", "the stapled bytes are not an OCSP response") from error
    store = connection.get_context().get_cert_store()
    if store is None:
        raise OCSPError("signature", "nobody is trusted here")
    read.verify(chain, store)
    return True


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
