"""Certificates and sessions in the shapes of the ``ssl`` module."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from OpenSSL import _exceptions as ours
from OpenSSL._bridge.errors import load_failure
from OpenSSL._face.crypto.certificates import X509
from OpenSSL._native.crypto import certificates as native
from OpenSSL._native.crypto import descriptions

if TYPE_CHECKING:
    from OpenSSL._bridge.contexts import SSLContext
    from OpenSSL._face.ssl.sessions import Session

__all__ = ["Certificate", "SSLSession", "der", "described"]

#: What :meth:`Certificate.public_bytes` is told, as ``_ssl`` numbers it.
ENCODING_PEM, ENCODING_DER = 1, 2


def der(certificate: X509) -> bytes:
    """Return the certificate's DER encoding."""
    try:
        return native.dump_der(certificate)
    except ours.CryptoError as error:
        raise load_failure(error) from error


def described(certificate: X509) -> dict[str, Any]:
    """Return the dictionary that ``ssl`` makes of the certificate."""
    try:
        return descriptions.describe(certificate)
    except ours.CryptoError as error:
        raise load_failure(error) from error


class Certificate:
    """A certificate of a chain, as ``_ssl`` gives them to the ``ssl`` module."""

    __slots__ = ("x509",)

    def __init__(self, x509: X509) -> None:
        #: The same certificate as an :class:`OpenSSL.crypto.X509`.
        self.x509 = x509

    def public_bytes(self, format: int = ENCODING_PEM) -> Any:
        """Return it as PEM text, or as DER bytes where ``format`` is ``ENCODING_DER``."""
        if format == ENCODING_DER:
            return der(self.x509)
        if format == ENCODING_PEM:
            return native.dump_pem(self.x509).decode("ascii")
        raise ValueError("Unsupported format")

    def get_info(self) -> dict[str, Any]:
        """Return what ``getpeercert()`` returns of a peer's."""
        return described(self.x509)

    def __repr__(self) -> str:
        subject = ",".join(
            f"{short.decode('ascii', 'replace')}={value.decode('utf-8', 'backslashreplace')}"
            for short, value in self.x509.get_subject().get_components()
        )
        return f"<Certificate {subject!r}>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Certificate):
            return NotImplemented
        return der(self.x509) == der(other.x509)

    def __hash__(self) -> int:
        return hash(der(self.x509))


class SSLSession:
    """A session, as ``ssl.SSLSession`` tells of it."""

    __slots__ = ("bridge", "session")

    def __init__(self, session: Session, bridge: SSLContext) -> None:
        #: The same session as an :class:`OpenSSL.SSL.Session`.
        self.session: Session = session
        #: The context it may be used with.
        self.bridge: SSLContext = bridge

    @property
    def id(self) -> bytes:
        """The session's id; empty where a ticket does its work."""
        return self.session.get_id()

    @property
    def time(self) -> int:
        """When it was made, in seconds since 1970."""
        return self.session.get_time()

    @property
    def timeout(self) -> int:
        """For how many seconds after that it may be used."""
        return self.session.get_timeout()

    @property
    def ticket_lifetime_hint(self) -> int:
        """For how many seconds the server promised to honour the ticket."""
        return self.session.get_ticket_lifetime_hint()

    @property
    def has_ticket(self) -> bool:
        """Whether it holds a ticket."""
        return self.session.has_ticket()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SSLSession) and (self is other or self.id == other.id)

    def __hash__(self) -> int:
        return hash(self.id)
