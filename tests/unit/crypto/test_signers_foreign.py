"""Private keys of cryptography that sign, and cannot be exported: tokens and services have such."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa

from kit import authority, contexts, elsewhere, pump
from OpenSSL import crypto

#: How such keys refuse, as libraries have it.
REFUSALS = (
    NotImplementedError("the key stays in its token"),
    UnsupportedAlgorithm("not here"),
    TypeError("no"),
    ValueError("no"),
    AttributeError("no"),
)


def bound(key: Any, refusal: Exception = REFUSALS[0]) -> Any:
    """A key of the same kind that hands everything on but its numbers."""
    base = next(
        each
        for each in (
            rsa.RSAPrivateKey,
            ec.EllipticCurvePrivateKey,
            ed25519.Ed25519PrivateKey,
            ed448.Ed448PrivateKey,
        )
        if isinstance(key, each)
    )

    def refuse(self: Any, *args: Any) -> Any:
        raise refusal

    def hand_on(name: str) -> Any:
        return property(lambda self: getattr(key, name))

    names = {name: hand_on(name) for name in base.__abstractmethods__}  # type: ignore[attr-defined]
    names |= {name: refuse for name in names if name.startswith("private_") or "copy" in name}
    return type("Bound", (base,), names)()


@pytest.mark.holds("D25")
@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
@pytest.mark.parametrize("kind", [each for each in elsewhere.KINDS if each != "rsa-pss"])
def test_it_shakes_hands(kind: str, version: str) -> None:
    key = bound(elsewhere.Vault(kind).key)
    context = contexts.blank_context(version)
    context.use_certificate(elsewhere.certificate(kind))
    context.use_privatekey(key)
    context.check_privatekey()
    pump.connected(context, contexts.client_context(verify=False))


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda each: type(each).__name__)
@pytest.mark.parametrize("kind", authority.KINDS)
def test_however_it_refuses(kind: authority.Kind, refusal: Exception) -> None:
    who = authority.identity(kind)
    key = crypto.PKey.from_cryptography_key(bound(who.private_key, refusal))
    digest = None if kind == "ed25519" else "sha384"
    crypto.verify(
        crypto.X509.from_cryptography(who.certificate),
        crypto.sign(key, b"data", digest),
        b"data",
        digest,
    )
    with pytest.raises(crypto.Error, match="cannot be exported"):
        crypto.dump_privatekey(crypto.FILETYPE_PEM, key)


def test_no_memory_is_no_refusal() -> None:
    with pytest.raises(MemoryError):
        crypto.PKey.from_cryptography_key(
            bound(authority.identity().private_key, MemoryError())  # type: ignore[arg-type]
        )


def test_a_digest_that_cryptography_lacks() -> None:
    who = authority.identity("rsa")
    key = crypto.PKey.from_cryptography_key(bound(who.private_key))
    with pytest.raises(ValueError, match="no digest ripemd160"):
        crypto.sign(key, b"data", "ripemd160")


def test_an_ordinary_key_is_taken_itself() -> None:
    key = crypto.PKey.from_cryptography_key(authority.identity("rsa").private_key)
    assert key.check()
