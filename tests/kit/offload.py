"""Connections that ask the kernel to encrypt."""

from __future__ import annotations

import contextlib

from kit import contexts, sockets
from OpenSSL import SSL

Ends = tuple[SSL.Connection, SSL.Connection]


def asking(context: SSL.Context, cipher: str | None = None) -> SSL.Context:
    """Ask for kernel TLS, with one cipher suite or with any."""
    context.set_options(SSL.OP_ENABLE_KTLS)
    if cipher is not None and cipher.startswith("TLS_"):
        context.set_tls13_ciphersuites(cipher.encode())
    elif cipher is not None:
        context.set_cipher_list(cipher.encode())
    return context


def connected(version: str, cipher: str | None = None) -> contextlib.AbstractContextManager[Ends]:
    """A server and a client that both ask, over TCP."""
    return sockets.connected(
        asking(contexts.server_context(version=version), cipher),
        asking(contexts.client_context(version=version), cipher),
    )
