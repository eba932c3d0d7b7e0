"""Bridged contexts for programs that take an ``ssl.SSLContext``."""

from __future__ import annotations

import ssl
from collections.abc import Sequence

from kit import authority
from kit.contexts import use_identity
from OpenSSL import SSL

__all__ = ["asking", "serving"]


def serving(
    who: authority.Identity | None = None,
    *,
    protocols: Sequence[str] = (),
    require_client: bool = False,
) -> ssl.SSLContext:
    """A server's; ``require_client`` lets in whom the tests' authority vouches for."""
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    use_identity(context, who or authority.identity())
    if require_client:
        context.load_verify_locations(authority.trust_file())
        context.load_client_ca(str(authority.trust_file()).encode())
        context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT)
    bridge = context.as_ssl_context()
    if protocols:
        bridge.set_alpn_protocols(list(protocols))
    return bridge


def asking(
    who: authority.Identity | None = None,
    *,
    protocols: Sequence[str] = (),
    trusting: bool = True,
) -> ssl.SSLContext:
    """A client's that verifies; without ``trusting`` it knows no authority."""
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    if who is not None:
        use_identity(context, who)
    if trusting:
        context.load_verify_locations(authority.trust_file())
    context.set_verify(SSL.VERIFY_PEER)
    bridge = context.as_ssl_context()
    if protocols:
        bridge.set_alpn_protocols(list(protocols))
    return bridge
