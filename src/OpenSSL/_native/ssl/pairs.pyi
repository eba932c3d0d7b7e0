# Written by tools/make_stubs.py from pairs.pyx.

from typing import Any

from OpenSSL._native.common.passphrases import Passphrase
from OpenSSL._native.crypto.certificates import X509
from OpenSSL._native.crypto.keys import PKey
from OpenSSL._native.ssl.connection import Connection
from OpenSSL._native.ssl.context import Context

def passphrase_of(context: Context) -> Passphrase:
    """What asks the Context's own hook."""

def use(target: Context | Connection, leaf: X509, key: PKey, chain: list[Any]) -> None:
    """All three at one moment, in the place of those of the same kind of key."""

def check(connection: Connection, leaf: X509, key: PKey, chain: list[X509] | None) -> int:
    """What the peer would make of all three, in bits; without a list a chain is looked for."""

def add_chain_certificate(target: Context | Connection, certificate: X509) -> None: ...
def clear_chain(target: Context | Connection) -> None:
    """Forget what is sent behind the current certificate, and behind all of a Context's."""

def clear_certificates(connection: Connection) -> None: ...
def get_certificate(context: Context) -> Any: ...
def may_prove_itself(context: Context) -> bool:
    """Whether a server has what it shows to clients, or a hook that may bring that."""

def get_chain(context: Context) -> list[Any]: ...
def get_private_key(context: Context) -> Any: ...
def list_certificates(context: Context) -> list[Any]:
    """Each certificate that has a key, with its chain; the current one stays current."""

def select(target: Context | Connection, certificate: X509) -> bool:
    """Make a certificate that is set already the current one; whether it was there."""
