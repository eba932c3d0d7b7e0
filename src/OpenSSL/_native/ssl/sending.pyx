"""Sender sends: whole messages in their turn, and never a byte twice.

Theory.  Senders take turns for a whole message each, so the bytes of one ``sendall`` stay
together; the lock is taken and left for every burst of it, so that others can read
meanwhile.  What ``writing`` says is owed must come again: it is kept here, and compared.
"""

cimport cython
from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.bytes cimport (
    PyBytes_AS_STRING, PyBytes_CheckExact, PyBytes_FromStringAndSize, PyBytes_GET_SIZE,
)
from libc.string cimport memcmp

cimport OpenSSL._native.ssl.channel as channel
from OpenSSL._native.common.errors cimport DONE, fail_wanting
from OpenSSL._native.common.lock cimport brisk_lock_is_free, brisk_lock_leave
from OpenSSL._native.ssl.reading cimport Reader
from OpenSSL._native.ssl.working cimport WRITE
from OpenSSL._native.ssl.writing cimport BURST, RECORD, give_credit

import warnings as _warnings

from OpenSSL._exceptions import Error


cdef object as_buffer(object data):
    """What is to be sent: text is encoded, with a warning; the rest is its own buffer."""
    if isinstance(data, str):
        _warnings.warn(
            "str for buf is no longer accepted, use bytes", DeprecationWarning, stacklevel=1)
        return data.encode("utf-8")
    return data


cdef int check_length(object data, Py_ssize_t size) except -1:
    # A bytes subclass may claim another length than it has; believe neither.
    if isinstance(data, bytes) and len(data) != size:
        raise ValueError(
            f"Cannot send more than {size} bytes at once: len() of the buffer says {len(data)}")
    return 0


cdef int note_sent(object error, size_t sent) except -1:
    """Tell the one who catches `error` how many bytes were taken before it."""
    try:
        error.bytes_sent = sent
    except AttributeError:
        pass  # an exception of somebody's own that takes no attributes
    return 0


# What hooks refer to may lead back here; see Context.
@cython.no_gc_clear
@cython.embedsignature(True)
@cython.embedsignature.format("clinic")
cdef class Sender(Reader):
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
        cdef Py_buffer view
        if PyBytes_CheckExact(buf):
            return self.send_part(PyBytes_AS_STRING(buf), PyBytes_GET_SIZE(buf))
        data = as_buffer(buf)
        PyObject_GetBuffer(data, &view, PyBUF_SIMPLE)
        try:
            check_length(data, view.len)
            return self.send_part(<char*>view.buf, view.len)
        finally:
            PyBuffer_Release(&view)

    cdef int take_turn(self, double* deadline) except -1:
        """Wait for the turn; one that never gets it is told that nothing was sent."""
        try:
            self.enter_turn(deadline)
        except BaseException as error:
            note_sent(error, 0)
            raise
        return 0

    cdef object send_part(self, char* data, size_t size):
        cdef size_t moved = 0
        cdef double deadline = 0
        if size == 0:
            self.enter()
            self.leave()
            return 0
        if size > RECORD:
            size = self.shorten(size)
        cdef object count = size    # made now: what is sent must not be denied later
        if self.socket is None and self.send_alone(data, size, &moved):
            return count if moved == size else moved
        self.take_turn(&deadline)
        try:
            self.write_whole(data, size, &moved, &deadline, False)
        except BaseException as error:
            note_sent(error, moved)
            raise
        finally:
            brisk_lock_leave(&self.turn)
        return count if moved == size else moved

    cdef size_t shorten(self, size_t size) noexcept:
        """How many of the bytes `send` may take in one call."""
        cdef size_t most = BURST
        if self.channel.datagram:
            return size
        elif self.channel.memory:
            most = self.writing.records * <size_t>RECORD
        return size if size < most else most

    cdef bint send_alone(self, char* data, size_t size, size_t* moved) except -1:
        """Send in memory without a turn; False while somebody else has it."""
        cdef double deadline = 0
        self.enter_io()
        try:
            # Nothing is waited for in memory, so the lock alone keeps the bytes together;
            # who takes the turn from here on comes after us.
            if not brisk_lock_is_free(&self.turn):
                return False
            self.write_burst(data, size, moved, &deadline, False)
        except BaseException as error:
            note_sent(error, moved[0])
            raise
        finally:
            self.leave()
        return True

    def sendall(self, buf: Buffer, flags: int = 0) -> int:
        """Send all of ``buf`` and return its size in bytes.

        Threads that send at the same time take turns: the bytes of one call stay
        together.  ``flags`` is ignored.  Over DTLS it is :meth:`send`: one message or none.

        Raises what :meth:`send` raises; ``bytes_sent`` says how far it got.
        ``SSL_write_ex(3)``
        """
        cdef Py_buffer view
        data = as_buffer(buf)
        PyObject_GetBuffer(data, &view, PyBUF_SIMPLE)
        try:
            check_length(data, view.len)
            return self.send_all(<char*>view.buf, view.len)
        finally:
            PyBuffer_Release(&view)

    cdef object send_all(self, char* data, size_t size):
        cdef size_t moved = 0
        cdef size_t done = 0
        cdef size_t part
        cdef double deadline = 0    # one for the whole message, as sockets have it
        cdef object count = size    # made now: what is sent must not be denied later
        self.take_turn(&deadline)
        try:
            while done < size:
                part = size - done
                if part > BURST and not self.channel.datagram:
                    part = BURST
                self.write(data + done, part, &moved, &deadline)
                done += moved
                moved = 0
        except BaseException as error:
            note_sent(error, done + moved)
            raise
        finally:
            brisk_lock_leave(&self.turn)
        return count

    cdef int write(self, char* data, size_t size, size_t* moved, double* deadline) except -1:
        """Send a part of a message whose sender looks at `moved`, whatever happens."""
        return self.write_whole(data, size, moved, deadline, True)

    cdef int write_whole(
        self, char* data, size_t size, size_t* moved, double* deadline, bint credit,
    ) except -1:
        self.enter_io()
        try:
            return self.write_burst(data, size, moved, deadline, credit)
        finally:
            self.leave()

    cdef int write_burst(
        self, char* data, size_t size, size_t* moved, double* deadline, bint credit,
    ) except -1:
        """Send a burst at most, with the lock held.

        After a want-state the caller of `send` comes with the same bytes: it looks at no
        count.  Others are given credit for what has left.
        """
        cdef int status
        if self.writing.owed > 0:
            self.check_owed(data, size)
        if self.socket is None:
            channel.make_ready(&self.channel, size)
        try:
            status = self.perform(WRITE, data, size, moved, deadline)
            if status != DONE:
                fail_wanting(status)
        except BaseException:
            if self.writing.owed > 0:
                if credit and moved[0] == 0:
                    moved[0] = give_credit(&self.writing, &self.channel)
                self.keep_owed(data, size, moved[0])
            raise
        if self.unsent is not None:
            self.keep_owed(data, size, moved[0])
        return 0

    # ---- what is owed

    cdef int check_owed(self, const char* data, size_t size) except -1:
        """Refuse other bytes than were to come again: these would be lost.

        A buffer of the same size is taken for the same, as libssl does.
        """
        cdef size_t kept = 0 if self.unsent is None else PyBytes_GET_SIZE(self.unsent)
        if size == self.writing.asked and (size >= self.writing.owed or kept > 0):
            return 0
        if size < kept:
            kept = size
        elif kept < self.writing.owed and size < self.writing.owed:
            raise MemoryError()     # there was none to keep them
        if self.channel.datagram or kept > 0 and memcmp(
                data, PyBytes_AS_STRING(self.unsent), kept) != 0:
            raise Error([("SSL routines", "", "bad write retry")])
        return 0

    cdef void keep_owed(self, const char* data, size_t size, size_t moved) noexcept:
        """Keep what is owed, of which `moved` bytes need not come again any more."""
        cdef bytes kept = None
        cdef size_t owed = self.writing.owed
        self.writing.asked = size - moved
        try:
            if owed > 0 and moved + owed <= size:
                if (moved == 0 and self.unsent is not None
                        and <size_t>PyBytes_GET_SIZE(self.unsent) == owed):
                    return
                kept = PyBytes_FromStringAndSize(data + moved, owed)
            elif owed > 0 and self.unsent is not None:
                # The call brought a part of it only.
                kept = self.unsent[PyBytes_GET_SIZE(self.unsent) - <Py_ssize_t>owed:]
        except MemoryError:
            kept = None
        self.unsent = kept
        self.writing.copy = NULL if kept is None else PyBytes_AS_STRING(kept)
