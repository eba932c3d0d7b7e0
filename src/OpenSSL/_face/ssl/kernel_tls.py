"""Kernel TLS: whether the kernel encrypts and decrypts, and sending files."""

from __future__ import annotations

import io
import os
import stat

from OpenSSL._face.common.arguments import integer
from OpenSSL._native.ssl import kernel_tls as native
from OpenSSL._native.ssl.connection import Connection

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from OpenSSL._types import Buffer

__all__ = ["ConnectionKernelTls"]


def _check(connection: Connection, file: Any, offset: int, count: int | None) -> None:
    mode = getattr(file, "mode", "b")
    if isinstance(file, io.TextIOBase) or (isinstance(mode, str) and "b" not in mode):
        raise ValueError("file has to be opened in binary mode")
    if integer("offset", offset) < 0:
        raise ValueError("offset must not be negative")
    if count is not None and integer("count", count) <= 0:
        raise ValueError(f"count must be greater than 0, not {count}")
    if not native.is_stream(connection):
        raise ValueError("a file cannot be sent over DTLS: datagrams get lost")


def _descriptor(file: Any) -> int:
    """Of a regular file whose bytes are those that its object reads; else -1.

    Objects of other kinds may have a descriptor and read something else, as
    ``gzip.GzipFile`` does.
    """
    raw = file.raw if type(file) in (io.BufferedReader, io.BufferedRandom) else file
    if type(raw) is not io.FileIO or not raw.readable() or not hasattr(os, "pread"):
        return -1
    if raw is not file:
        file.flush()
    return raw.fileno() if stat.S_ISREG(os.fstat(raw.fileno()).st_mode) else -1


def _placed(descriptor: int) -> Callable[[int, int], Buffer]:
    """Read a descriptor anywhere, without moving it."""

    def read(size: int, position: int) -> bytes:
        return os.pread(descriptor, size, position)

    return read


def _can_seek(file: Any) -> bool:
    seekable = getattr(file, "seekable", None)
    return hasattr(file, "seek") and (seekable is None or bool(seekable()))


def _reader(file: Any, offset: int) -> Callable[[int, int], Buffer]:
    """Read an object from ``offset`` on, and after that from wherever it is."""
    if _can_seek(file):
        file.seek(offset)
    elif offset:
        raise ValueError("offset must be 0 in a file that cannot seek")

    def read(size: int, position: int) -> Any:
        data = file.read(size)
        if isinstance(data, str):
            raise ValueError("file has to be opened in binary mode")
        return data

    return read


class ConnectionKernelTls(Connection):
    """What the kernel does for a Connection, and sending files."""

    __slots__ = ()

    @property
    def ktls_send(self) -> bool:
        """Whether the kernel encrypts what is sent.

        It does after the handshake when ``OP_ENABLE_KTLS`` is set and kernel,
        OpenSSL and cipher allow it; else OpenSSL does.
        ``BIO_get_ktls_send(3)``
        """
        return native.sending(self)

    @property
    def ktls_recv(self) -> bool:
        """Whether the kernel decrypts what is received.

        See :attr:`ktls_send`.  OpenSSL before 3.2 does so up to TLS 1.2 only.
        ``BIO_get_ktls_recv(3)``
        """
        return native.receiving(self)

    def sendfile(self, file: Any, offset: int = 0, count: int | None = None) -> int:
        """Send a file opened in binary mode; return how many bytes that was.

        Begins ``offset`` bytes behind the file's start and ends after ``count``
        bytes, or at the file's end.  Where :attr:`ktls_send` is true a regular file
        that :func:`open` has opened goes from the kernel's cache into the socket;
        any other, and any object with ``read``, is read and sent.  Other threads'
        bytes do not come in between.  Afterwards the file's position is behind the
        last byte sent, whatever happens.  A timeout is for each wait.

        Raises what :meth:`send` raises; the exception's ``bytes_sent`` says how far
        it got: call again with what is left.  ValueError for text files, a count
        that is not positive, a negative offset, an offset in an object that cannot
        seek, and over DTLS; TypeError for numbers of another type.
        ``sendfile(2)``, ``SSL_write_ex(3)``
        """
        _check(self, file, offset, count)
        descriptor = _descriptor(file)
        read = _reader(file, offset) if descriptor < 0 else _placed(descriptor)
        sent = 0
        try:
            sent = native.send_file(self, read, descriptor, offset, -1 if count is None else count)
        except BaseException as error:
            sent = getattr(error, "bytes_sent", None) or 0
            raise
        finally:
            if _can_seek(file):
                file.seek(offset + sent)
        return sent
