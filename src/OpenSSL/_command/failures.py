"""What can go wrong, in words for a person and as an exit status for a program.

Every failure that a command foresees is one row of the table below; its
status is part of the interface and never changes its meaning.
"""

from __future__ import annotations

import errno
import os
import socket
from typing import Any, NamedTuple

__all__ = ["KINDS", "Failure", "Kind", "from_os_error", "table"]


class Kind(NamedTuple):
    """One way to fail."""

    status: int
    meaning: str


KINDS: dict[str, Kind] = {
    "failed": Kind(1, "a check of the demo did not hold, or an unforeseen error"),
    "usage": Kind(2, "the command line was not understood"),
    "file": Kind(3, "a certificate, key or other file could not be used"),
    "listen": Kind(4, "the port could not be opened for listening"),
    "output": Kind(5, "our output could not be written"),
    "name-resolution": Kind(10, "the host name could not be resolved"),
    "refused": Kind(11, "nothing listens on that port"),
    "timeout": Kind(12, "the peer did not answer in time"),
    "unreachable": Kind(13, "no route to the host"),
    "network": Kind(14, "another failure of the network"),
    "proxy": Kind(15, "the proxy could not be used"),
    "expired": Kind(20, "a certificate of the peer has expired"),
    "not-yet-valid": Kind(21, "a certificate of the peer is not valid yet"),
    "wrong-host": Kind(22, "the peer's certificate is for another host"),
    "unknown-authority": Kind(23, "no trusted authority stands behind the certificate"),
    "self-signed": Kind(24, "the peer's certificate is signed by itself"),
    "bad-certificate": Kind(25, "the certificate was refused for another reason"),
    "incomplete-chain": Kind(26, "the server did not send the certificate of its issuer"),
    "expires-soon": Kind(27, "a certificate has fewer days left than --warn-days"),
    "no-common-protocol": Kind(30, "no protocol version in common"),
    "no-common-cipher": Kind(31, "no cipher or group in common"),
    "certificate-wanted": Kind(32, "the peer wants a client certificate"),
    "certificate-refused": Kind(33, "the peer refused our client certificate"),
    "no-common-alpn": Kind(34, "no application protocol in common"),
    "name-not-served": Kind(35, "the peer does not serve that name"),
    "not-tls": Kind(36, "the peer does not speak TLS there"),
    "closed": Kind(37, "the peer closed in the middle of the handshake"),
    "cut-short": Kind(38, "the connection ended without a closing message"),
    "tls": Kind(39, "another failure of TLS"),
    "starttls-refused": Kind(40, "the server does not offer or refuses STARTTLS"),
    "starttls-broken": Kind(41, "the server broke the STARTTLS conversation"),
    "no-answer": Kind(42, "the peer closed after our closing message and answered nothing"),
    "staple-revoked": Kind(50, "the stapled response says that the certificate is revoked"),
    "staple-unknown": Kind(51, "the stapled response says that the certificate is not known"),
    "staple-expired": Kind(52, "the stapled response does not hold now"),
    "staple-other-certificate": Kind(53, "the stapled response is about another certificate"),
    "staple-signature": Kind(54, "the stapled response is not signed as it should be"),
    "staple-missing": Kind(55, "the certificate must be stapled, and was not"),
    "staple-unusable": Kind(56, "what was stapled is not an answer"),
    "interrupted": Kind(130, "stopped by Ctrl-C"),
    "broken-pipe": Kind(141, "the reader of our output went away"),
}


class Failure(Exception):
    """A foreseen failure: its kind, and one line naming what failed."""

    def __init__(self, kind: str, line: str) -> None:
        super().__init__(line)
        self.kind = kind
        self.line = line
        #: What was found out before it failed, ready for JSON.
        self.data: dict[str, Any] = {}

    @property
    def status(self) -> int:
        """The exit status that stands for this kind."""
        return KINDS[self.kind].status


_UNREACHABLE = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN}
_GONE = {errno.ECONNRESET, errno.EPIPE, errno.ECONNABORTED, errno.ENOTCONN}


def from_os_error(error: OSError, what: str) -> Failure:
    """Return the :class:`Failure` for a system error met while doing *what*."""
    words = error.strerror or str(error) or type(error).__name__
    if isinstance(error, socket.gaierror):
        return Failure("name-resolution", f"{what}: {words}")
    if isinstance(error, TimeoutError):
        return Failure("timeout", f"{what}: no answer in time")
    if isinstance(error, ConnectionRefusedError):
        return Failure("refused", f"{what}: connection refused")
    if error.errno in _UNREACHABLE:
        return Failure("unreachable", f"{what}: {os.strerror(error.errno or 0)}")
    if error.errno in _GONE:
        return Failure("closed", f"{what}: the peer closed the connection")
    return Failure("network", f"{what}: {words}")


def table() -> str:
    """Return the exit statuses, one to a line, for ``--help``."""
    rows = ["    0  it worked"]
    rows += [f"  {kind.status:3}  {kind.meaning}" for kind in KINDS.values()]
    return "\n".join(rows)
