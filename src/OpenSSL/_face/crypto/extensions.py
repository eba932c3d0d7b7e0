"""``X509Extension``: what certificates and requests say beyond the basics."""

from __future__ import annotations

from OpenSSL._face.common.arguments import octets
from OpenSSL._face.common.showing import shown
from OpenSSL._face.crypto.certificates import X509
from OpenSSL._native.common import owners
from OpenSSL._native.crypto import extensions as native

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

__all__ = ["X509Extension"]


class X509Extension(native.X509Extension):
    """An extension made from OpenSSL's configuration language, or taken from a certificate.

    ``type_name`` is as ``b"subjectAltName"``, ``value`` as ``b"DNS:example.org"``
    (``x509v3_config(5)``). ``subject`` and ``issuer`` are certificates that some
    values, as ``b"keyid"``, refer to.
    Raises TypeError for arguments of other types, ValueError for NUL bytes,
    Error for what OpenSSL does not understand.
    """

    __module__ = "OpenSSL.crypto"

    def __init__(
        self,
        type_name: bytes,
        critical: bool,
        value: bytes,
        subject: X509 | None = None,
        issuer: X509 | None = None,
    ) -> None:
        if issuer is not None and not isinstance(issuer, X509):
            raise TypeError("issuer must be an X509 instance")
        if subject is not None and not isinstance(subject, X509):
            raise TypeError("subject must be an X509 instance")
        kind, said = octets("type_name", type_name), octets("value", value)
        native.fill(self, kind, b"critical," + said if critical else said, subject, issuer)

    def __reduce__(self) -> NoReturn:
        raise TypeError("an X509Extension cannot be copied or pickled")

    def __repr__(self) -> str:
        return shown(self, self._told)

    def _told(self) -> list[str]:
        told = [self.get_short_name().decode("ascii")]
        return [*told, "critical"] if self.get_critical() else told

    def __str__(self) -> str:
        return native.get_text(self)

    def get_critical(self) -> int:
        """1 when those who do not understand the extension must refuse the certificate, else 0.

        ``X509_EXTENSION_get_critical(3)``
        """
        return native.get_critical(self)

    def get_short_name(self) -> bytes:
        """OpenSSL's short name of the extension, ``b"UNDEF"`` when it has none.

        ``X509_EXTENSION_get_object(3)``
        """
        return native.get_short_name(self)

    def get_data(self) -> bytes:
        """The value in DER.

        ``X509_EXTENSION_get_data(3)``
        """
        return native.get_data(self)


owners.set_face(native.X509Extension, X509Extension)
