# Written by tools/make_stubs.py from extensions.pyx.

from typing import Any

from OpenSSL._native.common.owners import Owner
from OpenSSL._native.crypto.certificates import X509

class X509Extension(Owner):
    """The owner of an extension."""

def fill(
    extension: X509Extension, name: bytes, value: bytes, subject: X509 | None, issuer: X509 | None
) -> None:
    """Make the extension from OpenSSL's configuration language."""

def get_critical(extension: X509Extension) -> int: ...
def get_short_name(extension: X509Extension) -> bytes: ...
def get_data(extension: X509Extension) -> bytes: ...
def get_subject_alt_names(certificate: X509) -> list[tuple[str, str]]:
    """``(kind, value)`` of each alternative name; an empty list without the extension."""

def get_text(extension: X509Extension) -> str: ...
def add_to_certificate(certificate: X509, extension: X509Extension) -> None: ...
def get_from_certificate(certificate: X509, index: int) -> Any:
    """A copy of the extension at ``index``, or None when there is none."""
