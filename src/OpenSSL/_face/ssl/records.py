"""How records are cut and filled up, of a Context or a connection."""

from __future__ import annotations

from OpenSSL._face.common.arguments import hook, integer
from OpenSSL._native.ssl import records as native

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeAlias

    from OpenSSL._face.ssl.connection import Connection

    PaddingHook: TypeAlias = Callable[[Connection, int, int], int]

__all__ = ["Records"]

#: Lengths that the extension max_fragment_length knows (RFC 6066): a power of two each.
_LENGTHS = {0: 0, 512: 1, 1024: 2, 2048: 3, 4096: 4}


def _size(name: str, value: object) -> int:
    number = integer(name, value)
    if not 0 <= number < 2**31:
        raise ValueError(f"{name} must be from 0 to 2**31 - 1")
    return number


class Records:
    """How records are made; those of a Context are for connections made from then on."""

    __slots__ = ()

    def set_block_padding(self, size: int) -> None:
        """Fill records of TLS 1.3 up to a multiple of ``size`` bytes, 0 or 1 for not at all.

        It hides how long a message is. From OpenSSL 3.2 on it has to be set before the
        handshake.

        Raises ValueError below 0, Error beyond 16384 or where it comes too late.
        ``SSL_CTX_set_block_padding(3)``
        """
        native.set_block_padding(_target(self), _size("size", size))

    def set_record_padding_callback(self, callback: PaddingHook | None) -> None:
        """Ask ``callback(connection, type, length)`` by how many bytes a record is filled up.

        Records of TLS 1.3 alone; ``type`` is the kind of its content (22 handshake, 23 data),
        ``length`` how many bytes it has, with one for the type. What does not fit into a record
        is cut. What it raises comes out of the call, and the record is filled up whole: outside
        a handshake it has been sent. It takes the place of :meth:`set_block_padding`; None
        removes it. From OpenSSL 3.2 on a connection needs its first one before the handshake,
        which may then be replaced at any time; where it is removed after the handshake nothing
        is filled up any more.

        Raises TypeError if ``callback`` cannot be called, Error where the kernel encrypts
        already, or where it comes too late.
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


def _target(it: Any) -> Any:
    return it
