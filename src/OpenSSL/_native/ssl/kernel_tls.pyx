"""Kernel TLS: whether the kernel does the work, and files that it sends without a copy.

Theory.  ``bio`` lets libssl hand its keys to the kernel (``kernel_tls.h``).  A file
then goes from the kernel's cache to the socket, around libssl, as long as libssl has
nothing of its own half sent; whatever is out of the ordinary takes the other way, by
reads and ``SSL_write``, which knows what to answer.  The sender's turn is kept for
the whole file, the lock for one part of it.
"""

from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
from libc.errno cimport EBUSY, EINVAL, EIO, ENOSYS, EOPNOTSUPP

cimport OpenSSL._native.common.libssl as s
from OpenSSL._native.common.lock cimport brisk_lock_leave
from OpenSSL._native.common.platform cimport brisk_errno, brisk_fd, brisk_would_block
from OpenSSL._native.ssl.channel cimport brisk_kernel_tls_idle, brisk_sendfile, return_borrowed
from OpenSSL._native.ssl.connection cimport Connection
from OpenSSL._native.ssl.ending cimport OPEN
from OpenSSL._native.ssl.sending cimport note_sent
from OpenSSL._native.ssl.waiting cimport borrow

from errno import errorcode as _errorcode

from OpenSSL._exceptions import SysCallError, WantWriteError

cdef enum:
    PART = 16 * 16384       # sent at a time, in bytes: the lock is held meanwhile


def sending(Connection connection not None) -> bool:
    connection.enter()
    try:
        return bool(connection.channel.kernel.sending)
    finally:
        connection.leave()


def receiving(Connection connection not None) -> bool:
    connection.enter()
    try:
        return bool(connection.channel.kernel.receiving)
    finally:
        connection.leave()


def is_stream(Connection connection not None) -> bool:
    connection.enter()
    try:
        return not connection.channel.datagram
    finally:
        connection.leave()


cdef bint usable(Connection connection) noexcept:
    """Whether bytes may go around libssl now, with the lock held."""
    return (
        brisk_kernel_tls_idle(&connection.channel.kernel)
        and connection.channel.gathered == NULL
        and not connection.aborted
        and connection.end == OPEN
        and s.SSL_is_init_finished(connection.handle)
        and not s.SSL_get_shutdown(connection.handle) & s.SSL_SENT_SHUTDOWN
    )


cdef Py_ssize_t by_kernel(
    Connection connection, int file, long long offset, size_t size,
) except -2:
    """How many bytes of the file went, 0 at its end; -1 when they have to be read and sent."""
    cdef Py_ssize_t sent
    cdef brisk_fd fd
    cdef int number
    cdef double deadline = 0
    connection.enter_io()
    try:
        while usable(connection):
            borrow(connection.socket, &connection.channel)
            fd = connection.channel.borrowed
            if type(connection.socket) is int:
                fd = connection.channel.fd
            elif fd == <brisk_fd>-1:
                return -1   # no descriptor is left, and this one could be closed meanwhile
            with nogil:
                sent = brisk_sendfile(fd, file, offset, size)
                number = brisk_errno()
                return_borrowed(&connection.channel)
            if sent >= 0:
                return sent
            if brisk_would_block(number) or number == EBUSY:
                if not connection.pause(True, &deadline):
                    raise WantWriteError()
            elif number in (EINVAL, EIO, ENOSYS, EOPNOTSUPP):
                return -1   # not from such a file; if it is the socket, SSL_write will say so
            else:
                raise SysCallError(number, _errorcode.get(number, "sendfile failed"))
        return -1
    finally:
        connection.leave()


cdef int by_writing(
    Connection connection, object data, size_t room, size_t* moved,
) except -1:
    """Send all of `data`; `moved` tells how far that got, in any case."""
    cdef Py_buffer view
    cdef size_t part = 0
    cdef double deadline = 0
    PyObject_GetBuffer(data, &view, PyBUF_SIMPLE)
    try:
        if <size_t>view.len > room:
            raise ValueError(f"the file was asked for {room} bytes and answered {view.len}")
        while moved[0] < <size_t>view.len:
            connection.write(
                <char*>view.buf + moved[0], <size_t>view.len - moved[0], &part, &deadline)
            moved[0] += part
            part = 0
    finally:
        moved[0] += part
        PyBuffer_Release(&view)
    return 0


def send_file(
    Connection connection not None,
    read: Callable[[int, int], Buffer],
    int file,
    long long offset,
    long long count,
) -> int:
    """Send `count` bytes, or all when it is -1; return how many that was.

    `read(size, offset)` returns bytes of the file; `file` is its descriptor, -1
    where there is none that may be used.  An exception has `bytes_sent`.
    """
    cdef size_t moved = 0
    cdef size_t room
    cdef long long done = 0
    cdef Py_ssize_t sent
    cdef double deadline = 0
    connection.take_turn(&deadline)
    try:
        while count < 0 or done < count:
            if file >= 0:
                room = PART if count < 0 or count - done > PART else <size_t>(count - done)
                sent = by_kernel(connection, file, offset + done, room)
                if sent >= 0:
                    done += sent
                    if sent == 0:
                        break
                    continue
            room = PART if count < 0 or count - done > PART else <size_t>(count - done)
            by_writing(connection, read(room, offset + done), room, &moved)
            if moved == 0:
                break
            done += moved
            moved = 0
    except BaseException as error:
        note_sent(error, done + moved)
        raise
    finally:
        brisk_lock_leave(&connection.turn)
    return done
