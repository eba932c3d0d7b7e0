# Written by tools/make_stubs.py from signing.pyx.

from OpenSSL._native.crypto.certificates import X509
from OpenSSL._native.crypto.keys import PKey

class Work:
    """An EVP_MD_CTX that frees itself."""

def sign(key: PKey, data: bytes, digest: str | bytes | None) -> bytes:
    """The signature; ``digest`` is None for keys that bring their own."""

def verify(certificate: X509, signature: bytes, data: bytes, digest: str | bytes | None) -> None:
    """Raise unless the certificate's key made the signature."""
