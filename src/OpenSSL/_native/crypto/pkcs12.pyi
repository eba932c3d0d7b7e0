from typing import Any

from OpenSSL._native.crypto.certificates import X509
from OpenSSL._native.crypto.keys import PKey

def parse(data: bytes, phrase: bytes | None) -> tuple[Any, Any, bytes | None, list[Any] | None]: ...
def create(
    phrase: bytes | None,
    name: bytes | None,
    key: PKey | None,
    certificate: X509 | None,
    others: list[Any],
    iterations: int,
    mac_iterations: int,
) -> bytes: ...
