"""Pre-shared keys: both sides know a secret, and no certificate is needed."""

from __future__ import annotations

from OpenSSL._face.common.arguments import hook, octets, without_nul
from OpenSSL._native.ssl import connection as native_connection
from OpenSSL._native.ssl import context as native_context
from OpenSSL._native.ssl import psk as native

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from OpenSSL._face.ssl.connection import Connection
    from OpenSSL._face.ssl.sessions import Session

    ClientHook: TypeAlias = Callable[
        [Connection, "bytes | None"], "tuple[str | bytes, bytes] | None"
    ]
    ServerHook: TypeAlias = Callable[[Connection, bytes], "bytes | None"]
    UseHook: TypeAlias = Callable[
        [Connection],
        "tuple[str | bytes, bytes | Session] | tuple[str | bytes, bytes, str] | None",
    ]
    FindHook: TypeAlias = Callable[
        [Connection, bytes], "bytes | tuple[bytes, str] | Session | None"
    ]

__all__ = ["ConnectionPsk", "ContextPsk"]


class ContextPsk(native_context.Context):
    """Who knows the keys that are shared beforehand."""

    __slots__ = ()

    def set_psk_client_callback(self, callback: ClientHook | None) -> None:
        """Let ``callback(connection, hint)`` tell a client's identity and key.

        It returns both, ``(identity, key)``, or None for none: then a handshake of TLS 1.2
        with such a cipher fails, and one of TLS 1.3 needs a certificate. ``hint`` is what the
        server says about itself, in TLS 1.2, or None. TLS 1.3 uses the key with SHA-256;
        :meth:`set_psk_use_session_callback` is for others, and asked first. An identity has up
        to 255 bytes, a key 1 to 512; under an empty one TLS 1.3 is not offered the key.
        TLS 1.2 needs ciphers for it as well:
        ``set_cipher_list(b"PSK")``.

        **The key stands for the server.** Names (``set_host``) are not compared: return None
        for a server that does not share the key. With ``VERIFY_PEER`` a server that does not use
        the key must have a good certificate, and without it the handshake fails, unless the
        callback has returned None. With ``VERIFY_FAIL_IF_NO_PEER_CERT`` a key is not enough.
        Sessions that were made with a key are not resumed.

        What the callback raises ends the handshake and comes out of the call that ran it. None
        removes it.

        Raises TypeError if ``callback`` cannot be called.
        ``SSL_CTX_set_psk_client_callback(3)``
        """
        native.set_callback(self, "psk_client", hook("callback", callback))

    def set_psk_server_callback(self, callback: ServerHook | None) -> None:
        """Let ``callback(connection, identity)`` tell a server the key of a client.

        It returns the key, or None for an identity that is not known. That ends a handshake of
        TLS 1.2; one of TLS 1.3 goes on with a certificate, if there is one. In TLS 1.3 it is
        asked about whatever the client sends there, tickets of sessions among it, if that has
        up to 256 bytes and no NUL byte. :meth:`Connection.get_psk_identity` tells afterwards
        who it was.

        **A key is not a certificate.** Where one is required (``VERIFY_FAIL_IF_NO_PEER_CERT``)
        the handshake fails; ``VERIFY_PEER`` alone lets in who has a key, or a good certificate,
        or neither. See :meth:`set_psk_client_callback` for the rest.

        Raises TypeError if ``callback`` cannot be called.
        ``SSL_CTX_set_psk_server_callback(3)``
        """
        native.set_callback(self, "psk_server", hook("callback", callback))

    def set_psk_use_session_callback(self, callback: UseHook | None) -> None:
        """Let ``callback(connection)`` tell a client's identity and key for TLS 1.3.

        It returns ``(identity, key)``, or ``(identity, key, cipher)`` for a key that is for
        another digest than SHA-256: the name of a cipher of TLS 1.3, as
        ``"TLS_AES_256_GCM_SHA384"``; or ``(identity, session)``, a :meth:`Session.from_psk`, which
        may allow early data; or None. It may be asked twice in one handshake, and is asked by
        :meth:`Connection.write_early_data` before there is a hello. A key is
        of use only where the server chooses a cipher with its digest; that is libssl's first
        choice for SHA-384, and for SHA-256 where it has no other (``set_tls13_ciphersuites``).
        What a key stands for: :meth:`set_psk_client_callback`.

        Raises TypeError if ``callback`` cannot be called.
        ``SSL_CTX_set_psk_use_session_callback(3)``
        """
        native.set_callback(self, "psk_use", hook("callback", callback))

    def set_psk_find_session_callback(self, callback: FindHook | None) -> None:
        """Let ``callback(connection, identity)`` tell a server the key of a client of TLS 1.3.

        It returns the key, or ``(key, cipher)`` as for :meth:`set_psk_use_session_callback`, or a
        :meth:`Session.from_psk`, which may allow early data, or None for an identity that is not
        known: tickets of sessions are asked about as well. **Early data by a key is taken
        only where** :meth:`set_allow_early_data_callback` **has a callback, or**
        ``OP_NO_ANTI_REPLAY`` **is set**: a key comes again and again, and so may what was sent.
        What a key stands for: :meth:`set_psk_server_callback`, whose callback is asked next.

        Raises TypeError if ``callback`` cannot be called.
        ``SSL_CTX_set_psk_find_session_callback(3)``
        """
        native.set_callback(self, "psk_find", hook("callback", callback))

    def use_psk_identity_hint(self, hint: bytes | None) -> None:
        """Tell clients of TLS 1.2 something that helps them to choose their key; None: nothing.

        Raises TypeError if it is not bytes, ValueError for a NUL byte, Error for more
        than 256 bytes.
        ``SSL_CTX_use_psk_identity_hint(3)``
        """
        native.use_identity_hint(self, _hint(hint))


def _hint(hint: bytes | None) -> bytes | None:
    return None if hint is None else without_nul("hint", octets("hint", hint))


class ConnectionPsk(native_connection.Connection):
    """Whose key it was."""

    __slots__ = ()

    def use_psk_identity_hint(self, hint: bytes | None) -> None:
        """Tell this client something else; see :meth:`Context.use_psk_identity_hint`.

        ``SSL_use_psk_identity_hint(3)``
        """
        native.use_identity_hint(self, _hint(hint))

    def get_psk_identity(self) -> bytes | None:
        """Return the identity whose key stands for the peer; None where there is none.

        ``SSL_get_psk_identity(3)``
        """
        return native.get_identity(self)

    def get_psk_identity_hint(self) -> bytes | None:
        """Return what the server has said about itself, in TLS 1.2; None where it said nothing.

        ``SSL_get_psk_identity_hint(3)``
        """
        return native.get_identity_hint(self)
