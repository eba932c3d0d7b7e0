"""A ServerHello, read far enough to tell what libssl keeps to itself (RFC 8446, section 4.1.3).

It comes from a stranger, but libssl has seen it whole; whatever does not fit is None.
"""

from __future__ import annotations

from dataclasses import dataclass

from OpenSSL import SSL

__all__ = ["Hellos", "ServerHello", "read"]

_CLIENT_HELLO = 1
_SERVER_HELLO = 2
_SUPPORTED_VERSIONS = 43
_RENEGOTIATION_INFO = 0xFF01
_HANDSHAKE = 22
#: The "random" of a HelloRetryRequest, which has a ServerHello's form.
_RETRY = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")


@dataclass(frozen=True)
class ServerHello:
    """What a server answered first."""

    version: int
    retry: bool
    suite: int
    compression: int
    extensions: dict[int, bytes]

    @property
    def secure_renegotiation(self) -> bool:
        """Whether the server ties a renegotiation to what came before (RFC 5746)."""
        return _RENEGOTIATION_INFO in self.extensions


class Hellos:
    """Watches a connection for the first messages; give :meth:`watch` to a Context."""

    def __init__(self, *, datagrams: bool) -> None:
        self._datagrams = datagrams
        #: Whether ours has gone out; before that nobody but us can have refused anything.
        self.sent = False
        self.received: ServerHello | None = None
        #: Whether we offered to compress.
        self.compression_offered = False

    def watch(
        self, connection: SSL.Connection, writing: bool, version: int, kind: int, data: bytes
    ) -> None:
        """Message callback."""
        if kind != _HANDSHAKE or not data:
            return
        body = data[12 if self._datagrams else 4 :]
        if writing:
            if data[0] == _CLIENT_HELLO:
                self.sent = True
                self.compression_offered = self._compresses(body)
        elif data[0] == _SERVER_HELLO and self.received is None:
            hello = read(body)
            if hello is not None and not hello.retry:
                self.received = hello

    def _compresses(self, body: bytes) -> bool:
        """Whether our own ClientHello offers more than no compression."""
        place = 34 + 1 + body[34]
        if self._datagrams:
            place += 1 + body[place]
        place += 2 + int.from_bytes(body[place : place + 2], "big")
        return body[place] > 1


def read(body: bytes) -> ServerHello | None:
    """Read the *body* of a ServerHello, or return None for anything else."""
    if len(body) < 38:
        return None
    session = body[34]
    rest = body[35 + session :]
    if session > 32 or len(rest) < 3:
        return None
    extensions = _extensions(rest[3:])
    if extensions is None:
        return None
    version = int.from_bytes(body[:2], "big")
    chosen = extensions.get(_SUPPORTED_VERSIONS)
    if chosen is not None and len(chosen) == 2:
        version = int.from_bytes(chosen, "big")
    suite = int.from_bytes(rest[:2], "big")
    return ServerHello(version, body[2:34] == _RETRY, suite, rest[2], extensions)


def _extensions(data: bytes) -> dict[int, bytes] | None:
    if not data:
        return {}
    if len(data) < 2 or int.from_bytes(data[:2], "big") != len(data) - 2:
        return None
    found, data = {}, data[2:]
    while data:
        size = int.from_bytes(data[2:4], "big")
        if len(data) < 4 + size:
            return None
        found[int.from_bytes(data[:2], "big")] = data[4 : 4 + size]
        data = data[4 + size :]
    return found
