# Written by tools/make_stubs.py from reading.pyx.

from OpenSSL._native.ssl.engine import Engine
from OpenSSL._types import WritableBuffer

class Reader(Engine):
    """The half of a connection that reads."""
    def recv(self, bufsiz: int, flags: int | None = None) -> bytes:
        """Receive 1 to ``bufsiz`` bytes; b"" only if ``bufsiz`` is 0.

        ``flags`` may be ``socket.MSG_PEEK``: the bytes stay to be read again.

        Raises ZeroReturnError after the peer's clean close, SysCallError when the
        transport ended without one, and what :meth:`do_handshake` raises;
        TypeError or ValueError for a size that is not valid.
        ``SSL_read_ex(3)``
        """
    def recv_into(
        self, buffer: WritableBuffer, nbytes: int | None = None, flags: int | None = None
    ) -> int:
        """Receive into a writable buffer and return how many bytes that was.

        ``nbytes`` bounds it, in bytes; the buffer's size does in any case.
        ``flags`` as for :meth:`recv`.

        Raises what :meth:`recv` raises, BufferError when the buffer cannot be
        written to or does not lie in one piece.
        ``SSL_read_ex(3)``
        """
    def pending(self) -> int:
        """How many bytes :meth:`recv` has ready without asking the transport.

        1 where it has none, but an end or an error that came with the last ones.
        ``SSL_pending(3)``
        """
