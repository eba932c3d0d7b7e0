"""What the security level allows, and the program may still refuse."""

from __future__ import annotations

from OpenSSL._face.common.arguments import hook
from OpenSSL._native.ssl import connection as native_connection
from OpenSSL._native.ssl import context as native_context
from OpenSSL._native.ssl import security_callback as native

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from OpenSSL._face.crypto.certificates import X509
    from OpenSSL._face.crypto.keys import PKey
    from OpenSSL._face.ssl.connection import Connection

    #: The connection, the operation, bits of security, a number of the library's, the subject.
    SecurityHook: TypeAlias = Callable[
        [Connection, int, int, int, str | bytes | X509 | PKey | None], bool
    ]

__all__ = ["ConnectionSecurityCallback", "ContextSecurityCallback"]


class ContextSecurityCallback(native_context.Context):
    """Who is asked whether an algorithm or a key is good enough."""

    __slots__ = ()

    def set_security_callback(self, callback: SecurityHook | None) -> None:
        """Ask ``callback(connection, operation, bits, nid, subject)`` what may be used.

        It is asked in handshakes about what the security level allows, a hundred times or so, and
        returns True or False: so it can only refuse. A handshake asks once about each algorithm,
        and goes by that answer to its end. ``operation`` is one of the ``SECOP_*``
        constants. ``bits`` is how strong the thing is, in bits of security. ``nid`` is
        OpenSSL's number of a group or a digest, or a protocol version, and 0 where there is
        none. ``subject`` is the name of a cipher suite as str, a group or a signature algorithm
        as the two bytes that stand for it in messages, a certificate as X509, a key as PKey, or
        None. What it raises ends the handshake and comes out of the call that ran it. A client
        that may not offer a version offers the older ones below it, not those above.

        OpenSSL asks in the middle of its own lists. So the callback must not call its
        connection or the Contexts of that, which raise an Error then. Sessions of connections
        that have one are not resumed. A Context that is chosen in the handshake brings its own,
        or leaves it as it is. None removes it. For connections made from now on.

        Raises TypeError if ``callback`` cannot be called.
        ``SSL_CTX_set_security_callback(3)``
        """
        native.set_callback(self, hook("callback", callback))

    def get_security_callback(self) -> SecurityHook | None:
        """Return the callback given to :meth:`set_security_callback`, or None.

        ``SSL_CTX_get_security_callback(3)``
        """
        return native.get_callback(self)


class ConnectionSecurityCallback(native_connection.Connection):
    """The same for one connection."""

    __slots__ = ()

    def set_security_callback(self, callback: SecurityHook | None) -> None:
        """Ask a callback on this connection; see :meth:`Context.set_security_callback`.

        It stays when the connection is given another Context.

        Raises TypeError if ``callback`` cannot be called.
        ``SSL_set_security_callback(3)``
        """
        native.connection_set_callback(self, hook("callback", callback))
