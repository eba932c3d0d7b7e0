"""Signatures over data."""

from __future__ import annotations

from OpenSSL._face.common.arguments import octets, text_to_bytes
from OpenSSL._face.crypto.certificates import X509
from OpenSSL._face.crypto.keys import PKey
from OpenSSL._native.crypto import signing as native

__all__ = ["sign", "verify"]


def sign(pkey: PKey, data: bytes, digest: str | None) -> bytes:
    """Sign ``data`` with a private key and a digest, as ``"sha256"``.

    ``digest`` is None for keys that choose their own, as Ed25519.
    Raises TypeError for arguments of other types, ValueError for an unknown
    digest, Error when the key cannot sign in this way.

    ``EVP_DigestSign(3)``
    """
    content = text_to_bytes("data", data)
    if not isinstance(pkey, PKey):
        raise TypeError("pkey must be a PKey instance")
    return native.sign(pkey, content, digest)


def verify(cert: X509, signature: bytes, data: bytes, digest: str | None) -> None:
    """Raise Error unless the key of ``cert`` signed ``data`` with ``digest``.

    Raises TypeError for arguments of other types, ValueError for an unknown digest.

    ``EVP_DigestVerify(3)``
    """
    content = text_to_bytes("data", data)
    if not isinstance(cert, X509):
        raise TypeError("cert must be an X509 instance")
    native.verify(cert, octets("signature", signature), content, digest)
