"""Optional packages, and objects of ``cryptography``, recognised without importing it.

What has never been imported cannot be what a caller passed, so recognising
looks at the modules already loaded; only the conversions import.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = [
    "is_certificate",
    "is_private_key",
    "is_public_key",
    "is_request",
    "is_revocation_list",
    "needed",
    "private_key_der",
    "public_der",
    "public_key_der",
    "sign_function",
    "without",
]

_KINDS = "cryptography.hazmat.primitives.asymmetric."
# The kinds that can sign; key agreement keys (x25519, x448, dh) have no use here.
_SIGNING = ("rsa", "ec", "ed25519", "ed448", "dsa", "mldsa")


def needed(module: str) -> Any:
    """Import a module of an optional package, or say what to install."""
    import importlib

    package = module.partition(".")[0]
    try:
        importlib.import_module(package)
    except ModuleNotFoundError as missing:
        if missing.name != package:
            raise
        raise without(package) from missing
    return importlib.import_module(module)


def without(package: str) -> ModuleNotFoundError:
    """Return what is raised where an optional package is not installed."""
    return ModuleNotFoundError(
        f"this needs the package {package!r}: pip install {package}", name=package
    )


def _is(value: object, module: str, name: str) -> bool:
    kind = getattr(sys.modules.get(module), name, None)
    return isinstance(kind, type) and isinstance(value, kind)


def _is_key(value: object, ending: str) -> bool:
    for name in _SIGNING:
        module = sys.modules.get(_KINDS + name)
        if module is None:
            continue
        for word, kind in vars(module).items():
            if word.endswith(ending) and isinstance(kind, type) and isinstance(value, kind):
                return True
    return False


def is_certificate(value: object) -> bool:
    """Whether this is a ``cryptography.x509.Certificate``."""
    return _is(value, "cryptography.x509", "Certificate")


def is_request(value: object) -> bool:
    """Whether this is a ``cryptography.x509.CertificateSigningRequest``."""
    return _is(value, "cryptography.x509", "CertificateSigningRequest")


def is_revocation_list(value: object) -> bool:
    """Whether this is a ``cryptography.x509.CertificateRevocationList``."""
    return _is(value, "cryptography.x509", "CertificateRevocationList")


def is_private_key(value: object) -> bool:
    """Whether this is a private key of cryptography that can sign."""
    return _is_key(value, "PrivateKey")


def is_public_key(value: object) -> bool:
    """Whether this is a public key of cryptography that can verify."""
    return _is_key(value, "PublicKey")


def public_der(value: Any) -> bytes:
    """The DER of a certificate, request or revocation list of cryptography."""
    encoding = needed("cryptography.hazmat.primitives.serialization").Encoding
    der: bytes = value.public_bytes(encoding.DER)
    return der


def private_key_der(value: Any) -> bytes:
    """The PKCS #8 form of a private key of cryptography."""
    forms = needed("cryptography.hazmat.primitives.serialization")
    der: bytes = value.private_bytes(
        forms.Encoding.DER, forms.PrivateFormat.PKCS8, forms.NoEncryption()
    )
    return der


def public_key_der(value: Any) -> bytes:
    """The SubjectPublicKeyInfo of a public key of cryptography."""
    forms = needed("cryptography.hazmat.primitives.serialization")
    der: bytes = value.public_bytes(forms.Encoding.DER, forms.PublicFormat.SubjectPublicKeyInfo)
    return der


def sign_function(key: Any) -> Callable[[Any, bytes], bytes]:
    """What signs for a private key of cryptography that cannot be exported.

    It gets a ``SigningAlgorithm`` and the message.
    """

    def sign(algorithm: Any, message: bytes) -> bytes:
        made: bytes
        hashes = needed("cryptography.hazmat.primitives.hashes")
        if algorithm.digest is None:
            made = key.sign(message)
            return made
        digest = getattr(hashes, algorithm.digest.upper(), None)
        if digest is None:
            raise ValueError(f"cryptography has no digest {algorithm.digest}")
        if algorithm.padding is None:
            made = key.sign(message, needed(_KINDS + "ec").ECDSA(digest()))
            return made
        paddings = needed(_KINDS + "padding")
        if algorithm.padding == "pss":
            padding = paddings.PSS(paddings.MGF1(digest()), algorithm.salt_length)
        else:
            padding = paddings.PKCS1v15()
        made = key.sign(message, padding, digest())
        return made

    return sign
