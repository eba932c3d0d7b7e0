"""Named aliases for what the public signatures take; imports nothing of the package."""

from __future__ import annotations

import array
import mmap
import os
from collections.abc import Callable
from typing import Any, Protocol, TypeAlias

__all__ = [
    "Buffer",
    "NamedCurve",
    "PassphraseHook",
    "Path",
    "SocketLike",
    "WritableBuffer",
]

#: Anything whose bytes lie in one piece (``collections.abc.Buffer`` is of Python 3.12).
Buffer: TypeAlias = "bytes | bytearray | memoryview | array.array[Any] | mmap.mmap"
#: The same, and it can be written to.
WritableBuffer: TypeAlias = "bytearray | memoryview | array.array[Any] | mmap.mmap"
#: A path: text, bytes in the file system's encoding, or an object that knows one.
Path: TypeAlias = "str | bytes | os.PathLike[str] | os.PathLike[bytes]"
#: ``callback(maximum_length, verify, userdata)`` returns the passphrase.
PassphraseHook: TypeAlias = Callable[[int, bool, Any], bytes]


class HasFileno(Protocol):
    """An object over a descriptor, as a socket is one."""

    def fileno(self) -> int:
        """The number of the descriptor."""
        ...


class Tunnel(Protocol):
    """An object that moves bytes by methods of its own, as a TLS connection does."""

    def recv(self, bufsize: int, /) -> bytes:
        """Between 1 and ``bufsize`` bytes; none at the end."""
        ...

    def send(self, data: bytes, /) -> int:
        """Take a part of ``data``, and return how many bytes that was."""
        ...


class NamedCurve(Protocol):
    """An elliptic curve by its name: ours, or one of ``cryptography``'s."""

    @property
    def name(self) -> str:
        """The curve's name, for instance ``secp384r1``."""
        ...


#: What a Connection can stand on: a socket, anything with ``fileno()`` or with ``recv`` and
#: ``send``, a descriptor.
SocketLike: TypeAlias = "HasFileno | Tunnel | int"
