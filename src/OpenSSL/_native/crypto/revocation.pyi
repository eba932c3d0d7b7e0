# Written by tools/make_stubs.py from revocation.pyx.

from typing import Any

from OpenSSL._native.common.owners import Owner
from OpenSSL._native.crypto.certificates import X509
from OpenSSL._native.crypto.keys import PKey
from OpenSSL._native.crypto.stores import X509Store

class Revoked(Owner):
    """The owner of an entry of a revocation list."""
    def __init__(self) -> None: ...

class CRL(Owner):
    """The owner of a revocation list."""
    def __init__(self) -> None: ...

def get_serial(revoked: Revoked) -> int: ...
def set_serial(revoked: Revoked, serial: int) -> None: ...
def get_date(revoked: Revoked) -> bytes | None: ...
def set_date(revoked: Revoked, when: bytes) -> None: ...
def get_reason(revoked: Revoked) -> bytes | None:
    """OpenSSL's words for the reason, or None."""

def set_reason(revoked: Revoked, reason: int) -> None:
    """Set the reason by its number; a negative one takes it away."""

def get_revoked(crl: CRL) -> list[Any]:
    """Copies of all entries."""

def add_revoked(crl: CRL, revoked: Revoked) -> None:
    """Add a copy of an entry."""

def get_issuer(crl: CRL) -> Any:
    """A copy of the issuer's name."""

def set_version(crl: CRL, version: int) -> None: ...
def set_update(crl: CRL, next: bool, when: bytes | int) -> None:
    """Set a time from its text (bytes), or from seconds counted from now (int)."""

def sign(crl: CRL, issuer: X509, key: PKey, digest: str | bytes | None) -> None:
    """Make the certificate's subject the issuer, sort, and sign."""

def load(data: bytes, pem: bool) -> Any: ...
def dump(crl: CRL, pem: bool) -> bytes: ...
def dump_text(crl: CRL) -> bytes: ...
def add_to_store(store: X509Store, data: bytes) -> None:
    """Let a store know a revocation list in DER."""
