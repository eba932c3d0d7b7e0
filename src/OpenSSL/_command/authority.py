"""A certificate authority that lives in memory: for the demo, the server and trial files."""

from __future__ import annotations

import ipaddress
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass

from OpenSSL import SSL, crypto

from .target import ascii_name, is_address

__all__ = ["Authority", "Leaf"]

_DAY = 24 * 60 * 60
#: Clocks differ; a certificate that begins now is not yet valid for some.
_HEADSTART = 60 * 60
_KEY_BITS = 2048


@dataclass
class Leaf:
    """A certificate for a host, its key and the authority's certificate."""

    certificate: crypto.X509
    key: crypto.PKey
    issuer: crypto.X509

    def install(self, context: SSL.Context) -> None:
        """Make *context* show this certificate."""
        context.use_certificate(self.certificate)
        context.use_privatekey(self.key)
        # Not needed by those who trust it; to the others it says whom they do not trust.
        context.add_extra_chain_cert(self.issuer)
        context.check_privatekey()


class Authority:
    """A self-made root that issues certificates for host names and addresses."""

    def __init__(
        self, name: str = "brisktls local authority", days: int = 30, kind: str = "RSA"
    ) -> None:
        self.kind = kind
        self.key = _make_key(kind)
        self.days = days
        self.certificate = certificate = _blank(self.key, name, days)
        certificate.set_issuer(certificate.get_subject())
        certificate.add_extensions(
            [
                crypto.X509Extension(b"basicConstraints", True, b"CA:TRUE,pathlen:0"),
                crypto.X509Extension(b"keyUsage", True, b"keyCertSign,cRLSign"),
                crypto.X509Extension(b"subjectKeyIdentifier", False, b"hash", subject=certificate),
            ]
        )
        certificate.sign(self.key, "sha256")

    def issue(self, names: Sequence[str], *, client: bool = False) -> Leaf:
        """Return a server's or a *client*'s certificate for *names*, the first as common name."""
        key = _make_key(self.kind)
        certificate = _blank(key, names[0][:64], self.days)
        certificate.set_issuer(self.certificate.get_subject())
        issuer = self.certificate
        purpose = b"clientAuth" if client else b"serverAuth"
        alternatives = ",".join(_alternative(name) for name in names).encode("ascii")
        certificate.add_extensions(
            [
                crypto.X509Extension(b"basicConstraints", True, b"CA:FALSE"),
                crypto.X509Extension(b"keyUsage", True, b"digitalSignature,keyEncipherment"),
                crypto.X509Extension(b"extendedKeyUsage", False, purpose),
                crypto.X509Extension(b"subjectAltName", False, alternatives),
                crypto.X509Extension(b"subjectKeyIdentifier", False, b"hash", subject=certificate),
                crypto.X509Extension(b"authorityKeyIdentifier", False, b"keyid", issuer=issuer),
            ]
        )
        certificate.sign(self.key, "sha256")
        return Leaf(certificate, key, self.certificate)

    def pem(self) -> bytes:
        """Return the authority's certificate, for those who want to trust it."""
        return crypto.dump_certificate(crypto.FILETYPE_PEM, self.certificate)


def _make_key(kind: str) -> crypto.PKey:
    key = crypto.PKey()
    key.generate_key(kind, _KEY_BITS if kind == "RSA" else None)
    return key


def _blank(key: crypto.PKey, name: str, days: int) -> crypto.X509:
    certificate = crypto.X509()
    certificate.set_version(2)
    # Random and positive (RFC 5280, section 4.1.2.2), so that no two ever meet.
    certificate.set_serial_number(int.from_bytes(os.urandom(16), "big") >> 1 | 1)
    certificate.get_subject().CN = name
    now = int(time.time())
    certificate.set_notBefore(_stamp(now - _HEADSTART))
    certificate.set_notAfter(_stamp(now + days * _DAY))
    certificate.set_pubkey(key)
    return certificate


def _stamp(moment: int) -> bytes:
    return time.strftime("%Y%m%d%H%M%SZ", time.gmtime(moment)).encode("ascii")


def _alternative(name: str) -> str:
    if is_address(name):
        return f"IP:{ipaddress.ip_address(name)}"
    return f"DNS:{ascii_name(name)}"
