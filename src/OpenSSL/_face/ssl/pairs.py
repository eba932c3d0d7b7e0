"""Certificates, each whole with its key and its chain, in one call."""

from __future__ import annotations

from OpenSSL._face.common.arguments import explained, octets, spelled
from OpenSSL._face.common.filetypes import content
from OpenSSL._face.crypto.certificates import X509, certificate
from OpenSSL._face.crypto.keys import private_key
from OpenSSL._native.common.passphrases import Passphrase
from OpenSSL._native.crypto import certificates as native_certificates
from OpenSSL._native.crypto import keys as native_keys
from OpenSSL._native.crypto import pkcs12
from OpenSSL._native.ssl import connection as native_connection
from OpenSSL._native.ssl import context as native_context
from OpenSSL._native.ssl import pairs as native

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, TypeAlias

    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
    from cryptography.x509 import Certificate

    from OpenSSL._face.crypto.keys import PKey
    from OpenSSL._types import Buffer

    Password: TypeAlias = str | bytes | Callable[[bool], bytes]

__all__ = ["ConnectionPairs", "ContextPairs"]


def _spelled(password: Any) -> Any:
    return password.encode() if isinstance(password, str) else password


def _read(
    target: native_context.Context | native_connection.Connection,
    cert: str | Buffer,
    key: str | Buffer | None,
    password: Password | None,
) -> tuple[Any, Any, list[Any]]:
    """The certificate, its key and its chain, as they stand in files."""
    data = content(cert)
    pem = b"-----BEGIN " in data
    chain = native_certificates.load_all(data) if pem else [native_certificates.load(data, False)]
    phrase = None
    if password is not None:
        phrase = Passphrase(_spelled(password))
    elif isinstance(target, native_context.Context):
        phrase = native.passphrase_of(target)
    secret = data if key is None else content(key)
    found = native_keys.load_private(secret, b"-----BEGIN " in secret, phrase)
    return chain[0], found, chain[1:]


def in_order(leaf: Any, others: list[Any]) -> list[Any]:
    """The chain from the certificate upwards; what does not belong to it comes last."""
    left = list(others)
    found: list[Any] = []
    last = leaf
    while True:
        issuer = last.get_issuer()
        following = next((each for each in left if each.get_subject() == issuer), None)
        if following is None or following.get_subject() == last.get_subject():
            return found + left
        left.remove(following)
        found.append(following)
        last = following


def _unpack(data: Buffer, password: str | bytes | None) -> tuple[Any, Any, list[Any]]:
    phrase = None if password is None else spelled("password", password)
    archive = octets("data", data)
    key, leaf, _name, others = explained(archive, pkcs12.parse, archive, phrase)
    if key is None or leaf is None:
        from OpenSSL._exceptions import CryptoError

        raise CryptoError("the archive has not both a certificate and its key")
    return leaf, key, in_order(leaf, others or [])


class _Pairs:
    """What a Context and a connection have alike."""

    __slots__ = ()

    def use_certificate_pem(
        self,
        cert: str | Buffer,
        key: str | Buffer | None = None,
        password: Password | None = None,
    ) -> None:
        """Present a certificate with its key and its chain, all at one moment.

        ``cert`` is PEM: the certificate first, the authorities' after it. The key is in
        ``key``, or in ``cert`` as well. DER is taken too, of one certificate. ``password`` is
        for an encrypted key: text, bytes, or a function that is asked for it, as for
        ``crypto.load_privatekey``; a Context without one asks the callback of
        :meth:`Context.set_passwd_cb`. One certificate of each kind of key, each with a chain
        of its own, may be set; one of the same kind is replaced.

        Raises Error, and changes nothing, if one of them is malformed, the key does not
        belong to the certificate, or they are too weak; TypeError if one of
        them is neither text nor bytes.
        ``SSL_CTX_use_cert_and_key(3)``
        """
        target: Any = self
        native.use(target, *_read(target, cert, key, password))

    def use_certificate_and_key(
        self,
        cert: X509 | Certificate,
        pkey: PKey | PrivateKeyTypes,
        chain: Iterable[X509 | Certificate] = (),
    ) -> None:
        """Present a certificate with its key and its chain, all at one moment, as objects.

        Raises Error, and changes nothing, if the key does not belong to the certificate or
        they are too weak; TypeError for objects of another kind.
        ``SSL_CTX_use_cert_and_key(3)``
        """
        target: Any = self
        others = [certificate(each) for each in chain]
        native.use(target, certificate(cert), private_key(pkey), others)

    def use_pkcs12(self, data: Buffer, password: str | bytes | None = None) -> None:
        """Present what is in a PKCS #12 archive: the certificate, its key and the others.

        The others are sent as the chain, in their order.

        Raises Error, and changes nothing, if the archive cannot be opened or has no
        certificate with a key; ValueError for a NUL character in the password.
        ``PKCS12_parse(3)``, ``SSL_CTX_use_cert_and_key(3)``
        """
        target: Any = self
        native.use(target, *_unpack(data, password))

    def add_chain_cert(self, cert: X509 | Certificate) -> None:
        """Send ``cert`` behind the certificate that was set or selected last.

        Unlike :meth:`Context.add_extra_chain_cert` it goes with that one alone.

        Raises TypeError if it is not a certificate, Error if none is set.
        ``SSL_CTX_add1_chain_cert(3)``
        """
        target: Any = self
        native.add_chain_certificate(target, certificate(cert))

    def clear_chain(self) -> None:
        """Send nothing behind the certificate that was set or selected last.

        Of a Context, what :meth:`Context.add_extra_chain_cert` has added goes too.

        ``SSL_CTX_clear_chain_certs(3)``, ``SSL_CTX_clear_extra_chain_certs(3)``
        """
        target: Any = self
        native.clear_chain(target)

    def select_certificate(self, cert: X509 | Certificate) -> None:
        """Let the getters, and what is added to a chain, be about a certificate set before.

        Which one is presented to a peer does not change.

        Raises ValueError if it is not set, TypeError if it is not a certificate.
        ``SSL_CTX_select_current_cert(3)``
        """
        target: Any = self
        if not native.select(target, certificate(cert)):
            raise ValueError("this certificate, with its key, is not set")


class ContextPairs(_Pairs, native_context.Context):
    """Whole certificates of a Context."""

    __slots__ = ()

    def get_certificate(self) -> X509 | None:
        """The certificate that was set or selected last; None when there is none.

        ``SSL_CTX_get0_certificate(3)``
        """
        found: X509 | None = native.get_certificate(self)
        return found

    def get_chain(self) -> list[X509]:
        """What is sent behind that certificate.

        ``SSL_CTX_get0_chain_certs(3)``
        """
        return native.get_chain(self)

    def get_privatekey(self) -> PKey | None:
        """The private key of that certificate; None when there is none.

        ``SSL_CTX_get0_privatekey(3)``
        """
        found: PKey | None = native.get_private_key(self)
        return found

    def get_certificates(self) -> list[tuple[X509, list[X509]]]:
        """Every certificate that has its key, one of each kind, and what is sent behind it.

        ``SSL_CTX_set_current_cert(3)``
        """
        return native.list_certificates(self)


class ConnectionPairs(_Pairs, native_connection.Connection):
    """Whole certificates of one connection."""

    __slots__ = ()

    def check_chain(
        self,
        cert: X509 | Certificate,
        pkey: PKey | PrivateKeyTypes,
        chain: Iterable[X509 | Certificate] = (),
    ) -> int:
        """Return what the peer would make of a certificate, its key and its chain.

        For a :meth:`set_cert_callback`, where the peer has said what it takes. The value is 0
        where they cannot be used at all, else bits of the ``CERT_PKEY_`` constants:
        ``CERT_PKEY_VALID`` where the peer takes them, the others say why not.

        Raises TypeError for objects of another kind.
        ``SSL_check_chain(3)``
        """
        others = [certificate(each) for each in chain]
        return native.check(self, certificate(cert), private_key(pkey), list(others))

    def clear_certificates(self) -> None:
        """Present no certificate on this connection, whatever its Context has.

        ``SSL_certs_clear(3)``
        """
        native.clear_certificates(self)
