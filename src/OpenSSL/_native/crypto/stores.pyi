# Written by tools/make_stubs.py from stores.pyx.

from OpenSSL._native.common.owners import Owner
from OpenSSL._native.crypto.certificates import X509

class X509Store(Owner):
    """The owner of a store of trusted certificates."""
    def __init__(self) -> None: ...

def add_certificate(store: X509Store, certificate: X509) -> None: ...
def set_flags(store: X509Store, flags: int) -> None: ...
def set_time(store: X509Store, seconds: int) -> None:
    """Verify as if it were ``seconds`` after the start of 1970."""

def get_certificates(store: X509Store) -> list[X509]: ...
def count(store: X509Store) -> int:
    """How many certificates and lists of revoked ones have been loaded."""

def load_locations(store: X509Store, file: bytes | None, directory: bytes | None) -> None:
    """Trust what a PEM file holds, and look for more in a hashed directory."""
