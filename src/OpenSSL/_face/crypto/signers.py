"""Keys whose private half is elsewhere: what their functions are told."""

from __future__ import annotations

from OpenSSL._face.common.showing import in_any_case

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    SignFunction: TypeAlias = "Callable[[SigningAlgorithm, bytes], bytes]"

__all__ = ["SigningAlgorithm"]

#: TLS 1.3 has one digest for each curve, and names both.
_CURVES = {
    ("prime256v1", "sha256"): "ecdsa_secp256r1_sha256",
    ("secp384r1", "sha384"): "ecdsa_secp384r1_sha384",
    ("secp521r1", "sha512"): "ecdsa_secp521r1_sha512",
}


class SigningAlgorithm:
    """How a function of :meth:`PKey.from_signer` is to sign.

    ``name`` is the algorithm's name in IANA's registry for TLS, as ``"rsa_pss_rsae_sha256"``,
    ``"rsa_pkcs1_sha256"``, ``"ecdsa_secp256r1_sha256"``, ``"ed25519"`` or ``"mldsa65"``; a
    combination that has none is named in the same way, as ``"ecdsa_sha512"``. ``str()`` is the
    name too.

    ``key_type`` is ``"RSA"``, ``"RSA-PSS"``, ``"EC"``, ``"ED25519"``, ``"ED448"`` or, from
    OpenSSL 3.5 on, ``"ML-DSA-44"``, ``"ML-DSA-65"`` or ``"ML-DSA-87"``; ``padding`` is
    ``"pkcs1"`` or ``"pss"``, and None for other keys than RSA; ``digest`` is a name for
    ``hashlib``, as ``"sha256"``, and None where the key brings its own; ``salt_length``, in
    bytes, is of ``"pss"`` only, whose mask is MGF1 with the same digest; ``curve`` is OpenSSL's
    name for the curve of an EC key, as ``"prime256v1"``.  Raises TypeError where one is of
    another type.

    ``EVP_DigestSignInit_ex(3)``
    """

    __module__ = "OpenSSL.crypto"
    __slots__ = ("curve", "digest", "key_type", "name", "padding", "salt_length")

    name: str
    key_type: str
    padding: str | None
    digest: str | None
    salt_length: int | None
    curve: str | None

    def __init__(
        self,
        key_type: str,
        padding: str | None = None,
        digest: str | None = None,
        salt_length: int | None = None,
        curve: str | None = None,
    ) -> None:
        for label, value in (("padding", padding), ("digest", digest), ("curve", curve)):
            if value is not None and not isinstance(value, str):
                raise TypeError(f"{label} must be str or None, not {type(value).__name__}")
        if not isinstance(key_type, str):
            raise TypeError(f"key_type must be str, not {type(key_type).__name__}")
        self.key_type = key_type
        self.padding = padding
        self.digest = None if digest is None else _hashlib_name(digest)
        self.salt_length = salt_length
        self.curve = curve
        self.name = self._named()

    def _named(self) -> str:
        digest = (self.digest or "").replace("-", "_")
        if self.padding == "pss":
            return f"rsa_pss_{'pss' if self.key_type == 'RSA-PSS' else 'rsae'}_{digest}"
        if self.padding is not None:
            return f"rsa_pkcs1_{digest}"
        if self.key_type == "EC":
            return _CURVES.get((self.curve or "", digest), f"ecdsa_{digest}")
        name = self.key_type.lower()
        return name.replace("-", "") if name.startswith("ml-dsa") else name

    def hash(self, message: bytes) -> bytes:
        """The digest of ``message``, for those who sign digests.

        Raises ValueError when the key brings its own digest: then the whole message is signed.

        ``EVP_Digest(3)``
        """
        import hashlib

        if self.digest is None:
            raise ValueError(f"{self.name} signs the message itself")
        if self.digest == "md5-sha1":
            return hashlib.md5(message).digest() + hashlib.sha1(message).digest()
        return hashlib.new(self.digest, message).digest()

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return in_any_case(self, lambda: f"<SigningAlgorithm {self.name}>")

    def _key(self) -> tuple[object, ...]:
        return (self.key_type, self.padding, self.digest, self.salt_length, self.curve)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SigningAlgorithm):
            return NotImplemented
        return self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())


def _hashlib_name(digest: str) -> str:
    """OpenSSL's ``"SHA2-256"`` as ``"sha256"``, ``"SHA3-256"`` as ``"sha3_256"``."""
    name = digest.lower()
    if name.startswith("sha2-"):
        name = "sha" + name.removeprefix("sha2-")
    return name if name == "md5-sha1" else name.replace("-", "_").replace("/", "_")
