"""Session owns SSL_SESSION; the session cache and the resumption of a connection.

Theory.  libssl never asks whether a session fits the SSL_CTX it is used with (SSL_set_session,
3.0 to 4.0), so a Session remembers the Context its connection was created with (not one a
server name callback put in its place later: the cache and the ticket keys stay
those of the first) and is refused everywhere else.  libssl goes on writing
into the SSL_SESSION a connection holds: it takes in tickets, and marks it as
used up when the connection is dropped (ssl_clear_bad_session, 3.0 to 4.0).  So a Session holds a
copy, and each connection is given another: what a Session holds never changes, whichever threads
look at it.
"""

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.limits cimport INT_MAX
from libc.stdint cimport uint32_t
from libc.string cimport memcpy

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libcrypto as c
cimport OpenSSL._native.common.libssl as s
cimport OpenSSL._native.ssl.targets as targets
from OpenSSL._native.common.owners cimport new
from OpenSSL._native.common.rules cimport RULES
from OpenSSL._native.ssl.connection cimport Connection
from OpenSSL._native.ssl.context cimport Context
from OpenSSL._native.ssl.stamps cimport spoil_stamp

cdef extern from "compat.h" nogil:
    int SSL_set_session(s.SSL* ssl, s.SSL_SESSION* session)
    s.SSL_SESSION* SSL_SESSION_dup(const s.SSL_SESSION* session)
    int i2d_SSL_SESSION(const s.SSL_SESSION* session, unsigned char** data)
    int SSL_SESSION_has_ticket(const s.SSL_SESSION* session)
    unsigned long SSL_SESSION_get_ticket_lifetime_hint(const s.SSL_SESSION* session)
    long long brisk_session_time(const s.SSL_SESSION* session)
    int SSL_CTRL_SET_SESS_CACHE_MODE
    int SSL_CTRL_GET_SESS_CACHE_MODE
    long SSL_CTX_get_timeout(const s.SSL_CTX* context)
    int SSL_CTX_set_session_id_context(s.SSL_CTX* context, const unsigned char* id,
        unsigned int size)
    int SSL_CTX_set_num_tickets(s.SSL_CTX* context, size_t count)
    long SSL_CTX_sess_number(s.SSL_CTX* context)
    long SSL_CTX_sess_connect(s.SSL_CTX* context)
    long SSL_CTX_sess_connect_good(s.SSL_CTX* context)
    long SSL_CTX_sess_connect_renegotiate(s.SSL_CTX* context)
    long SSL_CTX_sess_accept(s.SSL_CTX* context)
    long SSL_CTX_sess_accept_good(s.SSL_CTX* context)
    long SSL_CTX_sess_accept_renegotiate(s.SSL_CTX* context)
    long SSL_CTX_sess_hits(s.SSL_CTX* context)
    long SSL_CTX_sess_cb_hits(s.SSL_CTX* context)
    long SSL_CTX_sess_misses(s.SSL_CTX* context)
    long SSL_CTX_sess_timeouts(s.SSL_CTX* context)
    long SSL_CTX_sess_cache_full(s.SSL_CTX* context)
    int CRYPTO_memcmp(const void* one, const void* other, size_t size)
    unsigned char* EVP_Q_mac(void* library, const char* name, const char* wanted,
        const char* digest, const void* params, const void* key, size_t key_size,
        const unsigned char* data, size_t size, unsigned char* out, size_t room, size_t* written)

cdef enum:
    MOST_SECRET = 256   # bytes; libssl's own bound


# As for Context: a finaliser may still reach it.
@cython.no_gc_clear
cdef class Session:
    """What two ends agreed on, kept so that a later connection starts faster."""

    def __cinit__(self):
        self.handle = NULL

    def __init__(self):
        # Cython would pass over arguments in silence without this.
        pass

    def __dealloc__(self):
        s.SSL_SESSION_free(self.handle)

    def __reduce__(self):
        raise TypeError("a Session is not pickled; store what to_bytes() returns")


cdef Session wrap_session(s.SSL_SESSION* taken, Context context):
    cdef Session made
    try:
        made = new(Session)
    except BaseException:
        s.SSL_SESSION_free(taken)
        raise
    made.handle = taken
    made.context = context
    return made


cdef s.SSL_SESSION* held(Session session) except NULL:
    if session.handle == NULL:
        raise ValueError("the Session is empty: it did not come from a connection")
    return session.handle


cdef s.SSL_SESSION* duplicate(s.SSL_SESSION* lent) except NULL:
    cdef s.SSL_SESSION* copy
    errors.clear()
    copy = SSL_SESSION_dup(lent)
    if copy == NULL:
        errors.fail_ssl("the session cannot be copied")
    return copy


cdef Session copied(s.SSL_SESSION* lent, Context context):
    return wrap_session(duplicate(lent), context)


# What the program keeps in a ticket may be set meanwhile; see session_fields.
@cython.critical_section
cdef s.SSL_SESSION* copy_of(Session session) except NULL:
    return duplicate(held(session))


cdef int check_sealed(Session session) except -1:
    if session.by_key:
        raise ValueError("a Session of a pre-shared key stands for no handshake")
    if session.unsealed:
        raise ValueError(
            "the session was read without a key: anyone who can write the bytes could be let in; "
            "give Session.to_bytes and from_bytes a key")
    return 0


# ---- what a session is

def get_id(Session session not None) -> bytes:
    cdef unsigned int size = 0
    cdef const unsigned char* data = s.SSL_SESSION_get_id(held(session), &size)
    return PyBytes_FromStringAndSize(<const char*>data, size)


def get_time(Session session not None) -> int:
    return brisk_session_time(held(session))


def get_timeout(Session session not None) -> int:
    return s.SSL_SESSION_get_timeout(held(session))


def has_ticket(Session session not None) -> bool:
    return SSL_SESSION_has_ticket(held(session)) != 0


def get_ticket_lifetime_hint(Session session not None) -> int:
    return SSL_SESSION_get_ticket_lifetime_hint(held(session))


def is_resumable(Session session not None) -> bool:
    return s.SSL_SESSION_is_resumable(held(session)) != 0


def get_protocol_version(Session session not None) -> int:
    return s.SSL_SESSION_get_protocol_version(held(session))


# ---- sessions in bytes

cdef bytes seal(s.SSL_SESSION* session, bytes key):
    """What binds all that a session says to its secret, and to the program's key."""
    cdef unsigned char[MOST_SECRET] secret
    cdef unsigned char[RULES] out
    cdef size_t length = s.SSL_SESSION_get_master_key(session, secret, MOST_SECRET)
    cdef bytes bound
    cdef bytes keys = PyBytes_FromStringAndSize(<const char*>secret, <Py_ssize_t>length) + key
    c.OPENSSL_cleanse(secret, MOST_SECRET)
    bound = b"brisktls session" + written(session)
    if EVP_Q_mac(
            NULL, b"HMAC", NULL, b"SHA256", NULL, PyBytes_AS_STRING(keys), PyBytes_GET_SIZE(keys),
            <const unsigned char*>PyBytes_AS_STRING(bound), PyBytes_GET_SIZE(bound), out, RULES,
            &length) == NULL or length != RULES:
        errors.fail_ssl("the session cannot be sealed")
    return PyBytes_FromStringAndSize(<const char*>out, RULES)


cdef bytes appended(s.SSL_SESSION* session):
    cdef void* data = NULL
    cdef size_t size = 0
    if s.SSL_SESSION_get0_ticket_appdata(session, &data, &size) != 1:
        errors.fail_ssl("the session's note cannot be read")
    return PyBytes_FromStringAndSize(<const char*>data, <Py_ssize_t>size)


cdef int append(s.SSL_SESSION* session, bytes data) except -1:
    if s.SSL_SESSION_set1_ticket_appdata(
            session, PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data)) != 1:
        errors.fail_ssl("the session's note cannot be written")
    return 0


cdef int check_seal(s.SSL_SESSION* session, bytes key) except -1:
    """Take the seal off again; where it is not right the stamp stands for nothing."""
    cdef bytes found = appended(session)
    cdef bytes note = found[:-RULES]
    if PyBytes_GET_SIZE(found) >= RULES:
        append(session, note)
        mine = seal(session, key)
        if CRYPTO_memcmp(
                PyBytes_AS_STRING(mine),
                PyBytes_AS_STRING(found) + PyBytes_GET_SIZE(found) - RULES, RULES) == 0:
            return 0
    if not spoil_stamp(session):
        errors.fail_ssl("the session cannot be marked")
    return 0


def to_bytes(Session session not None, bytes key not None) -> bytes:
    cdef s.SSL_SESSION* copy = copy_of(session)
    try:
        note = appended(copy)
        append(copy, note + seal(copy, key))
        return written(copy)
    finally:
        s.SSL_SESSION_free(copy)


cdef bytes written(s.SSL_SESSION* handle):
    cdef unsigned char* start
    cdef bytes data
    cdef int size = i2d_SSL_SESSION(handle, NULL)
    if size <= 0:
        errors.fail_ssl("the session cannot be written")
    data = PyBytes_FromStringAndSize(NULL, size)
    start = <unsigned char*>PyBytes_AS_STRING(data)
    if i2d_SSL_SESSION(handle, &start) != size:
        errors.fail_ssl("the session changed its size while it was written")
    return data


def from_bytes(bytes data not None, Context context not None, bytes key not None) -> Session:
    cdef const unsigned char* start = <const unsigned char*>PyBytes_AS_STRING(data)
    cdef const unsigned char* end = start + PyBytes_GET_SIZE(data)
    cdef s.SSL_SESSION* handle
    cdef Session made
    if PyBytes_GET_SIZE(data) > INT_MAX:
        raise ValueError("the data is longer than 2 GiB")
    errors.clear()
    handle = s.d2i_SSL_SESSION(NULL, &start, <long>PyBytes_GET_SIZE(data))
    if handle == NULL:
        errors.fail_ssl("this is not a session")
    try:
        if start != end:
            errors.fail_ssl("trailing data after the session")
        check_seal(handle, key)
    except BaseException:
        s.SSL_SESSION_free(handle)
        raise
    made = wrap_session(handle, context)
    made.unsealed = not key
    return made


# ---- the cache of a Context

def set_cache_mode(Context context not None, uint32_t mode) -> int:
    return <uint32_t>targets.tell(context, SSL_CTRL_SET_SESS_CACHE_MODE, <long>mode)


def get_cache_mode(Context context not None) -> int:
    return <uint32_t>targets.ask(context, SSL_CTRL_GET_SESS_CACHE_MODE)


def set_cache_timeout(Context context not None, long seconds) -> int:
    if seconds < 0:
        raise ValueError("timeout must not be negative")
    context.change()
    try:
        return s.SSL_CTX_set_timeout(context.handle, seconds)
    finally:
        context.leave()


def get_cache_timeout(Context context not None) -> int:
    context.enter()
    try:
        return SSL_CTX_get_timeout(context.handle)
    finally:
        context.leave()


def set_id_context(Context context not None, bytes name not None, bint shared) -> None:
    # What is too long for its unsigned int is refused as well (SSL_CTX_set_session_id_context(3)).
    cdef unsigned int size = <unsigned int>min(PyBytes_GET_SIZE(name), 0xffff)
    context.change()
    try:
        errors.clear()
        if SSL_CTX_set_session_id_context(
                context.handle, <const unsigned char*>PyBytes_AS_STRING(name), size) != 1:
            errors.fail_ssl("the session id context was refused")
        context.note_rule("session id context", name)
        context.note_rule("shared session id context", 1 if shared else None)
        # It was taken, so it is short enough.
        memcpy(context.common.shared, PyBytes_AS_STRING(name), size if shared else 0)
        context.common.shared_size = size if shared else 0
    finally:
        context.leave()


def set_num_tickets(Context context not None, size_t count) -> None:
    context.change()
    try:
        if SSL_CTX_set_num_tickets(context.handle, count) != 1:
            errors.fail_ssl("this number of tickets was refused")
    finally:
        context.leave()


def get_num_tickets(Context context not None) -> int:
    context.enter()
    try:
        return s.SSL_CTX_get_num_tickets(context.handle)
    finally:
        context.leave()


def get_cache_numbers(Context context not None) -> dict[str, int]:
    cdef s.SSL_CTX* handle
    context.enter()
    try:
        handle = context.handle
        return {
            "number": SSL_CTX_sess_number(handle),
            "connect": SSL_CTX_sess_connect(handle),
            "connect_good": SSL_CTX_sess_connect_good(handle),
            "connect_renegotiate": SSL_CTX_sess_connect_renegotiate(handle),
            "accept": SSL_CTX_sess_accept(handle),
            "accept_good": SSL_CTX_sess_accept_good(handle),
            "accept_renegotiate": SSL_CTX_sess_accept_renegotiate(handle),
            "hits": SSL_CTX_sess_hits(handle),
            "cb_hits": SSL_CTX_sess_cb_hits(handle),
            "misses": SSL_CTX_sess_misses(handle),
            "timeouts": SSL_CTX_sess_timeouts(handle),
            "cache_full": SSL_CTX_sess_cache_full(handle),
        }
    finally:
        context.leave()


# ---- the session of a Connection

def get_session(Connection connection not None) -> Session | None:
    cdef s.SSL_SESSION* lent
    connection.enter()
    try:
        lent = s.SSL_get_session(connection.handle)
        if lent == NULL:
            return None
        return copied(lent, connection.first)
    finally:
        connection.leave()


def set_session(Connection connection not None, Session session not None) -> None:
    cdef s.SSL_SESSION* copy
    cdef int result
    held(session)
    connection.enter()
    try:
        if session.by_key:
            raise ValueError(
                "a Session of a pre-shared key is given to libssl by a callback for such keys "
                "(Context.set_psk_use_session_callback)")
        if session.context is not connection.first:
            raise ValueError(
                "the session belongs to another Context than this connection's"
            )
        errors.clear()
        # From here on the handshake is at work on the one it has.
        if not s.SSL_in_before(connection.handle):
            errors.fail_ssl("a session can only be set before the handshake")
        copy = copy_of(session)
        result = SSL_set_session(connection.handle, copy)
        s.SSL_SESSION_free(copy)
        if result != 1:
            errors.fail_ssl("OpenSSL refused this session")
    finally:
        connection.leave()


def session_reused(Connection connection not None) -> bool:
    return targets.number(connection, s.SSL_session_reused) != 0
