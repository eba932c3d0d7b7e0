from collections.abc import Sequence
from typing import Any

from OpenSSL._native.crypto.certificates import X509
from OpenSSL._native.crypto.stores import X509Store

class Run: ...

def verify(
    store: X509Store, certificate: X509, chain: Sequence[X509]
) -> tuple[int, int, str, Any, list[Any]]: ...
def error_string(code: int) -> str: ...
