# Written by tools/make_stubs.py from ocsp.pyx.

from collections.abc import Sequence
from typing import Any

from OpenSSL._native.common.owners import Owner
from OpenSSL._native.crypto.certificates import X509
from OpenSSL._native.crypto.stores import X509Store

class OCSPResponse(Owner):
    """The owner of an OCSP response."""

def load(data: bytes) -> Any: ...
def dump(response: OCSPResponse) -> bytes: ...
def get_status(response: OCSPResponse) -> tuple[int, str]:
    """The number of the envelope's status, and OpenSSL's word for it."""

def get_produced_at(response: OCSPResponse) -> int | None: ...
def get_responder(response: OCSPResponse) -> Any:
    """The name of who signed, or the SHA-1 of their public key."""

def get_certificates(response: OCSPResponse) -> list[Any]: ...
def get_signer(response: OCSPResponse, others: Sequence[X509]) -> Any:
    """The certificate that the responder's name or key leads to, here or in *others*, or None."""

def count(response: OCSPResponse) -> int: ...
def get_answer(
    response: OCSPResponse, index: int
) -> tuple[str, bytes, bytes, int, str, int | None, str | None, int | None, int | None]:
    """All that one answer says, as a tuple; times are seconds since 1970 or None."""

def matching(response: OCSPResponse, certificate: X509, issuer: X509) -> list[int]:
    """Where the answers about *certificate* stand."""

def verify_signature(response: OCSPResponse, others: Sequence[X509], store: X509Store) -> None:
    """Raise unless the issuer, or somebody it has authorised, has signed."""

def check_validity(response: OCSPResponse, index: int, leeway: int, maximum: int) -> None:
    """Raise unless an answer holds now; a *maximum* age in seconds of -1 is none."""

def request(certificate: X509, issuer: X509, digest: str) -> bytes:
    """A request about one certificate, in DER."""

def get_urls(certificate: X509) -> list[str]:
    """Where a certificate says that responders are."""

def must_staple(certificate: X509) -> bool:
    """Whether its TLS features ask for a staple; an extension nobody can read does."""
