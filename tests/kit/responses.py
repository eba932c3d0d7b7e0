"""OCSP responses for tests: good ones, and every way in which one can be wrong."""

from __future__ import annotations

import datetime
import functools

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from kit import authority
from kit.identity import Identity, Key, make_key

__all__ = ["STATES", "must_staple", "response"]

NOW = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
HOUR = datetime.timedelta(hours=1)
_STATUS = {
    "good": ocsp.OCSPCertStatus.GOOD,
    "revoked": ocsp.OCSPCertStatus.REVOKED,
    "unknown": ocsp.OCSPCertStatus.UNKNOWN,
}
#: What :func:`response` can make, and the reason that an OCSPError gives; None for good.
STATES: dict[str, str | None] = {
    "good": None,
    "delegated": None,
    "ahead": None,
    "revoked": "revoked",
    "unknown": "unknown",
    "expired": "expired",
    "stale": "expired",
    "future": "not-yet-valid",
    "other-certificate": "other-certificate",
    "other-authority": "signature",
    "unauthorised": "signature",
    "spoilt": "signature",
    "try-later": "unsuccessful",
}


@functools.cache
def must_staple() -> Identity:
    """A certificate that may only be shown with a staple."""
    feature = x509.TLSFeature([x509.TLSFeatureType.status_request])
    return authority.authority().issue("must-staple", extensions=[feature])


@functools.cache
def _delegate(authorised: bool) -> tuple[x509.Certificate, Key]:
    """Whom the issuer lets sign responses, or one who has no such leave."""
    usage = ExtendedKeyUsageOID.OCSP_SIGNING if authorised else ExtendedKeyUsageOID.CODE_SIGNING
    issuer = authority.authority()
    key = make_key("ecdsa")
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "delegate")]))
        .issuer_name(issuer.intermediate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - 24 * HOUR)
        .not_valid_after(NOW + 24 * HOUR)
        .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
    )
    certificate = builder.sign(issuer.intermediate_key, hashes.SHA256())  # type: ignore[arg-type]
    return certificate, key


def response(who: Identity, state: str = "good") -> bytes:
    """The response about *who* in one of :data:`STATES`, in DER."""
    if state == "try-later":
        failed = ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.TRY_LATER)
        return failed.public_bytes(serialization.Encoding.DER)
    about = authority.authority().issue("another") if state == "other-certificate" else who
    now = datetime.datetime.now(datetime.timezone.utc)
    begins, ends = {
        "ahead": (now + datetime.timedelta(minutes=4), now + 24 * HOUR),  # of another clock
        "expired": (NOW - 48 * HOUR, NOW - 24 * HOUR),
        "stale": (NOW - 48 * HOUR, None),
        "future": (NOW + 24 * HOUR, NOW + 48 * HOUR),
    }.get(state, (NOW - HOUR, NOW + 24 * HOUR))
    issuer = who.intermediates[0]
    signer, key = _signer(state)
    revoked = state == "revoked"
    builder = ocsp.OCSPResponseBuilder().add_response(
        cert=about.certificate,
        issuer=issuer,
        algorithm=hashes.SHA1(),
        cert_status=_STATUS.get(state, ocsp.OCSPCertStatus.GOOD),
        this_update=begins.replace(tzinfo=None),
        next_update=ends and ends.replace(tzinfo=None),
        revocation_time=(NOW - 5 * HOUR).replace(tzinfo=None) if revoked else None,
        revocation_reason=x509.ReasonFlags.key_compromise if revoked else None,
    )
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.NAME, signer)
    builder = builder.certificates([signer])
    data = builder.sign(key, hashes.SHA256()).public_bytes(  # type: ignore[arg-type]
        serialization.Encoding.DER
    )
    if state == "spoilt":
        # A bit of a hash, behind the names and before the signature.
        at = data.index(about.certificate.serial_number.to_bytes(20, "big").lstrip(b"\0")[:8])
        produced = data.index(b"\x18\x0f", 0, at)
        digit = data[produced + 16]
        return data[: produced + 16] + bytes([digit ^ 1]) + data[produced + 17 :]
    return data


def _signer(state: str) -> tuple[x509.Certificate, Key]:
    if state in ("delegated", "unauthorised"):
        return _delegate(state == "delegated")
    of = authority.stranger_authority() if state == "other-authority" else authority.authority()
    return of.intermediate, of.intermediate_key
