"""A Connection as a file, as sockets have it."""

from __future__ import annotations

import io

from OpenSSL._exceptions import WantReadError, WantWriteError, ZeroReturnError
from OpenSSL._native.ssl.connection import Connection
from OpenSSL._native.ssl.kernel_tls import is_stream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO, Any

__all__ = ["ConnectionFile", "ConnectionFiles", "close"]


class ConnectionFile(io.RawIOBase):
    """The raw half of what :meth:`Connection.makefile` makes.

    It ends where the peer has sent close_notify.  A transport that ends without one
    raises SysCallError, as ``recv`` does: a cut is not an end.
    """

    def __init__(self, connection: Any, mode: str) -> None:
        super().__init__()
        self._connection: Any = connection
        self._mode = mode
        self._timed_out = False
        connection._files += 1

    def readable(self) -> bool:
        """Whether the file was opened for reading and is not closed."""
        self._check_open()
        return "r" in self._mode

    def writable(self) -> bool:
        """Whether the file was opened for writing and is not closed."""
        self._check_open()
        return "w" in self._mode

    def _check_open(self) -> None:
        if self.closed:
            raise ValueError("I/O operation on closed file")

    def readinto(self, buffer: Any) -> int | None:
        """Receive into ``buffer``; 0 at the end, None when the transport is not ready."""
        if not self.readable():
            raise io.UnsupportedOperation("not readable")
        if self._timed_out:
            raise OSError("cannot read from timed out object")
        try:
            count: int = self._connection.recv_into(buffer)
            return count
        except ZeroReturnError:
            return 0
        except (WantReadError, WantWriteError):
            return None
        except TimeoutError:
            # What a buffer above has read of a line may be lost to the next reader.
            self._timed_out = True
            raise

    def write(self, data: Any) -> int | None:
        """Send a part of ``data``; None when the transport is not ready."""
        if not self.writable():
            raise io.UnsupportedOperation("not writable")
        try:
            count: int = self._connection.send(data)
            return count
        except (WantReadError, WantWriteError):
            return None

    @property
    def name(self) -> int:
        """The socket's descriptor; -1 once the file is closed."""
        return -1 if self.closed else self.fileno()

    @property
    def mode(self) -> str:
        """How it was opened: ``rb``, ``wb`` or ``rwb``."""
        return self._mode

    def fileno(self) -> int:
        """Return the socket's descriptor."""
        self._check_open()
        number: int = self._connection.fileno()
        return number

    def close(self) -> None:
        """Close the file; the socket too, where that waits for the last of its files."""
        if self.closed:
            return
        super().close()
        connection: Any = self._connection
        self._connection = None
        connection._files -= 1
        if connection._closing:
            close(connection)


def _buffered(raw: ConnectionFile, buffering: int | None) -> Any:
    size = io.DEFAULT_BUFFER_SIZE if buffering is None or buffering < 0 else buffering
    if raw.mode == "wb":
        return io.BufferedWriter(raw, size)
    return io.BufferedReader(raw, size) if raw.mode == "rb" else io.BufferedRWPair(raw, raw, size)


def close(connection: Any) -> None:
    """Close the socket of a Connection, once no file made of it is open any more."""
    connection._closing = True
    # An integer cannot be closed, nor what has no more than a descriptor.
    if not connection._files and hasattr(connection._socket, "close"):
        connection._socket.close()


class ConnectionFiles(Connection):
    """The half of :class:`OpenSSL.SSL.Connection` that makes files."""

    __slots__ = ()

    #: How many files are open.
    _files = 0
    #: Whether the socket is to be closed with the last of them.
    _closing = False

    def makefile(
        self,
        mode: str = "r",
        buffering: int | None = None,
        *,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
    ) -> IO[Any]:
        """Return a file that reads from the connection and writes to it.

        The arguments are those of :func:`open`; ``mode`` has ``r`` or ``w`` or both,
        and ``b`` for bytes.  The socket stays open until the last of its files is
        closed.  Closing a file says nothing to the peer.  A file reads more than is
        asked of it, unless ``buffering`` is 0.  The socket should block: after a timeout
        a file cannot be read any more.

        The file ends with the peer's close_notify; a transport that ends without one
        raises SysCallError.

        Raises ValueError for another mode and over DTLS, whose messages are not a stream,
        and NotImplementedError for a connection in memory.
        """
        if self._socket is None:
            raise NotImplementedError("Cannot make file object of OpenSSL.SSL.Connection in memory")
        if not set(mode) <= {"r", "w", "b"} or not set(mode) & {"r", "w"}:
            raise ValueError(f"invalid mode {mode!r} (only r, w, b allowed)")
        if not is_stream(self):
            raise ValueError("a file is a stream, and DTLS has messages")
        text = "b" not in mode
        if buffering == 0 and text:
            raise ValueError("unbuffered streams must be binary")
        if text:
            encoding = io.text_encoding(encoding)  # type: ignore[attr-defined]
        raw = ConnectionFile(self, "".join(each for each in "rw" if each in mode) + "b")
        buffer: Any = raw if buffering == 0 else _buffered(raw, buffering)
        if not text:
            file: IO[Any] = buffer
            return file
        wrapper = io.TextIOWrapper(buffer, encoding, errors, newline)
        wrapper.mode = mode  # type: ignore[misc]
        return wrapper
