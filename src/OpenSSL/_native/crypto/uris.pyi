from typing import Any

from OpenSSL._native.common.passphrases import Passphrase
from OpenSSL._native.crypto.certificates import X509
from OpenSSL._native.crypto.keys import PKey

class Source:
    """An open URI.

    OSSL_STORE_open_ex(3)
    """

def load(uri: bytes, phrase: Passphrase | None) -> tuple[list[Any], list[Any]]: ...
def fits(certificate: X509, key: PKey) -> bool: ...
