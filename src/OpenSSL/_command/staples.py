"""Judging the response that a server stapled: what it says, and whether it counts."""

from __future__ import annotations

from typing import Any

from OpenSSL import SSL, crypto

from .failures import Failure

__all__ = ["KINDS_BY_REASON", "judge"]

#: Exit statuses by the reason that an OCSPError gives.
KINDS_BY_REASON = {
    "revoked": "staple-revoked",
    "unknown": "staple-unknown",
    "expired": "staple-expired",
    "not-yet-valid": "staple-expired",
    "other-certificate": "staple-other-certificate",
    "signature": "staple-signature",
    "unsuccessful": "staple-unusable",
    "malformed": "staple-unusable",
    "missing": "staple-missing",
}


def judge(
    connection: SSL.Connection, response: bytes, chain: list[crypto.X509]
) -> tuple[dict[str, Any], Failure | None]:
    """Return what there is to tell of *response*, ready for JSON, and the failure if it is one.

    *chain* leads from the peer's certificate to the one that is trusted, or is what the
    peer presented where nothing was verified.
    """
    must = bool(chain) and crypto.must_staple(chain[0])
    data: dict[str, Any] = {"must_staple": must, "stapled": bool(response), "bytes": len(response)}
    try:
        answer = _answer(connection, response, chain, must)
        status, words = ("good", "good") if answer else ("none", "no response stapled")
        failure = None
    except crypto.OCSPError as error:
        answer, status, words = error.answer, error.reason, str(error)
        failure = Failure(KINDS_BY_REASON[error.reason], f"stapled OCSP response: {words}")
    data |= {"status": status, "words": words}
    for name in ("revoked_at", "this_update", "next_update"):
        moment = getattr(answer, name, None)
        data[name] = moment.isoformat() if moment else None
    data["reason"] = getattr(answer, "reason", None)
    return data, failure


def _answer(
    connection: SSL.Connection, response: bytes, chain: list[crypto.X509], must: bool
) -> crypto.OCSPAnswer | None:
    if not response:
        if must:
            raise crypto.OCSPError("missing", "none came, though the certificate demands one")
        return None
    try:
        read = crypto.OCSPResponse.from_bytes(response)
    except crypto.Error as error:
        raise crypto.OCSPError("malformed", "what was stapled is no OCSP response") from error
    store = connection.get_context().get_cert_store()
    if store is None or len(chain) < 2:
        if read.response_status != "successful":
            raise crypto.OCSPError("unsuccessful", f"the responder says {read.response_status!r}")
        raise crypto.OCSPError("signature", "who issued the certificate is not known here")
    return read.verify(chain, store)
