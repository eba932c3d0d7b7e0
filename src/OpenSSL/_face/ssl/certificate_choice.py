"""Choosing the certificate in the handshake, at once or later."""

from __future__ import annotations

from OpenSSL._face.common.arguments import hook
from OpenSSL._native.ssl import certificate_choice as native
from OpenSSL._native.ssl import connection as native_connection
from OpenSSL._native.ssl import context as native_context

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from OpenSSL._face.ssl.connection import Connection

    ChoiceHook: TypeAlias = Callable[[Connection], object]

__all__ = ["ConnectionCertificateChoice", "ContextCertificateChoice"]


class ContextCertificateChoice(native_context.Context):
    """Whom to ask for a certificate in the handshake."""

    __slots__ = ()

    def set_cert_callback(self, callback: ChoiceHook | None) -> None:
        """Run ``callback(connection)`` when this side is about to choose its certificate.

        Of a server that is when it has read the client's hello and resumes no session, and of
        a client when the server asks for a certificate. The callback may give the connection
        another one (``use_certificate_pem`` and so on), or leave it as it is; what it returns
        is ignored. In a server it may not change the rules of verification, which ends the
        handshake with an Error; see :meth:`set_tlsext_servername_callback` for that.

        It need not know yet: when it raises WantX509LookupError, that comes at once out of the
        call that was shaking hands, and the next call asks again. Meanwhile the thread is free.
        What else it raises comes out of that call and ends the handshake. None removes it.

        Raises TypeError if ``callback`` cannot be called.
        ``SSL_CTX_set_cert_cb(3)``
        """
        native.set_callback(self, hook("callback", callback))


class ConnectionCertificateChoice(native_connection.Connection):
    """The same for one connection."""

    __slots__ = ()

    def set_cert_callback(self, callback: ChoiceHook | None) -> None:
        """Run a callback on this connection; see :meth:`Context.set_cert_callback`.

        It stays when the connection is given another Context.

        ``SSL_set_cert_cb(3)``
        """
        native.connection_set_callback(self, hook("callback", callback))
