# Written by tools/make_stubs.py from pkcs12.pyx.

from typing import Any

from OpenSSL._native.crypto.certificates import X509
from OpenSSL._native.crypto.keys import PKey

def parse(data: bytes, phrase: bytes | None) -> tuple[Any, Any, bytes | None, list[Any] | None]:
    """Return ``(key, certificate, friendly name, other certificates)``, None where missing."""

def create(
    phrase: bytes | None,
    name: bytes | None,
    key: PKey | None,
    certificate: X509 | None,
    others: list[Any],
    iterations: int,
    mac_iterations: int,
) -> bytes:
    """Write an archive, encrypted in the way every reader of archives knows."""
