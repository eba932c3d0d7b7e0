"""``PKCS7``: what kind of message some bytes are."""

from __future__ import annotations

from OpenSSL._face.common import filetypes
from OpenSSL._face.common.arguments import explained
from OpenSSL._face.common.showing import shown
from OpenSSL._native.crypto import pkcs7 as native

__all__ = ["PKCS7", "load_pkcs7_data"]


class PKCS7:
    """A PKCS #7 message, of which only the type can be told; :func:`load_pkcs7_data` makes it."""

    __module__ = "OpenSSL.crypto"

    def __init__(self, type_name: bytes) -> None:
        self._type_name = type_name

    def __repr__(self) -> str:
        return shown(self, lambda: [self.get_type_name().decode("ascii")])

    def get_type_name(self) -> bytes:
        """OpenSSL's short name of the type, as ``b"pkcs7-signedData"``.

        ``OBJ_nid2sn(3)``
        """
        return self._type_name

    def type_is_signed(self) -> bool:
        """Whether this is signed data.

        ``PKCS7_type_is_signed(3)``
        """
        return self._type_name == b"pkcs7-signedData"

    def type_is_enveloped(self) -> bool:
        """Whether this is encrypted for recipients.

        ``PKCS7_type_is_enveloped(3)``
        """
        return self._type_name == b"pkcs7-envelopedData"

    def type_is_signedAndEnveloped(self) -> bool:
        """Whether this is signed and encrypted for recipients.

        ``PKCS7_type_is_signedAndEnveloped(3)``
        """
        return self._type_name == b"pkcs7-signedAndEnvelopedData"

    def type_is_data(self) -> bool:
        """Whether this is plain data.

        ``PKCS7_type_is_data(3)``
        """
        return self._type_name == b"pkcs7-data"


def load_pkcs7_data(type: int, buffer: str | bytes) -> PKCS7:
    """Load a PKCS #7 message.

    Raises ValueError for an unknown ``type``, Error when there is no message.

    ``PEM_read_bio_PKCS7(3)``, ``d2i_PKCS7_bio(3)``
    """
    data = filetypes.content(buffer)
    return PKCS7(explained(data, native.read_type, data, filetypes.is_pem(type)))
