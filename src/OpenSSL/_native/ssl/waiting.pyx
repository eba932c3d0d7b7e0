"""Waiting for a transport: outside libssl, without the interpreter, without any lock.

Theory.  How long to wait is the socket object's word: its timeout when it is
Python's own socket, else the mode of its descriptor.  A cooperative socket
(gevent, eventlet) keeps its descriptor non-blocking whatever it tells, so it
is never waited for behind its event loop's back.  A wait is cut into slices:
after each the signals are handled and the socket is looked at again, because
another thread may have closed it.

What it costs to give up the interpreter is seen each time that a thread comes back to it.
Threads that mostly wait, as a server's do, give it back at once; ones that compute keep it
for milliseconds.
"""

import _socket

from time import monotonic

from libc.errno cimport EBADF, EINTR

from OpenSSL._native.common.platform cimport (
    BRISK_ALONE, brisk_duplicate, brisk_errno, brisk_fd, brisk_is_nonblocking, brisk_now,
    brisk_poll,
)
from OpenSSL._native.ssl.channel cimport Channel, return_borrowed

from OpenSSL._exceptions import SysCallError

cdef extern from "Python.h":
    int PyObject_AsFileDescriptor(object value) except -1
    int PyErr_CheckSignals() except -1

cdef double SLICE = 1.0     # seconds
cdef object python_socket = _socket.socket

cdef enum:
    DEAR = 3000000      # nanoseconds; who computes keeps it for 5 milliseconds at least
    MOST = 20000000     # nanoseconds: a process that was stopped is no sign
    SHARE = 8           # of what is known, the last time counts as one part in so many

# How long threads have waited of late to have the interpreter again, in nanoseconds.
cdef long long usual = 0


cdef bint is_dear() noexcept:
    """Whether to keep the interpreter for small work: others would not give it back soon."""
    return BRISK_ALONE and usual > DEAR


cdef void came_back(long long asked) noexcept:
    """Note that this thread has the interpreter again, for which it asked at that moment."""
    global usual
    cdef long long took
    if BRISK_ALONE:
        took = brisk_now() - asked
        usual += ((took if took < MOST else MOST) - usual) // SHARE


cdef brisk_fd descriptor(object socket) except -1:
    """The descriptor of a socket-like object, or of an integer that is one."""
    try:
        return PyObject_AsFileDescriptor(socket)
    except ValueError as error:
        raise ValueError(f"{error}: is the socket closed?") from None


cdef brisk_fd still_open(object socket, brisk_fd known) except -1:
    """The socket's descriptor now; raises when it has been closed meanwhile."""
    cdef object number
    if type(socket) is int:
        return known
    number = socket.fileno()
    if type(number) is not int or number < 0:
        error = SysCallError(EBADF, "EBADF")
        error.add_note("this Connection, or its socket, has been closed")
        raise error
    return number


cdef int check_open(object socket, Channel* channel) except -1:
    """Take the socket's descriptor again, with the lock held."""
    channel.fd = still_open(socket, channel.fd)
    return 0


cdef int borrow(object socket, Channel* channel) except -1:
    """The same, and take a second descriptor of the socket's for one operation.

    The first may be closed while the operation goes on, and its number become that of
    a stranger's file; the second one cannot.  Without one, `borrowed` stays -1.
    """
    cdef brisk_fd number = channel.fd
    cdef brisk_fd now
    if type(socket) is int:
        return 0
    while True:
        channel.borrowed = brisk_duplicate(number)
        try:
            # Who closes a socket forgets its number first: when it is still known
            # afterwards, what was taken is the socket's.
            now = still_open(socket, number)
        except BaseException:
            return_borrowed(channel)
            raise
        if now == number:
            channel.fd = number
            return 0
        return_borrowed(channel)
        number = now


cdef double patience(object socket, brisk_fd fd) except -2:
    """Seconds an operation may wait: 0 not at all, -1 for ever."""
    cdef object timeout
    if isinstance(socket, python_socket):
        timeout = socket.gettimeout()
        return -1 if timeout is None else timeout
    return 0 if brisk_is_nonblocking(fd) else -1


cdef int check_deadline(double patience, double* deadline) except -1:
    """Raise TimeoutError past the deadline, without waiting; sets it like `wait`."""
    if patience > 0 and deadline[0] == 0:
        deadline[0] = monotonic() + patience
    elif patience > 0 and 0 < deadline[0] <= monotonic():
        raise TimeoutError("The read operation timed out")
    return 0


cdef int wait(
    object socket, brisk_fd fd, bint writing, double patience, double* deadline,
    double at_most,
) except -1:
    """Return when the operation should be tried again; raise TimeoutError past the deadline.

    `deadline` is 0 before the first wait; `at_most` bounds this wait (DTLS
    timers), -1 where there is no bound.  The lock is not held, so the channel is
    not to be looked at.
    """
    cdef double slice
    cdef int ready, number
    cdef long long asked
    if patience > 0 and deadline[0] == 0:
        deadline[0] = monotonic() + patience
    while True:
        slice = SLICE
        if 0 <= at_most < slice:
            slice = at_most
        if patience > 0 and deadline[0] - monotonic() < slice:
            slice = deadline[0] - monotonic()
            if slice <= 0:
                raise TimeoutError(
                    "The write operation timed out" if writing
                    else "The read operation timed out"
                )
        with nogil:
            ready = brisk_poll(fd, writing, <int>(slice * 1000) + 1)
            number = brisk_errno() if ready < 0 else 0
            asked = brisk_now()
        came_back(asked)
        PyErr_CheckSignals()
        fd = still_open(socket, fd)
        # While a DTLS timer runs, return after each slice so that the caller can read it again.
        if ready > 0 or at_most >= 0:
            return 0
        if ready < 0 and number != EINTR:
            raise SysCallError(number, "poll failed")
