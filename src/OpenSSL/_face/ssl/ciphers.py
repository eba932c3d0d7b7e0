"""Which versions, ciphers, groups and signatures an end offers and accepts."""

from __future__ import annotations

from OpenSSL._face.common.arguments import (
    integer,
    listed,
    named,
    octets,
    path_bytes,
    text_to_bytes,
    without_nul,
)
from OpenSSL._face.crypto.curves import curve_name
from OpenSSL._native.ssl import ciphers as native
from OpenSSL._native.ssl.connection import Connection
from OpenSSL._native.ssl.context import Context

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from OpenSSL._types import NamedCurve

__all__ = ["ConnectionCiphers", "ContextCiphers"]


class ContextCiphers(Context):
    """What connections of a Context offer and accept."""

    __slots__ = ()

    def set_min_proto_version(self, version: int) -> None:
        """Refuse protocols older than ``version``, for instance ``TLS1_2_VERSION``.

        0 stands for the oldest the library has. Raises TypeError if it is not
        an int and :class:`Error` for a version the library does not have.

        ``SSL_CTX_set_min_proto_version(3)``
        """
        native.set_min_version(self, integer("version", version))

    def set_max_proto_version(self, version: int) -> None:
        """Refuse protocols newer than ``version``; 0 stands for the newest there is.

        Raises what :meth:`set_min_proto_version` raises.

        ``SSL_CTX_set_max_proto_version(3)``
        """
        native.set_max_version(self, integer("version", version))

    def get_min_proto_version(self) -> int:
        """Return the oldest protocol version that is accepted; 0 where none is set.

        ``SSL_CTX_get_min_proto_version(3)``
        """
        return native.get_min_version(self)

    def get_max_proto_version(self) -> int:
        """Return the newest protocol version that is accepted; 0 where none is set.

        ``SSL_CTX_get_max_proto_version(3)``
        """
        return native.get_max_version(self)

    def set_cipher_list(self, cipher_list: bytes) -> None:
        """Choose the ciphers for TLS 1.2 and older, in OpenSSL's cipher string format.

        TLS 1.3 has a list of its own, :meth:`set_tls13_ciphersuites`. Raises
        TypeError if it is not a byte string (text is taken, with a warning),
        ValueError for a NUL byte and :class:`Error` when nothing matches; then
        the previous list stays.

        ``SSL_CTX_set_cipher_list(3)``
        """
        ciphers = text_to_bytes("cipher_list", cipher_list)
        native.context_set_cipher_list(self, without_nul("cipher_list", ciphers))

    def get_cipher_list(self) -> list[str]:
        """Return the names of the ciphers, TLS 1.3 first, in order of preference.

        ``SSL_CTX_get_ciphers(3)``
        """
        return native.context_get_cipher_list(self)

    def get_security_level(self) -> int:
        """Return the level, 0 to 5, below which keys and algorithms are refused.

        ``SSL_CTX_get_security_level(3)``
        """
        return native.get_security_level(self)

    def set_tls13_ciphersuites(self, ciphersuites: bytes) -> None:
        """Choose the ciphers for TLS 1.3, names with colons between; empty for none.

        Raises TypeError if it is not a byte string, ValueError for a NUL byte and
        :class:`Error` when nothing matches.

        ``SSL_CTX_set_ciphersuites(3)``
        """
        suites = octets("ciphersuites", ciphersuites)
        native.context_set_ciphersuites(self, without_nul("ciphersuites", suites))

    def set_tmp_ecdh(self, curve: NamedCurve) -> None:
        """Use this one elliptic curve for key exchange, and no other group.

        :meth:`set_groups_list` takes several. Raises AttributeError for what has no
        name and :class:`Error` for a curve that TLS or the library does not have.

        ``SSL_CTX_set1_groups(3)``
        """
        native.set_tmp_ecdh(self, listed("curve", curve_name(curve)))

    def load_tmp_dh(self, dhfile: Any) -> None:
        """Use the Diffie-Hellman parameters in a PEM file for TLS 1.2 and older.

        Raises TypeError if it is not a path, and :class:`Error` when the file
        cannot be read, holds none, or holds some that are too weak.

        ``SSL_CTX_set0_tmp_dh_pkey(3)``
        """
        path = path_bytes(dhfile)
        named(path, native.load_tmp_dh, self, path)

    def set_groups_list(self, groups: bytes | str) -> None:
        """Choose the groups for key exchange, names with colons between: ``X25519:P-256``.

        Raises TypeError if it is neither bytes nor str, ValueError for a NUL
        byte and :class:`Error` for an unknown group.

        ``SSL_CTX_set1_groups_list(3)``
        """
        native.set_groups_list(self, listed("groups", groups))

    def get_implemented_groups(self, all: bool = False) -> list[str]:
        """List the groups that the library has for the versions this Context speaks.

        Names are those of :meth:`set_groups_list`, in the order of their numbers; with ``all``
        further names of the same groups too. They are not those in use: a security level may
        forbid some, and the list of groups says which are offered.

        Raises NotImplementedError with an OpenSSL older than 3.5.

        ``SSL_CTX_get0_implemented_groups(3)``
        """
        if not native.has_group_list():
            raise NotImplementedError("lists of groups need OpenSSL 3.5")
        return native.list_groups(self, bool(all))

    def set_sigalgs_list(self, algorithms: bytes | str) -> None:
        """Choose the signature algorithms, names with colons between: ``RSA-PSS+SHA256``.

        Raises TypeError if it is neither bytes nor str, ValueError for a NUL
        byte and :class:`Error` for an unknown algorithm.

        ``SSL_CTX_set1_sigalgs_list(3)``
        """
        native.set_sigalgs_list(self, listed("algorithms", algorithms))


class ConnectionCiphers(Connection):
    """What one Connection offers and accepts; it begins with what its Context says."""

    __slots__ = ()

    def set_min_proto_version(self, version: int) -> None:
        """Refuse protocols older than ``version`` on this connection alone.

        Raises TypeError if ``version`` is not an int, :class:`Error` for a version the
        library does not have.

        ``SSL_set_min_proto_version(3)``
        """
        native.set_min_version(self, integer("version", version))

    def set_max_proto_version(self, version: int) -> None:
        """Refuse protocols newer than ``version`` on this connection alone.

        Raises what :meth:`set_min_proto_version` raises.

        ``SSL_set_max_proto_version(3)``
        """
        native.set_max_version(self, integer("version", version))

    def get_min_proto_version(self) -> int:
        """Return the oldest protocol version that is accepted; 0 where none is set.

        ``SSL_get_min_proto_version(3)``
        """
        return native.get_min_version(self)

    def get_max_proto_version(self) -> int:
        """Return the newest protocol version that is accepted; 0 where none is set.

        ``SSL_get_max_proto_version(3)``
        """
        return native.get_max_version(self)

    def set_cipher_list(self, cipher_list: bytes) -> None:
        """Choose the ciphers for TLS 1.2 and older on this connection alone.

        Raises what :meth:`Context.set_cipher_list` raises.

        ``SSL_set_cipher_list(3)``
        """
        ciphers = text_to_bytes("cipher_list", cipher_list)
        native.connection_set_cipher_list(self, without_nul("cipher_list", ciphers))

    def get_cipher_list(self) -> list[str]:
        """Return the names of the ciphers, TLS 1.3 first, in order of preference.

        ``SSL_get_ciphers(3)``
        """
        return native.connection_get_cipher_list(self)

    def set_tls13_ciphersuites(self, ciphersuites: bytes) -> None:
        """Choose the ciphers for TLS 1.3 on this connection alone.

        Raises what :meth:`Context.set_tls13_ciphersuites` raises.

        ``SSL_set_ciphersuites(3)``
        """
        suites = octets("ciphersuites", ciphersuites)
        native.connection_set_ciphersuites(self, without_nul("ciphersuites", suites))

    def set_groups_list(self, groups: bytes | str) -> None:
        """Choose the groups for key exchange on this connection alone.

        Raises what :meth:`Context.set_groups_list` raises.

        ``SSL_set1_groups_list(3)``
        """
        native.set_groups_list(self, listed("groups", groups))

    def set_sigalgs_list(self, algorithms: bytes | str) -> None:
        """Choose the signature algorithms on this connection alone.

        Raises what :meth:`Context.set_sigalgs_list` raises.

        ``SSL_set1_sigalgs_list(3)``
        """
        native.set_sigalgs_list(self, listed("algorithms", algorithms))

    def get_group_name(self) -> str | None:
        """Return the name of the group of the key exchange; None before the handshake.

        ``SSL_get0_group_name(3)``
        """
        return native.get_group_name(self)
