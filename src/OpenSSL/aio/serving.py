"""Servers: the loop listens and accepts, and each connection becomes a TLS transport of ours."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, Any

from OpenSSL._exceptions import Error
from OpenSSL.aio.asking import checked
from OpenSSL.aio.checking import (
    check_context,
    check_factory,
    check_options,
    check_server,
    checked_protocol,
    name_the_host,
    seconds,
)
from OpenSSL.aio.ends import GOODBYE, HANDSHAKE, End
from OpenSSL.aio.layers import LayerTransport
from OpenSSL.aio.making import Taker, drives_descriptors
from OpenSSL.aio.sockets import SocketTransport, without_delay

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeVar

    from OpenSSL._bridge.contexts import SSLContext
    from OpenSSL._face.ssl.context import Context
    from OpenSSL.aio.asking import (
        Callbacks,
        CertCallback,
        HelloCallback,
        PeerCallback,
        ServernameCallback,
    )
    from OpenSSL.aio.transports import Transport

    _Self = TypeVar("_Self", bound="Server")

__all__ = ["Server", "create_server"]


class Accepted(Taker):
    """A connection that has come, before it speaks TLS."""

    def __init__(self, server: Server) -> None:
        super().__init__()
        self._server = server

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the socket, and shake hands over it."""
        if not self._server._takes:
            self._server._begin_over(transport)
            return
        super().connection_made(transport)
        try:
            sock = self.take()
        except OSError as error:
            self._server._report(error, None)
        else:
            self._server._begin(sock)


class Server(asyncio.AbstractServer):
    """A server whose connections speak TLS by this package; :func:`create_server` makes it."""

    __module__ = "OpenSSL.aio"

    _plain: asyncio.base_events.Server

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        protocol_factory: Callable[[], asyncio.BaseProtocol],
        context: Context | SSLContext,
        patience: float,
        goodbye: float,
        callbacks: Callbacks,
    ) -> None:
        self._loop = loop
        self._factory = protocol_factory
        self._context = context
        self._patience = patience
        self._goodbye = goodbye
        self._callbacks = callbacks
        self._takes = drives_descriptors(loop)
        self._closed = False
        self._transports: set[Transport] = set()
        self._idle: asyncio.Future[None] | None = None

    # ---- connections

    def _begin(self, sock: socket.socket) -> None:
        try:
            without_delay(sock)
            protocol = checked_protocol(self._factory())
            end = End(self._context, sock, True, None, self._goodbye, self._callbacks)
            transport = SocketTransport(self._loop, protocol, end, sock)
        except (SystemExit, KeyboardInterrupt):
            sock.close()
            raise
        except BaseException as error:  # noqa: BLE001  # one connection's, not the server's
            sock.close()
            self._report(error, None)
        else:
            self._shake(transport)

    def _begin_over(self, lower: Any) -> None:
        try:
            end = End(self._context, None, True, None, self._goodbye, self._callbacks)
            protocol = checked_protocol(self._factory())
            transport = LayerTransport(self._loop, protocol, end, lower)
        except (SystemExit, KeyboardInterrupt):
            lower.abort()
            raise
        except BaseException as error:  # noqa: BLE001  # one connection's, not the server's
            lower.abort()
            self._report(error, None)
        else:
            self._shake(transport)

    def _shake(self, transport: Transport) -> None:
        def told(error: BaseException | None) -> None:
            if error is None:
                transport.get_protocol().connection_made(transport)
            else:
                self._report(error, transport)

        self._transports.add(transport)
        transport._on_made = told
        transport._on_done = self._done
        transport._start(self._patience)

    def _done(self, transport: Transport) -> None:
        self._transports.discard(transport)
        if not self._transports and self._idle is not None and not self._idle.done():
            self._idle.set_result(None)

    def _report(self, error: BaseException, transport: Transport | None) -> None:
        """Tell the loop of a connection that came to nothing; peers' faults in debug mode only."""
        if isinstance(error, (SystemExit, KeyboardInterrupt)):
            raise error
        if isinstance(error, (Error, OSError)) and not self._loop.get_debug():
            return
        told: dict[str, Any] = {
            "message": "Error on transport creation for incoming connection",
            "exception": error,
        }
        if transport is not None:
            told.update(transport=transport, protocol=transport.get_protocol())
        self._loop.call_exception_handler(told)

    # ---- what asyncio asks of a server

    @property
    def sockets(self) -> Sequence[Any]:
        """The sockets that it listens on; none once it is closed."""
        return self._plain.sockets

    def get_loop(self) -> asyncio.AbstractEventLoop:
        """Return the loop it runs on."""
        return self._loop

    def is_serving(self) -> bool:
        """Whether it accepts connections."""
        return self._plain.is_serving()

    async def start_serving(self) -> None:
        """Begin to accept connections; raise RuntimeError where it was closed."""
        if self._closed:
            raise RuntimeError(f"server {self!r} is closed")
        await self._plain.start_serving()

    async def serve_forever(self) -> None:
        """Accept connections until this is cancelled; then the server is closed."""
        await self._plain.serve_forever()

    def close(self) -> None:
        """Accept nothing more; connections that are there stay."""
        self._closed = True
        self._plain.close()

    def close_clients(self) -> None:
        """Close every connection, as :meth:`asyncio.Transport.close` does."""
        for transport in list(self._transports):
            transport.close()

    def abort_clients(self) -> None:
        """Close every connection at once."""
        for transport in list(self._transports):
            transport.abort()

    async def wait_closed(self) -> None:
        """Wait until the server is closed and its last connection is gone."""
        await self._plain.wait_closed()
        while self._transports:
            if self._idle is None or self._idle.done():
                self._idle = self._loop.create_future()
            # Several may wait, and each may be cancelled.
            await asyncio.shield(self._idle)


async def create_server(
    protocol_factory: Callable[[], asyncio.BaseProtocol],
    host: str | Sequence[str] | None = None,
    port: int | None = None,
    *,
    context: Context | SSLContext,
    ssl_handshake_timeout: float | None = None,
    ssl_shutdown_timeout: float | None = None,
    cert_callback: CertCallback | None = None,
    peer_callback: PeerCallback | None = None,
    client_hello_callback: HelloCallback | None = None,
    servername_callback: ServernameCallback | None = None,
    start_serving: bool = True,
    **options: Any,
) -> Server:
    """Listen, and speak TLS with everybody who connects.

    As :meth:`asyncio.loop.create_server`, with ``context`` in the place of ``ssl``; all
    other options are the loop's. A protocol's ``connection_made`` is called when the handshake
    is done; connections that fail in it go to the loop's exception handler where a
    callback failed, or in debug mode.

    Callbacks of the connections may be coroutine functions: that handshake waits for them, and
    the loop serves others. They are cancelled when the time for the handshake is over, or the
    connection is closed. The Context's own callbacks follow.

    - ``client_hello_callback(connection, hello)`` is
      :meth:`OpenSSL.SSL.Context.set_client_hello_callback`: it may choose a Context, and returns
      None or True to go on.
    - ``servername_callback(connection)`` comes next, as
      :meth:`OpenSSL.SSL.Context.set_tlsext_servername_callback`.
    - ``cert_callback(connection)`` is :meth:`OpenSSL.SSL.Connection.set_cert_callback`, in the
      place of the Context's.
    - ``peer_callback(connection)`` returns True for a client that is welcome;
      :doc:`/howto/asyncio` says what it can do.

    Raises OSError where the address cannot be used, TypeError or ValueError for arguments
    that are wrong; ValueError also for a Context that has neither a certificate nor anything that
    may bring one.
    ``SSL_accept(3)``
    """
    check_context(context, True)
    check_factory("protocol_factory", protocol_factory)
    check_options(options)
    callbacks = checked(
        True, cert_callback, peer_callback, client_hello_callback, servername_callback
    )
    check_server(context, callbacks)
    loop = asyncio.get_running_loop()
    server = Server(
        loop,
        protocol_factory,
        context,
        seconds("ssl_handshake_timeout", ssl_handshake_timeout, HANDSHAKE),
        seconds("ssl_shutdown_timeout", ssl_shutdown_timeout, GOODBYE),
        callbacks,
    )
    # Cancelled while it begins to serve, the loop would leave its sockets behind.
    listen: Any = loop.create_server
    if "path" in options:  # see create_unix_server
        if host is not None or port is not None:
            raise ValueError("path and host/port can not be specified at the same time")
        listen = loop.create_unix_server
    else:
        options.update(host=host, port=port)
    try:
        server._plain = await listen(lambda: Accepted(server), start_serving=False, **options)
    except socket.gaierror as error:
        name_the_host(error, host)
        raise
    if start_serving:
        try:
            await server.start_serving()
        except BaseException:
            server.close()
            raise
    return server
