"""``CRL`` and ``Revoked``: lists of certificates that are no longer good."""

from __future__ import annotations

from OpenSSL._exceptions import CryptoError
from OpenSSL._face.common import filetypes, foreign
from OpenSSL._face.common.arguments import explained, integer, octets
from OpenSSL._face.common.showing import shown
from OpenSSL._face.crypto.certificates import X509
from OpenSSL._face.crypto.keys import PKey
from OpenSSL._face.crypto.names import X509Name
from OpenSSL._native.common import owners
from OpenSSL._native.crypto import revocation as native

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

    from OpenSSL._face.crypto.stores import X509Store

__all__ = ["CRL", "Revoked", "add_to_store", "dump_crl", "load_crl"]

# In the order of their numbers in RFC 5280.
_REASONS = (
    b"unspecified",
    b"keyCompromise",
    b"CACompromise",
    b"affiliationChanged",
    b"superseded",
    b"cessationOfOperation",
    b"certificateHold",
)
_HEX = frozenset(b"0123456789abcdefABCDEF")


class Revoked(native.Revoked):
    """One revoked certificate: its serial number, when, and why."""

    __module__ = "OpenSSL.crypto"

    def __init__(self) -> None:
        super().__init__()

    def __repr__(self) -> str:
        return shown(self, lambda: [f"serial number {self.get_serial().decode('ascii')}"])

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Revoked cannot be copied or pickled")

    def get_serial(self) -> bytes:
        """The serial number in upper-case hexadecimal, two digits to the byte.

        ``X509_REVOKED_get0_serialNumber(3)``
        """
        serial = native.get_serial(self)
        digits = f"{abs(serial):X}"
        digits = "0" * (len(digits) % 2) + digits
        return (("-" if serial < 0 else "") + digits).encode("ascii")

    def set_serial(self, hex_str: bytes) -> None:
        """Set the serial number from hexadecimal digits.

        Raises TypeError if it is not bytes, ValueError for anything else in them.

        ``X509_REVOKED_set_serialNumber(3)``
        """
        number = octets("hex_str", hex_str)
        digits = number.removeprefix(b"-")
        if not digits or not _HEX.issuperset(digits):
            raise ValueError("bad hex string")
        native.set_serial(self, int(number, 16))

    def get_rev_date(self) -> bytes | None:
        """When it was revoked, as ``b"YYYYMMDDhhmmssZ"``, or None when that is not set.

        ``X509_REVOKED_get0_revocationDate(3)``
        """
        return native.get_date(self)

    def set_rev_date(self, when: bytes) -> None:
        """Set when it was revoked, as ``b"YYYYMMDDhhmmssZ"``.

        Raises TypeError if it is not bytes, ValueError if it is not a time.

        ``X509_REVOKED_set_revocationDate(3)``
        """
        native.set_date(self, octets("when", when))

    def get_reason(self) -> bytes | None:
        """The reason in OpenSSL's words, as ``b"Key Compromise"``, or None.

        ``X509_REVOKED_get_ext_d2i(3)``
        """
        return native.get_reason(self)

    def set_reason(self, reason: bytes | None) -> None:
        """Set the reason to one of :meth:`all_reasons`, or take it away with None.

        Case and spaces do not matter. Raises TypeError for other types,
        ValueError for an unknown reason.

        ``X509_REVOKED_add1_ext_i2d(3)``
        """
        if reason is None:
            native.set_reason(self, -1)
            return
        wanted = octets("reason", reason).lower().replace(b" ", b"")
        for number, name in enumerate(_REASONS):
            if name.lower() == wanted:
                native.set_reason(self, number)
                return
        raise ValueError(f"unknown reason {reason!r}")

    def all_reasons(self) -> list[bytes]:
        """The reasons :meth:`set_reason` knows, as a new list.

        ``X509_REVOKED_add1_ext_i2d(3)``
        """
        return list(_REASONS)


class CRL(native.CRL):
    """A list of revoked certificates, loaded or in the making."""

    __module__ = "OpenSSL.crypto"

    def __init__(self) -> None:
        super().__init__()

    def __repr__(self) -> str:
        return shown(self, lambda: [f"of {self.get_issuer().oneline().decode('ascii')}"])

    def __reduce__(self) -> NoReturn:
        raise TypeError("a CRL cannot be copied or pickled; store what dump_crl() returns")

    @property
    def _crl(self) -> CRL:
        return self

    def get_revoked(self) -> tuple[Revoked, ...] | None:
        """Copies of the entries, or None when there are none.

        ``X509_CRL_get_REVOKED(3)``
        """
        return tuple(native.get_revoked(self)) or None

    def add_revoked(self, revoked: Revoked) -> None:
        """Add a copy of an entry; TypeError if it is not a Revoked.

        ``X509_CRL_add0_revoked(3)``
        """
        if not isinstance(revoked, Revoked):
            raise TypeError("revoked must be a Revoked instance")
        native.add_revoked(self, revoked)

    def get_issuer(self) -> X509Name:
        """A copy of the issuer's name.

        ``X509_CRL_get_issuer(3)``
        """
        made: X509Name = native.get_issuer(self)
        return made

    def set_version(self, version: int) -> None:
        """Set the version, counted from 0; TypeError if it is not an int.

        ``X509_CRL_set_version(3)``
        """
        native.set_version(self, integer("version", version))

    def set_lastUpdate(self, when: bytes) -> None:
        """Set when the list was made, as ``b"YYYYMMDDhhmmssZ"``.

        Raises TypeError if it is not bytes, ValueError if it is not a time.

        ``X509_CRL_set1_lastUpdate(3)``
        """
        native.set_update(self, False, octets("when", when))

    def set_nextUpdate(self, when: bytes) -> None:
        """Set when the next list is due, as ``b"YYYYMMDDhhmmssZ"``.

        Raises TypeError if it is not bytes, ValueError if it is not a time.

        ``X509_CRL_set1_nextUpdate(3)``
        """
        native.set_update(self, True, octets("when", when))

    def sign(self, issuer_cert: X509, issuer_key: PKey, digest: bytes | str | None) -> None:
        """Sort the list, put the certificate's subject as issuer, and sign.

        ``digest`` is None for keys that choose their own, as Ed25519.
        Raises TypeError for arguments of other types, Error for an unknown
        digest or a key that does not go with it.

        ``X509_CRL_sign(3)``
        """
        if not isinstance(issuer_cert, X509):
            raise TypeError("issuer_cert must be an X509 instance")
        if not isinstance(issuer_key, PKey):
            raise TypeError("issuer_key must be a PKey instance")
        try:
            native.sign(self, issuer_cert, issuer_key, digest)
        except ValueError as unknown:
            raise CryptoError([("", "", str(unknown))]) from None

    def export(
        self,
        cert: X509,
        key: PKey,
        type: int = filetypes.FILETYPE_PEM,
        days: int = 100,
        digest: bytes | str | None = b"",
    ) -> bytes:
        """Date the list now, make the next due in ``days``, sign it and write it.

        ``digest`` has to be given. Raises TypeError for arguments of other
        types, ValueError for an unknown digest or ``type``.

        ``X509_CRL_sign(3)``, ``PEM_write_bio_X509_CRL(3)``
        """
        if not isinstance(cert, X509):
            raise TypeError("cert must be an X509 instance")
        if not isinstance(key, PKey):
            raise TypeError("key must be a PKey instance")
        if not isinstance(type, int):
            raise TypeError("type must be an integer")
        if digest == b"":
            raise TypeError("digest must be provided")
        filetypes.form(type)
        native.set_update(self, False, 0)
        native.set_update(self, True, integer("days", days) * 86400)
        native.sign(self, cert, key, digest)
        return dump_crl(type, self)

    def to_cryptography(self) -> Any:
        """The same list as a ``cryptography.x509.CertificateRevocationList``.

        Raises ImportError, saying what to install, when that package is absent.

        ``i2d_X509_CRL(3)``
        """
        return foreign.needed("cryptography.x509").load_der_x509_crl(native.dump(self, False))

    @classmethod
    def from_cryptography(cls, crypto_crl: Any) -> CRL:
        """Make a list of a ``cryptography.x509.CertificateRevocationList``.

        Raises TypeError for others.

        ``d2i_X509_CRL(3)``
        """
        if not foreign.is_revocation_list(crypto_crl):
            raise TypeError("Must be a certificate revocation list")
        made: CRL = native.load(foreign.public_der(crypto_crl), False)
        return made


owners.set_face(native.CRL, CRL)
owners.set_face(native.Revoked, Revoked)


def load_crl(type: int, buffer: str | bytes) -> CRL:
    """Load a revocation list.

    Raises ValueError for an unknown ``type``, Error when there is no such list.

    ``PEM_read_bio_X509_CRL(3)``, ``d2i_X509_CRL_bio(3)``
    """
    data = filetypes.content(buffer)
    made: CRL = explained(data, native.load, data, filetypes.is_pem(type))
    return made


def dump_crl(type: int, crl: CRL) -> bytes:
    """Write a revocation list in PEM, in DER, or as text for people.

    Raises ValueError for an unknown ``type``, TypeError if ``crl`` is not a CRL,
    Error when the list is not complete.

    ``PEM_write_bio_X509_CRL(3)``, ``i2d_X509_CRL_bio(3)``, ``X509_CRL_print(3)``
    """
    form = filetypes.form(type)
    if not isinstance(crl, CRL):
        raise TypeError("crl must be a CRL")
    if form == filetypes.FILETYPE_TEXT:
        return native.dump_text(crl)
    return native.dump(crl, form == filetypes.FILETYPE_PEM)


def add_to_store(store: X509Store, crl: object) -> None:
    """Let a store know our list or cryptography's, else raise TypeError."""
    if isinstance(crl, CRL):
        der = native.dump(crl, False)
    elif foreign.is_revocation_list(crl):
        der = foreign.public_der(crl)
    else:
        raise TypeError("CRL must be of type cryptography.x509.CertificateRevocationList")
    native.add_to_store(store, der)
