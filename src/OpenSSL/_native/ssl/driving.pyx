"""A connection driven by somebody else's event loop: what is to be waited for is an answer.

Theory.  A loop asks what is to happen before a call can go on, many times for each message,
so here that is a number, and no exception is made of it.  Nothing waits, whatever the mode
of the transport is.  Everything else that these functions raise is the end of the
connection, but for wrong arguments.
"""

from cpython.buffer cimport PyBUF_SIMPLE, PyBUF_WRITABLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.bytes cimport PyBytes_GET_SIZE

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libssl as s
cimport OpenSSL._native.ssl.channel as channel
from OpenSSL._native.common.forks cimport forks
from OpenSSL._native.common.hooks cimport ON_PEER
from OpenSSL._native.common.lock cimport brisk_lock_leave, brisk_lock_try
from OpenSSL._native.ssl.connection cimport Connection
from OpenSSL._native.ssl.ending cimport OVER
from OpenSSL._native.ssl.working cimport HANDSHAKE, SHUTDOWN, WRITE, Operation

from OpenSSL._exceptions import (
    WantReadError, WantWriteError, WantX509LookupError, ZeroReturnError,
)

cdef enum:
    PIECE = 1 << 16     # the most that is asked for at once, in bytes
    NOW_OPEN = 1

#: How far a transport has come when its protocol is given what comes.
OPEN: Final[int] = NOW_OPEN
#: What has to happen first: the transport has something, has room, a callback has an answer.
DONE: Final[int] = errors.DONE
WANT_READ: Final[int] = errors.WANT_READ
WANT_WRITE: Final[int] = errors.WANT_WRITE
WANT_LOOKUP: Final[int] = errors.WANT_LOOKUP


cdef object number_of(object sign):
    """The number of a want-state that ``sign_of`` made a class."""
    if sign is WantReadError:
        return WANT_READ
    return WANT_WRITE if sign is WantWriteError else WANT_LOOKUP


cdef int operate(
    Connection connection, Operation operation, char* data, size_t size, size_t* moved,
) except -1:
    """One operation of a sender: DONE or a want-state; raises all the rest."""
    cdef double deadline = -1   # do not wait
    # Another thread that sends holds it; over a transport that is never waited for, not long.
    if not brisk_lock_try(&connection.turn, &forks):
        return errors.WANT_WRITE
    try:
        connection.enter_io()
        try:
            if operation == WRITE:
                return write(connection, data, size, moved, &deadline)
            return connection.perform(operation, data, size, moved, &deadline)
        finally:
            connection.leave()
    finally:
        brisk_lock_leave(&connection.turn)


cdef int write(
    Connection connection, char* data, size_t size, size_t* moved, double* deadline,
) except -1:
    """Send a burst at most; DONE as soon as some of it has left."""
    try:
        connection.write_burst(data, size, moved, deadline, True)
    except (WantReadError, WantWriteError, WantX509LookupError) as error:
        return errors.DONE if moved[0] > 0 else number_of(type(error))
    return errors.DONE


cdef bint has_heard(Connection connection) noexcept:
    """Whether the peer's close_notify has come, and it is not a callback that says so."""
    return s.SSL_get_shutdown(connection.handle) & s.SSL_RECEIVED_SHUTDOWN != 0


def shake(Connection connection not None) -> int:
    """Go on with the handshake: DONE, or what has to happen first."""
    cdef size_t moved = 0
    return operate(connection, HANDSHAKE, NULL, 0, &moved)


cdef object piece_of(Connection connection, size_t size):
    connection.enter_again()
    try:
        answer = connection.read(size, False)
    except ZeroReturnError:
        if not has_heard(connection):
            raise
        return b""
    finally:
        connection.leave()
    return answer if type(answer) is bytes else number_of(answer)


def receive(Connection connection not None, size_t size) -> bytes | int:
    """At most `size` bytes; b"" behind the peer's close_notify; a number for "not yet"."""
    return piece_of(connection, size)


def receive_into(Connection connection not None, buffer: Buffer) -> int:
    """How many bytes have come into `buffer`; 0 behind the peer's close_notify.

    "Not yet" is a number below 0.
    """
    cdef Py_buffer view
    PyObject_GetBuffer(buffer, &view, PyBUF_SIMPLE | PyBUF_WRITABLE)
    try:
        if view.len == 0:
            raise ValueError("the buffer has no room")
        connection.enter_again()
        try:
            answer = connection.count_into(<char*>view.buf, view.len, False)
        except ZeroReturnError:
            if not has_heard(connection):
                raise
            return 0
        finally:
            connection.leave()
        return answer if type(answer) is int else -number_of(answer)
    finally:
        PyBuffer_Release(&view)


def send(Connection connection not None, data: Buffer, size_t start, size_t most) -> int:
    """How many bytes of `data`, from `start` on, were taken; below 0 when none are yet.

    After "not yet" at least the same bytes have to come again.
    """
    cdef Py_buffer view
    cdef size_t moved = 0
    cdef size_t size
    cdef int status
    PyObject_GetBuffer(data, &view, PyBUF_SIMPLE)
    try:
        if start >= <size_t>view.len:
            return 0
        size = <size_t>view.len - start
        if size > most:
            size = most
        status = operate(connection, WRITE, <char*>view.buf + start, size, &moved)
    finally:
        PyBuffer_Release(&view)
    if status == errors.DONE:
        return moved
    return -status


def part(Connection connection not None) -> int:
    """Send close_notify: DONE when it is out, or what has to happen first."""
    cdef size_t moved = 0
    return operate(connection, SHUTDOWN, NULL, 0, &moved)


def peer_has_parted(Connection connection not None) -> bool:
    """Whether the peer's close_notify has come."""
    connection.enter()
    try:
        return has_heard(connection)
    finally:
        connection.leave()


def judge_once(Connection connection not None) -> None:
    """Somebody judges the peer when the handshake is done: there is to be no later one."""
    connection.enter()
    try:
        connection.hooks = connection.hooks.changed(ON_PEER, True)
        connection.own(ON_PEER)
    finally:
        connection.leave()


def refuse(Connection connection not None, error not None: BaseException) -> None:
    """End it with a fatal alert after the handshake; `error` is what every later call raises."""
    connection.enter_again()
    try:
        connection.abort()
        errors.clear()
        connection.channel.poisoned = False
        connection.finish(OVER, error)
    finally:
        connection.leave()


cdef bint may_find(Connection connection) except -1:
    connection.enter_lightly()
    try:
        return (connection.channel.memory or s.SSL_pending(connection.handle) > 0
                or connection.held is not None or connection.deferred is not None
                or connection.lost)
    finally:
        connection.leave()


def has_more(Connection connection not None) -> bool:
    """Whether a read may find something, or an end, that no selector shows.

    In memory that is always so.
    """
    return may_find(connection)


# ---- for the transports of OpenSSL.aio, whose every message would cost several Python frames

cdef bint hand_on(object transport, Connection connection) except -1:
    try:
        data = piece_of(connection, PIECE)
    except BaseException as error:  # whatever a callback raises
        transport._put_out()
        transport._fail(error)
        return False
    if type(data) is not bytes:
        transport._read_stopped(data)
        return False
    if PyBytes_GET_SIZE(data) == 0:
        transport._heard()
        return False
    try:
        transport._protocol.data_received(data)
    except BaseException as error:  # the protocol's
        transport._fatal(error, "data_received")
        return False
    return transport._state == NOW_OPEN and not transport._paused


def deliver(transport: Any) -> bool:
    """Hand a transport's Protocol one piece of what has come; False where it gets no other now."""
    return hand_on(transport, transport._connection)


def drive(transport: Any) -> None:
    """Something has come in: what nearly always follows at once, all else by ``_on_input``."""
    cdef Connection connection
    if (transport._state == NOW_OPEN and not (
            transport._paused or transport._heard_end or transport._buffered
            or transport._write_wants_bytes)):
        connection = transport._connection
        if not (hand_on(transport, connection) and may_find(connection)):
            return
    transport._on_input()


def take(Connection connection not None) -> bytes | None:
    """What is to be sent to the peer, in memory; None when there is nothing."""
    connection.enter_memory()
    try:
        return channel.take(&connection.channel, <size_t>-1)
    finally:
        connection.leave()
