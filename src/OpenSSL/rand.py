"""OpenSSL's random generator; ``os.urandom`` serves as well and needs no seeding."""

from __future__ import annotations

import builtins

from OpenSSL._face.common.arguments import integer, octets
from OpenSSL._native.common import randomness as native

__all__ = ["add", "bytes", "seed", "status"]


def add(buffer: builtins.bytes, entropy: int) -> None:
    """Stir bytes into the generator, of which ``entropy`` bytes are unguessable.

    Raises TypeError for arguments of other types.

    ``RAND_add(3)``
    """
    native.add(octets("buffer", buffer), integer("entropy", entropy))


def seed(buffer: builtins.bytes) -> None:
    """Stir bytes into the generator, all of them unguessable; TypeError for other types.

    ``RAND_add(3)``
    """
    stirred = octets("buffer", buffer)
    native.add(stirred, len(stirred))


def status() -> int:
    """1 when the generator has been seeded well enough, else 0.

    ``RAND_status(3)``
    """
    return native.status()


def bytes(num_bytes: int) -> builtins.bytes:
    """That many random bytes, good enough for keys.

    Raises TypeError if it is not an int, ValueError for a negative or huge number.

    ``RAND_bytes(3)``
    """
    integer("num_bytes", num_bytes)
    if not 0 <= num_bytes < 2**31:
        raise ValueError("num_bytes must not be negative or exceed 2 GiB")
    return native.take(num_bytes)
