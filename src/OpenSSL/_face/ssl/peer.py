"""What a connection knows about its peer and about itself."""

from __future__ import annotations

from OpenSSL._face.common import foreign
from OpenSSL._face.crypto.certificates import X509
from OpenSSL._face.crypto.names import X509Name
from OpenSSL._native.ssl import peer as native
from OpenSSL._native.ssl.connection import Connection

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, Literal, overload

    from cryptography import x509
else:

    def overload(one: object) -> object:
        return one


__all__ = ["ConnectionPeer"]


def _one(certificate: Any, as_cryptography: bool) -> Any:
    if certificate is None or not as_cryptography:
        return certificate
    return certificate.to_cryptography()


def _all(certificates: Iterable[Any] | None, as_cryptography: bool) -> Any:
    if certificates is None or not as_cryptography:
        return certificates
    return [certificate.to_cryptography() for certificate in certificates]


def _foreign_names(names: Iterable[Any]) -> list[Any]:
    kind = foreign.needed("cryptography.x509").Name
    if not hasattr(kind, "from_bytes"):
        raise NotImplementedError("names as cryptography objects need a newer cryptography")
    return [kind.from_bytes(name.der()) for name in names]


class ConnectionPeer(Connection):
    """Certificates, cipher and state of a Connection."""

    __slots__ = ()

    # ---- certificates

    @overload
    def get_certificate(self, *, as_cryptography: Literal[True]) -> x509.Certificate | None: ...
    @overload
    def get_certificate(self, *, as_cryptography: Literal[False] = ...) -> X509 | None: ...
    def get_certificate(self, *, as_cryptography: bool = False) -> Any:
        """Return this side's own certificate, or None when it has none.

        ``as_cryptography`` asks for a ``cryptography.x509.Certificate``; without
        that package it raises ImportError.

        ``SSL_get_certificate(3)``
        """
        return _one(native.get_certificate(self), as_cryptography)

    @overload
    def get_peer_certificate(
        self, *, as_cryptography: Literal[True]
    ) -> x509.Certificate | None: ...
    @overload
    def get_peer_certificate(self, *, as_cryptography: Literal[False] = ...) -> X509 | None: ...
    def get_peer_certificate(self, *, as_cryptography: bool = False) -> Any:
        """Return the certificate the peer showed, verified or not, or None.

        ``as_cryptography`` asks for a ``cryptography.x509.Certificate``.

        ``SSL_get1_peer_certificate(3)``
        """
        return _one(native.get_peer_certificate(self), as_cryptography)

    @overload
    def get_peer_cert_chain(
        self, *, as_cryptography: Literal[True]
    ) -> list[x509.Certificate] | None: ...
    @overload
    def get_peer_cert_chain(
        self, *, as_cryptography: Literal[False] = ...
    ) -> list[X509] | None: ...
    def get_peer_cert_chain(self, *, as_cryptography: bool = False) -> Any:
        """Return the certificates the peer sent, in its order, or None when it sent none.

        On a server the list begins behind the client's own certificate. Nothing
        in it is verified. ``as_cryptography`` asks for
        ``cryptography.x509.Certificate`` objects.

        ``SSL_get_peer_cert_chain(3)``
        """
        return _all(native.get_peer_cert_chain(self), as_cryptography)

    @overload
    def get_verified_chain(
        self, *, as_cryptography: Literal[True]
    ) -> list[x509.Certificate] | None: ...
    @overload
    def get_verified_chain(self, *, as_cryptography: Literal[False] = ...) -> list[X509] | None: ...
    def get_verified_chain(self, *, as_cryptography: bool = False) -> Any:
        """Return the chain that was built to verify the peer, its own certificate first.

        None when nothing was verified. When verification failed the chain may be
        incomplete: look at :meth:`get_verify_result`. ``as_cryptography`` asks
        for ``cryptography.x509.Certificate`` objects.

        ``SSL_get0_verified_chain(3)``
        """
        return _all(native.get_verified_chain(self), as_cryptography)

    @overload
    def get_client_ca_list(self, *, as_cryptography: Literal[True]) -> list[x509.Name]: ...
    @overload
    def get_client_ca_list(self, *, as_cryptography: Literal[False] = ...) -> list[X509Name]: ...
    def get_client_ca_list(self, *, as_cryptography: bool = False) -> Any:
        """Return the names of authorities whose client certificates are asked for.

        On a server these are the names it sends; on a client those it was sent,
        none before the handshake. ``as_cryptography`` asks for
        ``cryptography.x509.Name`` objects.

        ``SSL_get_client_CA_list(3)``
        """
        names = native.get_client_ca_list(self)
        return _foreign_names(names) if as_cryptography else names

    def get_verify_result(self) -> int:
        """Return the ``X509_V_*`` number of the verification of the peer; 0 is good.

        It is 0, too, when the peer showed no certificate at all.

        ``SSL_get_verify_result(3)``
        """
        return native.get_verify_result(self)

    def get_peer_signature(self) -> tuple[str | None, str | None] | None:
        """Return the kind of key and the digest of the peer's handshake signature.

        OpenSSL's short names, as ``("RSASSA-PSS", "SHA256")``; the digest is None for
        signatures without one, as Ed25519. None when the peer signed nothing.

        ``SSL_get_peer_signature_type_nid(3)``
        """
        return native.get_peer_signature(self)

    def get_signature(self) -> tuple[str | None, str | None] | None:
        """Return the kind of key and the digest of this side's own handshake signature.

        As :meth:`get_peer_signature` has them. None when this side signed nothing.

        ``SSL_get_signature_type_nid(3)``
        """
        return native.get_signature(self)

    def get_server_tmp_key(self) -> tuple[str, int, str] | None:
        """Return the peer's key of this key exchange as ``(kind, bits, name)``.

        For instance ``("EC", 256, "prime256v1")`` or ``("X25519", 253, "X25519")``.
        None before the handshake and when there was no such key.

        ``SSL_get_peer_tmp_key(3)``
        """
        return native.get_server_tmp_key(self)

    # ---- cipher

    def get_cipher_name(self) -> str | None:
        """Return OpenSSL's name of the cipher in use, or None when there is none.

        ``SSL_CIPHER_get_name(3)``
        """
        return native.get_cipher_name(self)

    def get_cipher_standard_name(self) -> str | None:
        """Return the IETF's name of the cipher in use, or None when there is none.

        ``SSL_CIPHER_standard_name(3)``
        """
        return native.get_cipher_standard_name(self)

    def get_cipher_bits(self) -> int | None:
        """Return how many secret bits the cipher in use has, or None when there is none.

        ``SSL_CIPHER_get_bits(3)``
        """
        return native.get_cipher_bits(self)

    def get_cipher_version(self) -> str | None:
        """Return the protocol that brought the cipher in use, or None when there is none.

        ``SSL_CIPHER_get_version(3)``
        """
        return native.get_cipher_version(self)

    def get_compression(self) -> str | None:
        """Return OpenSSL's short name of the compression in use; None where there is none.

        ``SSL_get_current_compression(3)``
        """
        return native.get_compression(self)

    def get_shared_ciphers(self) -> list[str]:
        """Return, on a server, the client's ciphers that this side has as well.

        Empty on a client and before the handshake.

        ``SSL_get_shared_ciphers(3)``
        """
        return native.get_shared_ciphers(self)

    # ---- state

    def is_server(self) -> bool:
        """Return whether this side is the server.

        ``SSL_is_server(3)``
        """
        return native.is_server(self)

    def is_init_finished(self) -> bool:
        """Return whether the handshake is finished, and no other one is under way.

        ``SSL_is_init_finished(3)``
        """
        return native.is_init_finished(self)

    def get_protocol_version(self) -> int:
        """Return the protocol version, for instance 0x304 (``TLS1_3_VERSION``).

        Before the handshake it is the newest that would be offered.

        ``SSL_version(3)``
        """
        return native.get_protocol_version(self)

    def get_protocol_version_name(self) -> str:
        """Return the protocol version by name, for instance ``TLSv1.3``.

        Before the handshake it is the newest that would be offered.

        ``SSL_get_version(3)``
        """
        return native.get_protocol_version_name(self)

    def get_state_string(self) -> bytes:
        """Return, in words for people, where the handshake stands.

        ``SSL_state_string_long(3)``
        """
        return native.get_state_string(self)

    def renegotiate(self) -> bool:
        """Ask for a new handshake, which the next reads and writes carry out.

        Returns False when one is due already. Raises :class:`Error` where
        that does not exist, as in TLS 1.3.

        ``SSL_renegotiate(3)``
        """
        return native.renegotiate(self)

    def renegotiate_pending(self) -> bool:
        """Return whether a new handshake is due and not finished.

        ``SSL_renegotiate_pending(3)``
        """
        return native.renegotiate_pending(self)

    def total_renegotiations(self) -> int:
        """Return how many times the handshake was made again.

        ``SSL_total_renegotiations(3)``
        """
        return native.total_renegotiations(self)
