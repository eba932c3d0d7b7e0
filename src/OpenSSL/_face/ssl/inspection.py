"""What was offered and agreed on, in detail, and how records are cut and filled."""

from __future__ import annotations

from OpenSSL._face.common.arguments import hook, integer, without_nul
from OpenSSL._face.crypto.names import X509Name
from OpenSSL._face.ssl.signature_names import SIGNATURES
from OpenSSL._native.ssl import connection as native_connection
from OpenSSL._native.ssl import context as native_context
from OpenSSL._native.ssl import inspection as native

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any, TypeAlias

    from OpenSSL._face.ssl.connection import Connection

    SecurityHook: TypeAlias = Callable[[Connection, int, int, int], object]
    PaddingHook: TypeAlias = Callable[[Connection, int, int], int]

__all__ = ["ConnectionInspection", "ContextRecords"]

#: Lengths that the extension max_fragment_length knows (RFC 6066): a power of two each.
_LENGTHS = {0: 0, 512: 1, 1024: 2, 2048: 3, 4096: 4}
#: Kinds of client certificates in TLS 1.2 and older, by their numbers on the wire.
_KINDS = {1: "rsa_sign", 2: "dss_sign", 3: "rsa_fixed_dh", 4: "dss_fixed_dh", 64: "ecdsa_sign"}
_KIND_NUMBERS = {name: number for number, name in _KINDS.items()}


def _names(name: str, value: object) -> bytes:
    if isinstance(value, str):
        value = value.encode()
    if not isinstance(value, bytes):
        raise TypeError(f"{name} must be bytes or str, not {type(value).__name__}")
    return without_nul(name, value)


def _size(name: str, value: object) -> int:
    number = integer(name, value)
    if not 0 <= number < 2**31:
        raise ValueError(f"{name} must be from 0 to 2**31 - 1")
    return number


def _signatures(numbers: list[int]) -> list[str]:
    return [SIGNATURES.get(each, f"0x{each:04x}") for each in numbers]


class Records:
    """How much strength is asked for and how records are made; a Context's and a connection's.

    Those of a Context are for connections made from then on.
    """

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

    def set_security_callback(self, callback: SecurityHook | None) -> None:
        """Ask ``callback(connection, operation, bits, nid)`` what else is refused in handshakes.

        It is asked for each cipher, group, signature algorithm, key and version that the
        security level allows, and returns whether it may be used: it can refuse more than
        the level does, never less. ``operation`` is one of the ``SECOP_`` constants, ``bits``
        the strength in bits of security, ``nid`` OpenSSL's number of the algorithm where it has
        one, a version for ``SECOP_VERSION``. What it raises ends the handshake and comes out of
        the call that ran it. Of a connection it stays when there is another Context. None
        removes it.

        Sessions are not resumed under another callback than they were made under.

        Raises TypeError if ``callback`` cannot be called.
        ``SSL_CTX_set_security_callback(3)``
        """
        native.set_security_callback(_target(self), hook("callback", callback))

    def set_client_sigalgs_list(self, algorithms: str | bytes) -> None:
        """Choose the signature algorithms for client certificates, names with colons between.

        A server asks for them, a client offers its certificate only for them. Without it they
        are those of :meth:`set_sigalgs_list`.

        Raises TypeError if it is not text, ValueError for a NUL byte, Error for a name
        that OpenSSL does not know.
        ``SSL_CTX_set1_client_sigalgs_list(3)``
        """
        native.set_client_sigalgs_list(_target(self), _names("algorithms", algorithms))

    def set_client_certificate_types(self, kinds: Sequence[str]) -> None:
        """Ask clients for these kinds of certificates, in TLS 1.2 and older.

        They are ``"rsa_sign"``, ``"dss_sign"`` and ``"ecdsa_sign"``. Newer versions have
        the signature algorithms alone.

        Raises ValueError for another kind.
        ``SSL_CTX_set1_client_certificate_types(3)``
        """
        for each in kinds:
            if each not in _KIND_NUMBERS:
                raise ValueError(f"kinds must be among {', '.join(_KIND_NUMBERS)}")
        native.set_certificate_types(_target(self), bytes(_KIND_NUMBERS[each] for each in kinds))

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

    def set_block_padding(self, size: int) -> None:
        """Fill records of TLS 1.3 up to a multiple of ``size`` bytes, 0 or 1 for not at all.

        It hides how long a message is.

        Raises ValueError below 0, Error beyond 16384.
        ``SSL_CTX_set_block_padding(3)``
        """
        native.set_block_padding(_target(self), _size("size", size))

    def set_record_padding_callback(self, callback: PaddingHook | None) -> None:
        """Ask ``callback(connection, type, length)`` by how many bytes a record is filled up.

        Records of TLS 1.3 alone; ``type`` is the kind of its content (22 handshake, 23 data),
        ``length`` how many bytes it has, with one for the type. What does not fit into a record
        is cut. What it raises comes out of the call, and the record is filled up whole: outside
        a handshake it has been sent. It takes the place of :meth:`set_block_padding`; None
        removes it.

        Raises TypeError if ``callback`` cannot be called, Error where the kernel encrypts
        already.
        ``SSL_CTX_set_record_padding_callback(3)``
        """
        native.set_record_padding_callback(_target(self), hook("callback", callback))

    def set_max_send_fragment(self, size: int) -> None:
        """Send at most ``size`` bytes in one record, 512 to 16384.

        Raises TypeError if ``size`` is not an integer, Error for any other size.
        ``SSL_CTX_set_max_send_fragment(3)``
        """
        native.set_max_send_fragment(_target(self), _size("size", size))

    def set_split_send_fragment(self, size: int) -> None:
        """Cut what is sent at ``size`` bytes where libssl works on several records at once.

        Raises Error unless it is from 1 to the most that a record carries.
        ``SSL_CTX_set_split_send_fragment(3)``
        """
        native.set_split_send_fragment(_target(self), _size("size", size))

    def set_tlsext_max_fragment_length(self, size: int) -> None:
        """Ask the server for records of at most 512, 1024, 2048 or 4096 bytes; 0 for any.

        For clients with little memory; it is for both directions.

        Raises ValueError for another size.
        ``SSL_CTX_set_tlsext_max_fragment_length(3)``
        """
        if integer("size", size) not in _LENGTHS:
            raise ValueError("size must be 0, 512, 1024, 2048 or 4096")
        native.set_max_fragment_length(_target(self), _LENGTHS[size])

    def set_default_read_buffer_len(self, size: int) -> None:
        """Let libssl's buffer for what comes in have ``size`` bytes, if that is more than it needs.

        ``SSL_CTX_set_default_read_buffer_len(3)``
        """
        native.set_read_buffer_len(_target(self), _size("size", size))


class ContextRecords(Records, native_context.Context):
    """What a Context alone has of it."""

    __slots__ = ()

    def get_ca_list(self) -> list[X509Name]:
        """The authorities given to :meth:`set_ca_list`.

        ``SSL_CTX_get0_CA_list(3)``
        """
        return native.get_authorities(self)


class ConnectionInspection(Records, native_connection.Connection):
    """What came of a connection's handshake, and what its peer had offered."""

    __slots__ = ()

    def get_ca_list(self) -> list[X509Name]:
        """The authorities given to :meth:`set_ca_list`, or to the Context's.

        ``SSL_get0_CA_list(3)``
        """
        return native.connection_get_authorities(self)

    def get_security_level(self) -> int:
        """Return the level, 0 to 5, below which keys and algorithms are refused.

        ``SSL_get_security_level(3)``
        """
        return native.get_level(self)

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
        return [_KINDS.get(each, str(each)) for each in native.get_certificate_types(self)]

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
        if not isinstance(profiles, bytes):
            raise TypeError("profiles must be a byte string.")
        native.set_srtp(self, without_nul("profiles", profiles))


def _target(it: Any) -> Any:
    return it
