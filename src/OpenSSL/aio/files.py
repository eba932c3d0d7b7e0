"""Files over a TLS transport: by the kernel where that encrypts, else read and written.

Theory.  A file never goes around TLS.  Where the kernel has the keys, the Connection's own
``sendfile`` sends it, a part at a time; everywhere else a thread of the loop's reads a piece
while the last one leaves.
"""

from __future__ import annotations

import asyncio
import io
from typing import TYPE_CHECKING, Any

from OpenSSL._exceptions import Error, WantWriteError
from OpenSSL.aio.sockets import SocketTransport
from OpenSSL.aio.transports import Transport

if TYPE_CHECKING:
    from collections.abc import Awaitable

__all__ = ["sendfile"]

#: Bytes that are read at once, and that the kernel is given before others have the loop.
PIECE, PART = 1 << 18, 1 << 20


def encrypts(transport: SocketTransport) -> bool:
    """Whether the kernel has the keys for what is sent."""
    return transport._connection.ktls_send


def _check(transport: Any, file: Any, offset: Any, count: Any) -> None:
    if not isinstance(transport, Transport):
        raise TypeError(f"transport must be one of OpenSSL.aio, not {type(transport).__name__}")
    if not hasattr(file, "read"):
        raise TypeError(f"file must be a file opened in binary mode, not {type(file).__name__}")
    if isinstance(file, io.TextIOBase) or "b" not in getattr(file, "mode", "b"):
        raise ValueError("file should be opened in binary mode")
    for name, value, least in (("offset", offset, 0), ("count", count, 1)):
        if value is None and name == "count":
            continue
        if isinstance(value, bool) or not isinstance(value, int):
            raise TypeError(f"{name} must be an int, not {type(value).__name__}")
        if value < least:
            raise ValueError(f"{name} must be at least {least}, got {value}")


async def sendfile(
    transport: Transport,
    file: Any,
    offset: int = 0,
    count: int | None = None,
    *,
    fallback: bool = True,
) -> int:
    """Send a file opened in binary mode; return how many bytes that was.

    As :meth:`asyncio.loop.sendfile`: from ``offset`` on, ``count`` bytes or all. Where
    ``ktls_send`` of the Connection is true, the kernel sends it from its cache; otherwise it is
    read, in threads of the loop's executor, and written, unless ``fallback`` is false. Nothing
    else should be written meanwhile. Afterwards the file's position is behind the last byte that
    was handed on, whatever happens.

    Raises RuntimeError after :meth:`Transport.write_eof` or ``close``, and where ``fallback`` is
    needed and false, ConnectionResetError where the connection is lost meanwhile, TypeError or
    ValueError for arguments that are wrong.
    ``sendfile(2)``, ``SSL_write_ex(3)``
    """
    _check(transport, file, offset, count)
    if transport.is_closing():
        raise RuntimeError("Transport is closing")
    if transport._said_end:
        raise RuntimeError("Cannot send a file after write_eof()")
    loop = asyncio.get_running_loop()
    if isinstance(transport, SocketTransport) and encrypts(transport):
        return await _by_kernel(transport, file, offset, count)
    if not fallback:
        raise asyncio.SendfileNotAvailableError(
            "fallback is disabled, and the kernel does not encrypt for this connection"
        )
    if offset or hasattr(file, "seek"):
        file.seek(offset)
    sent = 0
    try:
        while count is None or sent < count:
            size = PIECE if count is None else min(PIECE, count - sent)
            data = await loop.run_in_executor(None, file.read, size)
            if not data:
                break
            await _still_open(transport, transport._emptied())
            transport.write(data)
            sent += len(data)
        await _still_open(transport, transport._emptied())
        return sent
    finally:
        if hasattr(file, "seek"):
            file.seek(offset + sent)


async def _still_open(transport: Transport, event: Awaitable[None]) -> None:
    """Wait for what a transport tells; raise where that was its end."""
    await event
    if transport.is_closing():
        raise ConnectionResetError("the transport was closed while a file was sent")


async def _by_kernel(transport: SocketTransport, file: Any, offset: int, count: int | None) -> int:
    sent = 0
    try:
        while count is None or sent < count:
            await _still_open(transport, transport._emptied())
            # What is written from here on waits.
            transport._full = True
            size = PART if count is None else min(PART, count - sent)
            try:
                done = transport._connection.sendfile(file, offset + sent, size)
            except WantWriteError as error:
                sent += error.bytes_sent or 0
                await _still_open(transport, transport._room())
                continue
            except Error as error:
                transport._fail(error)
                raise
            sent += done
            if done < size:
                break
            await asyncio.sleep(0)
        return sent
    finally:
        transport._full = False
        transport._on_output()
