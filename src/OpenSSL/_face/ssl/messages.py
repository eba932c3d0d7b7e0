"""Messages in many buffers: gathered for sending, scattered after receiving."""

from __future__ import annotations

from OpenSSL._exceptions import WantReadError, WantWriteError
from OpenSSL._face.common.arguments import integer
from OpenSSL._native.ssl import messages as native
from OpenSSL._native.ssl.connection import Connection
from OpenSSL._native.ssl.kernel_tls import is_stream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from OpenSSL._types import Buffer, WritableBuffer

__all__ = ["ConnectionMessages"]

#: Bytes that are gathered and sent at a time: sixteen records.
_BURST = 16 * 16384


def _peek_only(flags: int) -> int:
    from socket import MSG_PEEK

    if integer("flags", flags) & ~MSG_PEEK:
        raise ValueError(f"no flag but MSG_PEEK is possible over TLS, not {flags}")
    return flags


def _no_ancillary_data(size: int) -> None:
    if integer("ancbufsize", size) != 0:
        raise ValueError("TLS brings no ancillary data: ancbufsize must be 0")


def _plain(part: Buffer) -> memoryview:
    """See a buffer's bytes, whatever it says that they mean."""
    view = memoryview(part)
    if not view.contiguous:
        raise BufferError("the bytes of a buffer must lie in one piece")
    try:
        return view.cast("B")
    except (TypeError, ValueError, NotImplementedError):
        return memoryview(view.tobytes("A"))  # of a form that memoryview does not know


def _gathered(views: list[memoryview]) -> Iterator[Buffer]:
    """Give the bytes in pieces of sixteen records: large buffers as they are."""
    held: list[memoryview] = []
    room = _BURST
    for view in views:
        at = 0
        while at < len(view):
            part = view[at : at + room]
            held.append(part)
            at += len(part)
            room -= len(part)
            if room == 0:
                yield held[0] if len(held) == 1 else b"".join(held)
                held, room = [], _BURST
    if held:
        yield held[0] if len(held) == 1 else b"".join(held)


class ConnectionMessages(Connection):
    """The half of :class:`OpenSSL.SSL.Connection` for messages that lie in many buffers."""

    __slots__ = ()

    def sendmsg(
        self,
        buffers: Iterable[Buffer],
        ancdata: Iterable[Any] = (),
        flags: int = 0,
        address: None = None,
    ) -> int:
        """Send the bytes of ``buffers``, as many as there are, and return how many were taken.

        All of them where the transport is waited for, as ``sendall`` does; the bytes of
        one call stay together.  Fewer where it is not, or where its timeout is over
        after the first of them: call again with the rest.  Over DTLS all buffers
        together are one datagram.

        Raises what :meth:`sendall` raises; TypeError if it is not a buffer;
        ValueError for ancillary data, flags and an address, which TLS does not carry.
        ``SSL_write_ex(3)``
        """
        if list(ancdata) or address is not None:
            raise ValueError("TLS carries neither ancillary data nor another address")
        if integer("flags", flags) != 0:
            raise ValueError(f"no flags are possible over TLS, not {flags}")
        views = [_plain(part) for part in buffers]
        if not any(views) or not is_stream(self):
            return self.send(b"".join(views))
        try:
            return native.send_pieces(self, _gathered(views))
        except (WantReadError, WantWriteError, TimeoutError) as error:
            sent: int | None = getattr(error, "bytes_sent", None)
            if not sent:
                raise
            return sent

    def recvmsg(
        self, bufsize: int, ancbufsize: int = 0, flags: int = 0
    ) -> tuple[bytes, list[Any], int, None]:
        """Receive as :meth:`recv` does, and return ``(data, [], 0, None)``.

        TLS brings no ancillary data, no flags and no address.  ``flags`` may be
        ``socket.MSG_PEEK``.

        Raises what :meth:`recv` raises; ValueError for other flags and where
        ``ancbufsize`` is not 0.
        ``SSL_read_ex(3)``
        """
        _no_ancillary_data(ancbufsize)
        return self.recv(bufsize, _peek_only(flags)), [], 0, None

    def recvmsg_into(
        self, buffers: Iterable[WritableBuffer], ancbufsize: int = 0, flags: int = 0
    ) -> tuple[int, list[Any], int, None]:
        """Receive into several buffers, one after the other, and return ``(count, [], 0, None)``.

        As much as :meth:`recv` would have returned for the size of all of them.

        Raises what :meth:`recvmsg` raises, BufferError when a buffer cannot be written to
        or does not lie in one piece.
        ``SSL_read_ex(3)``
        """
        _no_ancillary_data(ancbufsize)
        _peek_only(flags)

        def receive(size: int) -> bytes:
            return self.recv(size, flags)

        return native.receive_into(receive, list(buffers)), [], 0, None
