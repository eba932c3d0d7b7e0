"""Certificates, chains and private keys."""

from __future__ import annotations

from OpenSSL._face.common.arguments import function, integer, named, path_bytes
from OpenSSL._face.crypto.certificates import certificate
from OpenSSL._face.crypto.keys import private_key
from OpenSSL._native.common.constants import FILETYPE_PEM
from OpenSSL._native.ssl import connection as native_connection
from OpenSSL._native.ssl import context as native_context
from OpenSSL._native.ssl import credentials as native

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
    from cryptography.x509 import Certificate

    from OpenSSL._face.crypto.certificates import X509
    from OpenSSL._face.crypto.keys import PKey
    from OpenSSL._types import PassphraseHook, Path

__all__ = ["ConnectionCredentials", "ContextCredentials"]


class ContextCredentials(native_context.Context):
    """The half of :class:`OpenSSL.SSL.Context` that knows who we are."""

    __slots__ = ()

    def set_passwd_cb(self, callback: PassphraseHook, userdata: Any = None) -> None:
        """Ask ``callback`` for the passphrase when an encrypted file is loaded.

        It is called as ``callback(maximum_length, verify, userdata)``: the length
        in bytes beyond which the passphrase is cut, and whether the person asked
        should type it twice.  It returns bytes; empty bytes mean that there is no
        passphrase, and the load fails.  What it raises comes out of the load.
        Without a callback an encrypted file is refused; nobody is prompted.

        Raises TypeError if ``callback`` cannot be called, or is a coroutine function.
        ``SSL_CTX_set_default_passwd_cb(3)``
        """
        native.set_passwd_cb(self, function("callback", callback, "a load"), userdata)

    def use_certificate(self, cert: X509 | Certificate) -> None:
        """Present ``cert`` to peers.

        Where there have been connections already, new ones are shown it as soon as the
        key that fits is there, and the previous certificate until then.

        Raises TypeError if it is not a certificate, Error if OpenSSL refuses it
        (a key too weak for the security level, for one).
        ``SSL_CTX_use_certificate(3)``
        """
        native.use_certificate(self, certificate(cert))

    def use_certificate_file(self, certfile: Path, filetype: int = FILETYPE_PEM) -> None:
        """Present the first certificate of a file, ``FILETYPE_PEM`` or ``FILETYPE_ASN1``.

        Renewed like :meth:`use_certificate`.

        Raises Error if it cannot be read or holds none.
        ``SSL_CTX_use_certificate_file(3)``
        """
        path = path_bytes(certfile)
        kind = integer("filetype", filetype)
        named(path, native.use_certificate_file, self, path, kind)

    def use_certificate_chain_file(self, certfile: Path) -> None:
        """Present the first certificate of a PEM file, and the rest as its chain.

        Renewed like :meth:`use_certificate`.

        Raises Error if the file cannot be read or holds no certificate.
        ``SSL_CTX_use_certificate_chain_file(3)``
        """
        path = path_bytes(certfile)
        named(path, native.use_certificate_chain_file, self, path)

    def add_extra_chain_cert(self, certobj: X509 | Certificate) -> None:
        """Send ``certobj`` after our own certificate, behind those added before.

        In a Context in use it comes into force with the certificate that waits for its key, if
        there is one, and what is in the chain already is not added again.

        Raises TypeError if it is not a certificate.
        ``SSL_CTX_add_extra_chain_cert(3)``
        """
        native.add_extra_chain_cert(self, certificate(certobj))

    def use_privatekey(self, pkey: PKey | PrivateKeyTypes) -> None:
        """Prove with ``pkey`` that the certificate is ours.

        Raises TypeError if ``pkey`` is not a private key, or its public half only, Error if it
        does not belong to the certificate that is loaded already.
        ``SSL_CTX_use_PrivateKey(3)``
        """
        native.use_privatekey(self, private_key(pkey))

    def use_privatekey_file(self, keyfile: Path, filetype: int = FILETYPE_PEM) -> None:
        """Load the private key from a file, ``FILETYPE_PEM`` or ``FILETYPE_ASN1``.

        An encrypted file needs :meth:`set_passwd_cb` before.

        Raises Error if it cannot be read, decrypted or used.
        ``SSL_CTX_use_PrivateKey_file(3)``
        """
        path = path_bytes(keyfile)
        kind = integer("filetype", filetype)
        named(path, native.use_privatekey_file, self, path, kind)

    def check_privatekey(self) -> None:
        """Raise Error unless certificate and private key are loaded and belong together.

        ``SSL_CTX_check_private_key(3)``
        """
        native.check_privatekey(self)

    def set_post_handshake_auth(self, enabled: bool) -> None:
        """Let servers ask for the certificate after the handshake too, over TLS 1.3.

        For clients; off unless it is switched on.
        ``SSL_CTX_set_post_handshake_auth(3)``
        """
        native.set_post_handshake_auth(self, bool(enabled))


class ConnectionCredentials(native_connection.Connection):
    """The half of :class:`OpenSSL.SSL.Connection` that knows who we are."""

    __slots__ = ()

    def use_certificate(self, cert: X509 | Certificate) -> None:
        """Present ``cert`` on this connection only.

        Raises TypeError if it is not a certificate, Error if OpenSSL refuses it.
        ``SSL_use_certificate(3)``
        """
        native.connection_use_certificate(self, certificate(cert))

    def use_privatekey(self, pkey: PKey | PrivateKeyTypes) -> None:
        """Prove with ``pkey``, on this connection only, that the certificate is ours.

        Raises TypeError if ``pkey`` is not a private key, or its public half only, Error if it
        does not belong to the certificate that is loaded already.
        ``SSL_use_PrivateKey(3)``
        """
        native.connection_use_privatekey(self, private_key(pkey))

    def check_privatekey(self) -> None:
        """Raise Error unless this connection's certificate and key belong together.

        ``SSL_check_private_key(3)``
        """
        native.connection_check_privatekey(self)

    def set_post_handshake_auth(self, enabled: bool) -> None:
        """Let the server ask for the certificate after the handshake too, over TLS 1.3.

        For a client, before its handshake.
        ``SSL_set_post_handshake_auth(3)``
        """
        native.connection_set_post_handshake_auth(self, bool(enabled))
