"""A connection driven by somebody else's event loop: what is to be waited for is an answer.

Theory.  A loop asks what is to happen before a call can go on, many times for each message,
so here that is a number, and no exception is made of it.  Nothing waits, whatever the mode
of the transport is.  Everything else that these functions raise is the end of the
connection, but for wrong arguments.
"""

cimport cython
from cpython.buffer cimport PyBUF_SIMPLE, PyBUF_WRITABLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_CheckExact, PyBytes_GET_SIZE

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

cdef extern from "slots.h":
    ctypedef struct PyMemberDef
    PyMemberDef* brisk_slot_of(object type, const char* name) except NULL
    void* brisk_in_slot(object owner, PyMemberDef* place)
    object brisk_held_in(object owner, PyMemberDef* place)

cdef enum:
    PIECE = 1 << 16     # the most that is asked for at once, in bytes
    BURST = 1 << 18     # the most that is sent at once, in bytes
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
                return burst(connection, data, size, moved, &deadline)
            return connection.perform(operation, data, size, moved, &deadline)
        finally:
            connection.leave()
    finally:
        brisk_lock_leave(&connection.turn)


cdef int burst(
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

# Where their slots are.
cdef struct Slots:
    PyMemberDef* backlog
    PyMemberDef* buffered
    PyMemberDef* connection
    PyMemberDef* full
    PyMemberDef* heard_end
    PyMemberDef* paused
    PyMemberDef* protocol
    PyMemberDef* said_end
    PyMemberDef* state
    PyMemberDef* write_wants_bytes

cdef Slots slots
cdef object transports = None
# What they, and their connections, nearly always are: found without a look at what they inherit.
cdef object usual_transport = None
cdef object usual_connection = None


def know(kind not None: type) -> None:
    """Say what class the transports are of; what is asked of each is in its slots."""
    global slots, transports, usual_transport
    cdef Slots found
    found.backlog = brisk_slot_of(kind, "_backlog")
    found.buffered = brisk_slot_of(kind, "_buffered")
    found.connection = brisk_slot_of(kind, "_connection")
    found.full = brisk_slot_of(kind, "_full")
    found.heard_end = brisk_slot_of(kind, "_heard_end")
    found.paused = brisk_slot_of(kind, "_paused")
    found.protocol = brisk_slot_of(kind, "_protocol")
    found.said_end = brisk_slot_of(kind, "_said_end")
    found.state = brisk_slot_of(kind, "_state")
    found.write_wants_bytes = brisk_slot_of(kind, "_write_wants_bytes")
    usual_transport = None      # its slots may lie elsewhere
    transports = kind
    slots = found


def expect(transport not None: type, connection not None: type) -> None:
    """Say of what classes transports, and their connections, nearly always are."""
    global usual_transport, usual_connection
    if not issubclass(transport, transports) or not issubclass(connection, Connection):
        raise TypeError("not a class of transports, or none of connections")
    usual_transport = transport
    usual_connection = connection


cdef inline bint holds(object transport, PyMemberDef* slot, object value):
    """Whether this very object is in a slot: None, a bool or a small integer."""
    return brisk_in_slot(transport, slot) == <void*>value


cdef Connection connection_of(object transport):
    """Its connection, once it is known to be a transport."""
    if type(transport) is not usual_transport and (
            transports is None or not isinstance(transport, transports)):
        raise TypeError(f"not a transport of OpenSSL.aio: {type(transport).__name__}")
    connection = brisk_held_in(transport, slots.connection)
    if type(connection) is usual_connection:
        return <Connection>connection
    return <Connection?>connection


cdef bint may_go_on(object transport) except -1:
    """Whether its protocol takes more of what has come."""
    return (holds(transport, slots.state, OPEN) and holds(transport, slots.paused, False)
            or transport._state == NOW_OPEN and not transport._paused)


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
        brisk_held_in(transport, slots.protocol).data_received(data)
    except BaseException as error:  # the protocol's
        transport._fatal(error, "data_received")
        return False
    return may_go_on(transport)


def deliver(transport: Any) -> bool:
    """Hand a transport's Protocol one piece of what has come; False where it gets no other now."""
    return hand_on(transport, connection_of(transport))


def drive(transport: Any) -> None:
    """Something has come in: what nearly always follows at once, all else by ``_on_input``."""
    cdef Connection connection = connection_of(transport)
    if (holds(transport, slots.state, OPEN) and holds(transport, slots.paused, False)
            and holds(transport, slots.heard_end, False)
            and holds(transport, slots.buffered, False)
            and holds(transport, slots.write_wants_bytes, False)):
        if not (hand_on(transport, connection) and may_find(connection)):
            return
    transport._on_input()


@cython.binding(True)  # a class of transports has it among its methods
def write(self: Any, data: Buffer) -> None:
    """Send ``data``, in its turn; what cannot go at once is kept.

    Raises TypeError if it is not bytes-like, RuntimeError after ``write_eof``.
    ``SSL_write_ex(3)``
    """
    cdef Connection connection = connection_of(self)
    cdef size_t moved = 0
    cdef size_t size
    cdef int status
    if not (PyBytes_CheckExact(data) and PyBytes_GET_SIZE(data) > 0
            and holds(self, slots.state, OPEN) and holds(self, slots.backlog, None)
            and holds(self, slots.full, False) and holds(self, slots.said_end, False)):
        self._write(data)
        return
    size = PyBytes_GET_SIZE(data)
    if size > BURST:
        size = BURST
    try:
        status = operate(connection, WRITE, PyBytes_AS_STRING(data), size, &moved)
    except BaseException as error:  # whatever a callback raises
        self._write_failed(error)
        return
    if status != errors.DONE or moved < <size_t>PyBytes_GET_SIZE(data):
        self._keep_rest(data, moved if status == errors.DONE else -status)


def take(Connection connection not None) -> bytes | None:
    """What is to be sent to the peer, in memory; None when there is nothing."""
    connection.enter_memory()
    try:
        return channel.take(&connection.channel, <size_t>-1)
    finally:
        connection.leave()
