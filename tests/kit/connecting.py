"""Servers for ``brisktls connect``, and how it refuses them."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from kit import authority
from kit.commands import Outcome
from kit.greeters import listening_server
from OpenSSL._command.failures import KINDS

__all__ = ["TRUST", "idle_server", "refused"]

TRUST = ("--cafile", authority.trust_file())


def refused(outcome: Outcome, kind: str, *words: str) -> None:
    """One line on standard error that has *words*, nothing else, and the kind's status."""
    assert outcome.status == KINDS[kind].status, outcome
    assert outcome.out == ""
    assert outcome.err.startswith("brisktls: ")
    assert outcome.err.count("\n") == 1, outcome.err
    for word in words:
        assert word in outcome.err


@contextmanager
def idle_server(who: authority.Identity | None = None, **settings: object) -> Iterator[int]:
    """A TLS server of the standard library that waits for the client to leave."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    files = (who or authority.identity()).files
    context.load_cert_chain(files.chain, files.key)
    for name, value in settings.items():
        if name == "ciphers":
            context.set_ciphers(str(value))
        elif name == "alpn":
            context.set_alpn_protocols([str(value)])
        elif name == "client":
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(authority.trust_file())
        else:
            setattr(context, name, value)

    def handle(sock: socket.socket) -> None:
        with context.wrap_socket(sock, server_side=True) as tls:
            tls.recv(1)

    with listening_server(handle) as port:
        yield port
