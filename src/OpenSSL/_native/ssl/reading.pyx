"""Reader receives: straight into the caller's memory, and never loses a byte.

Theory.  Bytes that libssl has given us are never lost: when the call that got
them must raise, they are ``held`` for the next one; an error that
follows them is ``deferred``.  What a read needs is allocated before it: what can have
arrived, not what was asked for.  Only a count for ``recv_into`` comes after it; where there
is no memory even for that, the connection says from then on that bytes are ``lost``.
"""

cimport cython
from cpython.buffer cimport PyBUF_SIMPLE, PyBUF_WRITABLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.number cimport PyNumber_Index
from cpython.ref cimport PyObject
from libc.string cimport memcpy

cimport OpenSSL._native.common.libssl as s
from OpenSSL._native.common.errors cimport DONE, WANT_READ, WANT_WRITE, Verdict, sign_of
from OpenSSL._native.common.platform cimport brisk_fd
from OpenSSL._native.ssl.channel cimport look_at_header, return_borrowed
from OpenSSL._native.ssl.engine cimport Engine
from OpenSSL._native.ssl.working cimport PEEK, READ

from OpenSSL._exceptions import Error

cdef extern from "platform.h":
    long PEEK_FLAG "MSG_PEEK"

cdef extern from "quiet.h":
    """
    BRISK_QUIET(recv)
    BRISK_QUIET(recv_into)
    """
    int brisk_quiet_recv(object type) except -1
    int brisk_quiet_recv_into(object type) except -1

cdef extern from "shorten.h":
    void brisk_shorten(PyObject** bytes, Py_ssize_t size)

cdef extern from "Python.h":
    PyObject* bytes_of_size "PyBytes_FromStringAndSize"(
        const char* data, Py_ssize_t size) except NULL
    char* bytes_data "PyBytes_AS_STRING"(PyObject* bytes) nogil
    void Py_XDECREF(PyObject* value)

cdef enum:
    RECORD = 16384      # the most that one record carries, in bytes
    SEAL = 16           # what ciphers add to that, at least
    DATA = 23           # the type of a record that may hold data
    ALERT = 2 + 1 + SEAL    # an alert as TLS 1.3 hides it: with its type and its seal


cdef size_t size_of(object value, str name) except? 0:
    """A size given by the caller: an integer, not negative, not absurd."""
    cdef Py_ssize_t size
    if type(value) is int:
        size = value
        if size >= 0:
            return <size_t>size
        raise ValueError(f"{name} must not be negative")
    try:
        number = PyNumber_Index(value)
    except TypeError:
        raise TypeError(f"{name} must be an integer, not {type(value).__name__}") from None
    if number < 0:
        raise ValueError(f"{name} must not be negative")
    size = number
    return <size_t>size


# What hooks refer to may lead back here; see Context.
@cython.no_gc_clear
@cython.embedsignature(True)
@cython.embedsignature.format("clinic")
cdef class Reader(Engine):
    """The half of a connection that reads."""

    def recv(self, bufsiz: int, flags: int | None = None) -> bytes:
        """Receive 1 to ``bufsiz`` bytes; b"" only if ``bufsiz`` is 0.

        ``flags`` may be ``socket.MSG_PEEK``: the bytes stay to be read again.

        Raises ZeroReturnError after the peer's clean close, SysCallError when the
        transport ended without one, and what :meth:`do_handshake` raises;
        TypeError or ValueError for a size that is not valid.
        ``SSL_read_ex(3)``
        """
        cdef size_t size = size_of(bufsiz, "bufsiz")
        cdef bint peek = flags is not None and flags & PEEK_FLAG
        self.enter_again()
        try:
            return b"" if size == 0 else self.read(size, peek)
        finally:
            self.leave()

    def recv_into(
        self, buffer: WritableBuffer, nbytes: int | None = None, flags: int | None = None,
    ) -> int:
        """Receive into a writable buffer and return how many bytes that was.

        ``nbytes`` bounds it, in bytes; the buffer's size does in any case.
        ``flags`` as for :meth:`recv`.

        Raises what :meth:`recv` raises, BufferError when the buffer cannot be
        written to or does not lie in one piece.
        ``SSL_read_ex(3)``
        """
        cdef Py_buffer view
        cdef size_t size
        cdef size_t asked = 0
        cdef bint peek = flags is not None and flags & PEEK_FLAG
        if nbytes is not None:
            asked = size_of(nbytes, "nbytes")
        PyObject_GetBuffer(buffer, &view, PyBUF_SIMPLE | PyBUF_WRITABLE)
        try:
            size = view.len
            if nbytes is not None and asked < size:
                size = asked
            self.enter_again()
            try:
                if size == 0:
                    return 0
                return self.count_into(<char*>view.buf, size, peek)
            finally:
                self.leave()
        finally:
            PyBuffer_Release(&view)

    cdef size_t unread(self) noexcept:
        """How many bytes a read can find at most without asking the transport again."""
        return s.SSL_pending(self.handle) + self.channel.incoming

    cdef object read(self, size_t size, bint peek):
        """Bytes, or the sign of a want-state."""
        cdef PyObject* made
        cdef size_t room = 4 * RECORD
        cdef size_t done = 0
        cdef int status
        if self.socket is None and self.held is None:
            # What came in bounds what can come out; what libssl holds of a
            # record it has begun, and of datagrams, is bounded by a record.
            room = self.unread()
            if s.SSL_has_pending(self.handle) or self.channel.datagram:
                room += RECORD
            elif room == 0:
                room = 1
        if room > size:
            room = size
        made = bytes_of_size(NULL, room)
        try:
            status = self.read_into(bytes_data(made), room, peek, &done)
        except BaseException:
            if done > 0:
                brisk_shorten(&made, done)
                self.hold(<object>made)
            Py_XDECREF(made)
            raise
        if status != DONE:
            Py_XDECREF(made)
            return sign_of(status)
        brisk_shorten(&made, done)
        data = <object>made
        Py_XDECREF(made)
        return data

    cdef object count_into(self, char* data, size_t size, bint peek):
        """How many bytes were read, or the sign of a want-state."""
        cdef size_t done = 0
        cdef int status
        try:
            status = self.read_into(data, size, peek, &done)
            return done if status == DONE else sign_of(status)
        except BaseException:
            if done > 0 and not peek:
                self.hold_copy(data, done)
            raise

    cdef void hold(self, bytes data) noexcept:
        """Keep what was read for the next call; another thread's bytes may be there already."""
        try:
            self.held = data if self.held is None else self.held + data
        except MemoryError:
            self.lost = True

    cdef void hold_copy(self, char* data, size_t size) noexcept:
        try:
            self.hold(PyBytes_FromStringAndSize(data, size))
        except MemoryError:
            self.lost = True

    cdef int read_into(self, char* data, size_t size, bint peek, size_t* done) except -1:
        """DONE, with the count in `done`, or a want-state.

        When it raises, `done` counts what the caller has to hold.
        """
        cdef size_t moved = 0
        cdef double deadline = 0
        cdef int status
        if self.held is not None:
            done[0] = self.read_held(data, size, peek)
            return DONE
        if self.lost:
            raise Error([(
                "SSL routines", "", "received bytes were lost: there was no memory for them")])
        if self.deferred is not None:
            error = self.deferred
            self.deferred = None
            raise error
        try:
            status = self.perform(PEEK if peek else READ, data, size, &moved, &deadline)
        except BaseException:
            if moved > 0 and not peek and not self.aborted:
                done[0] = moved
                self.read_on(data, size, done)
                return_borrowed(&self.channel)
            raise
        done[0] = moved
        if status == DONE and not peek:
            self.read_on(data, size, done)
        return_borrowed(&self.channel)
        return status

    cdef void read_on(self, char* data, size_t size, size_t* done) noexcept:
        """Go on behind a full record: it is a part of something larger.

        What stands behind a shorter one is left alone.  It may be something that keeps
        the answer to what was read from being sent.
        """
        cdef size_t moved = done[0]
        while moved == RECORD and self.expects_more(size - done[0]):
            if not self.read_more(data + done[0], size - done[0], &moved):
                break
            done[0] += moved
            if self.deferred is not None:
                break

    cdef bint expects_more(self, size_t left) noexcept:
        """Whether another record of data may be here, which fits into the bytes left."""
        cdef unsigned char[5] header
        cdef size_t length
        if self.channel.datagram or left == 0:
            return False    # of datagrams each goes by itself
        if look_at_header(&self.channel, header):
            length = header[3] << 8 | header[4]
            # A close_notify stays in the socket, where selectors see it: programs that read once
            # for each event would never hear of it.
            return (header[0] == DATA and ALERT < length <= left + SEAL
                    and (not self.channel.memory or self.channel.incoming >= 5 + length))
        # Asking a socket costs a system call: only where it flows.
        return (not self.channel.memory and left >= RECORD and not self.channel.drained
                and not self.channel.kernel.receiving)

    cdef bint read_more(self, char* data, size_t size, size_t* moved) noexcept:
        """Read what is buffered, if it makes a record; an error has to wait its turn."""
        cdef Verdict verdict
        moved[0] = 0
        if not self.channel.memory and self.channel.borrowed == <brisk_fd>-1:
            try:
                self.hold_socket(READ, size, False)
            except BaseException as error:
                self.deferred = error
                return False
        self.more = True
        verdict = self.work(READ, data, size, moved, False, 0)
        self.more = False
        try:
            if self.failure is not None:
                self.raise_after_hook(verdict, False)
            if verdict.status != DONE and (
                    verdict.status != WANT_READ and verdict.status != WANT_WRITE):
                self.tell(verdict)
        except BaseException as error:
            self.deferred = error
            if self.aborted:
                moved[0] = 0    # it came after what a hook refused
        return moved[0] > 0

    cdef size_t read_held(self, char* data, size_t size, bint peek) except? 0:
        cdef bytes held = self.held
        cdef size_t done = PyBytes_GET_SIZE(held)
        if done > size:
            done = size
        memcpy(data, PyBytes_AS_STRING(held), done)
        if not peek:
            self.held = held[done:] or None
        return done

    def pending(self) -> int:
        """How many bytes :meth:`recv` has ready without asking the transport.

        1 where it has none, but an end or an error that came with the last ones.
        ``SSL_pending(3)``
        """
        cdef size_t ready
        self.enter()
        try:
            ready = s.SSL_pending(self.handle) + (
                0 if self.held is None else PyBytes_GET_SIZE(self.held))
            # What is deferred has left the socket too: no selector shows it any more.
            if ready == 0 and (self.deferred is not None or self.lost):
                return 1
        finally:
            self.leave()
        # Nor what an object that carries our bytes has taken from its transport.
        return 1 if ready == 0 and self.tunnel is not None and self.tunnel.pending() else ready


brisk_quiet_recv(Reader)
brisk_quiet_recv_into(Reader)
