"""DTLS over real UDP sockets on the loopback interface."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from kit import authority, contexts, sockets
from OpenSSL import SSL

COOKIE = b"a good cookie"


def context(*, serving: bool = False) -> SSL.Context:
    """One that speaks DTLS; a client trusts the tests' authority."""
    made = SSL.Context(SSL.DTLS_METHOD)
    if serving:
        contexts.use_identity(made, authority.identity())
    else:
        made.load_verify_locations(str(authority.trust_file()))
        made.set_verify(SSL.VERIFY_PEER)
    return made


def cookie_context(*, serving: bool = False) -> SSL.Context:
    """One that speaks DTLS; a server asks for a cookie first, and a client trusts anybody."""
    made = SSL.Context(SSL.DTLS_METHOD)
    if serving:
        contexts.use_identity(made, authority.identity())
        made.set_options(SSL.OP_COOKIE_EXCHANGE)
        made.set_cookie_generate_callback(lambda connection: COOKIE)
        made.set_cookie_verify_callback(lambda connection, cookie: cookie == COOKIE)
    return made


@contextlib.contextmanager
def connected() -> Iterator[tuple[SSL.Connection, SSL.Connection]]:
    """Server and client over DTLS, after their handshake."""
    with sockets.udp_pair() as (server_sock, client_sock):
        server = sockets.server_end(context(serving=True), server_sock)
        client = sockets.client_end(context(), client_sock)
        future = sockets.in_thread(server.do_handshake)
        client.do_handshake()
        future.result(sockets.PATIENCE)
        yield server, client
