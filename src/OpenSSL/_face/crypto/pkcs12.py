"""``PKCS12``: a key, its certificate and others in one file."""

from __future__ import annotations

from OpenSSL._face.common import filetypes
from OpenSSL._face.common.arguments import explained, integer, octets, text_to_bytes
from OpenSSL._face.crypto.certificates import X509
from OpenSSL._face.crypto.keys import PKey
from OpenSSL._native.crypto import pkcs12 as native

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["PKCS12", "load_pkcs12"]


class PKCS12:
    """What a PKCS #12 archive holds; a new one is empty."""

    __module__ = "OpenSSL.crypto"

    def __init__(self) -> None:
        self._pkey: PKey | None = None
        self._cert: X509 | None = None
        self._cacerts: list[X509] | None = None
        self._friendlyname: bytes | None = None

    def get_certificate(self) -> X509 | None:
        """The certificate that goes with the key, or None.

        ``PKCS12_parse(3)``
        """
        return self._cert

    def set_certificate(self, cert: X509) -> None:
        """Set the certificate that goes with the key; TypeError if it is not an X509.

        ``PKCS12_create(3)``
        """
        if not isinstance(cert, X509):
            raise TypeError("cert must be an X509 instance")
        self._cert = cert

    def get_privatekey(self) -> PKey | None:
        """The private key, or None.

        ``PKCS12_parse(3)``
        """
        return self._pkey

    def set_privatekey(self, pkey: PKey) -> None:
        """Set the private key; TypeError if it is not a PKey.

        ``PKCS12_create(3)``
        """
        if not isinstance(pkey, PKey):
            raise TypeError("pkey must be a PKey instance")
        self._pkey = pkey

    def get_ca_certificates(self) -> tuple[X509, ...] | None:
        """The other certificates, or None.

        ``PKCS12_parse(3)``
        """
        return None if self._cacerts is None else tuple(self._cacerts)

    def set_ca_certificates(self, cacerts: Iterable[X509] | None) -> None:
        """Set or, with None, remove the other certificates.

        Raises TypeError when one of them is not an X509.

        ``PKCS12_create(3)``
        """
        if cacerts is None:
            self._cacerts = None
            return
        wanted = list(cacerts)
        for one in wanted:
            if not isinstance(one, X509):
                raise TypeError("iterable must only contain X509 instances")
        self._cacerts = wanted

    def get_friendlyname(self) -> bytes | None:
        """The name for people, or None.

        ``PKCS12_parse(3)``
        """
        return self._friendlyname

    def set_friendlyname(self, name: bytes | None) -> None:
        """Set or, with None, remove the name for people; TypeError if it is not bytes.

        ``PKCS12_create(3)``
        """
        self._friendlyname = None if name is None else octets("name", name)

    def export(self, passphrase: bytes | None = None, iter: int = 2048, maciter: int = 1) -> bytes:
        """Write the archive, encrypted with triple DES as every reader understands.

        ``iter`` and ``maciter`` are how often the passphrase is stirred for the
        encryption and the checksum. Raises ValueError for NUL bytes in the
        passphrase or the name, Error when key and certificate do not match.

        ``PKCS12_create(3)``
        """
        phrase = None if passphrase is None else text_to_bytes("passphrase", passphrase)
        return native.create(
            phrase,
            self._friendlyname,
            self._pkey,
            self._cert,
            self._cacerts or [],
            integer("iter", iter),
            integer("maciter", maciter),
        )


def load_pkcs12(buffer: str | bytes, passphrase: bytes | None = None) -> PKCS12:
    """Load an archive in DER, with a MAC or without.

    Without one nothing tells whether somebody has changed it.

    Raises ValueError for NUL bytes in the passphrase, Error when it is wrong, when there is
    no archive, or when one is given for an archive that has no MAC and is not encrypted.

    ``d2i_PKCS12_bio(3)``, ``PKCS12_parse(3)``
    """
    phrase = None if passphrase is None else text_to_bytes("passphrase", passphrase)
    data = filetypes.content(buffer)
    loaded = PKCS12()
    (
        loaded._pkey,
        loaded._cert,
        loaded._friendlyname,
        loaded._cacerts,
    ) = explained(data, native.parse, data, phrase)
    return loaded
