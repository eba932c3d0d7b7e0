from typing import Any

from OpenSSL._native.certificates import X509
from OpenSSL._native.keys import PKey
from OpenSSL._native.passphrases import Passphrase

class Source:
    """An open URI.

    OSSL_STORE_open_ex(3)
    """

def load(uri: bytes, phrase: Passphrase | None) -> tuple[list[Any], list[Any]]: ...
def fits(certificate: X509, key: PKey) -> bool: ...
