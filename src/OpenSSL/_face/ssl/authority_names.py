"""Names of authorities that a peer is told: whose certificates it may show."""

from __future__ import annotations

from OpenSSL._face.common.arguments import named, path_bytes, text_to_bytes
from OpenSSL._face.crypto.certificates import certificate
from OpenSSL._face.crypto.names import X509Name
from OpenSSL._native.ssl import authority_names as native
from OpenSSL._native.ssl import connection as native_connection
from OpenSSL._native.ssl import context as native_context

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from cryptography.x509 import Certificate

    from OpenSSL._face.crypto.certificates import X509

__all__ = ["ConnectionAuthorityNames", "ContextAuthorityNames"]


class ContextAuthorityNames(native_context.Context):
    """The half of :class:`OpenSSL.SSL.Context` that tells clients whose certificates may come."""

    __slots__ = ()

    def add_client_ca(self, certificate_authority: X509 | Certificate) -> None:
        """Name one more authority to clients that are asked for a certificate.

        Trusts nobody: see :meth:`load_verify_locations`.

        Raises TypeError if it is not a certificate, ValueError if the names would have more than
        64 512 bytes in all: no handshake has room for them.
        ``SSL_CTX_add_client_CA(3)``
        """
        native.add_client_ca(self, certificate(certificate_authority))

    def load_client_ca(self, cafile: str | bytes | os.PathLike[str]) -> None:
        """Name the authorities of a PEM file to clients, in place of those named before.

        Trusts nobody: see :meth:`load_verify_locations`. The path is bytes or an
        ``os.PathLike``; text works too, with a DeprecationWarning, as in pyOpenSSL.

        Raises Error if the file cannot be read or holds no certificate, ValueError if the names
        have more than 64 512 bytes in all.
        ``PEM_read_bio_X509(3)``, ``SSL_CTX_set_client_CA_list(3)``
        """
        if isinstance(cafile, str):
            cafile = text_to_bytes("cafile", cafile)
        path = path_bytes(cafile)
        named(path, native.load_client_ca, self, path)

    def set_client_ca_list(self, certificate_authorities: Sequence[X509Name]) -> None:
        """Name these authorities to clients, in place of those named before.

        Raises TypeError unless it is a sequence of X509Name, ValueError if they have more than
        64 512 bytes in all; the list in force is kept then.
        ``SSL_CTX_set_client_CA_list(3)``
        """
        native.set_client_ca_list(self, list(_names(certificate_authorities)))


def _names(authorities: Sequence[X509Name]) -> list[X509Name]:
    names = list(authorities)
    for name in names:
        if not isinstance(name, X509Name):
            raise TypeError(f"client CAs must be X509Name objects, not {type(name).__name__}")
    return names


class ConnectionAuthorityNames(native_connection.Connection):
    """The same for one connection."""

    __slots__ = ()

    def set_client_ca_list(self, certificate_authorities: Sequence[X509Name]) -> None:
        """Name these authorities to this client, in place of the Context's.

        Raises TypeError unless it is a sequence of X509Name, ValueError if they have more than
        64 512 bytes in all.
        ``SSL_set_client_CA_list(3)``
        """
        native.set_client_ca_list(self, list(_names(certificate_authorities)))
