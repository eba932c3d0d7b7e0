"""Certificates that are sent compressed (RFC 8879)."""

from __future__ import annotations

from OpenSSL._native.ssl import compression as native
from OpenSSL._native.ssl import context as native_context
from OpenSSL._native.ssl import pairs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

__all__ = ["CertCompression", "ContextCompression"]

#: Ways to compress, by the numbers of the wire.
_KINDS = {"zlib": 1, "brotli": 2, "zstd": 3}


def _need() -> None:
    if not native.is_supported():
        raise NotImplementedError("compressed certificates need OpenSSL 3.2")


def _number(value: object) -> int:
    if not isinstance(value, str):
        raise TypeError("the name of a way to compress must be text")
    if value not in _KINDS:
        raise ValueError(f"ways to compress are {', '.join(_KINDS)}")
    return _KINDS[value]


class CertCompression:
    """Which ways to compress certificates are used, of a Context or of one connection."""

    __slots__ = ()

    def set_cert_comp_preference(self, algorithms: Iterable[str]) -> None:
        """Take certificates that were compressed in these ways, and send them so.

        They are ``"brotli"``, ``"zlib"`` and ``"zstd"``, the one liked best first; an empty
        list is none. Unless told otherwise all are taken that OpenSSL was built with, and those
        it was built without are left out. TLS 1.3 alone has them. Clients send their
        certificates so by themselves where the server takes it, servers by
        :meth:`Context.compress_certs`.

        Raises ValueError for another name and for one that is there twice, TypeError if it is
        not a list of names, Error where none is left, NotImplementedError with an OpenSSL older
        than 3.2.
        ``SSL_CTX_set1_cert_comp_preference(3)``
        """
        if isinstance(algorithms, (str, bytes)):
            raise TypeError("algorithms must be a list of names")
        kinds = bytes(_number(each) for each in algorithms)
        if len(set(kinds)) != len(kinds):
            raise ValueError("a way to compress must not be there twice")
        _need()
        target: Any = self
        native.set_preference(target, kinds)


class ContextCompression(native_context.Context):
    """A server's certificates."""

    __slots__ = ()

    def compress_certs(self) -> None:
        """Send certificates compressed to clients that take it, from now on.

        It is done beforehand, in every way that is preferred, and again for certificates and
        chains that this Context is given later. What does not get shorter is sent as it is, and
        so are certificates that a connection itself was given.

        Raises Error if there is no certificate that gets shorter, NotImplementedError with an
        OpenSSL older than 3.2.
        ``SSL_CTX_compress_certs(3)``
        """
        _need()
        native.compress(self)

    def get_compressed_cert(self, algorithm: str) -> tuple[bytes, int] | None:
        """The certificate and its chain as they are sent, and their length uncompressed; or None.

        Raises ValueError for another name than :meth:`set_cert_comp_preference` has.
        ``SSL_CTX_get1_compressed_cert(3)``
        """
        number = _number(algorithm)
        if pairs.get_certificate(self) is None:
            return None  # else an empty list would be compressed
        return native.get_compressed(self, number)
