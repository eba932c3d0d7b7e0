"""A certificate with its key and chain, as objects, bytes and files on disk."""

from __future__ import annotations

import atexit
import functools
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

Kind = Literal["rsa", "ecdsa", "ed25519"]
Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey

KINDS: tuple[Kind, ...] = ("rsa", "ecdsa", "ed25519")
PASSPHRASE = b"correct horse"

_PEM = serialization.Encoding.PEM
_DER = serialization.Encoding.DER


def make_key(kind: Kind) -> Key:
    if kind == "rsa":
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)
    if kind == "ecdsa":
        return ec.generate_private_key(ec.SECP256R1())
    return ed25519.Ed25519PrivateKey.generate()


@functools.cache
def folder() -> Path:
    """The temporary directory that holds this process's files, removed at exit."""
    path = Path(tempfile.mkdtemp(prefix="authority-"))
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path


@dataclass(frozen=True)
class Files:
    """Where one identity lies on disk; ``combined`` is the key followed by the chain."""

    certificate: Path
    certificate_der: Path
    chain: Path
    intermediates: Path
    key: Path
    key_der: Path
    key_encrypted: Path
    combined: Path
    authority: Path


@dataclass(frozen=True, eq=False)
class Identity:
    """A certificate with its key, the intermediates below the root, and the root."""

    name: str
    certificate: x509.Certificate
    private_key: Key
    intermediates: tuple[x509.Certificate, ...]
    root: x509.Certificate

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(_PEM)

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(_DER)

    @property
    def chain_pem(self) -> bytes:
        """The certificate and the intermediates, leaf first, without the root."""
        return self.pem + self.intermediates_pem

    @property
    def intermediates_pem(self) -> bytes:
        return b"".join(each.public_bytes(_PEM) for each in self.intermediates)

    @property
    def root_pem(self) -> bytes:
        return self.root.public_bytes(_PEM)

    @property
    def key_pem(self) -> bytes:
        return self._dump(_PEM)

    @property
    def key_der(self) -> bytes:
        return self._dump(_DER)

    @functools.cached_property
    def key_pem_encrypted(self) -> bytes:
        """The key under ``PASSPHRASE``."""
        return self._dump(_PEM, serialization.BestAvailableEncryption(PASSPHRASE))

    def _dump(
        self,
        encoding: serialization.Encoding,
        encryption: serialization.KeySerializationEncryption | None = None,
    ) -> bytes:
        return self.private_key.private_bytes(
            encoding,
            serialization.PrivateFormat.PKCS8,
            encryption or serialization.NoEncryption(),
        )

    @functools.cached_property
    def files(self) -> Files:
        """This identity on disk, written at the first use."""

        def write(suffix: str, content: bytes) -> Path:
            path = folder() / f"{self.name}-{suffix}"
            path.write_bytes(content)
            return path

        return Files(
            certificate=write("cert.pem", self.pem),
            certificate_der=write("cert.der", self.der),
            chain=write("chain.pem", self.chain_pem),
            intermediates=write("intermediates.pem", self.intermediates_pem),
            key=write("key.pem", self.key_pem),
            key_der=write("key.der", self.key_der),
            key_encrypted=write("key-encrypted.pem", self.key_pem_encrypted),
            combined=write("combined.pem", self.key_pem + self.chain_pem),
            authority=write("ca.pem", self.root_pem),
        )
