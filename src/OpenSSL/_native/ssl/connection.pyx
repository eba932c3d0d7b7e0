"""Connection is what people hold: handshake, shutdown, memory BIO.

Theory.  Receiving is the Reader's, sending the Sender's, judging and waiting the Engine's.
"""

cimport cython
from cpython.bytes cimport PyBytes_CheckExact, PyBytes_GET_SIZE

cimport OpenSSL._native.common.libssl as s
cimport OpenSSL._native.ssl.channel as channel
from OpenSSL._native.common.errors cimport DONE, WANT_READ, WANT_WRITE, fail_wanting, sign_of
from OpenSSL._native.common.lock cimport brisk_lock_leave
from OpenSSL._native.ssl.ending cimport OVER
from OpenSSL._native.ssl.reading cimport size_of
from OpenSSL._native.ssl.sending cimport Sender, as_buffer
from OpenSSL._native.ssl.working cimport HANDSHAKE, SHUTDOWN

from OpenSSL._exceptions import Error, WantReadError

cdef extern from "compat.h" nogil:
    void SSL_set_connect_state(s.SSL* ssl)
    void SSL_set_accept_state(s.SSL* ssl)
    void SSL_set_shutdown(s.SSL* ssl, int state)

cdef extern from "quiet.h":
    """
    BRISK_QUIET(do_handshake)
    BRISK_QUIET(bio_read)
    """
    int brisk_quiet_do_handshake(object type) except -1
    int brisk_quiet_bio_read(object type) except -1
    int brisk_own(object type, object base, const char* name) except -1


# What hooks refer to may lead back here; see Context.
@cython.no_gc_clear
@cython.embedsignature(True)
@cython.embedsignature.format("clinic")
cdef class Connection(Sender):
    """A connection, with everything that has to be fast."""

    # ---- handshake

    def set_connect_state(self) -> None:
        """Work as a client from here on.

        ``SSL_set_connect_state(3)``
        """
        self.enter_io()
        try:
            SSL_set_connect_state(self.handle)
            self.begin_again()
            self.early = False
        finally:
            self.leave()

    def set_accept_state(self) -> None:
        """Work as a server from here on.

        ``SSL_set_accept_state(3)``
        """
        self.enter_io()
        try:
            SSL_set_accept_state(self.handle)
            self.begin_again()
            self.early = False
        finally:
            self.leave()

    def do_handshake(self) -> None:
        """Shake hands, or go on with a handshake under way.

        Raises WantReadError or WantWriteError when the transport is not ready and
        is not to be waited for, TimeoutError when the wait took too long,
        SysCallError when it failed or ended, Error when the peers cannot agree,
        and whatever a callback raised.
        ``SSL_do_handshake(3)``
        """
        cdef size_t moved
        cdef double deadline = 0
        cdef int status
        self.enter_again()
        try:
            status = self.perform(HANDSHAKE, NULL, 0, &moved, &deadline)
        finally:
            self.leave()
        return None if status == DONE else sign_of(status)

    # ---- ending

    def shutdown(self) -> bool:
        """Send close_notify; True once the peer's has come too, else False.

        What other threads are sending goes out first.
        Raises Error before the handshake is done, and what :meth:`send` raises.
        ``SSL_shutdown(3)``
        """
        cdef size_t moved
        cdef double deadline = 0
        cdef int status
        # In the middle of another's record libssl would end neither: what was sent of it
        # stays all there is, and the close_notify never goes out (ssl3_send_alert, 3.0 to 4.0).
        self.enter_turn(&deadline)
        try:
            self.enter_io()
            try:
                status = self.perform(SHUTDOWN, NULL, 0, &moved, &deadline)
            finally:
                self.leave()
        finally:
            brisk_lock_leave(&self.turn)
        if status != DONE:
            fail_wanting(status)
        if moved > 1:
            # The end of nothing: what is there can still be read.
            raise Error([("SSL routines", "", "application data after close notify")])
        return moved == 1

    def get_shutdown(self) -> int:
        """The bits ``SENT_SHUTDOWN`` and ``RECEIVED_SHUTDOWN``.

        ``SSL_get_shutdown(3)``
        """
        self.enter()
        try:
            return s.SSL_get_shutdown(self.handle)
        finally:
            self.leave()

    def set_shutdown(self, int state) -> None:
        """Set the bits ``SENT_SHUTDOWN`` and ``RECEIVED_SHUTDOWN``, without any I/O.

        Raises TypeError if ``state`` is not an integer.
        ``SSL_set_shutdown(3)``
        """
        self.enter()
        try:
            SSL_set_shutdown(self.handle, state)
        finally:
            self.leave()

    def want_read(self) -> bool:
        """Whether the last operation waits for bytes from the transport.

        ``SSL_want_read(3)``
        """
        self.enter()
        try:
            if self.tunnel is not None and self.tunnel.wanted != DONE:
                return self.tunnel.wanted == WANT_READ
            return s.SSL_want(self.handle) == s.SSL_READING
        finally:
            self.leave()

    def want_write(self) -> bool:
        """Whether the last operation waits for room in the transport.

        ``SSL_want_write(3)``
        """
        self.enter()
        try:
            if self.tunnel is not None and self.tunnel.wanted != DONE:
                return self.tunnel.wanted == WANT_WRITE
            return self.channel.gathered != NULL or s.SSL_want(self.handle) == s.SSL_WRITING
        finally:
            self.leave()

    # ---- memory BIO

    cdef int enter_memory(self) except -1:
        if self.handle != NULL and self.socket is not None:
            raise TypeError("Connection sock was not None")
        return self.enter_lightly()

    def bio_read(self, bufsiz: int) -> bytes:
        """Take up to ``bufsiz`` bytes that are to be sent to the peer.

        Over DTLS exactly one datagram; ValueError when it does not fit.

        Raises WantReadError when there are none, TypeError over a socket.
        ``BIO_read(3)``
        """
        cdef object data
        cdef size_t size
        self.enter_memory()
        try:
            size = size_of(bufsiz, "bufsiz")
            data = channel.take(&self.channel, size) if size > 0 else b""
        finally:
            self.leave()
        return WantReadError if data is None else data

    def bio_write(self, buf: Buffer) -> int:
        """Hand in bytes that came from the peer; return how many, which is all of them.

        Over DTLS exactly one datagram.

        Raises TypeError over a socket.
        ``BIO_write(3)``
        """
        cdef object data = buf
        if not PyBytes_CheckExact(data):
            data = as_buffer(data)
            if not isinstance(data, memoryview):
                data = memoryview(data)
            data = bytes(data)
        cdef object count
        count = PyBytes_GET_SIZE(data)      # made now: what is taken must not be denied
        self.enter_memory()
        try:
            if PyBytes_GET_SIZE(data) > 0:
                self.dry = 0
                channel.feed(&self.channel, data)
            return count
        finally:
            self.leave()

    def bio_shutdown(self) -> None:
        """Say that no more bytes will come from the peer than have been handed in.

        Raises TypeError over a socket.
        ``BIO_set_mem_eof_return(3)``
        """
        self.enter_memory()
        try:
            self.dry = 0
            self.channel.ended = True
        finally:
            self.leave()

    def bio_unused_data(self) -> bytes:
        """Take back the bytes handed in behind the peer's close_notify; b"" if there are none.

        They are not part of the TLS connection: a protocol may go on in plain text, or with
        another.  Before that close_notify has been read nothing is unused.  Over DTLS one
        datagram at a time.

        Raises TypeError over a socket, which keeps such bytes to itself.
        ``BIO_read(3)``
        """
        self.enter_memory()
        try:
            if self.end == OVER or not (
                    s.SSL_get_shutdown(self.handle) & s.SSL_RECEIVED_SHUTDOWN):
                return b""
            return channel.take_back(&self.channel)
        finally:
            self.leave()

    def set_bio_limit(self, size: int) -> None:
        """Let at most about ``size`` bytes wait for :meth:`bio_read`; 0 sets no bound.

        Beyond it, sending raises WantWriteError.  One record may exceed it.

        Raises TypeError over a socket.
        ``BIO_set_write_buf_size(3)``
        """
        cdef size_t limit = size_of(size, "size")
        self.enter_memory()
        try:
            self.channel.limit = limit
        finally:
            self.leave()


def own_methods(type kind not None: type[Connection]) -> None:
    """Make the methods that have to be fast a subclass's own."""
    for name in (b"do_handshake", b"send", b"recv", b"recv_into", b"bio_read", b"bio_write"):
        brisk_own(kind, Connection, name)


brisk_quiet_do_handshake(Connection)
brisk_quiet_bio_read(Connection)
