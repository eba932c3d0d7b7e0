# Written by tools/make_stubs.py from sending.pyx.

from OpenSSL._native.ssl.reading import Reader
from OpenSSL._types import Buffer

class Sender(Reader):
    """A connection that sends."""
    def send(self, buf: Buffer, flags: int = 0) -> int:
        """Send what the transport takes of ``buf``, and return how many bytes that was.

        At most sixteen records, 256 KiB.  Over DTLS all of ``buf`` is one message, or an
        Error if it has more than 16384 bytes.
        ``buf`` is any object whose bytes lie in one piece.  ``flags`` is ignored.
        After WantReadError or WantWriteError call again with the same bytes, or as many
        of them as there are at hand, from any buffer.

        Raises what :meth:`do_handshake` raises, ZeroReturnError when the
        connection was closed; the exception's ``bytes_sent`` says how many bytes
        were taken all the same.
        ``SSL_write_ex(3)``
        """
    def sendall(self, buf: Buffer, flags: int = 0) -> int:
        """Send all of ``buf`` and return its size in bytes.

        Threads that send at the same time take turns: the bytes of one call stay
        together.  ``flags`` is ignored.  Over DTLS it is :meth:`send`: one message or none.

        Raises what :meth:`send` raises; ``bytes_sent`` says how far it got.
        ``SSL_write_ex(3)``
        """
