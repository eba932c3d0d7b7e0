# Written by tools/make_stubs.py from bundles.pyx.

from OpenSSL._native.crypto.stores import X509Store

class Bundle: ...

def load(store: X509Store, data: bytes) -> None:
    """Let a store know everything that the bytes hold, or nothing."""
