# Written by tools/make_stubs.py from names.pyx.

from typing import Any

from OpenSSL._native.common.owners import Owner

class NameOwner(Owner):
    """What lends out a name that is a part of itself."""

class X509Name(Owner):
    """The owner of a name, or a view of another owner's."""
    def __init__(self, name: X509Name) -> None: ...

def find_nid(attribute: str) -> int:
    """OpenSSL's number for an attribute's short or long name or dotted numbers; 0: unknown."""

def get_attribute(name: X509Name, nid: int) -> str | None:
    """The first value of an attribute as text, or None."""

def set_attribute(name: X509Name, nid: int, value: bytes) -> None:
    """Put ``value``, in UTF-8, in the place of the attribute's first value."""

def get_components(name: X509Name) -> list[tuple[bytes, bytes]]:
    """``(short name, content as it stands)`` for each attribute, in order."""

def compare(a: X509Name, b: X509Name) -> int:
    """Less than, equal to or greater than zero, after the canonical forms."""

def oneline(name: X509Name) -> bytes:
    """OpenSSL's one-line form, however long."""

def get_hash(name: X509Name) -> int: ...
def encode(name: X509Name) -> bytes:
    """The DER encoding."""

def load(data: bytes) -> Any:
    """A name that stands alone, from DER."""
