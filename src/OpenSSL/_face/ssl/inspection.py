"""What was offered and agreed on, in detail."""

from __future__ import annotations

from OpenSSL._face.common.arguments import octets, without_nul
from OpenSSL._face.ssl.security import KINDS
from OpenSSL._face.ssl.signature_names import SIGNATURES
from OpenSSL._native.ssl import connection as native_connection
from OpenSSL._native.ssl import inspection as native

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from OpenSSL._face.crypto.names import X509Name

__all__ = ["ConnectionInspection"]


def _signatures(numbers: list[int]) -> list[str]:
    return [SIGNATURES.get(each, f"0x{each:04x}") for each in numbers]


class ConnectionInspection(native_connection.Connection):
    """What came of a connection's handshake, and what its peer had offered."""

    __slots__ = ()

    def get_peer_groups(self) -> list[str]:
        """The groups for key exchange that the peer has offered, best first.

        A server knows its client's; a client its server's over TLS 1.3, if it told them.
        Groups that OpenSSL has no name for are numbers, as ``"0x0a0a"``.

        ``SSL_get1_groups(3)``
        """
        return native.get_peer_groups(self)

    def get_shared_groups(self) -> list[str]:
        """Of a server: the groups that both sides have, best first.

        ``SSL_get_shared_group(3)``
        """
        return native.get_shared_groups(self)

    def get_peer_sigalgs(self) -> list[str]:
        """The signature algorithms that the peer has offered, by their names in TLS.

        A client knows them where the server has asked for a certificate.

        ``SSL_get_sigalgs(3)``
        """
        return _signatures(native.get_peer_sigalgs(self))

    def get_shared_sigalgs(self) -> list[str]:
        """The signature algorithms that both sides have, best first.

        ``SSL_get_shared_sigalgs(3)``
        """
        return _signatures(native.get_shared_sigalgs(self))

    def get_client_certificate_types(self) -> list[str]:
        """Of a client: the kinds of certificates the server has asked for; TLS 1.2 and older.

        ``SSL_get0_certificate_types(3)``
        """
        return [KINDS.get(each, str(each)) for each in native.get_certificate_types(self)]

    def get_peer_ca_list(self) -> list[X509Name]:
        """The authorities that the peer has named.

        ``SSL_get0_peer_CA_list(3)``
        """
        return native.get_peer_authorities(self)

    def get_cipher(self) -> dict[str, Any] | None:
        """The cipher in use, in detail; None before one was agreed on.

        The keys are ``id``, ``name``, ``protocol``, ``description``, ``strength_bits``,
        ``alg_bits``, ``aead``, ``symmetric``, ``digest``, ``kea`` and ``auth``, as
        :meth:`ssl.SSLContext.get_ciphers` has them.

        ``SSL_get_current_cipher(3)``, ``SSL_CIPHER_get_id(3)``
        """
        return native.describe_current(self)

    def get_extms_support(self) -> bool | None:
        """Whether the extended master secret (RFC 7627) is in use; None in a handshake.

        TLS 1.3 always has what it is for.

        ``SSL_get_extms_support(3)``
        """
        found = native.get_extms_support(self)
        return None if found < 0 else found == 1

    def get_secure_renegotiation_support(self) -> bool:
        """Whether the peer supports secure renegotiation (RFC 5746).

        ``SSL_get_secure_renegotiation_support(3)``
        """
        return native.get_secure_renegotiation(self)

    def get_client_version(self) -> int:
        """The highest version the client has offered, in its hello's old field for it.

        ``SSL_client_version(3)``
        """
        return native.get_client_version(self)

    def get_bytes_read(self) -> int:
        """How many bytes of the transport libssl has read: records whole, with the handshake.

        ``BIO_number_read(3)``
        """
        return native.count_bytes(self, False)

    def get_bytes_written(self) -> int:
        """How many bytes libssl has written to the transport: records whole.

        ``BIO_number_written(3)``
        """
        return native.count_bytes(self, True)

    def has_pending(self) -> bool:
        """Whether libssl holds bytes that came in, also those it has not decrypted yet.

        ``SSL_has_pending(3)``
        """
        return native.has_pending(self)

    def key_update(self, request_peer: bool = False) -> None:
        """Encrypt with a new key from the next record on, over TLS 1.3.

        With ``request_peer`` the peer is asked for a new one of its own. The message goes out
        with what is sent next, or with :meth:`do_handshake`.

        Raises Error for other versions, and before or in a handshake.
        ``SSL_key_update(3)``
        """
        native.key_update(self, bool(request_peer))

    def get_key_update_pending(self) -> bool:
        """Whether a new key was asked for by :meth:`key_update`, and has not gone out yet.

        ``SSL_get_key_update_type(3)``
        """
        return native.get_key_update_type(self) >= 0

    def get_srtp_profiles(self) -> list[str]:
        """The SRTP profiles that this side offers or accepts.

        ``SSL_get_srtp_profiles(3)``
        """
        return native.get_srtp_profiles(self)

    def set_tlsext_use_srtp(self, profiles: bytes) -> None:
        """Offer or accept these SRTP profiles on this connection; see the Context's.

        ``SSL_set_tlsext_use_srtp(3)``
        """
        native.set_srtp(self, without_nul("profiles", octets("profiles", profiles)))
