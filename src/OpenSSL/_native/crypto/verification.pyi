# Written by tools/make_stubs.py from verification.pyx.

from collections.abc import Sequence
from typing import Any

from OpenSSL._native.crypto.certificates import X509
from OpenSSL._native.crypto.stores import X509Store

class Run:
    """One verification; owns its X509_STORE_CTX and what is lent to that."""

def verify(
    store: X509Store, certificate: X509, chain: Sequence[X509]
) -> tuple[int, int, str, Any, list[Any]]:
    """Return ``(0, 0, "", None, verified chain)`` or the failure.

    A failure is ``(code, depth, words, certificate or None, [])``.
    """

def error_string(code: int) -> str:
    """What an ``X509_V_*`` number means, in OpenSSL's words."""
