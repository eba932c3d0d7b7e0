"""``OCSPResponse``: an authority's word on whether certificates have been revoked."""

from __future__ import annotations

from OpenSSL._exceptions import CryptoError, OCSPError
from OpenSSL._face.common.arguments import integer, octets
from OpenSSL._face.common.showing import in_any_case, shown
from OpenSSL._face.crypto.certificates import certificate as ours
from OpenSSL._face.crypto.stores import X509Store
from OpenSSL._native.common import owners
from OpenSSL._native.crypto import ocsp as native

TYPE_CHECKING = False
if TYPE_CHECKING:
    import datetime
    from collections.abc import Sequence
    from typing import NoReturn

    from OpenSSL._face.crypto.certificates import X509
    from OpenSSL._face.crypto.names import X509Name

__all__ = ["OCSPAnswer", "OCSPResponse", "must_staple", "ocsp_request", "ocsp_urls"]

_DAY = 86400


def _moment(seconds: int | None) -> datetime.datetime | None:
    import datetime

    if seconds is None:
        return None
    start = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
    try:
        return start + datetime.timedelta(seconds=seconds)
    except OverflowError:
        raise ValueError("malformed time") from None


class OCSPAnswer:
    """What a response says about one certificate; times are in UTC."""

    __module__ = "OpenSSL.crypto"
    __slots__ = (
        "hash_algorithm",
        "issuer_key_hash",
        "issuer_name_hash",
        "next_update",
        "reason",
        "revoked_at",
        "serial_number",
        "status",
        "this_update",
    )

    #: The digest of the two hashes, as ``"sha1"``.
    hash_algorithm: str
    #: The digest of the issuer's name.
    issuer_name_hash: bytes
    #: The digest of the issuer's public key.
    issuer_key_hash: bytes
    #: The certificate's serial number.
    serial_number: int
    #: ``"good"``, ``"revoked"`` or ``"unknown"``.
    status: str
    #: Since when it is revoked, else None.
    revoked_at: datetime.datetime | None
    #: OpenSSL's word for why, as ``"keyCompromise"``, or None where nothing is said.
    reason: str | None
    #: When this was known to be right.
    this_update: datetime.datetime | None
    #: Until when it holds, or None where nothing is said.
    next_update: datetime.datetime | None

    def __init__(self, response: OCSPResponse, place: int) -> None:
        told = native.get_answer(response, place)
        self.hash_algorithm, self.issuer_name_hash, self.issuer_key_hash = told[:3]
        self.serial_number, self.status = told[3:5]
        self.revoked_at = _moment(told[5])
        self.reason = told[6]
        self.this_update = _moment(told[7])
        self.next_update = _moment(told[8])

    def __repr__(self) -> str:
        return in_any_case(
            self, lambda: f"<OCSPAnswer {self.status} about serial number {self.serial_number:x}>"
        )


class OCSPResponse(native.OCSPResponse):
    """A responder's answer about certificates; :meth:`from_bytes` makes it.

    Reading it proves nothing: :meth:`verify` does.
    """

    __module__ = "OpenSSL.crypto"

    def __init__(self) -> None:
        super().__init__()

    def __repr__(self) -> str:
        return shown(self, lambda: [self.response_status])

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "an OCSPResponse cannot be copied or pickled; store what to_bytes() returns"
        )

    @staticmethod
    def from_bytes(data: bytes) -> OCSPResponse:
        """Read a response in DER, such as a server has stapled.

        Raises TypeError if ``data`` is not bytes, Error if they are not a response.
        ``d2i_OCSP_RESPONSE(3)``
        """
        made: OCSPResponse = native.load(octets("data", data))
        return made

    def to_bytes(self) -> bytes:
        """Return the response in DER.

        ``i2d_OCSP_RESPONSE(3)``
        """
        return native.dump(self)

    @property
    def response_status(self) -> str:
        """The responder's own status: ``"successful"``, ``"trylater"`` and so on.

        Only a successful response has answers; everything below raises ValueError
        for others.
        ``OCSP_response_status(3)``
        """
        return native.get_status(self)[1]

    @property
    def produced_at(self) -> datetime.datetime | None:
        """When the response was signed, in UTC.

        ``OCSP_resp_get0_produced_at(3)``
        """
        return _moment(native.get_produced_at(self))

    @property
    def responder(self) -> X509Name | bytes:
        """Who signed, by name, or else the SHA-1 digest of their public key.

        ``OCSP_resp_get0_id(3)``
        """
        made: X509Name | bytes = native.get_responder(self)
        return made

    @property
    def certificates(self) -> list[X509]:
        """The certificates that came along, for the signature's verification.

        ``OCSP_resp_get0_certs(3)``
        """
        return native.get_certificates(self)

    @property
    def answers(self) -> list[OCSPAnswer]:
        """What is said, one answer for each certificate.

        Raises ValueError where a time in an answer cannot be read.
        ``OCSP_single_get0_status(3)``
        """
        return [OCSPAnswer(self, place) for place in range(native.count(self))]

    def get_signer(self, chain: Sequence[X509] = ()) -> X509 | None:
        """Return the certificate of who signed, if it is here or in ``chain``, else None.

        Whether the signature is right, and theirs to give, is what :meth:`verify` finds.

        Raises TypeError if ``chain`` holds anything but certificates.
        ``OCSP_resp_get0_signer(3)``
        """
        found: X509 | None = native.get_signer(self, [ours(each) for each in chain])
        return found

    def find(self, certificate: X509, issuer: X509) -> OCSPAnswer | None:
        """Return the answer about ``certificate``, issued by ``issuer``, or None.

        Of several the gravest is returned.

        Raises TypeError for arguments that are not certificates.
        ``OCSP_id_cmp(3)``
        """
        place = self._place(ours(certificate), ours(issuer))
        return None if place is None else OCSPAnswer(self, place)

    def _place(self, certificate: X509, issuer: X509) -> int | None:
        places = native.matching(self, certificate, issuer)
        gravest = ("revoked", "unknown", "good")
        places.sort(key=lambda place: gravest.index(native.get_answer(self, place)[4]))
        return places[0] if places else None

    def verify(self, chain: Sequence[X509], store: X509Store, *, leeway: int = 300) -> OCSPAnswer:
        """Return the answer about ``chain[0]``, which is good; raise for anything else.

        ``chain`` is the certificate, its issuer and what else leads to ``store``, as
        :meth:`Connection.get_verified_chain` returns it.  The response must be signed by
        the issuer, or by somebody whom the issuer has authorised.  It must not be older
        than it says, or than a day where it does not say; ``leeway`` seconds are
        forgiven, because clocks differ.

        Raises OCSPError, whose ``reason`` says which of this does not hold; ValueError
        if ``chain`` is too short to hold the issuer, TypeError for other types.
        ``OCSP_basic_verify(3)``, ``OCSP_check_validity(3)``
        """
        links = [ours(each) for each in chain]
        if not isinstance(store, X509Store):
            raise TypeError("store must be an X509Store")
        forgiven = integer("leeway", leeway)
        if not links or (len(links) == 1 and not _issued_itself(links[0])):
            raise ValueError("chain must hold the certificate and its issuer")
        if self.response_status != "successful":
            raise OCSPError("unsuccessful", f"the responder says {self.response_status!r}")
        try:
            return self._judge(links, store, forgiven)
        except ValueError as error:
            raise OCSPError("malformed", f"the response cannot be read: {error}") from error

    def _judge(self, chain: list[X509], store: X509Store, leeway: int) -> OCSPAnswer:
        place = self._place(chain[0], chain[min(1, len(chain) - 1)])
        if place is None:
            raise OCSPError("other-certificate", "the response is not about this certificate")
        answer = OCSPAnswer(self, place)
        try:
            native.verify_signature(self, chain, store)
        except CryptoError as error:
            words = f"the signature of the response does not hold: {_words(error)}"
            raise OCSPError("signature", words, answer) from error
        # A revocation is not taken back, however old the word of it is.
        if answer.status == "revoked":
            since = answer.revoked_at and f" since {answer.revoked_at:%Y-%m-%d %H:%M} UTC"
            why = f" ({answer.reason})" if answer.reason else ""
            raise OCSPError("revoked", f"the certificate is revoked{since or ''}{why}", answer)
        try:
            native.check_validity(self, place, leeway, _DAY if answer.next_update is None else -1)
        except CryptoError as error:
            raise _untimely(answer, error) from error
        if answer.status != "good":
            words = "the responder does not know the certificate"
            raise OCSPError("unknown", words, answer)
        return answer


owners.set_face(native.OCSPResponse, OCSPResponse)


def _untimely(answer: OCSPAnswer, error: CryptoError) -> OCSPError:
    words = _words(error)
    if "not yet valid" in words:
        since = f"{answer.this_update:%Y-%m-%d %H:%M} UTC"
        return OCSPError("not-yet-valid", f"the response does not hold before {since}", answer)
    until = answer.next_update or answer.this_update
    said = f"on {until:%Y-%m-%d %H:%M} UTC" if answer.next_update else f"after {until:%Y-%m-%d}"
    return OCSPError("expired", f"the response expired {said} ({words})", answer)


def _issued_itself(certificate: X509) -> bool:
    return certificate.get_issuer() == certificate.get_subject()


def _words(error: CryptoError) -> str:
    """OpenSSL's reasons, and what it says beside them, as "Verify error:certificate expired"."""
    told = [each.data or each.reason for each in error.errors]
    return "; ".join(each for each in told if each) or str(error)


def ocsp_request(certificate: X509, issuer: X509, digest: str = "sha1") -> bytes:
    """Return a request, in DER, to tell whether ``certificate`` has been revoked.

    It is POSTed as ``application/ocsp-request`` to one of :func:`ocsp_urls`.  Its
    ``digest`` protects nothing; many responders know no other than ``"sha1"``.

    Raises TypeError for other types, ValueError for an unknown ``digest``.
    ``OCSP_request_add0_id(3)``
    """
    if not isinstance(digest, str):
        raise TypeError("digest must be a string")
    return native.request(ours(certificate), ours(issuer), digest)


def ocsp_urls(certificate: X509) -> list[str]:
    """Return where ``certificate`` says that its authority answers; empty if it does not.

    Raises TypeError if ``certificate`` is not a certificate.
    ``X509_get1_ocsp(3)``
    """
    return native.get_urls(ours(certificate))


def must_staple(certificate: X509) -> bool:
    """Return whether ``certificate`` may only be shown with a stapled response.

    That is the TLS feature ``status_request`` of RFC 7633.

    Raises TypeError if ``certificate`` is not a certificate.
    ``X509_get_ext_d2i(3)``
    """
    return native.must_staple(ours(certificate))
