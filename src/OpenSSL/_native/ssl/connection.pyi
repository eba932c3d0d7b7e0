# Written by tools/make_stubs.py from connection.pyx.

from OpenSSL._native.ssl.sending import Sender
from OpenSSL._types import Buffer

class Connection(Sender):
    """A connection, with everything that has to be fast."""
    def set_connect_state(self) -> None:
        """Work as a client from here on.

        ``SSL_set_connect_state(3)``
        """
    def set_accept_state(self) -> None:
        """Work as a server from here on.

        ``SSL_set_accept_state(3)``
        """
    def do_handshake(self) -> None:
        """Shake hands, or go on with a handshake under way.

        Raises WantReadError or WantWriteError when the transport is not ready and
        is not to be waited for, TimeoutError when the wait took too long,
        SysCallError when it failed or ended, Error when the peers cannot agree,
        and whatever a callback raised.
        ``SSL_do_handshake(3)``
        """
    def shutdown(self) -> bool:
        """Send close_notify; True once the peer's has come too, else False.

        What other threads are sending goes out first.
        Raises Error before the handshake is done, and what :meth:`send` raises.
        ``SSL_shutdown(3)``
        """
    def get_shutdown(self) -> int:
        """The bits ``SENT_SHUTDOWN`` and ``RECEIVED_SHUTDOWN``.

        ``SSL_get_shutdown(3)``
        """
    def set_shutdown(self, state: int) -> None:
        """Set the bits ``SENT_SHUTDOWN`` and ``RECEIVED_SHUTDOWN``, without any I/O.

        Raises TypeError if ``state`` is not an integer.
        ``SSL_set_shutdown(3)``
        """
    def want_read(self) -> bool:
        """Whether the last operation waits for bytes from the transport.

        ``SSL_want_read(3)``
        """
    def want_write(self) -> bool:
        """Whether the last operation waits for room in the transport.

        ``SSL_want_write(3)``
        """
    def bio_read(self, bufsiz: int) -> bytes:
        """Take up to ``bufsiz`` bytes that are to be sent to the peer.

        Over DTLS exactly one datagram; ValueError when it does not fit.

        Raises WantReadError when there are none, TypeError over a socket.
        ``BIO_read(3)``
        """
    def bio_write(self, buf: Buffer) -> int:
        """Hand in bytes that came from the peer; return how many, which is all of them.

        Over DTLS exactly one datagram.

        Raises TypeError over a socket.
        ``BIO_write(3)``
        """
    def bio_shutdown(self) -> None:
        """Say that no more bytes will come from the peer than have been handed in.

        Raises TypeError over a socket.
        ``BIO_set_mem_eof_return(3)``
        """
    def bio_unused_data(self) -> bytes:
        """Take back the bytes handed in behind the peer's close_notify; b"" if there are none.

        They are not part of the TLS connection: a protocol may go on in plain text, or with
        another.  Before that close_notify has been read nothing is unused.  Over DTLS one
        datagram at a time.

        Raises TypeError over a socket, which keeps such bytes to itself.
        ``BIO_read(3)``
        """
    def set_bio_limit(self, size: int) -> None:
        """Let at most about ``size`` bytes wait for :meth:`bio_read`; 0 sets no bound.

        Beyond it, sending raises WantWriteError.  One record may exceed it.

        Raises TypeError over a socket.
        ``BIO_set_write_buf_size(3)``
        """

def own_methods(kind: type[Connection]) -> None:
    """Make the methods that have to be fast a subclass's own."""
