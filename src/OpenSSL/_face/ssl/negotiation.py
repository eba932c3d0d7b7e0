"""What the two ends tell each other: application protocols, host names, SRTP profiles."""

from __future__ import annotations

from OpenSSL._face.common.arguments import hook, octets, without_nul
from OpenSSL._face.ssl.ciphers import ConnectionCiphers, ContextCiphers
from OpenSSL._native.ssl import negotiation as native

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

__all__ = ["ConnectionNegotiation", "ContextNegotiation"]

# The whole list travels behind a length of two bytes, inside an extension.
_PROTOS_MAXIMUM = 0xFFFD
_HOST_NAME_MAXIMUM = 255


def protocol_list(protos: Iterable[bytes]) -> bytes:
    """Protocol names as they travel: each behind a byte that holds its length."""
    if not protos:
        raise ValueError("at least one protocol must be specified")
    if isinstance(protos, (bytes, bytearray, memoryview, str)):
        kind = type(protos).__name__
        raise TypeError(f"protocols must be a list of byte strings, as [b'h2'] is, not {kind}")
    parts: list[bytes] = []
    for item in protos:
        if not isinstance(item, (bytes, bytearray, memoryview)):
            raise TypeError(f"protocols must be byte strings, not {type(item).__name__}")
        name = bytes(item)
        if not 1 <= len(name) <= 255:
            raise ValueError(f"a protocol has 1 to 255 bytes, not {len(name)}")
        parts.append(bytes((len(name),)))
        parts.append(name)
    encoded = b"".join(parts)
    if not encoded:
        raise ValueError("at least one protocol must be specified")
    if len(encoded) > _PROTOS_MAXIMUM:
        raise ValueError(f"the protocols need {len(encoded)} bytes, over {_PROTOS_MAXIMUM}")
    return encoded


class ContextNegotiation(ContextCiphers):
    """What connections of a Context tell their peers, and make of what they hear."""

    __slots__ = ()

    def set_alpn_protos(self, protos: Iterable[bytes]) -> None:
        """Offer these application protocols, the one liked best first.

        Raises TypeError for an item that is not a byte string, ValueError for an
        empty list, an item without or with more than 255 bytes, or a list that
        is too long for a handshake.

        ``SSL_CTX_set_alpn_protos(3)``
        """
        native.context_set_alpn_protos(self, protocol_list(protos))

    def set_alpn_select_callback(self, callback: Callable[[Any, list[bytes]], Any] | None) -> None:
        """Let ``callback(connection, offered)`` choose a server's application protocol.

        It returns one of the offered byte strings, ``NO_OVERLAPPING_PROTOCOLS``
        to go on without one, or ``b""`` to end the handshake. What it raises comes
        out of the call that ran it. None removes it. Raises TypeError for what
        cannot be called.

        ``SSL_CTX_set_alpn_select_cb(3)``
        """
        native.set_alpn_select_callback(self, hook("callback", callback))

    def set_tlsext_servername_callback(self, callback: Callable[[Any], Any] | None) -> None:
        """Run ``callback(connection)`` when a server has read the name its client asks for.

        It is run for a client that names none, too; :meth:`Connection.get_servername`
        then gives None. It may call :meth:`Connection.set_context`. What it raises
        comes out of the call that ran it and ends the handshake; an :class:`Error`
        whose ``alert`` is set says which alert the client is sent. None removes it.
        Raises TypeError if it cannot be called.

        ``SSL_CTX_set_tlsext_servername_callback(3)``
        """
        native.set_servername_callback(self, hook("callback", callback))

    def set_tlsext_use_srtp(self, profiles: bytes) -> None:
        """Offer or accept these SRTP profiles, names with colons between (RFC 5764).

        Raises TypeError if it is not a byte string, ValueError for a NUL byte and
        :class:`Error` for an unknown profile.

        ``SSL_CTX_set_tlsext_use_srtp(3)``
        """
        native.set_use_srtp(self, without_nul("profiles", octets("profiles", profiles)))


class ConnectionNegotiation(ConnectionCiphers):
    """What one Connection tells its peer, and what came of it."""

    __slots__ = ()

    def set_alpn_protos(self, protos: Iterable[bytes]) -> None:
        """Offer these application protocols on this connection alone.

        Raises what :meth:`Context.set_alpn_protos` raises.

        ``SSL_set_alpn_protos(3)``
        """
        native.connection_set_alpn_protos(self, protocol_list(protos))

    def get_alpn_proto_negotiated(self) -> bytes:
        """Return the application protocol agreed on; empty when there is none.

        ``SSL_get0_alpn_selected(3)``
        """
        return native.get_alpn_proto_negotiated(self)

    def set_tlsext_host_name(self, name: bytes) -> None:
        """Tell the server which host is wanted, in 1 to 255 bytes without NUL.

        This does not check the server's certificate against the name. Raises
        TypeError if it is not a byte string or holds a NUL byte and ValueError
        for a wrong length.

        ``SSL_set_tlsext_host_name(3)``
        """
        if not isinstance(name, (bytes, bytearray, memoryview)):
            raise TypeError(
                f"name must be a byte string, as b'example.com' is, not {type(name).__name__}"
            )
        name = bytes(name)
        if b"\0" in name:
            raise TypeError("name must not contain NUL byte")
        if not 1 <= len(name) <= _HOST_NAME_MAXIMUM:
            raise ValueError(f"a host name has 1 to {_HOST_NAME_MAXIMUM} bytes, not {len(name)}")
        native.set_host_name(self, name)

    def get_servername(self) -> bytes | None:
        """Return the host name the client asks for, or None when it names none.

        ``SSL_get_servername(3)``
        """
        return native.get_servername(self)

    def get_selected_srtp_profile(self) -> bytes:
        """Return the SRTP profile agreed on; empty when there is none.

        ``SSL_get_selected_srtp_profile(3)``
        """
        return native.get_selected_srtp_profile(self)
