"""Messages in many pieces: sent by one sender in one turn, received into many buffers."""

from cpython.buffer cimport (
    PyBUF_SIMPLE, PyBUF_WRITABLE, PyBuffer_Release, PyObject_GetBuffer,
)
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy

from OpenSSL._native.common.lock cimport brisk_lock_leave
from OpenSSL._native.ssl.connection cimport Connection
from OpenSSL._native.ssl.sending cimport note_sent


cdef int write_piece(
    Connection connection, object piece, size_t* done, double* deadline,
) except -1:
    """Send all of one piece; `done` grows by what was taken, whatever happens."""
    cdef Py_buffer view
    cdef size_t sent = 0
    cdef size_t moved = 0
    PyObject_GetBuffer(piece, &view, PyBUF_SIMPLE)
    try:
        while sent < <size_t>view.len:
            try:
                connection.write(
                    <char*>view.buf + sent, <size_t>view.len - sent, &moved, deadline)
            finally:
                sent += moved
                done[0] += moved
                moved = 0
    finally:
        PyBuffer_Release(&view)
    return 0


def send_pieces(Connection connection not None, pieces: Iterable[Buffer]) -> int:
    """Send every buffer that `pieces` gives, none of others in between; the bytes in all.

    They should be short: the lock is held while one of them is encrypted.  An exception
    has `bytes_sent`.
    """
    cdef size_t done = 0
    cdef double deadline = 0    # one for the whole message, as sockets have it
    connection.take_turn(&deadline)
    try:
        for piece in pieces:
            write_piece(connection, piece, &done, &deadline)
    except BaseException as error:
        note_sent(error, done)
        raise
    finally:
        brisk_lock_leave(&connection.turn)
    return done


cdef void scatter(bytes data, Py_buffer* views, Py_ssize_t count) noexcept:
    cdef size_t left = PyBytes_GET_SIZE(data)
    cdef const char* source = PyBytes_AS_STRING(data)
    cdef size_t part
    cdef Py_ssize_t index
    for index in range(count):
        part = views[index].len
        if part > left:
            part = left
        memcpy(views[index].buf, source, part)
        source += part
        left -= part


def receive_into(
    receive: Callable[[int], bytes], list buffers not None: list[WritableBuffer],
) -> int:
    """Scatter what `receive(size)` returns, for the size of all buffers; how much it was.

    No buffer can be resized or freed meanwhile, and nothing is received before all
    have proved to be writable.
    """
    cdef Py_ssize_t count = len(buffers)
    cdef Py_ssize_t held = 0
    cdef Py_ssize_t index
    cdef size_t total = 0
    cdef bytes data
    cdef Py_buffer* views = <Py_buffer*>calloc(count + 1, sizeof(Py_buffer))
    if views == NULL:
        raise MemoryError()
    try:
        for index in range(count):
            PyObject_GetBuffer(buffers[index], &views[index], PyBUF_SIMPLE | PyBUF_WRITABLE)
            held += 1
            total += views[index].len
        data = receive(total)
        if <size_t>PyBytes_GET_SIZE(data) > total:
            raise ValueError("more was received than was asked for")
        scatter(data, views, count)
        return len(data)
    finally:
        for index in range(held):
            PyBuffer_Release(&views[index])
        free(views)
