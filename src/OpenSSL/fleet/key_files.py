"""Ticket keys in the files of other servers: nginx, HAProxy and Apache.

nginx reads a file of 48 or 80 bytes for each key, the first named file encrypts.  HAProxy
reads one file with a line of base64 for each key, the oldest first: it encrypts with the
last but one, so that all hosts know the last.  Apache reads one file of 48 bytes, with
the two secrets the other way round.
"""

from __future__ import annotations

import base64
import binascii

from OpenSSL.fleet.keys import NAME_SIZE, TicketKey

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["from_apache", "from_haproxy", "from_nginx", "to_apache", "to_haproxy", "to_nginx"]


def from_nginx(data: bytes) -> TicketKey:
    """Read the key of a file for ``ssl_session_ticket_key``.

    Raises ValueError if it has neither 48 nor 80 bytes.
    """
    return TicketKey.from_bytes(data)


def to_nginx(key: TicketKey) -> bytes:
    """The key as a file for ``ssl_session_ticket_key``."""
    return key.to_bytes()


def from_haproxy(text: str) -> list[TicketKey]:
    """Read the keys of a file for ``tls-ticket-keys``, in the file's order.

    Raises ValueError if a line is not base64 of 48 or 80 bytes.
    """
    keys = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            keys.append(TicketKey.from_bytes(base64.b64decode(line.strip(), validate=True)))
        except (binascii.Error, ValueError) as error:
            raise ValueError(f"line {number}: {error}") from error
    return keys


def to_haproxy(keys: Iterable[TicketKey]) -> str:
    """The keys, in the given order, as a file for ``tls-ticket-keys``."""
    return "".join(base64.b64encode(key.to_bytes()).decode() + "\n" for key in keys)


def from_apache(data: bytes) -> TicketKey:
    """Read the key of a file for ``SSLSessionTicketKeyFile``.

    Raises ValueError if it does not have 48 bytes.
    """
    if len(data) != 48:
        raise ValueError(f"a file for Apache has 48 bytes, not {len(data)}")
    return TicketKey.from_bytes(data[:NAME_SIZE] + data[32:] + data[NAME_SIZE:32])


def to_apache(key: TicketKey) -> bytes:
    """The key as a file for ``SSLSessionTicketKeyFile``.

    Raises ValueError if it is a key of 80 bytes, which Apache does not read.
    """
    data = key.to_bytes()
    if len(data) != 48:
        raise ValueError("Apache reads keys of 48 bytes only")
    return data[:NAME_SIZE] + data[32:] + data[NAME_SIZE:32]
