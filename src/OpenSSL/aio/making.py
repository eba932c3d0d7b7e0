"""Transports with a protocol of the caller's: connecting, and an upgrade of another transport."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, Any

from OpenSSL._bridge.contexts import SSLContext
from OpenSSL._face.common.hosts import host_bytes
from OpenSSL.aio.asking import checked
from OpenSSL.aio.checking import (
    check_context,
    check_factory,
    check_name,
    check_options,
    check_stream,
    checked_protocol,
    name_the_host,
    seconds,
)
from OpenSSL.aio.ends import GOODBYE, HANDSHAKE, End, ascii_name
from OpenSSL.aio.layers import Layer, LayerTransport
from OpenSSL.aio.sockets import SocketTransport, without_delay

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from OpenSSL._face.ssl.context import Context
    from OpenSSL.aio.asking import (
        Callbacks,
        CertCallback,
        HelloCallback,
        PeerCallback,
        ServernameCallback,
        VerifyCallback,
    )
    from OpenSSL.aio.transports import Transport

    _Protocol = TypeVar("_Protocol", bound=asyncio.BaseProtocol)

__all__ = ["create_connection", "start_tls"]


def drives_descriptors(loop: asyncio.AbstractEventLoop) -> bool:
    """Return whether a loop tells when a socket can be read; Windows' usual one does not."""
    proactor = getattr(asyncio, "ProactorEventLoop", None)
    return proactor is None or not isinstance(loop, proactor)


class Taker(asyncio.Protocol):
    """Takes the socket of a connection that the loop has made, and lets its transport go."""

    def __init__(self) -> None:
        self.socket: socket.socket | None = None
        self.error: OSError | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the socket."""
        try:
            # The transport closes its own descriptor; the connection stays with this one.
            taken: socket.socket = transport.get_extra_info("socket").dup()
            self.socket = taken
            taken.setblocking(False)
        except OSError as error:
            self.close()
            self.error = error
        finally:
            transport.abort()  # type: ignore[attr-defined]

    def close(self) -> None:
        """Close the socket if one was taken."""
        if self.socket is not None:
            self.socket.close()
            self.socket = None

    def take(self) -> socket.socket:
        """Return the socket, which is the caller's from here on."""
        taken, self.socket = self.socket, None
        if taken is None:
            raise self.error or ConnectionAbortedError("the connection was lost at once")
        return taken


async def connect(loop: asyncio.AbstractEventLoop, **options: Any) -> socket.socket:
    """Return a connected socket, made by the loop with all that it can do.

    With ``path`` in ``options`` it is a Unix socket.
    """
    taker = Taker()
    make: Any = loop.create_unix_connection if "path" in options else loop.create_connection
    try:
        await make(lambda: taker, **options)
        return taker.take()
    except BaseException as error:
        if isinstance(error, socket.gaierror):
            name_the_host(error, options.get("host"))
        taker.close()
        raise


async def established(
    transport: Transport, made: Callable[[], None] | None, patience: float
) -> None:
    """Wait for the handshake; when nobody waits any more, leave nothing of it behind."""
    waiter = asyncio.get_running_loop().create_future()

    def told(error: BaseException | None) -> None:
        if error is None and made is not None:
            made()  # what it raises comes back as an error
        if waiter.done():
            return
        if error is None:
            waiter.set_result(None)
        elif isinstance(error, StopIteration):
            waiter.set_exception(RuntimeError(f"a callback raised {error!r}"))
        else:
            waiter.set_exception(error)

    transport._on_made = told
    try:
        transport._start(patience)
        await waiter
    except BaseException:
        transport.abort()
        raise


def name_of(host: Any, server_hostname: str | None, context: Context | SSLContext) -> str | None:
    """Return the name of a server; without a host it has to be said."""
    check_name("server_hostname", server_hostname)
    if host is not None and not isinstance(host, (str, bytes)):
        raise TypeError(f"host must be str or bytes, not {type(host).__name__}")
    if server_hostname is not None:
        if server_hostname and not isinstance(context, SSLContext):  # which has rules of its own
            host_bytes("server_hostname", ascii_name(server_hostname))
        return server_hostname
    if not host:
        raise ValueError("You must set server_hostname when using TLS without a host")
    # The loop resolves it, so before anybody is called.
    return ascii_name(host.decode() if isinstance(host, bytes) else host)


async def create_connection(
    protocol_factory: Callable[[], _Protocol],
    host: str | bytes | None = None,
    port: int | str | None = None,
    *,
    context: Context | SSLContext,
    sock: socket.socket | None = None,
    server_hostname: str | None = None,
    ssl_handshake_timeout: float | None = None,
    ssl_shutdown_timeout: float | None = None,
    cert_callback: CertCallback | None = None,
    peer_callback: PeerCallback | None = None,
    verify_callback: VerifyCallback | None = None,
    **options: Any,
) -> tuple[Transport, _Protocol]:
    """Connect to a host and shake hands: ``(transport, protocol)``.

    As :meth:`asyncio.loop.create_connection`, with ``context`` in the place of ``ssl``; all
    other options are the loop's. Where the Context verifies, the certificate has to be for
    ``server_hostname``, which is ``host`` unless it is given. An empty one sends no name and
    lets the certificate be for any host. Times are in seconds: 60 for the handshake, 30 for
    close_notify.

    Callbacks of this connection may be coroutine functions: the handshake waits for them, and
    the loop serves others. They are cancelled when the time for the handshake is over, or the
    transport is closed. ``cert_callback(connection)`` is
    :meth:`OpenSSL.SSL.Connection.set_cert_callback`; when a server asks for a certificate late,
    after the handshake, it must not be a coroutine function. ``verify_callback(connection,
    chain)`` is :meth:`OpenSSL.SSL.Context.set_cert_verify_callback`, in the place of the Context's:
    it verifies the server's certificates instead of libssl. ``peer_callback(connection)``
    returns True for a peer that is welcome; :doc:`/howto/asyncio` says what it can do.

    Raises what the handshake and its callbacks raise, OSError where nobody could be
    reached, ConnectionAbortedError after the time for the handshake, TypeError or ValueError
    for arguments that are wrong, a host's name that IDNA 2003 takes for another among them.
    ``SSL_connect(3)``
    """
    check_context(context, False)
    check_factory("protocol_factory", protocol_factory)
    check_options(options)
    callbacks = checked(False, cert_callback, peer_callback, verify=verify_callback)
    patience = seconds("ssl_handshake_timeout", ssl_handshake_timeout, HANDSHAKE)
    goodbye = seconds("ssl_shutdown_timeout", ssl_shutdown_timeout, GOODBYE)
    name = name_of(host, server_hostname, context)
    loop = asyncio.get_running_loop()
    if sock is not None:
        if host is not None or port is not None:
            raise ValueError("host/port and sock can not be specified at the same time")
        check_stream(sock)
    if not drives_descriptors(loop):
        options.update({"sock": sock} if sock is not None else {"host": host, "port": port})
        lower, _ = await loop.create_connection(asyncio.Protocol, **options)
        try:
            protocol = checked_protocol(protocol_factory())
        except BaseException:
            lower.abort()
            raise
        made = await layered(lower, protocol, context, name, (patience, goodbye), callbacks)
        return made, protocol
    if sock is None:
        sock = await connect(loop, host=host, port=port, **options)
    times = (patience, goodbye)
    return await on_socket(sock, protocol_factory, context, name, times, callbacks)


async def on_socket(
    sock: socket.socket,
    protocol_factory: Callable[[], _Protocol],
    context: Context | SSLContext,
    name: str | None,
    times: tuple[float, float],
    callbacks: Callbacks,
) -> tuple[SocketTransport, _Protocol]:
    """Shake hands as a client over a socket that is connected, and is ours from here on."""
    patience, goodbye = times
    try:
        sock.setblocking(False)
        without_delay(sock)
        protocol = checked_protocol(protocol_factory())
        end = End(context, sock, False, name, goodbye, callbacks)
        transport = SocketTransport(asyncio.get_running_loop(), protocol, end, sock)
    except BaseException:
        sock.close()
        raise
    await established(transport, lambda: protocol.connection_made(transport), patience)
    return transport, protocol


async def layered(
    lower: asyncio.Transport,
    protocol: asyncio.BaseProtocol,
    context: Context | SSLContext,
    name: str | None,
    times: tuple[float, float],
    callbacks: Callbacks,
) -> LayerTransport:
    """The same over a transport that is connected."""
    patience, goodbye = times
    try:
        end = End(context, None, False, name, goodbye, callbacks)
        transport = LayerTransport(asyncio.get_running_loop(), protocol, end, lower)
    except BaseException:
        lower.abort()
        raise
    await established(transport, lambda: protocol.connection_made(transport), patience)
    return transport


async def start_tls(
    transport: asyncio.Transport,
    protocol: asyncio.BaseProtocol,
    context: Context | SSLContext,
    *,
    server_side: bool = False,
    server_hostname: str | None = None,
    ssl_handshake_timeout: float | None = None,
    ssl_shutdown_timeout: float | None = None,
    cert_callback: CertCallback | None = None,
    peer_callback: PeerCallback | None = None,
    client_hello_callback: HelloCallback | None = None,
    servername_callback: ServernameCallback | None = None,
    verify_callback: VerifyCallback | None = None,
) -> LayerTransport:
    """Shake hands over a transport that is in use; return the one to go on with.

    As :meth:`asyncio.loop.start_tls`, over any transport: one with TLS as well, a pipe, or
    one of a library. ``protocol`` is the one to speak over TLS; its ``connection_made`` is
    not called again. Callbacks are as in :func:`create_connection` and
    :func:`create_server`. When the handshake fails, or is cancelled, the transport below is
    closed and the protocol's ``connection_lost`` is called.

    Raises what :func:`create_connection` raises, ValueError where a Context verifies and
    ``server_hostname`` is missing, RuntimeError where TLS is on ``transport`` already.
    ``SSL_do_handshake(3)``
    """
    made, patience = layer(
        transport,
        protocol,
        context,
        server_side=server_side,
        server_hostname=server_hostname,
        ssl_handshake_timeout=ssl_handshake_timeout,
        ssl_shutdown_timeout=ssl_shutdown_timeout,
        callbacks=checked(
            server_side,
            cert_callback,
            peer_callback,
            client_hello_callback,
            servername_callback,
            verify_callback,
        ),
    )
    await established(made, None, patience)
    return made


def layer(
    transport: asyncio.Transport,
    protocol: asyncio.BaseProtocol,
    context: Context | SSLContext,
    *,
    server_side: bool,
    server_hostname: str | None,
    ssl_handshake_timeout: float | None,
    ssl_shutdown_timeout: float | None,
    callbacks: Callbacks,
) -> tuple[LayerTransport, float]:
    """Put TLS over a transport, its handshake yet to be done; what is wrong changes nothing."""
    check_context(context, server_side)
    check_name("server_hostname", server_hostname)
    checked_protocol(protocol)
    patience = seconds("ssl_handshake_timeout", ssl_handshake_timeout, HANDSHAKE)
    goodbye = seconds("ssl_shutdown_timeout", ssl_shutdown_timeout, GOODBYE)
    for method in ("write", "set_protocol", "pause_reading", "resume_reading", "abort"):
        if not hasattr(transport, method):
            raise TypeError(f"TLS needs a transport that has {method}(), which {transport!r} lacks")
    if transport.is_closing():
        raise ConnectionResetError("the transport is closing")
    if isinstance(getattr(transport, "get_protocol", lambda: None)(), Layer):
        raise RuntimeError("TLS is on this transport already; go on with the one it gave")
    name = None if server_side else server_hostname
    end = End(context, None, server_side, name, goodbye, callbacks)
    made = LayerTransport(asyncio.get_running_loop(), protocol, end, transport)
    made._known = True
    return made, patience
