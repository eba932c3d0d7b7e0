"""Sealing: what leaves the process is encrypted and authenticated with the operator's secret.

Theory.  From each secret a key is derived for one purpose (HKDF-SHA256), and from that one
for each entry, so that entries cannot take each other's place and no nonce is ever used
for two messages under one key in practice.  The first secret seals; each of them opens, so
an operator can change secrets without a gap.
"""

from __future__ import annotations

import hmac
import os

from OpenSSL._face.common.foreign import without

try:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF
except ModuleNotFoundError as _missing:
    if _missing.name != "cryptography":
        raise
    raise without("cryptography") from _missing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

__all__ = ["Seal", "SealError"]

MAGIC = b"BTF1"
NONCE = 12
SECRET_MINIMUM = 16  # bytes


class SealError(ValueError):
    """Sealed bytes that no secret opens: another secret, or somebody changed them."""

    __module__ = "OpenSSL.fleet"


class Seal:
    """Closes and opens entries for one purpose."""

    __slots__ = ("_keys", "_purpose")

    def __init__(self, secret: bytes | str | Iterable[bytes | str], purpose: str) -> None:
        """Take one secret or several: the first one closes, each of them opens.

        Raises TypeError if a secret is neither text nor bytes, ValueError if there is none
        or one has fewer than 16 bytes.
        """
        secrets = secrets_of(secret)
        if not secrets:
            raise ValueError("at least one secret is needed")
        self._purpose = purpose.encode()
        self._keys = [_derived(_secret_bytes(each), self._purpose) for each in secrets]

    def close(self, data: bytes, entry: bytes) -> bytes:
        """Encrypt and authenticate ``data``, as the entry of that name."""
        nonce = os.urandom(NONCE)
        box = AESGCM(_entry_key(self._keys[0], entry))
        return MAGIC + nonce + box.encrypt(nonce, data, self._purpose)

    def open(self, sealed: bytes, entry: bytes) -> bytes:
        """What :meth:`close` was given for this entry.

        Raises SealError if no secret opens it as that entry.
        """
        nonce = sealed[len(MAGIC) : len(MAGIC) + NONCE]
        if not sealed.startswith(MAGIC) or len(nonce) != NONCE:
            raise SealError("these bytes were not sealed here")
        for key in self._keys:
            try:
                return AESGCM(_entry_key(key, entry)).decrypt(
                    nonce, sealed[len(MAGIC) + NONCE :], self._purpose
                )
            except InvalidTag:
                continue
        raise SealError("the secret is another one, or these bytes were changed")


def secrets_of(secret: Any) -> list[Any]:
    """Return one secret, or several, as a list; what they are is looked at later."""
    if isinstance(secret, (bytes, bytearray, memoryview, str)):
        return [secret]
    try:
        return list(secret)
    except TypeError:
        raise TypeError(
            f"secret must be text, bytes or several of them, not {type(secret).__name__}"
        ) from None


def _secret_bytes(secret: object) -> bytes:
    if isinstance(secret, str):
        secret = secret.encode()
    if isinstance(secret, (bytearray, memoryview)):
        secret = bytes(secret)
    if not isinstance(secret, bytes):
        raise TypeError(f"a secret must be text or bytes, not {type(secret).__name__}")
    if len(secret) < SECRET_MINIMUM:
        raise ValueError(f"a secret needs at least {SECRET_MINIMUM} bytes, not {len(secret)}")
    return secret


def _derived(secret: bytes, purpose: bytes) -> bytes:
    info = b"brisktls fleet 1: " + purpose
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=info).derive(secret)


def _entry_key(key: bytes, entry: bytes) -> bytes:
    return hmac.digest(key, entry, "sha256")
