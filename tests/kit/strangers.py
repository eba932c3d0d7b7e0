"""Another program on libssl: the standard module's server, with what only libssl's C has.

It has ticket keys and a session id context, as nginx and HAProxy have, and no stamps.
"""

from __future__ import annotations

import ctypes
import ssl
from typing import Any

import pytest

from kit import authority, pump
from kit.resuming import NAME
from OpenSSL import SSL

DH_AUTO = 118  # SSL_CTRL_SET_DH_AUTO
SET_TICKET_KEYS = 59  # SSL_CTRL_SET_TLSEXT_TICKET_KEYS
NO_ANTI_REPLAY = 1 << 24  # SSL_OP_NO_ANTI_REPLAY

_Visit = tuple[bool, SSL.Session]


def _libssl() -> Any:
    """The libssl that the standard module is linked to."""
    import _ssl

    return ctypes.CDLL(getattr(_ssl, "__file__", None))


def _handle(context: ssl.SSLContext) -> ctypes.c_void_p:
    """Its SSL_CTX, the first thing that the C struct of an SSLContext has."""
    return ctypes.c_void_p.from_address(id(context) + object.__basicsize__)


def stranger(
    name: bytes,
    key: bytes,
    *,
    version: str | None = None,
    ciphers: str | None = None,
    client: bool = False,
    early: int = 0,
) -> ssl.SSLContext:
    """A server's context; `client`: it wants a certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    files = authority.identity("rsa" if ciphers and "RSA" in ciphers else "ecdsa").files
    context.load_cert_chain(files.chain, files.key)
    if version is not None:
        context.minimum_version = context.maximum_version = getattr(
            ssl.TLSVersion, version.replace(".", "_")
        )
    if ciphers is not None:
        context.set_ciphers(ciphers)
    if client:
        context.load_verify_locations(authority.trust_file())
        context.verify_mode = ssl.CERT_REQUIRED
    # Else it does not keep a host's name with the session; nginx and HAProxy have one.
    context.sni_callback = lambda *_: None
    library, handle = _libssl(), _handle(context)
    keys = ctypes.create_string_buffer(key, 80)
    if library.SSL_CTX_ctrl(handle, SET_TICKET_KEYS, ctypes.c_long(80), keys) != 1:
        pytest.skip("this Python's ssl module is not laid out as expected")
    assert library.SSL_CTX_ctrl(handle, DH_AUTO, ctypes.c_long(1), None) == 1
    assert library.SSL_CTX_set_session_id_context(handle, name, ctypes.c_uint(len(name))) == 1
    if early:
        assert library.SSL_CTX_set_max_early_data(handle, ctypes.c_uint32(early)) == 1
        context.options |= NO_ANTI_REPLAY
    return context


def visit_stranger(
    context: ssl.SSLContext,
    client_context: SSL.Context,
    session: SSL.Session | None = None,
    *,
    name: bytes | None = NAME,
) -> _Visit:
    """One connection: whether it was resumed, and the session it leaves behind."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = context.wrap_bio(incoming, outgoing, server_side=True)
    client = SSL.Connection(client_context, None)
    client.set_connect_state()
    if name is not None:
        client.set_tlsext_host_name(name)
    if session is not None:
        client.set_session(session)
    ends = [client.do_handshake, server.do_handshake]
    for _ in range(pump.ROUNDS):
        for end in list(ends):
            try:
                end()
                ends.remove(end)
            except (SSL.WantReadError, ssl.SSLWantReadError):
                pass
            incoming.write(pump.outgoing(client))
            data = outgoing.read()
            while data:
                data = data[client.bio_write(data) :]
        if not ends:
            break
    assert not ends
    server.write(b"tickets")
    client.bio_write(outgoing.read())
    assert client.recv(100) == b"tickets"
    assert client.session_reused() == server.session_reused
    kept = client.get_session()
    assert kept is not None
    return client.session_reused(), kept
