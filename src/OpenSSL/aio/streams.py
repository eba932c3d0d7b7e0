"""asyncio's streams over TLS of this package."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from OpenSSL.aio.asking import checked
from OpenSSL.aio.checking import check_factory
from OpenSSL.aio.making import create_connection, established, layer
from OpenSSL.aio.serving import create_server

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from OpenSSL._bridge.contexts import SSLContext
    from OpenSSL._face.ssl.context import Context
    from OpenSSL.aio.asking import (
        CertCallback,
        HelloCallback,
        PeerCallback,
        ServernameCallback,
        VerifyCallback,
    )
    from OpenSSL.aio.serving import Server

__all__ = ["open_connection", "start_server", "start_tls_stream"]

#: Bytes that a reader keeps, as asyncio has it.
LIMIT = 2**16


class StreamProtocol(asyncio.StreamReaderProtocol):
    """A stream's protocol that goes on sending after the peer's close_notify."""

    def eof_received(self) -> bool:
        """Tell the reader; the writer stays, as over plain TCP."""
        super().eof_received()
        return True


async def open_connection(
    host: str | bytes | None = None,
    port: int | str | None = None,
    *,
    limit: int = LIMIT,
    context: Context | SSLContext,
    **options: Any,
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect to a host and shake hands: ``(reader, writer)``.

    As :func:`asyncio.open_connection`, with ``context`` in the place of ``ssl``; see
    :func:`create_connection` for the options. ``limit`` is in bytes. After
    ``writer.write_eof()``, which sends close_notify, the reader goes on. Where the peer is cut
    off without a close_notify, reading raises :class:`OpenSSL.SSL.SysCallError`.
    ``SSL_connect(3)``
    """
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=limit, loop=loop)
    protocol = StreamProtocol(reader, loop=loop)
    transport, _ = await create_connection(lambda: protocol, host, port, context=context, **options)
    return reader, asyncio.StreamWriter(transport, protocol, reader, loop)


async def start_server(
    client_connected_cb: Callable[
        [asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None] | None
    ],
    host: str | Sequence[str] | None = None,
    port: int | None = None,
    *,
    limit: int = LIMIT,
    context: Context | SSLContext,
    **options: Any,
) -> Server:
    """Listen, and call ``client_connected_cb(reader, writer)`` for every client.

    As :func:`asyncio.start_server`, with ``context`` in the place of ``ssl``; see
    :func:`create_server` for the options. The callback is called when the handshake is done,
    and may be a coroutine function.
    ``SSL_accept(3)``
    """
    check_factory("client_connected_cb", client_connected_cb)
    factory = serving_factory(client_connected_cb, limit)
    return await create_server(factory, host, port, context=context, **options)


def serving_factory(connected: Any, limit: int) -> Callable[[], StreamProtocol]:
    """Return what makes the protocol of each stream that comes to a server."""
    loop = asyncio.get_running_loop()

    def factory() -> StreamProtocol:
        reader = asyncio.StreamReader(limit=limit, loop=loop)
        return StreamProtocol(reader, connected, loop=loop)

    return factory


async def start_tls_stream(
    writer: asyncio.StreamWriter,
    context: Context | SSLContext,
    *,
    server_side: bool | None = None,
    server_hostname: str | None = None,
    ssl_handshake_timeout: float | None = None,
    ssl_shutdown_timeout: float | None = None,
    cert_callback: CertCallback | None = None,
    peer_callback: PeerCallback | None = None,
    client_hello_callback: HelloCallback | None = None,
    servername_callback: ServernameCallback | None = None,
    verify_callback: VerifyCallback | None = None,
) -> None:
    """Speak TLS on a stream from here on; its reader and writer stay the same objects.

    As :meth:`asyncio.StreamWriter.start_tls`, on every Python. ``server_side`` is true for a
    stream that a server has accepted, unless it is given. Bytes that the reader has already
    are taken for the peer's TLS: nothing that was sent in plain text is ever read as if it
    had come by TLS.

    Raises what :func:`start_tls` raises; where the handshake has failed, the reader and
    ``wait_closed`` raise it too.
    ``SSL_do_handshake(3)``
    """
    if not hasattr(writer, "_protocol") or not hasattr(writer, "_reader"):
        raise TypeError(f"writer must be an asyncio.StreamWriter, not {type(writer).__name__}")
    # These are asyncio's own, and its start_tls changes them in the same way.
    own: Any = writer
    protocol: Any = own._protocol
    reader: Any = own._reader
    if server_side is None:
        server_side = protocol._client_connected_cb is not None
    callbacks = checked(
        server_side,
        cert_callback,
        peer_callback,
        client_hello_callback,
        servername_callback,
        verify_callback,
    )
    await writer.drain()
    transport, patience = layer(
        writer.transport,  # type: ignore[arg-type]
        protocol,
        context,
        server_side=server_side,
        server_hostname=server_hostname,
        ssl_handshake_timeout=ssl_handshake_timeout,
        ssl_shutdown_timeout=ssl_shutdown_timeout,
        callbacks=callbacks,
    )
    if reader._buffer:
        transport._connection.bio_write(bytes(reader._buffer))
        reader._buffer.clear()
    reader._paused = False
    await established(transport, None, patience)
    writer._transport = transport  # type: ignore[attr-defined]
    reader._transport = transport
    protocol._transport = transport
    protocol._over_ssl = False  # reading and writing end each by itself here
