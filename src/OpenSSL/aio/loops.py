"""Loops that put TLS of this package under every library that asks its loop for TLS.

Theory.  A library hands its loop an ``ssl.SSLContext``.  Where that is one of ours, made by
``Context.as_ssl_context()``, the loop gives it a transport of ours; any other goes its usual
way.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from OpenSSL._bridge.contexts import SSLContext
from OpenSSL._face.common.foreign import needed
from OpenSSL.aio.files import sendfile
from OpenSSL.aio.making import create_connection, start_tls
from OpenSSL.aio.serving import create_server
from OpenSSL.aio.transports import Transport
from OpenSSL.aio.unix import create_unix_connection, create_unix_server

__all__ = ["EventLoop", "new_uvloop"]


class Routing:
    """The half of a loop that looks at the context it is given."""

    if TYPE_CHECKING:
        # What comes behind it is a loop.
        def __getattr__(self, name: str) -> Any: ...

    async def create_connection(
        self, protocol_factory: Any, host: Any = None, port: Any = None, **options: Any
    ) -> Any:
        """Connect to a host; see :meth:`asyncio.loop.create_connection`."""
        if isinstance(options.get("ssl"), SSLContext):
            context = options.pop("ssl")
            return await create_connection(protocol_factory, host, port, context=context, **options)
        plain: Any = super()
        return await plain.create_connection(protocol_factory, host, port, **options)

    async def create_server(
        self, protocol_factory: Any, host: Any = None, port: Any = None, **options: Any
    ) -> Any:
        """Listen; see :meth:`asyncio.loop.create_server`."""
        if isinstance(options.get("ssl"), SSLContext):
            context = options.pop("ssl")
            return await create_server(protocol_factory, host, port, context=context, **options)
        plain: Any = super()
        return await plain.create_server(protocol_factory, host, port, **options)

    async def create_unix_connection(
        self, protocol_factory: Any, path: Any = None, **options: Any
    ) -> Any:
        """Connect to a Unix socket; see :meth:`asyncio.loop.create_unix_connection`."""
        if isinstance(options.get("ssl"), SSLContext):
            context = options.pop("ssl")
            return await create_unix_connection(protocol_factory, path, context=context, **options)
        plain: Any = super()
        return await plain.create_unix_connection(protocol_factory, path, **options)

    async def create_unix_server(
        self, protocol_factory: Any, path: Any = None, **options: Any
    ) -> Any:
        """Listen on a Unix socket; see :meth:`asyncio.loop.create_unix_server`."""
        if isinstance(options.get("ssl"), SSLContext):
            context = options.pop("ssl")
            return await create_unix_server(protocol_factory, path, context=context, **options)
        plain: Any = super()
        return await plain.create_unix_server(protocol_factory, path, **options)

    async def start_tls(
        self, transport: Any, protocol: Any, sslcontext: Any, **options: Any
    ) -> Any:
        """Speak TLS over a transport in use; see :meth:`asyncio.loop.start_tls`."""
        if isinstance(sslcontext, SSLContext):
            return await start_tls(transport, protocol, sslcontext, **options)
        plain: Any = super()
        return await plain.start_tls(transport, protocol, sslcontext, **options)

    async def sendfile(
        self,
        transport: Any,
        file: Any,
        offset: int = 0,
        count: int | None = None,
        *,
        fallback: bool = True,
    ) -> int:
        """Send a file over a transport; see :meth:`asyncio.loop.sendfile`."""
        if isinstance(transport, Transport):
            return await sendfile(transport, file, offset, count, fallback=fallback)
        plain: Any = super()
        sent: int = await plain.sendfile(transport, file, offset, count, fallback=fallback)
        return sent


class EventLoop(Routing, asyncio.SelectorEventLoop):
    """asyncio's loop, whose TLS is this package's for every bridged context.

    It is a ``loop_factory``: ``asyncio.Runner(loop_factory=EventLoop)``. Everything that asks
    this loop for TLS with what :meth:`OpenSSL.SSL.Context.as_ssl_context` has returned gets
    the transports of :mod:`OpenSSL.aio`; errors are the ``ssl`` module's.
    """

    __module__ = "OpenSSL.aio"


def new_uvloop() -> asyncio.AbstractEventLoop:
    """Return a loop of ``uvloop`` that does the same.

    Raises ImportError where uvloop is not installed.
    """
    uvloop: Any = needed("uvloop")
    kind: Any = type("Loop", (Routing, uvloop.Loop), {"__doc__": EventLoop.__doc__})
    loop: asyncio.AbstractEventLoop = kind()
    return loop
