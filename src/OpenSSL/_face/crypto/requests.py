"""``X509Req`` and the loading and dumping of requests for certificates."""

from __future__ import annotations

from OpenSSL._face.common import filetypes, foreign
from OpenSSL._face.common.arguments import explained, integer
from OpenSSL._face.common.showing import shown
from OpenSSL._face.crypto.extensions import X509Extension
from OpenSSL._face.crypto.keys import PKey
from OpenSSL._face.crypto.names import X509Name
from OpenSSL._native.common import owners
from OpenSSL._native.crypto import requests as native

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, NoReturn

__all__ = ["X509Req", "dump_certificate_request", "load_certificate_request"]


class X509Req(native.X509Req):
    """A request for a certificate (PKCS #10), loaded or in the making."""

    __module__ = "OpenSSL.crypto"

    def __init__(self) -> None:
        super().__init__()

    def __repr__(self) -> str:
        return shown(self, lambda: [self.get_subject().oneline().decode("ascii")])

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "an X509Req cannot be copied or pickled; store what dump_certificate_request() returns"
        )

    @property
    def _req(self) -> X509Req:
        return self

    def get_version(self) -> int:
        """The version, counted from 0.

        ``X509_REQ_get_version(3)``
        """
        return native.get_version(self)

    def set_version(self, version: int) -> None:
        """Set the version, counted from 0; TypeError if it is not an int.

        ``X509_REQ_set_version(3)``
        """
        native.set_version(self, integer("version", version))

    def get_subject(self) -> X509Name:
        """The subject as a view: assigning to its attributes changes this request.

        ``X509_REQ_get_subject_name(3)``
        """
        made: X509Name = native.get_subject(self)
        return made

    def get_pubkey(self) -> PKey:
        """The public key; Error when the request has none that OpenSSL knows.

        ``X509_REQ_get_pubkey(3)``
        """
        made: PKey = native.get_pubkey(self)
        return made

    def set_pubkey(self, pkey: PKey) -> None:
        """Put in the public half of ``pkey``; TypeError if it is not a PKey.

        ``X509_REQ_set_pubkey(3)``
        """
        if not isinstance(pkey, PKey):
            raise TypeError("pkey must be a PKey instance")
        native.set_pubkey(self, pkey)

    def add_extensions(self, extensions: Iterable[X509Extension]) -> None:
        """Ask for extensions, in addition to those already asked for.

        Raises ValueError when one of them is not an X509Extension; then none is added.

        ``X509_REQ_add_extensions(3)``
        """
        wanted = list(extensions)
        for one in wanted:
            if not isinstance(one, X509Extension):
                raise ValueError("One of the elements is not an X509Extension")
        native.add_extensions(self, wanted)

    def get_extensions(self) -> list[X509Extension]:
        """The extensions asked for, as copies.

        ``X509_REQ_get_extensions(3)``
        """
        return native.get_extensions(self)

    def sign(self, pkey: PKey, digest: str | None) -> None:
        """Sign with a private key and a digest, as ``"sha256"``.

        ``digest`` is None for keys that choose their own, as Ed25519.
        Raises TypeError if ``pkey`` is not a PKey, ValueError for a key without a
        private half or an unknown digest, Error when they do not go together.

        ``X509_REQ_sign(3)``
        """
        if not isinstance(pkey, PKey):
            raise TypeError("pkey must be a PKey instance")
        if pkey.only_public:
            raise ValueError("Key has only public part")
        if not pkey.initialized:
            raise ValueError("Key is uninitialized")
        native.sign(self, pkey, digest)

    def verify(self, pkey: PKey) -> bool:
        """Return True when ``pkey`` made the signature; Error when not.

        Raises TypeError if ``pkey`` is not a PKey.

        ``X509_REQ_verify(3)``
        """
        if not isinstance(pkey, PKey):
            raise TypeError("pkey must be a PKey instance")
        return native.verify(self, pkey)

    def to_cryptography(self) -> Any:
        """The same request as a ``cryptography.x509.CertificateSigningRequest``.

        Raises ImportError, saying what to install, when that package is absent.

        ``i2d_X509_REQ(3)``
        """
        return foreign.needed("cryptography.x509").load_der_x509_csr(native.dump(self, False))

    @classmethod
    def from_cryptography(cls, crypto_req: Any) -> X509Req:
        """Make a request of a ``cryptography.x509.CertificateSigningRequest``.

        Raises TypeError for others.

        ``d2i_X509_REQ(3)``
        """
        if not foreign.is_request(crypto_req):
            raise TypeError("Must be a certificate signing request")
        made: X509Req = native.load(foreign.public_der(crypto_req), False)
        return made


owners.set_face(native.X509Req, X509Req)


def load_certificate_request(type: int, buffer: str | bytes) -> X509Req:
    """Load a request for a certificate.

    Raises ValueError for an unknown ``type``, Error when there is no request.

    ``PEM_read_bio_X509_REQ(3)``, ``d2i_X509_REQ_bio(3)``
    """
    data = filetypes.content(buffer)
    made: X509Req = explained(data, native.load, data, filetypes.is_pem(type))
    return made


def dump_certificate_request(type: int, req: X509Req) -> bytes:
    """Write a request in PEM, in DER, or as text for people.

    Raises ValueError for an unknown ``type``, TypeError if ``req`` is not an X509Req,
    Error when the request is not complete.

    ``PEM_write_bio_X509_REQ(3)``, ``i2d_X509_REQ_bio(3)``, ``X509_REQ_print_ex(3)``
    """
    form = filetypes.form(type)
    if not isinstance(req, X509Req):
        raise TypeError("req must be an X509Req")
    if form == filetypes.FILETYPE_TEXT:
        return native.dump_text(req)
    return native.dump(req, form == filetypes.FILETYPE_PEM)
