"""Verification by the program itself, in the place of libssl's."""

from __future__ import annotations

from OpenSSL._face.common.arguments import hook
from OpenSSL._native.ssl import cert_verify as native
from OpenSSL._native.ssl import context as native_context

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from OpenSSL._face.crypto.certificates import X509
    from OpenSSL._face.ssl.connection import Connection

    CertVerifyHook: TypeAlias = Callable[[Connection, list[X509]], bool]

__all__ = ["ContextCertVerify"]


class ContextCertVerify(native_context.Context):
    """The half of :class:`OpenSSL.SSL.Context` whose verification is the program's own."""

    __slots__ = ()

    def set_cert_verify_callback(self, callback: CertVerifyHook | None) -> None:
        """Let ``callback(connection, chain)`` verify the peer's certificates instead of libssl.

        ``chain`` is the list of X509 that the peer sent, its own first; nothing about it is
        verified yet, and there may be certificates in it that have nothing to do with the
        first. The callback returns True or False. What it raises ends the handshake and
        comes out of the call that ran it; an :class:`Error` whose ``verify_code`` is set says
        what is wrong, and so which alert the peer is sent. It stands for the whole of libssl's
        verification:
        signatures, times, purposes, revocation, and the callback of :meth:`set_verify`, which
        is not called. ``VERIFY_PEER`` is still needed for a "no" to end the handshake, and
        :meth:`Connection.get_verify_result` is
        ``X509_V_ERR_APPLICATION_VERIFICATION`` after a "no", or that ``verify_code``.

        On a client it need not know yet: when it raises WantX509LookupError, that comes at once
        out of the call that shakes hands, and the same call, made again, asks the callback once
        more. A server cannot wait there; the exception ends its handshake.

        After a "yes" the names that the connection was told, by :meth:`Connection.set_host` and
        the like, are compared with the certificate as ever; but
        :meth:`Connection.get_peername` and :meth:`Connection.get_verified_chain` are None.
        Where DANE or certificate transparency is asked for as well, the peer is refused: these
        need libssl's verification. Sessions of such connections are not resumed. None gives the
        verification back to libssl. For connections made from now on.

        Raises TypeError if ``callback`` cannot be called.
        ``SSL_CTX_set_cert_verify_callback(3)``
        """
        native.set_cert_verify_callback(self, hook("callback", callback))

    def get_cert_verify_callback(self) -> CertVerifyHook | None:
        """Return the callback given to :meth:`set_cert_verify_callback`, or None.

        ``SSL_CTX_set_cert_verify_callback(3)``
        """
        return native.get_cert_verify_callback(self)
