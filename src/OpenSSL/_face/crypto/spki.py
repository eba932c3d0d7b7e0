"""``NetscapeSPKI``: a public key signed by its private half."""

from __future__ import annotations

from OpenSSL._face.crypto.keys import PKey
from OpenSSL._native.crypto import spki as native

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

__all__ = ["NetscapeSPKI"]


def _key(value: object) -> PKey:
    if not isinstance(value, PKey):
        raise TypeError("pkey must be a PKey instance")
    return value


class NetscapeSPKI(native.NetscapeSPKI):
    """A public key with proof that its owner has the private half (SPKAC)."""

    __module__ = "OpenSSL.crypto"

    def __init__(self) -> None:
        super().__init__()

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "a NetscapeSPKI cannot be copied or pickled; store what b64_encode() returns"
        )

    def sign(self, pkey: PKey, digest: str | None) -> None:
        """Sign with a private key and a digest, as ``"sha256"``.

        Raises TypeError if ``pkey`` is not a PKey, ValueError for a key without a
        private half or an unknown digest, Error when they do not go together.

        ``NETSCAPE_SPKI_sign(3)``
        """
        if _key(pkey).only_public:
            raise ValueError("Key has only public part")
        if not pkey.initialized:
            raise ValueError("Key is uninitialized")
        native.sign(self, pkey, digest)

    def verify(self, key: PKey) -> bool:
        """Return True when ``key`` made the signature; Error when not.

        ``NETSCAPE_SPKI_verify(3)``
        """
        return native.verify(self, _key(key))

    def b64_encode(self) -> bytes:
        """The whole in Base64; Error while it is not complete.

        ``NETSCAPE_SPKI_b64_encode(3)``
        """
        return native.encode(self)

    def get_pubkey(self) -> PKey:
        """The public key; Error when there is none.

        ``NETSCAPE_SPKI_get_pubkey(3)``
        """
        made: PKey = native.get_pubkey(self)
        return made

    def set_pubkey(self, pkey: PKey) -> None:
        """Put in the public half of ``pkey``; TypeError if it is not a PKey.

        ``NETSCAPE_SPKI_set_pubkey(3)``
        """
        native.set_pubkey(self, _key(pkey))
