"""Ticket keys in the files of other servers: nginx, HAProxy and Apache.

nginx reads a file of 48 or 80 bytes for each key, the first named file encrypts.  HAProxy
reads one file with a line of base64 for each key, the oldest first: it encrypts with the
last but one, so that all hosts know the last; in a key of 80 bytes it has the two secrets
the other way round than nginx.  Apache reads one file of 48 bytes, in which they are so too.

A ticket also bears a name of who it was made for.  HAProxy has one and the same, nginx makes
one of its certificates; ``Context.set_session_id(name, shared=True)`` takes either.
"""

from __future__ import annotations

import base64
import binascii
import hashlib

from OpenSSL.fleet.checking import bytes_of, check
from OpenSSL.fleet.keys import NAME_SIZE, TicketKey

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from OpenSSL.crypto import X509

__all__ = [
    "HAPROXY_SESSION_ID",
    "from_apache",
    "from_haproxy",
    "from_nginx",
    "nginx_session_id",
    "to_apache",
    "to_haproxy",
    "to_nginx",
]

#: The name that HAProxy gives its sessions, each of them.
HAPROXY_SESSION_ID = b"haproxy"


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
    check("text", text, str)
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            data = base64.b64decode(line.strip(), validate=True)
            keys.append(TicketKey.from_bytes(_turned(data) if len(data) == 80 else data))
        except (binascii.Error, ValueError) as error:
            raise ValueError(f"line {number}: {error}") from error
    return keys


def to_haproxy(keys: Iterable[TicketKey]) -> str:
    """The keys, in the given order, as a file for ``tls-ticket-keys``."""
    lines = []
    for key in keys:
        data = check("each of the keys", key, TicketKey, spelled="a TicketKey").to_bytes()
        lines.append(base64.b64encode(_turned(data) if len(data) == 80 else data).decode())
    return "".join(line + "\n" for line in lines)


def _turned(data: bytes) -> bytes:
    """A key with its two secrets the other way round."""
    half = NAME_SIZE + (len(data) - NAME_SIZE) // 2
    return data[:NAME_SIZE] + data[half:] + data[NAME_SIZE:half]


def from_apache(data: bytes) -> TicketKey:
    """Read the key of a file for ``SSLSessionTicketKeyFile``.

    Raises ValueError if it does not have 48 bytes.
    """
    data = bytes_of("data", data)
    if len(data) != 48:
        raise ValueError(f"a file for Apache has 48 bytes, not {len(data)}")
    return TicketKey.from_bytes(_turned(data))


def to_apache(key: TicketKey) -> bytes:
    """The key as a file for ``SSLSessionTicketKeyFile``.

    Raises ValueError if it is a key of 80 bytes, which Apache does not read.
    """
    data = key.to_bytes()
    if len(data) != 48:
        raise ValueError("Apache reads keys of 48 bytes only")
    return _turned(data)


def nginx_session_id(certificates: Iterable[X509], kind: str = "HTTP") -> bytes:
    """The name that nginx gives the sessions of a server that asks for no client certificates.

    ``certificates`` are the server's own, the first of each ``ssl_certificate`` file, that of
    the file named last first (so does nginx 1.22); ``kind`` is the module: HTTP, STREAM or MAIL.
    20 bytes; another certificate makes another name.

    Raises ValueError if there is no certificate: nginx that chooses one for each handshake
    has no name that could be told beforehand.
    """
    digest = hashlib.sha1(kind.encode(), usedforsecurity=False)
    count = 0
    for each in certificates:
        if not hasattr(each, "digest"):
            raise TypeError(f"certificates must be X509 instances, not {type(each).__name__}")
        digest.update(bytes.fromhex(each.digest("sha1").decode().replace(":", "")))
        count += 1
    if count == 0:
        raise ValueError("nginx's name for its sessions is made of certificates, and there is none")
    return digest.digest()
