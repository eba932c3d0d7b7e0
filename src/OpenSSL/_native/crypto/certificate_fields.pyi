# Written by tools/make_stubs.py from certificate_fields.pyx.

from typing import Any

from OpenSSL._native.crypto.certificates import X509
from OpenSSL._native.crypto.keys import PKey

def get_version(certificate: X509) -> int: ...
def set_version(certificate: X509, version: int) -> None: ...
def get_serial(certificate: X509) -> int: ...
def set_serial(certificate: X509, serial: int) -> None: ...
def get_boundary(certificate: X509, end: bool) -> bytes | None:
    """The time as text, or None."""

def get_boundary_seconds(certificate: X509, end: bool) -> int | None:
    """The time in seconds since 1970, or None."""

def set_boundary(certificate: X509, end: bool, when: bytes | int) -> None:
    """Set a time from its text (bytes), or from seconds counted from now (int)."""

def get_pubkey(certificate: X509) -> Any: ...
def set_pubkey(certificate: X509, key: PKey) -> None: ...
def get_signature_algorithm(certificate: X509) -> bytes | None:
    """OpenSSL's long name, or None when it does not know the algorithm."""

def get_extension_count(certificate: X509) -> int: ...
def get_subject_hash(certificate: X509) -> int: ...
def sign(certificate: X509, key: PKey, digest: str | bytes | None) -> None:
    """Sign with ``key``; ``digest`` is None for keys that bring their own."""
