"""The Connection that people see: every topic's half of it, put together."""

from __future__ import annotations

from OpenSSL._face.common.arguments import integer
from OpenSSL._face.common.showing import shown
from OpenSSL._face.ssl.attributes import ConnectionAttributes, of_socket
from OpenSSL._face.ssl.authority_names import ConnectionAuthorityNames
from OpenSSL._face.ssl.certificate_choice import ConnectionCertificateChoice
from OpenSSL._face.ssl.compression import CertCompression
from OpenSSL._face.ssl.configuration import Configuration
from OpenSSL._face.ssl.context import Context
from OpenSSL._face.ssl.credentials import ConnectionCredentials
from OpenSSL._face.ssl.dane import ConnectionDane
from OpenSSL._face.ssl.datagram import ConnectionDatagram
from OpenSSL._face.ssl.early_data import ConnectionEarlyData
from OpenSSL._face.ssl.ech import ConnectionEch
from OpenSSL._face.ssl.files import ConnectionFiles
from OpenSSL._face.ssl.inspection import ConnectionInspection
from OpenSSL._face.ssl.kernel_tls import ConnectionKernelTls
from OpenSSL._face.ssl.messages import ConnectionMessages
from OpenSSL._face.ssl.negotiation import ConnectionNegotiation
from OpenSSL._face.ssl.observers import ConnectionObservers
from OpenSSL._face.ssl.pairs import ConnectionPairs
from OpenSSL._face.ssl.parameters import ConnectionParameters
from OpenSSL._face.ssl.peer import ConnectionPeer
from OpenSSL._face.ssl.peer_names import ConnectionPeerNames
from OpenSSL._face.ssl.psk import ConnectionPsk
from OpenSSL._face.ssl.raw_public_keys import CertTypes, ConnectionRawPublicKeys
from OpenSSL._face.ssl.records import Records
from OpenSSL._face.ssl.secrets import ConnectionSecrets
from OpenSSL._face.ssl.security import ConnectionSecurity
from OpenSSL._face.ssl.security_callback import ConnectionSecurityCallback
from OpenSSL._face.ssl.sessions import ConnectionSessions
from OpenSSL._face.ssl.settings import ConnectionSettings
from OpenSSL._face.ssl.stapling import ConnectionStapling
from OpenSSL._face.ssl.tickets import ConnectionTickets
from OpenSSL._face.ssl.transparency import ConnectionTransparency
from OpenSSL._face.ssl.transport import ConnectionTransport
from OpenSSL._face.ssl.trust import ConnectionTrust
from OpenSSL._face.ssl.uris import ConnectionUris
from OpenSSL._native.ssl import connection as native
from OpenSSL._native.ssl import engine

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from OpenSSL._types import SocketLike

__all__ = ["Connection"]


# `super()` would look through every topic, each time.
class Connection(
    ConnectionTransport,
    ConnectionCredentials,
    ConnectionPairs,
    ConnectionUris,
    CertCompression,
    ConnectionCertificateChoice,
    ConnectionPsk,
    ConnectionEarlyData,
    ConnectionTrust,
    ConnectionAuthorityNames,
    ConnectionPeerNames,
    ConnectionParameters,
    ConnectionDane,
    CertTypes,
    ConnectionRawPublicKeys,
    ConnectionTransparency,
    ConnectionObservers,
    ConnectionStapling,
    ConnectionSettings,
    ConnectionNegotiation,
    ConnectionEch,
    ConnectionInspection,
    ConnectionSecurity,
    ConnectionSecurityCallback,
    Records,
    Configuration,
    ConnectionSessions,
    ConnectionTickets,
    ConnectionPeer,
    ConnectionSecrets,
    ConnectionDatagram,
    ConnectionKernelTls,
    ConnectionMessages,
    ConnectionFiles,
    ConnectionAttributes,
):
    """One TLS or DTLS connection, with the settings that ``context`` has now.

    ``socket`` is a socket, any object with ``fileno()``, or None: then bytes come and
    go by :meth:`bio_write` and :meth:`bio_read`.  An object that has ``recv`` and ``send``
    of its own, as another Connection, an ``ssl.SSLSocket`` or a proxy's socket has, carries
    the bytes by these: TLS inside TLS.  Attributes that a Connection lacks
    are the socket's, those excepted that could move data around TLS.

    Raises TypeError for arguments of another kind, and for an object with methods of its
    own where the Context speaks DTLS.
    ``SSL_new(3)``
    """

    __module__ = "OpenSSL.SSL"

    def __init__(self, context: Context, socket: SocketLike | None = None) -> None:
        native.Connection.__init__(self, context, socket)

    def __repr__(self) -> str:
        return shown(self, self._told)

    def _told(self) -> list[str]:
        if not self.is_init_finished():
            return [self.get_state_string().decode("ascii")]
        side = "server" if self.is_server() else "client"
        return [side, self.get_protocol_version_name(), str(self.get_cipher_name())]

    # Method calls are fast only where nothing overrides the look-up of attributes,
    # so connections in memory, which have no socket's attributes, do without.
    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...

    else:

        def __init_subclass__(cls, **kwargs):
            super().__init_subclass__(**kwargs)
            if not hasattr(cls, "__getattr__"):
                cls.__getattr__ = of_socket

    @property
    def _ssl(self) -> Connection:
        return self

    def set_context(self, context: Context) -> None:  # type: ignore[override]
        """Go on with another Context, most often from a server-name callback.

        Its certificate, callbacks, verification and options are in force from
        here on; what was set on this connection itself stays.  In a handshake it
        may be called by a server-name callback, and over TLS 1.3 by an ALPN
        callback; a session that another virtual host has given out is then refused.

        Raises TypeError if ``context`` is not a Context, Error elsewhere in a handshake.
        ``SSL_set_SSL_CTX(3)``
        """
        if not isinstance(context, Context):
            raise TypeError(f"context must be a Context instance, not {type(context).__name__}")
        native.Connection.set_context(self, context)

    def get_context(self) -> Context:
        """The Context given last.

        ``SSL_get_SSL_CTX(3)``
        """
        return native.Connection.get_context(self)  # type: ignore[return-value]  # __init__ has seen to it

    def set_shutdown(self, state: int) -> None:
        """Set the bits ``SENT_SHUTDOWN`` and ``RECEIVED_SHUTDOWN``, without any I/O.

        Raises TypeError if ``state`` is not an integer.
        ``SSL_set_shutdown(3)``
        """
        native.Connection.set_shutdown(self, integer("state", state))

    def get_app_data(self) -> Any:
        """The object given to :meth:`set_app_data`, or None."""
        return native.Connection.get_app_data(self)

    def set_app_data(self, data: Any) -> None:
        """Keep ``data`` with this connection; it is the program's own."""
        native.Connection.set_app_data(self, data)


native.own_methods(Connection)


class OverSocket(Connection):
    """A Connection that has its socket's attributes; what a Connection over a socket becomes."""

    __module__ = "OpenSSL.SSL"


OverSocket.__name__ = OverSocket.__qualname__ = "Connection"
engine.set_faces(Connection, OverSocket)
