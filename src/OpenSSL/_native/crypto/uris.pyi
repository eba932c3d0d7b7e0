# Written by tools/make_stubs.py from uris.pyx.

from typing import Any

from OpenSSL._native.common.passphrases import Passphrase
from OpenSSL._native.crypto.certificates import X509
from OpenSSL._native.crypto.keys import PKey

class Source:
    """An open URI."""

def load(uri: bytes, phrase: Passphrase | None) -> tuple[list[Any], list[Any]]:
    """The private keys there, and the certificates, in their order."""

def fits(certificate: X509, key: PKey) -> bool:
    """Whether a certificate is about the public half of a key."""
