"""``X509`` and the loading and dumping of certificates."""

from __future__ import annotations

import time

from OpenSSL._face.common import filetypes, foreign
from OpenSSL._face.common.arguments import explained, integer, octets, unlike
from OpenSSL._face.common.showing import shown
from OpenSSL._face.crypto.certificate_names import CertificateNames
from OpenSSL._face.crypto.keys import PKey
from OpenSSL._face.crypto.names import X509Name
from OpenSSL._native.common import owners
from OpenSSL._native.crypto import certificate_fields as fields
from OpenSSL._native.crypto import certificates as native
from OpenSSL._native.crypto import extensions as native_extensions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, NoReturn

    from OpenSSL._face.crypto.extensions import X509Extension

__all__ = ["X509", "certificate", "dump_certificate", "load_certificate", "load_certificates"]


class X509(CertificateNames):
    """An X.509 certificate, loaded or in the making.

    Times are bytes in ASN.1's form ``b"YYYYMMDDhhmmssZ"``. A certificate may be
    shared between threads. What a Context, a Connection or a store was given stays
    there as it was: a change afterwards is this object's alone.
    """

    __module__ = "OpenSSL.crypto"

    def __init__(self) -> None:
        super().__init__()

    def __repr__(self) -> str:
        return shown(self, lambda: [self.get_subject().oneline().decode("ascii")])

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "an X509 cannot be copied or pickled; store what dump_certificate() returns"
        )

    @property
    def _x509(self) -> X509:
        return self

    # ---- fields

    def get_version(self) -> int:
        """The version, counted from 0: 2 is version 3.

        ``X509_get_version(3)``
        """
        return fields.get_version(self)

    def set_version(self, version: int) -> None:
        """Set the version, counted from 0; TypeError if it is not an int.

        ``X509_set_version(3)``
        """
        fields.set_version(self, integer("version", version))

    def get_serial_number(self) -> int:
        """The serial number, of any size and sign.

        ``X509_get0_serialNumber(3)``
        """
        return fields.get_serial(self)

    def set_serial_number(self, serial: int) -> None:
        """Set the serial number; TypeError if it is not an int.

        ``X509_set_serialNumber(3)``
        """
        fields.set_serial(self, integer("serial", serial))

    def get_subject(self) -> X509Name:
        """The subject as a view: assigning to its attributes changes this certificate.

        ``X509_get_subject_name(3)``
        """
        made: X509Name = native.get_subject(self)
        return made

    def set_subject(self, subject: X509Name) -> None:
        """Replace the subject by a copy of ``subject``; TypeError if it is not an X509Name.

        ``X509_set_subject_name(3)``
        """
        if not isinstance(subject, X509Name):
            raise TypeError("name must be an X509Name")
        native.set_subject(self, subject)

    def get_issuer(self) -> X509Name:
        """The issuer as a view: assigning to its attributes changes this certificate.

        ``X509_get_issuer_name(3)``
        """
        made: X509Name = native.get_issuer(self)
        return made

    def set_issuer(self, issuer: X509Name) -> None:
        """Replace the issuer by a copy of ``issuer``; TypeError if it is not an X509Name.

        ``X509_set_issuer_name(3)``
        """
        if not isinstance(issuer, X509Name):
            raise TypeError("name must be an X509Name")
        native.set_issuer(self, issuer)

    def get_pubkey(self) -> PKey:
        """The public key; Error when the certificate has none that OpenSSL knows.

        ``X509_get_pubkey(3)``
        """
        made: PKey = fields.get_pubkey(self)
        return made

    def set_pubkey(self, pkey: PKey) -> None:
        """Put in the public half of ``pkey``; TypeError if it is not a PKey.

        ``X509_set_pubkey(3)``
        """
        if not isinstance(pkey, PKey):
            raise TypeError("pkey must be a PKey instance")
        fields.set_pubkey(self, pkey)

    # ---- validity

    def get_notBefore(self) -> bytes | None:
        """When the certificate starts to be valid, or None when that is not set.

        ``X509_get0_notBefore(3)``
        """
        return fields.get_boundary(self, False)

    def set_notBefore(self, when: bytes) -> None:
        """Set when the certificate starts to be valid.

        Raises TypeError if it is not bytes, ValueError if it is not a time.

        ``X509_set1_notBefore(3)``
        """
        fields.set_boundary(self, False, octets("when", when))

    def get_notAfter(self) -> bytes | None:
        """When the certificate stops being valid, or None when that is not set.

        ``X509_get0_notAfter(3)``
        """
        return fields.get_boundary(self, True)

    def set_notAfter(self, when: bytes) -> None:
        """Set when the certificate stops being valid.

        Raises TypeError if it is not bytes, ValueError if it is not a time.

        ``X509_set1_notAfter(3)``
        """
        fields.set_boundary(self, True, octets("when", when))

    def gmtime_adj_notBefore(self, amount: int) -> None:
        """Let the certificate be valid from ``amount`` seconds from now.

        Raises TypeError if it is not an int, ValueError outside the years 0 to 9999.

        ``X509_time_adj_ex(3)``
        """
        fields.set_boundary(self, False, integer("amount", amount))

    def gmtime_adj_notAfter(self, amount: int) -> None:
        """Let the certificate be valid until ``amount`` seconds from now.

        Raises TypeError if it is not an int, ValueError outside the years 0 to 9999.

        ``X509_time_adj_ex(3)``
        """
        fields.set_boundary(self, True, integer("amount", amount))

    def has_expired(self) -> bool:
        """Whether the end of validity has passed; ValueError when it is not set.

        ``ASN1_TIME_diff(3)``
        """
        end = fields.get_boundary_seconds(self, True)
        if end is None:
            raise ValueError("Unable to determine notAfter")
        return end < time.time()

    # ---- the certificate as a whole

    def get_signature_algorithm(self) -> bytes:
        """OpenSSL's long name of the signature algorithm; ValueError when it has none.

        ``X509_get0_tbs_sigalg(3)``
        """
        name = fields.get_signature_algorithm(self)
        if name is None:
            raise ValueError("Undefined signature algorithm")
        return name

    def sign(self, pkey: PKey, digest: str | None) -> None:
        """Sign with a private key and a digest, as ``"sha256"``.

        ``digest`` is None for keys that choose their own, as Ed25519.
        Raises TypeError if ``pkey`` is not a PKey, ValueError for a key without a
        private half or an unknown digest, Error when they do not go together.

        ``X509_sign(3)``
        """
        if not isinstance(pkey, PKey):
            raise TypeError("pkey must be a PKey instance")
        if pkey.only_public:
            raise ValueError("Key only has public part")
        if not pkey.initialized:
            raise ValueError("Key is uninitialized")
        fields.sign(self, pkey, digest)

    def digest(self, digest_name: str) -> bytes:
        """The digest of the DER encoding in upper-case hexadecimal with colons.

        Raises ValueError for an unknown digest.

        ``EVP_Digest(3)``
        """
        return native.digest(self, digest_name).hex(":").upper().encode("ascii")

    def subject_name_hash(self) -> int:
        """The number by which hashed directories of certificates find the subject.

        ``X509_subject_name_hash(3)``
        """
        return fields.get_subject_hash(self)

    def get_extension_count(self) -> int:
        """How many extensions the certificate has.

        ``X509_get_ext_count(3)``
        """
        return fields.get_extension_count(self)

    def add_extensions(self, extensions: Iterable[X509Extension]) -> None:
        """Add extensions, in order.

        Raises ValueError when one of them is not an X509Extension; then none is added.

        ``X509_add_ext(3)``
        """
        wanted = list(extensions)
        for one in wanted:
            if not isinstance(one, native_extensions.X509Extension):
                raise ValueError("One of the elements is not an X509Extension")
            one.get_critical()  # refuses one that was never initialised
        for one in wanted:
            native_extensions.add_to_certificate(self, one)

    def get_extension(self, index: int) -> X509Extension:
        """A copy of the extension at ``index``, counted from 0.

        Raises IndexError when there is none there.

        ``X509_get_ext(3)``
        """
        found: X509Extension | None = native_extensions.get_from_certificate(self, index)
        if found is None:
            raise IndexError("extension index out of bounds")
        return found

    def get_subject_alt_names(self) -> list[tuple[str, str]]:
        """The alternative names as ``(kind, value)``, in the words of :mod:`ssl`.

        Kinds are ``"DNS"``, ``"IP Address"``, ``"email"``, ``"URI"``,
        ``"DirName"``, ``"Registered ID"`` and ``"othername"``. Values are never
        cut at a NUL byte. Raises Error when they are malformed.

        ``X509_get_ext_d2i(3)``
        """
        return native_extensions.get_subject_alt_names(self)

    # ---- the cryptography package

    def to_cryptography(self) -> Any:
        """The same certificate as a ``cryptography.x509.Certificate``.

        Raises ImportError, saying what to install, when that package is absent.

        ``i2d_X509(3)``
        """
        return foreign.needed("cryptography.x509").load_der_x509_certificate(native.dump_der(self))

    @classmethod
    def from_cryptography(cls, crypto_cert: Any) -> X509:
        """Make a certificate of a ``cryptography.x509.Certificate``; TypeError for others.

        ``d2i_X509(3)``
        """
        if not foreign.is_certificate(crypto_cert):
            raise TypeError("Must be a certificate")
        made: X509 = native.load(foreign.public_der(crypto_cert), False)
        return made


owners.set_face(native.X509, X509)


def certificate(value: object) -> X509:
    """Return an X509 for ours or for cryptography's, else raise TypeError."""
    if isinstance(value, X509):
        return value
    if foreign.is_certificate(value):
        made: X509 = native.load(foreign.public_der(value), False)
        return made
    raise TypeError(f"Must be a certificate, not {unlike(value, 'load_certificate')}")


def load_certificate(type: int, buffer: str | bytes) -> X509:
    """Load one certificate; in PEM the first there is.

    Raises ValueError for an unknown ``type``, Error when there is no certificate.

    ``PEM_read_bio_X509(3)``, ``d2i_X509_bio(3)``
    """
    data = filetypes.content(buffer)
    made: X509 = explained(data, native.load, data, filetypes.is_pem(type))
    return made


def load_certificates(type: int, buffer: str | bytes) -> list[X509]:
    """Load all certificates of a PEM file in order, ignoring what lies between them.

    With ``FILETYPE_ASN1`` there is one. Raises ValueError for an unknown
    ``type``, Error when there is no certificate or any of them is malformed.

    ``PEM_read_bio_X509(3)``
    """
    data = filetypes.content(buffer)
    if filetypes.is_pem(type):
        found: list[X509] = explained(data, native.load_all, data)
        return found
    return [explained(data, native.load, data, False)]


def dump_certificate(type: int, cert: X509) -> bytes:
    """Write a certificate in PEM, in DER, or as text for people.

    Raises ValueError for an unknown ``type``, TypeError if ``cert`` is not an X509,
    Error when the certificate is not complete.

    ``PEM_write_bio_X509(3)``, ``i2d_X509(3)``, ``X509_print_ex(3)``
    """
    form = filetypes.form(type)
    if not isinstance(cert, X509):
        raise TypeError(f"cert must be an X509, not {unlike(cert, 'load_certificate')}")
    if form == filetypes.FILETYPE_PEM:
        return native.dump_pem(cert)
    if form == filetypes.FILETYPE_ASN1:
        return native.dump_der(cert)
    return native.dump_text(cert)
