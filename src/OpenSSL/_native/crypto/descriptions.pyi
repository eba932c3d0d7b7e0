# Written by tools/make_stubs.py from descriptions.pyx.

from typing import Any

from OpenSSL._native.crypto.certificates import X509

def describe(certificate: X509) -> dict[str, Any]:
    """The certificate as ``ssl.SSLSocket.getpeercert`` has it."""

def is_authority(certificate: X509) -> bool:
    """Whether OpenSSL takes the certificate for one that may sign others."""
