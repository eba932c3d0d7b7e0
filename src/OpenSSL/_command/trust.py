"""Judging the peer: what was checked, what did not hold, and the words for it."""

from __future__ import annotations

from dataclasses import dataclass, field

from OpenSSL import SSL, crypto

from .chain import alternative_names, days_left, name_of, validity, words_for_days
from .failures import Failure
from .printable import printable
from .target import is_address

__all__ = ["Finding", "Verdict"]

_V = SSL.X509VerificationCodes

_UNKNOWN_AUTHORITY = {
    _V.ERR_UNABLE_TO_GET_ISSUER_CERT,
    _V.ERR_SELF_SIGNED_CERT_IN_CHAIN,
    _V.ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
    _V.ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE,
    _V.ERR_CERT_UNTRUSTED,
}
_NO_ISSUER = {
    _V.ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
    _V.ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE,
}
_WRONG_HOST = {_V.ERR_HOSTNAME_MISMATCH, _V.ERR_IP_ADDRESS_MISMATCH}

#: Kind of failure and words for the codes that have a sentence but need no facts.
_PLAIN = {
    _V.ERR_CERT_SIGNATURE_FAILURE: "carries a signature that does not verify",
    _V.ERR_CERT_REVOKED: "has been revoked",
    _V.ERR_INVALID_CA: "is used as an authority but is not one",
    _V.ERR_INVALID_PURPOSE: "is not meant for TLS servers",
    _V.ERR_CERT_CHAIN_TOO_LONG: "stands at the end of too long a chain",
}


@dataclass
class Finding:
    """One thing OpenSSL objected to in the peer's chain."""

    code: int
    depth: int
    kind: str
    words: str


@dataclass
class Verdict:
    """Collects every objection while the handshake runs.

    Its :meth:`callback` is the context's verify callback.  With *enforce* it
    lets OpenSSL's judgement stand; without, it only takes notes, so that a
    report can say what an unchecked connection would have failed on.
    """

    host: str
    enforce: bool = True
    findings: list[Finding] = field(default_factory=list)
    #: What the peer sent, kept from the moment of the first objection.
    presented: list[crypto.X509] = field(default_factory=list)

    def callback(
        self, connection: SSL.Connection, certificate: crypto.X509, code: int, depth: int, ok: int
    ) -> bool:
        """Note an objection; accept only what OpenSSL accepts, unless told otherwise."""
        if not ok:
            self.presented = connection.get_peer_cert_chain() or []
            self._note(connection, code, depth, certificate)
        return bool(ok) or not self.enforce

    def _note(
        self, connection: SSL.Connection, code: int, depth: int, certificate: crypto.X509
    ) -> None:
        try:
            kind, words = _explain(code, certificate, self.host)
            if code in _NO_ISSUER and depth == 0 and not _issuer_sent(connection, certificate):
                issuer = name_of(certificate.get_issuer())
                kind = "incomplete-chain"
                words = (
                    f"the server did not send the certificate of {issuer}, which issued its own, "
                    "and nobody of that name is trusted here: its chain is incomplete, or "
                    f"{issuer} is an authority that --cafile should name"
                )
        except (crypto.Error, ValueError):
            # A certificate too broken to describe is still one that was refused.
            kind, words = "bad-certificate", f"certificate refused: {_words(code)}"
        # One missing issuer makes OpenSSL object two or three times.
        if all(finding.words != words for finding in self.findings):
            self.findings.append(Finding(code, depth, kind, words))

    def note(self, failure: Failure) -> None:
        """Note an objection that somebody else has found."""
        self.findings.append(Finding(_V.ERR_UNSPECIFIED, 0, failure.kind, failure.line))

    def note_no_certificate(self) -> None:
        """Note that there was nothing to verify, as with anonymous ciphers."""
        code = _V.ERR_UNSPECIFIED
        words = "the peer showed no certificate, so nobody knows who it is"
        self.findings.append(Finding(code, 0, "bad-certificate", words))

    def failure(self, what: str, code: int | None, message: str | None) -> Failure:
        """Return the :class:`Failure` for a refused chain, by the first objection."""
        if self.findings:
            first = self.findings[0]
            return Failure(first.kind, f"{what}: {first.words}")
        words = f"certificate refused: {message or _words(code or _V.ERR_UNSPECIFIED)}"
        return Failure("bad-certificate", f"{what}: {words}")


def _issuer_sent(connection: SSL.Connection, certificate: crypto.X509) -> bool:
    """Whether somebody of the issuer's name is among the certificates that were sent."""
    issuer = certificate.get_issuer()
    return any(each.get_subject() == issuer for each in connection.get_peer_cert_chain() or [])


def _explain(code: int, certificate: crypto.X509, host: str) -> tuple[str, str]:
    subject = f"the certificate of {name_of(certificate.get_subject())}"
    begins, ends = validity(certificate)
    if code == _V.ERR_CERT_HAS_EXPIRED and ends:
        ago = words_for_days(days_left(ends), expired=True)
        return "expired", f"{subject} {ago}, on {ends:%Y-%m-%d %H:%M} UTC"
    if code == _V.ERR_CERT_HAS_EXPIRED:
        return "expired", f"{subject} has expired"
    if code == _V.ERR_CERT_NOT_YET_VALID and begins:
        return "not-yet-valid", f"{subject} is not valid before {begins:%Y-%m-%d %H:%M} UTC"
    if code in _WRONG_HOST:
        return "wrong-host", f"{subject} is {_names(certificate, host)}"
    if code == _V.ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        return "self-signed", f"{subject} is self-signed and not among those trusted here"
    if code in _UNKNOWN_AUTHORITY:
        issuer = name_of(certificate.get_issuer())
        return "unknown-authority", f"unknown authority: {issuer} is not trusted here"
    if code in _PLAIN:
        return "bad-certificate", f"{subject} {_PLAIN[code]}"
    return "bad-certificate", f"{subject} was refused: {_words(code)}"


def _words(code: int) -> str:
    """Return OpenSSL's own words for a verification error."""
    return crypto.X509_verify_cert_error_string(code)


def _names(certificate: crypto.X509, host: str) -> str:
    names = alternative_names(certificate)
    wanted = f"not for {printable(host)}"
    if not names:
        kind = "address" if is_address(host) else "host name"
        return f"{wanted}: it names no {kind} at all"
    shown = ", ".join(names[:3])
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"for {shown}{more}, {wanted}"
