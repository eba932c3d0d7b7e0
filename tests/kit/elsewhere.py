"""Keys that live elsewhere: a vault that signs, and certificates for every kind of key."""

from __future__ import annotations

import functools
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from kit.identity import folder
from kit.programs import need, need_openssl, quiet_environment
from OpenSSL import SSL, crypto

#: What the openssl program is told to make, for each kind.
MADE = {
    "rsa": ("-newkey", "rsa:2048"),
    "rsa-pss": ("-newkey", "rsa-pss", "-pkeyopt", "rsa_keygen_bits:2048"),
    "p256": ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
    "p384": ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384"),
    "ed25519": ("-newkey", "ed25519"),
    "ed448": ("-newkey", "ed448"),
}
#: OpenSSL 3.5 and newer have one more.
if SSL.OPENSSL_VERSION_NUMBER >= 0x30500000:
    MADE["mldsa65"] = ("-newkey", "ML-DSA-65")
KINDS = tuple(MADE)
#: What TLS calls the signatures of each kind, with the first digest that both sides know.
NAMES = {
    "rsa": "rsa_pss_rsae_sha256",
    "rsa-pss": "rsa_pss_pss_sha256",
    "p256": "ecdsa_secp256r1_sha256",
    "p384": "ecdsa_secp384r1_sha384",
    "ed25519": "ed25519",
    "ed448": "ed448",
    "mldsa65": "mldsa65",
}


class Files(NamedTuple):
    certificate: Path
    key: Path


@functools.cache
def files(kind: str) -> Files:
    """A self-signed certificate and its key, from the openssl program."""
    made = Files(folder() / f"elsewhere-{kind}.pem", folder() / f"elsewhere-{kind}.key")
    if kind == "mldsa65":
        need_openssl(3, 5)
    subprocess.run(
        [need("openssl"), "req", "-x509", *MADE[kind], "-nodes", "-subj", f"/CN={kind}.test",
         "-addext", "subjectAltName=DNS:localhost",
         "-keyout", str(made.key), "-out", str(made.certificate)],
        check=True, capture_output=True, env=quiet_environment(),
    )  # fmt: skip
    return made


@functools.cache
def certificate(kind: str) -> crypto.X509:
    return crypto.load_certificate(crypto.FILETYPE_PEM, files(kind).certificate.read_bytes())


def digest_of(kind: str) -> str | None:
    return None if kind.startswith(("ed", "mldsa")) else "sha256"


class Ours(NamedTuple):
    """A key of this package, with the method of cryptography's."""

    key: crypto.PKey

    def sign(self, message: bytes) -> bytes:
        return crypto.sign(self.key, message, None)


class Vault:
    """Has a private key, signs with it, and remembers what for."""

    def __init__(self, kind: str) -> None:
        pem = files(kind).key.read_bytes()
        # Not every cryptography reads what OpenSSL writes of these.
        self.key: Any = (
            Ours(crypto.load_privatekey(crypto.FILETYPE_PEM, pem))
            if kind == "mldsa65"
            else load_pem_private_key(pem, None)
        )
        self.asked: list[crypto.SigningAlgorithm] = []
        self.messages: list[bytes] = []

    def sign(self, algorithm: crypto.SigningAlgorithm, message: bytes) -> bytes:
        self.asked.append(algorithm)
        self.messages.append(message)
        made: bytes
        if algorithm.digest is None:
            made = self.key.sign(message)
            return made
        digest = {
            "sha256": hashes.SHA256(),
            "sha384": hashes.SHA384(),
            "sha512": hashes.SHA512(),
        }[algorithm.digest]
        if isinstance(self.key, ec.EllipticCurvePrivateKey):
            return self.key.sign(message, ec.ECDSA(digest))
        assert isinstance(self.key, rsa.RSAPrivateKey)
        if algorithm.padding == "pkcs1":
            return self.key.sign(message, padding.PKCS1v15(), digest)
        assert algorithm.padding == "pss"
        assert algorithm.salt_length is not None
        return self.key.sign(
            message, padding.PSS(padding.MGF1(digest), algorithm.salt_length), digest
        )


def signed_by_program(kind: str, algorithm: crypto.SigningAlgorithm, message: bytes) -> bytes:
    """A signature that another process makes, which alone has the key: the openssl program."""
    options = []
    if algorithm.padding is not None:
        options += ["-pkeyopt", f"rsa_padding_mode:{algorithm.padding}"]
    if algorithm.salt_length is not None:
        options += ["-pkeyopt", f"rsa_pss_saltlen:{algorithm.salt_length}"]
    if algorithm.digest is not None:
        options += ["-digest", algorithm.digest]
    path = folder() / f"elsewhere-{kind}.message"
    path.write_bytes(message)
    return subprocess.run(
        [need("openssl"), "pkeyutl", "-sign", "-rawin", "-inkey", str(files(kind).key),
         "-in", str(path), *options],
        check=True, capture_output=True, env=quiet_environment(),
    ).stdout  # fmt: skip
