"""What is asked of keys, algorithms and peers, of a Context or a connection."""

from __future__ import annotations

from OpenSSL._face.common.arguments import among, integer, listed
from OpenSSL._face.crypto.names import X509Name
from OpenSSL._native.ssl import connection as native_connection
from OpenSSL._native.ssl import context as native_context
from OpenSSL._native.ssl import security as native

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any


__all__ = ["KINDS", "ConnectionSecurity", "ContextSecurity"]

#: Kinds of client certificates in TLS 1.2 and older, by their numbers on the wire.
KINDS: dict[int, str] = {
    1: "rsa_sign",
    2: "dss_sign",
    3: "rsa_fixed_dh",
    4: "dss_fixed_dh",
    64: "ecdsa_sign",
}
_KIND_NUMBERS = {name: number for number, name in KINDS.items()}


class _Security:
    """What both have alike; a Context's is for connections made afterwards."""

    __slots__ = ()

    def set_security_level(self, level: int) -> None:
        """Refuse keys and algorithms below a level, 0 to 5, of OpenSSL's.

        ``@SECLEVEL=`` in :meth:`set_cipher_list` sets it as well. What was loaded before is
        looked at again in a handshake.

        Raises TypeError if ``level`` is not an integer, ValueError if there is no such level.
        ``SSL_CTX_set_security_level(3)``
        """
        if not 0 <= integer("level", level) <= 5:
            raise ValueError("level must be from 0 to 5")
        native.set_level(_target(self), level)

    def set_client_sigalgs_list(self, algorithms: str | bytes) -> None:
        """Choose the signature algorithms for client certificates, names with colons between.

        A server asks for them, a client offers its certificate only for them. Without it they
        are those of :meth:`set_sigalgs_list`.

        Raises TypeError if it is not text, ValueError for a NUL byte, Error for a name
        that OpenSSL does not know.
        ``SSL_CTX_set1_client_sigalgs_list(3)``
        """
        native.set_client_sigalgs_list(_target(self), listed("algorithms", algorithms))

    def set_client_certificate_types(self, kinds: Sequence[str]) -> None:
        """Ask clients for these kinds of certificates, in TLS 1.2 and older.

        They are ``"rsa_sign"``, ``"dss_sign"`` and ``"ecdsa_sign"``. Newer versions have
        the signature algorithms alone.

        Raises ValueError for another kind.
        ``SSL_CTX_set1_client_certificate_types(3)``
        """
        native.set_certificate_types(_target(self), bytes(among("kinds", kinds, _KIND_NUMBERS)))

    def set_max_cert_list(self, size: int) -> None:
        """Take at most ``size`` bytes of certificates from a peer, 102 400 to begin with.

        They are counted as they are on the wire, all of a chain together. A peer that shows more
        ends the handshake.

        Raises TypeError if ``size`` is not an integer, ValueError below 0 or from 2**31 on.
        ``SSL_CTX_set_max_cert_list(3)``
        """
        if not 0 <= integer("size", size) < 2**31:
            raise ValueError("size must be from 0 to 2**31 - 1")
        native.set_max_cert_list(_target(self), size)

    def get_max_cert_list(self) -> int:
        """Return how many bytes of certificates a peer may show.

        ``SSL_CTX_get_max_cert_list(3)``
        """
        return native.get_max_cert_list(_target(self))

    def set_ca_list(self, authorities: Iterable[X509Name]) -> None:
        """Name these authorities to the peer, whichever side it is.

        A server names them to clients that it asks for a certificate, unless
        :meth:`Context.set_client_ca_list` has; a client to servers, over TLS 1.3.

        Raises TypeError unless they are X509Name, ValueError if they have more than 64 512 bytes
        in all.
        ``SSL_CTX_set0_CA_list(3)``
        """
        names = list(authorities)
        for name in names:
            if not isinstance(name, X509Name):
                raise TypeError(f"authorities must be X509Name, not {type(name).__name__}")
        native.set_authorities(_target(self), list(names))


class ContextSecurity(_Security, native_context.Context):
    """What a Context asks for."""

    __slots__ = ()

    def get_ca_list(self) -> list[X509Name]:
        """The authorities given to :meth:`set_ca_list`.

        ``SSL_CTX_get0_CA_list(3)``
        """
        return native.get_authorities(self)


class ConnectionSecurity(_Security, native_connection.Connection):
    """What a connection asks for."""

    __slots__ = ()

    def get_security_level(self) -> int:
        """Return the level, 0 to 5, below which keys and algorithms are refused.

        ``SSL_get_security_level(3)``
        """
        return native.get_level(self)

    def get_ca_list(self) -> list[X509Name]:
        """The authorities given to :meth:`set_ca_list`, or to the Context's.

        ``SSL_get0_CA_list(3)``
        """
        return native.connection_get_authorities(self)


def _target(it: Any) -> Any:
    return it
