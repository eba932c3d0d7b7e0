"""The same over Unix sockets."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from OpenSSL.aio.asking import checked
from OpenSSL.aio.checking import check_context, check_factory, check_path, check_stream, seconds
from OpenSSL.aio.ends import GOODBYE, HANDSHAKE
from OpenSSL.aio.making import connect, name_of, on_socket
from OpenSSL.aio.serving import create_server
from OpenSSL.aio.streams import LIMIT, StreamProtocol, serving_factory

if TYPE_CHECKING:
    import os
    import socket
    from collections.abc import Awaitable, Callable
    from typing import TypeAlias, TypeVar

    from OpenSSL._bridge.contexts import SSLContext
    from OpenSSL._face.ssl.context import Context
    from OpenSSL.aio.asking import CertCallback, PeerCallback, VerifyCallback
    from OpenSSL.aio.serving import Server
    from OpenSSL.aio.transports import Transport

    Path: TypeAlias = str | bytes | os.PathLike[str]
    _Protocol = TypeVar("_Protocol", bound=asyncio.BaseProtocol)

__all__ = [
    "create_unix_connection",
    "create_unix_server",
    "open_unix_connection",
    "start_unix_server",
]


async def create_unix_connection(
    protocol_factory: Callable[[], _Protocol],
    path: Path | None = None,
    *,
    context: Context | SSLContext,
    sock: socket.socket | None = None,
    server_hostname: str | None = None,
    ssl_handshake_timeout: float | None = None,
    ssl_shutdown_timeout: float | None = None,
    cert_callback: CertCallback | None = None,
    peer_callback: PeerCallback | None = None,
    verify_callback: VerifyCallback | None = None,
) -> tuple[Transport, _Protocol]:
    """Connect to a Unix socket and shake hands: ``(transport, protocol)``.

    As :meth:`asyncio.loop.create_unix_connection`, with ``context`` in the place of ``ssl``, and
    otherwise as :func:`create_connection`. ``server_hostname`` has to be said: a path is not a
    name that a certificate could be for.

    Raises what :func:`create_connection` raises, NotImplementedError where the system has no
    Unix sockets.
    ``SSL_connect(3)``
    """
    check_context(context, False)
    check_factory("protocol_factory", protocol_factory)
    callbacks = checked(False, cert_callback, peer_callback, verify=verify_callback)
    patience = seconds("ssl_handshake_timeout", ssl_handshake_timeout, HANDSHAKE)
    goodbye = seconds("ssl_shutdown_timeout", ssl_shutdown_timeout, GOODBYE)
    name = name_of(None, server_hostname, context)
    if path is not None:
        check_path(path)
    if sock is None:
        sock = await connect(asyncio.get_running_loop(), path=path)
    elif path is not None:
        raise ValueError("path and sock can not be specified at the same time")
    else:
        check_stream(sock)
    return await on_socket(sock, protocol_factory, context, name, (patience, goodbye), callbacks)


async def create_unix_server(
    protocol_factory: Callable[[], asyncio.BaseProtocol],
    path: Path | None = None,
    *,
    context: Context | SSLContext,
    **options: Any,
) -> Server:
    """Listen on a Unix socket, and speak TLS with everybody who connects.

    As :meth:`asyncio.loop.create_unix_server`, with ``context`` in the place of ``ssl``, and
    otherwise as :func:`create_server`.

    Raises what :func:`create_server` raises, NotImplementedError where the system has no Unix
    sockets.
    ``SSL_accept(3)``
    """
    if path is not None:
        check_path(path)  # asyncio would leave a socket open
    return await create_server(protocol_factory, context=context, path=path, **options)


async def open_unix_connection(
    path: Path | None = None,
    *,
    limit: int = LIMIT,
    context: Context | SSLContext,
    **options: Any,
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect to a Unix socket and shake hands: ``(reader, writer)``.

    As :func:`asyncio.open_unix_connection`, with ``context`` in the place of ``ssl``; see
    :func:`create_unix_connection` for the options, and :func:`open_connection` for the streams.
    ``SSL_connect(3)``
    """
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=limit, loop=loop)
    protocol = StreamProtocol(reader, loop=loop)
    transport, _ = await create_unix_connection(lambda: protocol, path, context=context, **options)
    return reader, asyncio.StreamWriter(transport, protocol, reader, loop)


async def start_unix_server(
    client_connected_cb: Callable[
        [asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None] | None
    ],
    path: Path | None = None,
    *,
    limit: int = LIMIT,
    context: Context | SSLContext,
    **options: Any,
) -> Server:
    """Listen on a Unix socket, and call ``client_connected_cb(reader, writer)`` for every client.

    As :func:`asyncio.start_unix_server`, with ``context`` in the place of ``ssl``; see
    :func:`create_server` for the options, and :func:`start_server` for the callback.
    ``SSL_accept(3)``
    """
    check_factory("client_connected_cb", client_connected_cb)
    factory = serving_factory(client_connected_cb, limit)
    return await create_unix_server(factory, path, context=context, **options)
