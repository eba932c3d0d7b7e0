"""What only the two ends of a connection know."""

from __future__ import annotations

from OpenSSL._face.common.arguments import integer
from OpenSSL._native.ssl import secrets as native
from OpenSSL._native.ssl.connection import Connection

__all__ = ["ConnectionSecrets"]


def _material(name: str, value: object) -> bytes:
    if not isinstance(value, (bytes, bytearray, memoryview)):
        raise TypeError(f"{name} must be a byte string, not {type(value).__name__}")
    return bytes(value)


class ConnectionSecrets(Connection):
    """Randoms, keys and Finished messages of a Connection."""

    __slots__ = ()

    def client_random(self) -> bytes | None:
        """Return the 32 random bytes of the ClientHello; None before the handshake.

        ``SSL_get_client_random(3)``
        """
        return native.client_random(self)

    def server_random(self) -> bytes | None:
        """Return the 32 random bytes of the ServerHello; None before the handshake.

        ``SSL_get_server_random(3)``
        """
        return native.server_random(self)

    def master_key(self) -> bytes | None:
        """Return the session's master key; None before the handshake.

        In TLS 1.3 this is the resumption secret. Anyone who has it can take over
        the session, so it belongs in no log.

        ``SSL_SESSION_get_master_key(3)``
        """
        return native.master_key(self)

    def get_finished(self) -> bytes | None:
        """Return the Finished message last sent; None when none has been.

        ``SSL_get_finished(3)``
        """
        return native.get_finished(self)

    def get_peer_finished(self) -> bytes | None:
        """Return the Finished message last received; None when none has been.

        ``SSL_get_peer_finished(3)``
        """
        return native.get_peer_finished(self)

    def export_keying_material(
        self, label: bytes, olen: int, context: bytes | None = None
    ) -> bytes:
        """Derive ``olen`` bytes that both ends can derive and nobody else (RFC 5705).

        ``label`` says what they are for. ``context`` mixes in more; in TLS 1.2
        an empty one differs from None. Raises ValueError for more than 65535
        bytes of either or a negative number, and :class:`Error` before the
        handshake or when OpenSSL refuses the label or the length.

        ``SSL_export_keying_material(3)``
        """
        return native.export_keying_material(
            self,
            _material("label", label),
            integer("olen", olen),
            None if context is None else _material("context", context),
        )
