"""A certificate authority for tests: every kind of certificate a peer can meet.

Everything is made once per process and only when asked for, because keys are
slow to make.  ``identity("rsa")`` is what most tests want; the functions below
it are the ways in which a certificate can be wrong.
"""

from __future__ import annotations

import datetime
import functools
import ipaddress
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from kit.identity import KINDS, PASSPHRASE, Identity, Key, Kind, folder, make_key

__all__ = ["KINDS", "PASSPHRASE", "Authority", "Identity", "Kind", "authority", "identity"]

HOST = "localhost"
NAMES = (HOST, "brisk.test", "*.wild.test")
ADDRESSES = ("127.0.0.1", "::1")

_PEM = serialization.Encoding.PEM
_NOW = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
_DAY = datetime.timedelta(days=1)


def _subject(name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Brisk Tests"),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
    )


def _sign(builder: x509.CertificateBuilder, key: Key) -> x509.Certificate:
    digest = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return builder.sign(key, digest)


def _usage(*, authority: bool, encipher: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=encipher,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


class Authority:
    """A root, an intermediate below it, and certificates issued by the intermediate."""

    def __init__(self, name: str, kind: Kind = "ecdsa") -> None:
        self.name = name
        self.root_key = make_key(kind)
        self.root = self._authority(f"{name} root", self.root_key, None, self.root_key)
        self.intermediate_key = make_key(kind)
        self.intermediate = self._authority(
            f"{name} intermediate", self.intermediate_key, self.root, self.root_key
        )

    @staticmethod
    def _authority(
        name: str, key: Key, issuer: x509.Certificate | None, issuer_key: Key
    ) -> x509.Certificate:
        builder = (
            x509.CertificateBuilder()
            .subject_name(_subject(name))
            .issuer_name(issuer.subject if issuer else _subject(name))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(_NOW - 10 * _DAY)
            .not_valid_after(_NOW + 3650 * _DAY)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(_usage(authority=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), False
            )
        )
        return _sign(builder, issuer_key)

    def issue(
        self,
        name: str,
        kind: Kind = "ecdsa",
        *,
        client: bool = False,
        names: Sequence[str] = NAMES,
        addresses: Sequence[str] = ADDRESSES,
        not_before: datetime.datetime = _NOW - _DAY,
        not_after: datetime.datetime = _NOW + 30 * _DAY,
        self_signed: bool = False,
        extensions: Sequence[x509.ExtensionType] = (),
        key: Key | None = None,
    ) -> Identity:
        """Issue a certificate whose common name is ``name``, with a new key if none is given."""
        key = key or make_key(kind)
        signer = key if self_signed else self.intermediate_key
        purpose = ExtendedKeyUsageOID.CLIENT_AUTH if client else ExtendedKeyUsageOID.SERVER_AUTH
        builder = (
            x509.CertificateBuilder()
            .subject_name(_subject(name))
            .issuer_name(_subject(name) if self_signed else self.intermediate.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(not_before)
            .not_valid_after(not_after)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(authority=False, encipher=kind == "rsa"), critical=True)
            .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), False
            )
        )
        for extension in extensions:
            builder = builder.add_extension(extension, critical=False)
        if not client:
            alternatives: list[x509.GeneralName] = [x509.DNSName(each) for each in names]
            alternatives += [x509.IPAddress(ipaddress.ip_address(each)) for each in addresses]
            builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), False)
        certificate = _sign(builder, signer)
        return Identity(
            f"{self.name}-{name}-{kind}",
            certificate,
            key,
            () if self_signed else (self.intermediate,),
            certificate if self_signed else self.root,
        )


@functools.cache
def authority() -> Authority:
    """The authority that tests trust."""
    return Authority("trusted")


@functools.cache
def stranger_authority() -> Authority:
    """An authority that nobody trusts."""
    return Authority("stranger")


# With a default in the cached function itself, identity() and identity("ecdsa")
# would be two certificates that overwrite each other's files.
@functools.cache
def _identity(kind: Kind, client: bool) -> Identity:
    return authority().issue("client" if client else "server", kind, client=client)


def identity(kind: Kind = "ecdsa") -> Identity:
    """A valid server certificate for ``NAMES`` and ``ADDRESSES``."""
    return _identity(kind, client=False)


def client_identity(kind: Kind = "ecdsa") -> Identity:
    """A valid client certificate with the common name ``client``."""
    return _identity(kind, client=True)


@functools.cache
def expired() -> Identity:
    return authority().issue("expired", not_before=_NOW - 9 * _DAY, not_after=_NOW - 2 * _DAY)


@functools.cache
def not_yet_valid() -> Identity:
    return authority().issue("future", not_before=_NOW + 2 * _DAY, not_after=_NOW + 9 * _DAY)


@functools.cache
def wrong_host() -> Identity:
    """Valid, but for another host and for no address."""
    return authority().issue("elsewhere", names=("elsewhere.test",), addresses=())


@functools.cache
def self_signed() -> Identity:
    return authority().issue("lonely", self_signed=True)


@functools.cache
def stranger() -> Identity:
    """A server certificate from an authority that nobody trusts."""
    return stranger_authority().issue("server")


@functools.cache
def client_stranger() -> Identity:
    """A client certificate from an authority that nobody trusts."""
    return stranger_authority().issue("client", client=True)


@functools.cache
def client_expired() -> Identity:
    return authority().issue(
        "client-expired", client=True, not_before=_NOW - 9 * _DAY, not_after=_NOW - 2 * _DAY
    )


def trust_file() -> Path:
    """The root that tests trust, as a PEM file."""
    path = folder() / "trust.pem"
    if not path.exists():
        path.write_bytes(authority().root.public_bytes(_PEM))
    return path
