"""Whom to believe: authorities, and how a peer is verified by them."""

from __future__ import annotations

from OpenSSL._face.common.arguments import hook, integer, named, path_bytes
from OpenSSL._native.common import constants
from OpenSSL._native.ssl import connection as native_connection
from OpenSSL._native.ssl import context as native_context
from OpenSSL._native.ssl import trust as native

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from OpenSSL._face.crypto.certificates import X509
    from OpenSSL._face.crypto.stores import X509Store
    from OpenSSL._face.ssl.connection import Connection
    from OpenSSL._types import Path

    VerifyHook: TypeAlias = Callable[[Connection, X509, int, int, int], bool]

__all__ = ["ConnectionTrust", "ContextTrust"]

_EVERY_MODE = (
    constants.VERIFY_PEER
    | constants.VERIFY_FAIL_IF_NO_PEER_CERT
    | constants.VERIFY_CLIENT_ONCE
    | constants.VERIFY_POST_HANDSHAKE
)


class ContextTrust(native_context.Context):
    """The half of :class:`OpenSSL.SSL.Context` that knows whom to believe."""

    __slots__ = ()

    def load_verify_locations(self, cafile: Path | None, capath: Path | None = None) -> None:
        """Trust the PEM certificates of a file, of a folder, or of both.

        ``capath`` is a folder prepared with ``openssl rehash``; it is looked into
        when a chain is checked.  Either may be None.

        Revocation lists in either are known as well; they count once
        ``X509StoreFlags.CRL_CHECK`` is among the flags (:meth:`set_verify_flags`).

        A RuntimeWarning says so where ``capath`` is no folder, or not one that is prepared:
        nobody is trusted by it until it is.

        Raises Error if the file cannot be read, holds neither, or if both are None.
        ``SSL_CTX_load_verify_locations(3)``
        """
        file = None if cafile is None else path_bytes(cafile)
        folder = None if capath is None else path_bytes(capath)
        named(file, native.load_verify_locations, self, file, folder)
        if folder:
            from OpenSSL._face.common.folders import look_into  # as below

            look_into(folder)

    def set_default_verify_paths(self) -> None:
        """Trust the platform's certificates: those the linked OpenSSL looks for.

        The environment variables ``SSL_CERT_FILE`` and ``SSL_CERT_DIR`` name others.  A
        build that carries its own OpenSSL, as wheels do, looks where the systems it knows
        keep theirs, in the stores of Windows too.

        Where there are none, nobody is trusted, and a RuntimeWarning says so.
        ``SSL_CTX_set_default_verify_paths(3)``
        """
        # Loaded when it is needed.
        from OpenSSL._face.ssl.places import trust_platform

        trust_platform(self)

    def get_cert_store(self) -> X509Store | None:
        """The store of trusted certificates; what is added to it is trusted.

        The store stays valid after the Context is gone.
        ``SSL_CTX_get_cert_store(3)``
        """
        store: X509Store | None = native.get_cert_store(self)
        return store

    def set_verify(self, mode: int, callback: VerifyHook | None = None) -> None:
        """Choose whether and how connections made from now on verify their peer.

        ``mode`` is ``VERIFY_NONE`` or ``VERIFY_PEER``, the latter possibly with
        ``VERIFY_FAIL_IF_NO_PEER_CERT`` and ``VERIFY_CLIENT_ONCE``.  With
        ``VERIFY_POST_HANDSHAKE`` a server asks nobody over TLS 1.3, and lets everybody in,
        until :meth:`Connection.verify_client_post_handshake` is called.  ``callback`` is
        asked for every certificate of the chain: ``callback(connection, x509,
        error_number, depth, ok)``; True goes on, as if there were no error, False
        ends the handshake, and so does an exception, which comes out of the call
        that was shaking hands; the peer's alert is by what OpenSSL found wrong, or by the
        ``verify_code`` of an :class:`Error` that is raised.  Without one, OpenSSL decides.  A peer
        that agrees on an anonymous cipher (``aNULL``, at security level 0 only) has no certificate
        to verify, and nobody is asked.

        Raises TypeError if ``mode`` is not an integer or ``callback`` cannot be called,
        ValueError for bits that no ``VERIFY_`` constant has.
        ``SSL_CTX_set_verify(3)``
        """
        native.set_verify(self, _mode(mode), hook("callback", callback))

    def get_verify_mode(self) -> int:
        """The mode given to :meth:`set_verify`.

        ``SSL_CTX_get_verify_mode(3)``
        """
        return native.get_verify_mode(self)

    def set_verify_depth(self, depth: int) -> None:
        """Accept at most ``depth`` certificates between the peer's and the trusted one.

        Raises TypeError if ``depth`` is not an integer.
        ``SSL_CTX_set_verify_depth(3)``
        """
        native.set_verify_depth(self, integer("depth", depth))

    def get_verify_depth(self) -> int:
        """The depth given to :meth:`set_verify_depth`; -1 when none was.

        ``SSL_CTX_get_verify_depth(3)``
        """
        return native.get_verify_depth(self)


def _mode(mode: object) -> int:
    number = integer("mode", mode)
    # All bits at once, as in -1, would have a server of TLS 1.3 ask nobody.
    if not 0 <= number <= _EVERY_MODE:
        raise ValueError(f"mode {number} has bits that no VERIFY_ constant has")
    return number


class ConnectionTrust(native_connection.Connection):
    """The half of :class:`OpenSSL.SSL.Connection` that knows whom to believe."""

    __slots__ = ()

    def set_verify(self, mode: int, callback: VerifyHook | None = None) -> None:
        """Choose for this connection alone; see :meth:`Context.set_verify`.

        Stays in force when :meth:`set_context` gives another Context.

        Raises TypeError if ``mode`` is not an integer or ``callback`` cannot be called,
        ValueError for bits that no ``VERIFY_`` constant has.
        ``SSL_set_verify(3)``
        """
        native.connection_set_verify(self, _mode(mode), hook("callback", callback))

    def get_verify_mode(self) -> int:
        """The mode in force on this connection.

        ``SSL_get_verify_mode(3)``
        """
        return native.connection_get_verify_mode(self)

    def verify_client_post_handshake(self) -> None:
        """Ask the client for its certificate now, over TLS 1.3.

        For a server, after the handshake. The request goes out with what is sent next, or
        with :meth:`do_handshake`; the certificate comes with what is read after that, and
        the client is judged as in a handshake.

        Raises Error if the client has not offered it
        (:meth:`Context.set_post_handshake_auth`), if ``VERIFY_PEER`` is not set, or before
        the handshake.
        ``SSL_verify_client_post_handshake(3)``
        """
        native.verify_client_post_handshake(self)
