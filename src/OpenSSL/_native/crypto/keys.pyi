# Written by tools/make_stubs.py from keys.pyx.

from collections.abc import Callable
from typing import Any

from OpenSSL._native.common.owners import Owner
from OpenSSL._native.common.passphrases import Passphrase

class PKey(Owner):
    """The owner of a key."""
    def __init__(self) -> None: ...
    @property
    def only_public(self) -> bool: ...
    @property
    def initialized(self) -> bool: ...

def get_type(key: PKey) -> int: ...
def get_bits(key: PKey) -> int: ...
def get_type_name(key: PKey) -> str | None: ...
def check(key: PKey) -> bool:
    """Check the arithmetic of a private key; the slow part runs without the interpreter."""

def generate(key: PKey, dsa: bool, bits: int) -> None:
    """Replace what ``key`` holds by a new pair; an unlucky call leaves it as it was."""

def knows(name: bytes) -> bool:
    """Whether the library has a kind of key."""

def generate_named(key: PKey, name: bytes, group: bytes | None) -> None:
    """The same as ``generate``, of a kind and, for elliptic curves, a group by name."""

def from_signer(public: PKey, function: Callable[[Any, bytes], bytes]) -> Any:
    """A key with the public half of another one, and a function that signs for it."""

def load_private(data: bytes, pem: bool, phrase: Passphrase | None) -> Any: ...
def load_public(data: bytes, pem: bool) -> Any: ...
def check_cipher(name: str) -> None:
    """Raise ValueError when OpenSSL knows no cipher of this name."""

def dump_private_pem(key: PKey, cipher: str | None, phrase: Passphrase | None) -> bytes:
    """PEM, encrypted when ``cipher`` names one; the phrase may be a Python callable."""

def dump_private_der(key: PKey) -> bytes: ...
def dump_private_text(key: PKey) -> bytes: ...
def dump_public(key: PKey, pem: bool) -> bytes: ...
