"""The peer's key of this key exchange, asked for as C asks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from OpenSSL._cffi_names.memory import NULL, Cell
from OpenSSL.crypto import TYPE_DH, TYPE_DSA, TYPE_EC, TYPE_RSA
from OpenSSL.SSL import Connection

__all__ = ["CONSTANTS", "FUNCTIONS"]

CONSTANTS = {
    "EVP_PKEY_DH": TYPE_DH,
    "EVP_PKEY_DSA": TYPE_DSA,
    "EVP_PKEY_EC": TYPE_EC,
    "EVP_PKEY_RSA": TYPE_RSA,
}
_NUMBERS = {"DH": TYPE_DH, "DSA": TYPE_DSA, "EC": TYPE_EC, "RSA": TYPE_RSA}
# What NIST calls them, which is what tools print.
_NIST = {"prime256v1": b"P-256", "secp384r1": b"P-384", "secp521r1": b"P-521"}


class TemporaryKey(NamedTuple):
    """What :meth:`Connection.get_server_tmp_key` returns."""

    kind: str
    bits: int
    name: str


class Identifier(int):
    """A number that remembers the name it stands for."""

    name: str

    @classmethod
    def of(cls, name: str) -> Identifier:
        """The number of a kind of key; 0 where no program compares it."""
        number = cls(_NUMBERS.get(name, 0))
        number.name = name
        return number


def get_server_tmp_key(connection: Connection, into: Cell) -> int:
    answer = connection.get_server_tmp_key()
    if answer is None:
        return 0
    into[0] = TemporaryKey(*answer)
    return 1


def nist_name(curve: Identifier) -> Any:
    return _NIST.get(curve.name, NULL)


def short_name(number: Identifier) -> bytes:
    return number.name.encode()


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "EC_GROUP_get_curve_name": lambda key: Identifier.of(key.name),
    "EC_KEY_free": lambda key: None,
    "EC_KEY_get0_group": lambda key: key,
    "EC_curve_nid2nist": nist_name,
    "EVP_PKEY_bits": lambda key: key.bits,
    "EVP_PKEY_free": lambda key: None,
    "EVP_PKEY_get1_EC_KEY": lambda key: key,
    "EVP_PKEY_id": lambda key: Identifier.of(key.kind),
    "OBJ_nid2sn": short_name,
    "SSL_get_server_tmp_key": get_server_tmp_key,
}
