"""``X509Store``: what a verification trusts, and how strict it is."""

from __future__ import annotations

import os

from OpenSSL._face.common.arguments import explained, named, path_bytes, unix_time, unlike
from OpenSSL._face.common.filetypes import content
from OpenSSL._face.crypto.certificates import X509
from OpenSSL._native.common import owners
from OpenSSL._native.crypto import bundles
from OpenSSL._native.crypto import stores as native

TYPE_CHECKING = False
if TYPE_CHECKING:
    import datetime
    from typing import Any, NoReturn

    from OpenSSL._types import Buffer

__all__ = ["X509Store"]


Path = str | bytes | os.PathLike[str] | os.PathLike[bytes]


class X509Store(native.X509Store):
    """Trusted certificates, revocation lists and the rules of a verification.

    One that came from a Context is that Context's own, and outlives it.
    """

    __module__ = "OpenSSL.crypto"

    def __init__(self) -> None:
        super().__init__()

    def __reduce__(self) -> NoReturn:
        raise TypeError("an X509Store cannot be copied or pickled")

    @property
    def _store(self) -> X509Store:
        return self

    def add_cert(self, cert: X509) -> None:
        """Trust a certificate; one that is already there does no harm.

        Raises TypeError if it is not an X509.

        ``X509_STORE_add_cert(3)``
        """
        if not isinstance(cert, X509):
            raise TypeError(f"cert must be an X509, not {unlike(cert, 'load_certificate')}")
        native.add_certificate(self, cert)

    def add_crl(self, crl: Any) -> None:
        """Let the store know a revocation list, ours or the ``cryptography`` package's.

        It counts once ``CRL_CHECK`` is among the flags. Raises TypeError for others.

        ``X509_STORE_add_crl(3)``
        """
        # Few have lists, and they are slow to load.
        from OpenSSL._face.crypto.revocation import add_to_store

        add_to_store(self, crl)

    def load_data(self, data: str | Buffer) -> None:
        """Trust the certificates in ``data`` and know the revocation lists in it.

        ``data`` is PEM, in ASCII where it is text, or DER, one piece after the other.
        Raises Error, and changes nothing, if anything in it is malformed or it is empty.

        ``X509_STORE_add_cert(3)``, ``X509_STORE_add_crl(3)``
        """
        given = content(data)
        explained(given, bundles.load, self, given)

    def get_certificates(self) -> list[X509]:
        """Return the certificates that have been loaded.

        Those of a folder are loaded when a chain asks for them, and are not there before.

        ``X509_STORE_get1_all_certs(3)``
        """
        return native.get_certificates(self)  # type: ignore[return-value]  # of the face's class

    def set_flags(self, flags: int) -> None:
        """Turn on rules, constants of :class:`X509StoreFlags` joined by ``|``.

        ``X509_STORE_set_flags(3)``
        """
        native.set_flags(self, flags)

    def set_time(self, vfy_time: datetime.datetime) -> None:
        """Verify as if it were then, to the second; a time without a zone is in UTC.

        Raises TypeError if it is not a datetime.

        ``X509_VERIFY_PARAM_set_time(3)``
        """
        native.set_time(self, unix_time("vfy_time", vfy_time))

    def load_locations(self, cafile: Path | None, capath: Path | None = None) -> None:
        """Trust the certificates of a PEM file, and find others in a directory when needed.

        The directory is one made by ``openssl rehash``; a RuntimeWarning says so where it is
        not. May be called again for more. Raises Error when the file cannot be used or neither
        is given.

        ``X509_STORE_load_locations(3)``
        """
        file = None if cafile is None else path_bytes(cafile)
        folder = None if capath is None else path_bytes(capath)
        named(file, native.load_locations, self, file, folder)
        if folder:
            from OpenSSL._face.common.folders import look_into  # loaded when it is needed

            look_into(folder)


owners.set_face(native.X509Store, X509Store)
