"""Early data of TLS 1.3: what a client sends with its hello, before the server has answered.

Theory.  libssl takes such data for nothing but early data (SSL_read_early_data(3)), and so do we:
while some of it is yet to be read (``Engine.early``) nothing but an answer to it goes on, because
a plain read would hand it out as if the handshake were over.  It stands on a session, so the
rules that the session stands for are looked at again with each piece, and with each piece of an
answer: a server may answer at once, by the keys that come after the handshake, or the client has
won nothing.
"""

from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.stdint cimport uint32_t

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libcrypto as c
cimport OpenSSL._native.common.libssl as s
cimport OpenSSL._native.ssl.targets as targets
cimport OpenSSL._native.ssl.channel as channel
from OpenSSL._native.common.errors cimport DONE, WANT_WRITE, fail_wanting
from OpenSSL._native.common.hooks cimport ON_EARLY_DATA, ON_EARLY_ONCE
from OpenSSL._native.common.lock cimport brisk_lock_leave
from OpenSSL._native.ssl.connection cimport Connection
from OpenSSL._native.ssl.context cimport Context
from OpenSSL._native.ssl.shared_keys cimport make_ready
from OpenSSL._native.ssl.stamps cimport allows_early, may_send_early, refuse_session
from OpenSSL._native.ssl.targets cimport change, leave, put_hook
from OpenSSL._native.ssl.working cimport EARLY_READ, EARLY_WRITE

from OpenSSL._exceptions import Error

cdef extern from "compat.h" nogil:
    int SSL_CTX_set_max_early_data(s.SSL_CTX* context, uint32_t size)
    int SSL_CTX_set_recv_max_early_data(s.SSL_CTX* context, uint32_t size)
    uint32_t SSL_get_recv_max_early_data(const s.SSL* ssl)
    int SSL_get_early_data_status(const s.SSL* ssl)
    int SSL_export_keying_material_early(s.SSL* ssl, unsigned char* data, size_t size,
        const char* label, size_t label_size, const unsigned char* context, size_t context_size)
    int TLS_ST_CW_CLNT_HELLO
    int TLS_ST_SR_END_OF_EARLY_DATA
    int SSL_EARLY_DATA_ACCEPTED
    int BIO_FLAGS_WRITE
    int BIO_test_flags(const c.BIO* bio, int flags)

cdef enum:
    LARGEST = 1 << 20       # bytes that are asked for at once
    RECORD = 16384          # bytes, the most that one carries
    PIECE = 4000            # with its record it fits into libssl's buffer of 4096 bytes
    BESIDE_HELLO = 1000     # so does this much, with a hello in front of it


cdef int fail(str words) except -1:
    raise Error([("SSL routines", "", words)])


# ---- how much, and whether

def set_max(Context context not None, uint32_t size, bint received) -> None:
    context.change()
    try:
        errors.clear()
        if (SSL_CTX_set_recv_max_early_data(context.handle, size) if received
                else SSL_CTX_set_max_early_data(context.handle, size)) != 1:
            errors.fail_ssl("the size cannot be set")
    finally:
        context.leave()


def get_max(Context context not None, bint received) -> int:
    context.enter()
    try:
        return (s.SSL_CTX_get_recv_max_early_data(context.handle) if received
                else s.SSL_CTX_get_max_early_data(context.handle))
    finally:
        context.leave()


def connection_get_max(Connection connection not None, bint received) -> int:
    connection.enter()
    try:
        return (SSL_get_recv_max_early_data(connection.handle) if received
                else s.SSL_get_max_early_data(connection.handle))
    finally:
        connection.leave()


def set_allow_callback(
    target not None: Context | Connection, callback: Callable[..., Any] | None,
) -> None:
    change(target)
    try:
        put_hook(target, ON_EARLY_DATA, callback)
    finally:
        leave(target)


def set_once_hook(Context context not None, hook: Callable[..., Any] | None) -> None:
    """Ask about early data that is allowed otherwise: whether it comes for the first time.

    It stays when another callback is set, and where a connection is given a Context without one.
    """
    context.change()
    try:
        put_hook(context, ON_EARLY_ONCE, hook)
    finally:
        context.leave()


# ---- a client's

cdef bint may_go_on(s.SSL* ssl) noexcept:
    """Whether the hello, or early data, is what libssl is at work on.

    Later it would end the handshake in this call, and send the data after it in the same
    (SSL_write_early_data, 3.0 to 4.0).
    """
    cdef int state = s.SSL_get_state(ssl)
    return (state == TLS_ST_CW_CLNT_HELLO
            or state == s.TLS_ST_EARLY_DATA and not s.SSL_in_init(ssl))


cdef int check_begin(Connection connection) except -1:
    cdef bint fits
    cdef uint32_t by_key = make_ready(connection.handle, connection)
    connection.start_reading()
    fits = may_send_early(
        connection.handle, &connection.channel, by_key, &connection.early_most)
    connection.stop_reading()
    if not fits:
        fail("early data needs a session of TLS 1.3 that allows it, from a connection with "
             "the same rules of verification (set_session), and VERIFY_PEER where a callback "
             "for pre-shared keys is set; or a key that allows it (Session.from_psk)")
    return 0


cdef int check_write(Connection connection, size_t size) except -1:
    """Refuse what libssl would end the connection for; nothing has been sent then."""
    if s.SSL_in_before(connection.handle):
        connection.early_sent = 0
        connection.early_owed = 0
        connection.early_waits = False
        check_begin(connection)
    elif s.SSL_get_session(connection.handle) == NULL or not may_go_on(connection.handle):
        fail("too late for early data")
    if connection.early_sent + size > connection.early_most:
        fail(f"the session allows {connection.early_most} bytes of early data, and "
             f"{connection.early_sent} of them are sent")
    if connection.early_waits and size < connection.early_owed:
        fail(f"{connection.early_owed} bytes of early data wait for room: call it with them again")
    return 0


cdef int push(
    Connection connection, char* data, size_t size, size_t* moved, double* deadline,
) except -1:
    cdef int status
    connection.early_owed = size
    connection.early_waits = True
    status = connection.perform(EARLY_WRITE, data, size, moved, deadline)
    if status == DONE:
        connection.early_waits = False
        connection.early_owed = 0
    return status


cdef int push_some(
    Connection connection, char* data, size_t size, size_t* moved, double* deadline,
) except -1:
    """Send a piece at a time.

    libssl writes it into a buffer and waits with that.  Asked again, it says that it has sent
    as much as it is given then, whatever it had taken: so it is given the same.  And where a
    piece does not fit it counts all of it twice, and takes it for too much
    (SSL_write_early_data, 3.0 to 4.0).
    """
    cdef int status
    if connection.early_waits or (
            s.SSL_in_before(connection.handle) and size > BESIDE_HELLO):
        status = push(connection, data, connection.early_owed, moved, deadline)
        if status != DONE or moved[0] > 0:
            return status
    return push(connection, data, PIECE if size > PIECE else size, moved, deadline)


# ---- a server's

cdef int check_rules(Connection connection) except -1:
    """What has come stands on a session: end it where that stands for other rules now."""
    cdef bint good
    connection.start_reading()
    good = allows_early(connection.handle, &connection.channel)
    connection.stop_reading()
    if not good:
        give_up(connection)
        refuse_session(&connection.channel)
    return 0


cdef int give_up(Connection connection) except -1:
    connection.abort()
    connection.aborted = True
    connection.channel.poisoned = False
    errors.clear()
    return 0


cdef int check_answer(Connection connection) except -1:
    """Refuse an answer to what has not come, and one that is none any more."""
    cdef int state = s.SSL_get_state(connection.handle)
    if SSL_get_early_data_status(connection.handle) != SSL_EARLY_DATA_ACCEPTED:
        fail("a server answers early data that it has read (read_early_data)")
    if state != s.TLS_ST_EARLY_DATA and state != TLS_ST_SR_END_OF_EARLY_DATA:
        fail("too late to answer early data: what is sent now comes after the handshake (send)")
    if connection.tunnel is not None:
        fail("early data is answered over sockets and in memory only")
    return check_rules(connection)


cdef int push_answer(
    Connection connection, char* data, size_t size, size_t* moved, double* deadline,
) except -1:
    """Send a record at most.

    libssl writes it into a buffer, does not look at what comes of its flush, and throws the
    buffer away at the end of the handshake (SSL_write_early_data in OpenSSL 3.0 to 4.0).  So all
    of it has to be taken: a socket's is gathered, and memory grows a record beyond its limit.
    """
    cdef int status
    cdef size_t limit = connection.channel.limit
    if connection.channel.memory and limit > 0 and connection.channel.outgoing >= limit:
        return WANT_WRITE
    connection.channel.limit = 0
    try:
        status = connection.perform(
            EARLY_WRITE, data, RECORD if size > RECORD else size, moved, deadline)
    finally:
        connection.channel.limit = limit
    if moved[0] > 0 and BIO_test_flags(s.SSL_get_rbio(connection.handle), BIO_FLAGS_WRITE):
        # There was no memory to gather it, or the kernel encrypts.
        give_up(connection)
        fail("the answer to early data could not be sent whole")
    return status


# ---- both

def write(Connection connection not None, data not None: Any) -> int:
    """How many bytes were taken: those of one record at most (SSL_write_ex(3))."""
    cdef Py_buffer view
    cdef size_t moved = 0
    cdef double deadline = 0
    cdef int status = DONE
    cdef bint answering
    PyObject_GetBuffer(data, &view, PyBUF_SIMPLE)
    try:
        connection.enter_turn(&deadline)
        try:
            connection.enter_io()
            try:
                connection.check_aborted()
                connection.check_over()
                answering = s.SSL_is_server(connection.handle) != 0
                if answering:
                    check_answer(connection)
                else:
                    check_write(connection, view.len)
                if connection.channel.memory:
                    channel.make_ready(&connection.channel, PIECE)
                if view.len > 0 and answering:
                    status = push_answer(
                        connection, <char*>view.buf, view.len, &moved, &deadline)
                elif view.len > 0:
                    status = push_some(
                        connection, <char*>view.buf, view.len, &moved, &deadline)
                connection.early_sent += moved
            finally:
                connection.ready = None
                connection.leave()
        finally:
            brisk_lock_leave(&connection.turn)
        if status != DONE:
            fail_wanting(status)
        return moved
    finally:
        PyBuffer_Release(&view)


def read(Connection connection not None, size_t size) -> bytes:
    """At most so many bytes; none when there will be no more."""
    cdef size_t moved = 0
    cdef double deadline = 0
    cdef int status
    cdef bytes data = PyBytes_FromStringAndSize(NULL, LARGEST if size > LARGEST else size)
    connection.enter_io()
    try:
        if not s.SSL_is_server(connection.handle):
            fail("early data is read by a server")
        status = connection.perform(
            EARLY_READ, PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data), &moved, &deadline)
        connection.early = (not (status == DONE and moved == 0)
                            and s.SSL_get_state(connection.handle) == s.TLS_ST_EARLY_DATA)
        if moved > 0:
            check_rules(connection)
    finally:
        connection.leave()
    if status != DONE:
        fail_wanting(status)
    return data[:moved]


def get_status(Connection connection not None) -> int:
    return targets.number(connection, SSL_get_early_data_status)


def export(
    Connection connection not None, bytes label not None, size_t size, bytes context not None,
) -> bytes:
    cdef bytes made = PyBytes_FromStringAndSize(NULL, size)
    connection.enter()
    try:
        errors.clear()
        if SSL_export_keying_material_early(
                connection.handle, <unsigned char*>PyBytes_AS_STRING(made), size,
                PyBytes_AS_STRING(label), PyBytes_GET_SIZE(label),
                <const unsigned char*>PyBytes_AS_STRING(context),
                PyBytes_GET_SIZE(context)) != 1:
            errors.fail_ssl("there is no early secret")
        return made
    finally:
        connection.leave()
