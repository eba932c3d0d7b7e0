"""asyncio over this package's TLS, directly on its core.

The functions are asyncio's own by name and signature, with ``context``, a
:class:`OpenSSL.SSL.Context`, where asyncio has ``ssl``.
"""

from __future__ import annotations

from OpenSSL.aio.files import sendfile
from OpenSSL.aio.loops import EventLoop, new_uvloop
from OpenSSL.aio.making import create_connection, start_tls
from OpenSSL.aio.serving import Server, create_server
from OpenSSL.aio.streams import open_connection, start_server, start_tls_stream
from OpenSSL.aio.transports import Transport
from OpenSSL.aio.unix import (
    create_unix_connection,
    create_unix_server,
    open_unix_connection,
    start_unix_server,
)

__all__ = [
    "EventLoop",
    "Server",
    "Transport",
    "create_connection",
    "create_server",
    "create_unix_connection",
    "create_unix_server",
    "new_uvloop",
    "open_connection",
    "open_unix_connection",
    "sendfile",
    "start_server",
    "start_tls",
    "start_tls_stream",
    "start_unix_server",
]
