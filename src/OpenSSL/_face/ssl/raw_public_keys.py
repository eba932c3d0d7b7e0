"""Raw public keys (RFC 7250): a peer shows its key, without a certificate."""

from __future__ import annotations

from OpenSSL._face.common.arguments import among
from OpenSSL._face.crypto.keys import PKey
from OpenSSL._native.ssl import connection as native_connection
from OpenSSL._native.ssl import raw_public_keys as native

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

__all__ = ["CertTypes", "ConnectionRawPublicKeys"]

#: What a side may show, by the numbers of the wire.
_TYPES = {"x509": 0, "rpk": 2}
_NAMES = {number: name for name, number in _TYPES.items()}


def _need() -> None:
    if not native.are_supported():
        raise NotImplementedError(
            "raw public keys need OpenSSL 3.2, in a release that verifies them "
            "(3.2.4, 3.3.3, 3.4.1 and newer)"
        )


def _set(target: Any, client: bool, types: Iterable[str]) -> None:
    wanted = among("types", types, _TYPES)
    if len(set(wanted)) != len(wanted):
        raise ValueError("a type must not be there twice")
    _need()
    native.set_types(target, client, bytes(wanted) or None)


def _get(target: Any, client: bool) -> list[str]:
    return [_NAMES[number] for number in native.get_types(target, client)]


class CertTypes:
    """What either side may show, of a Context or of one connection."""

    __slots__ = ()

    def set_client_cert_type(self, types: Iterable[str]) -> None:
        """Let clients show ``"x509"``, a certificate, or ``"rpk"``, a key alone.

        The names stand in the order of preference. Each side says what it can do, so both have
        to call it; an empty list takes it back. Where ``"x509"`` is not among them, a peer that
        shows a certificate is refused. A key that is shown is verified by
        :meth:`Connection.add_expected_rpk` alone.

        Raises ValueError for another name and for one that is there twice, TypeError if it is
        not a list of names, NotImplementedError with an OpenSSL older than 3.2.
        ``SSL_CTX_set1_client_cert_type(3)``
        """
        _set(self, True, types)

    def get_client_cert_type(self) -> list[str]:
        """What :meth:`set_client_cert_type` was given; empty: certificates alone.

        ``SSL_CTX_get0_client_cert_type(3)``
        """
        return _get(self, True)

    def set_server_cert_type(self, types: Iterable[str]) -> None:
        """The same for what servers may show. One that shows its key needs no certificate.

        Raises what :meth:`set_client_cert_type` raises.
        ``SSL_CTX_set1_server_cert_type(3)``
        """
        _set(self, False, types)

    def get_server_cert_type(self) -> list[str]:
        """What :meth:`set_server_cert_type` was given; empty: certificates alone.

        ``SSL_CTX_get0_server_cert_type(3)``
        """
        return _get(self, False)


class ConnectionRawPublicKeys(native_connection.Connection):
    """A connection that knows which keys its peer may have."""

    __slots__ = ()

    def add_expected_rpk(self, key: PKey) -> None:
        """Expect the peer to have this key, or another one that was added.

        A raw key that nobody expects is never good. A certificate has to be for an expected
        key as well, and is verified as always besides. A peer with another key is refused
        with an Error whatever the mode of verification is. A server asks clients for a key or
        certificate only with ``VERIFY_PEER``, and has to have one only with
        ``VERIFY_FAIL_IF_NO_PEER_CERT``.

        For a raw key no names (``set_host``), no times and no revocation are looked at, and the
        callback of ``set_verify`` is not asked. No session stands for what is expected here: the
        connection resumes none. It has to be called before the handshake.

        Raises TypeError if ``key`` is not a PKey, Error if it is too late, NotImplementedError
        with an OpenSSL older than 3.2.
        ``SSL_add_expected_rpk(3)``
        """
        if not isinstance(key, PKey):
            raise TypeError("key must be a PKey instance")
        _need()
        native.add_expected(self, key)

    def get_peer_rpk(self) -> PKey | None:
        """The raw key that the peer has shown, or None.

        Without ``VERIFY_PEER`` and without expected keys it is anybody's.

        ``SSL_get0_peer_rpk(3)``
        """
        found: PKey | None = native.get_peer(self)
        return found

    def get_negotiated_client_cert_type(self) -> str:
        """What a client shows by agreement, ``"x509"`` or ``"rpk"``.

        ``SSL_get_negotiated_client_cert_type(3)``
        """
        return _NAMES[native.get_negotiated(self, True)]

    def get_negotiated_server_cert_type(self) -> str:
        """What the server shows by agreement, ``"x509"`` or ``"rpk"``.

        ``SSL_get_negotiated_server_cert_type(3)``
        """
        return _NAMES[native.get_negotiated(self, False)]
