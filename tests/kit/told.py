"""What peers tell about a connection, and the faces they share."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from kit.programs import Program
from OpenSSL import SSL


@dataclass
class Told:
    """What a peer says about the connection; None is what it does not say."""

    version: str | None = None
    cipher: str | None = None
    #: Common name of the certificate it got from us; "" is none.
    common_name: str | None = None
    alpn: str | None = None
    resumed: bool | None = None


@dataclass
class ServerPeer:
    """Somebody else's server."""

    port: int
    told: Callable[[], Told]
    answer: Callable[[bytes], bytes]
    program: Program | None = None


@dataclass
class ClientPeer:
    """Somebody else's client, already started."""

    program: Program
    told: Callable[[], Told]

    def say(self, line: bytes) -> None:
        self.program.write(line)

    def expect(self, text: str) -> None:
        self.program.expect(re.escape(text))

    def finish(self) -> int:
        return self.program.finish()


def told_by_us(connection: SSL.Connection) -> Told:
    """What our own side says, in the same words."""
    certificate = connection.get_peer_certificate()
    alpn = connection.get_alpn_proto_negotiated()
    return Told(
        connection.get_protocol_version_name(),
        connection.get_cipher_name(),
        "" if certificate is None else certificate.get_subject().CN,
        alpn.decode() if alpn else None,
    )


def same_cipher(one: str | None, other: str | None) -> bool:
    """Compare two names of a cipher: GnuTLS says ``AES-256-GCM`` where OpenSSL says more."""
    assert one, "no cipher was told"
    assert other, "no cipher was told"
    short, long = sorted((re.sub(r"[^A-Z0-9]", "", each) for each in (one, other)), key=len)
    return short in long
