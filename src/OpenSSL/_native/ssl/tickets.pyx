"""Tickets: how many a server gives out, one more, and what the program keeps in them.

Theory.  Of a ticket that comes back the program is shown only what stands for this very
handshake (``stamps``), and it can refuse more than that, never less.  libssl asks the
Context that a connection was made with (tls_decrypt_ticket, 3.0 to 4.0).
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libssl as s
from OpenSSL._native.common.hooks cimport (
    ON_TICKET_MAKE, ON_TICKET_TAKE, Carrier, Hooks, Scope, enter_hook, leave_hook, settled,
)
from OpenSSL._native.ssl.callbacks cimport carrier_of
from OpenSSL._native.ssl.channel cimport Channel
from OpenSSL._native.ssl.connection cimport Connection
from OpenSSL._native.ssl.context cimport Context
from OpenSSL._native.ssl.context_use cimport ContextUser
from OpenSSL._native.ssl.notes cimport put_behind_note
from OpenSSL._native.ssl.session_fields cimport MOST_APPDATA
from OpenSSL._native.ssl.sessions cimport copied
from OpenSSL._native.ssl.stamps cimport channel_of, fits, on_ticket, on_ticket_given

from OpenSSL._exceptions import Error

cdef extern from "compat.h" nogil:
    int SSL_TICKET_RETURN_ABORT
    int SSL_TICKET_RETURN_IGNORE
    int SSL_new_session_ticket(s.SSL* ssl)
    size_t SSL_get_num_tickets(const s.SSL* ssl)


# ---- libssl's callbacks

cdef int fill(s.SSL* ssl, Carrier carrier) except -1:
    cdef s.SSL_SESSION* session = s.SSL_get_session(ssl)
    data = settled(carrier.hooks.get(ON_TICKET_MAKE)(carrier), "a ticket generate callback")
    if data is None:
        return 1
    if not isinstance(data, bytes):
        raise TypeError(
            f"a ticket generate callback must return bytes or None, not {type(data).__name__}")
    if PyBytes_GET_SIZE(data) > MOST_APPDATA:
        raise ValueError(f"a ticket takes {MOST_APPDATA} bytes of a program, not {len(data)}")
    if session == NULL or session != s.SSL_get_session(ssl):
        raise RuntimeError("the session of the ticket is not there any more")
    if not put_behind_note(session, PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data)):
        raise MemoryError()
    return 1


cdef int on_ticket_make(s.SSL* ssl, void* unused) noexcept with gil:
    cdef Scope scope
    cdef int answer = 0
    cdef Carrier carrier = carrier_of(ssl)
    if carrier is None or on_ticket_given(ssl, NULL) != 1:
        return 0
    if not carrier.hooks.has(ON_TICKET_MAKE):
        return 1
    if not enter_hook(&scope, carrier):
        return 0
    try:
        answer = fill(ssl, carrier)
    except BaseException as error:
        carrier.keep(error)
        answer = 0
    leave_hook(&scope, carrier)
    return answer


cdef int ask_ticket(
    Carrier carrier, s.SSL_SESSION* session, const unsigned char* name, size_t size, int status,
) except -1:
    cdef object shown = None
    if session != NULL:
        shown = copied(session, (<ContextUser>carrier).first)
    answer = settled(
        carrier.hooks.get(ON_TICKET_TAKE)(
            carrier, shown, PyBytes_FromStringAndSize(<const char*>name, <Py_ssize_t>size),
            status),
        "a ticket decrypt callback")
    if not isinstance(answer, int):
        raise TypeError(
            f"a ticket decrypt callback must return TICKET_RETURN_*, not {type(answer).__name__}")
    if answer == SSL_TICKET_RETURN_ABORT:
        raise Error([("SSL routines", "", "the ticket decrypt callback refused the client")])
    if answer == SSL_TICKET_RETURN_IGNORE:
        return SSL_TICKET_RETURN_IGNORE
    if answer == s.SSL_TICKET_RETURN_IGNORE_RENEW:
        return s.SSL_TICKET_RETURN_IGNORE_RENEW
    if answer != s.SSL_TICKET_RETURN_USE and answer != s.SSL_TICKET_RETURN_USE_RENEW:
        raise ValueError(f"a ticket decrypt callback returned {answer}, not a TICKET_RETURN_*")
    if session == NULL:
        raise ValueError("a ticket decrypt callback cannot use a ticket that has no session")
    return answer


cdef int on_ticket_take(
    s.SSL* ssl, s.SSL_SESSION* session, const unsigned char* name, size_t size, int status,
    void* unused,
) noexcept with gil:
    cdef Scope scope
    cdef Carrier carrier = carrier_of(ssl)
    cdef Channel* channel = channel_of(ssl)
    cdef int answer = on_ticket(ssl, session, name, size, status, NULL)
    cdef int refusal = SSL_TICKET_RETURN_ABORT
    if carrier is None or channel == NULL:
        return refusal
    if not carrier.hooks.has(ON_TICKET_TAKE):
        return answer
    if s.SSL_version(ssl) == s.TLS1_3_VERSION:
        # To abort, libssl lets go of the session and does not free it (tls_decrypt_ticket,
        # 3.0 to 4.0).
        refusal = SSL_TICKET_RETURN_IGNORE
        if channel.poisoned:
            return refusal
    if answer != s.SSL_TICKET_RETURN_USE and answer != s.SSL_TICKET_RETURN_USE_RENEW:
        session = NULL
    elif not fits(ssl, channel, session):
        return s.SSL_TICKET_RETURN_IGNORE_RENEW
    if session == NULL and (
            status == s.SSL_TICKET_SUCCESS or status == s.SSL_TICKET_SUCCESS_RENEW):
        return answer       # too old, or too new
    if not enter_hook(&scope, carrier):
        return refusal
    try:
        answer = ask_ticket(carrier, session, name, size, status)
    except BaseException as error:
        carrier.keep(error)
        if refusal != SSL_TICKET_RETURN_ABORT:
            carrier.spoil()
        answer = refusal
    leave_hook(&scope, carrier)
    return answer


# ---- setting them

def set_callbacks(
    Context context not None, make: Callable[..., Any] | None, take: Callable[..., Any] | None,
) -> None:
    cdef Hooks hooks
    context.change()
    try:
        hooks = context.hooks.copy()
        hooks.put(ON_TICKET_MAKE, make)
        hooks.put(ON_TICKET_TAKE, take)
        errors.clear()
        # Never taken away again: connections made before still have their hooks.
        if (make is not None or take is not None) and s.SSL_CTX_set_session_ticket_cb(
                context.handle, on_ticket_make, on_ticket_take, NULL) != 1:
            errors.fail_ssl("the ticket callbacks could not be set")
        context.hooks = hooks
    finally:
        context.leave()


def get_callbacks(
    Context context not None,
) -> tuple[Callable[..., Any] | None, Callable[..., Any] | None]:
    context.enter()
    try:
        return context.hooks.get(ON_TICKET_MAKE), context.hooks.get(ON_TICKET_TAKE)
    finally:
        context.leave()


# ---- how many

def new_ticket(Connection connection not None) -> None:
    connection.enter_io()
    try:
        errors.clear()
        if SSL_new_session_ticket(connection.handle) != 1:
            errors.fail_ssl(
                "no ticket can be sent now: that is for servers, over TLS 1.3, after the handshake")
    finally:
        connection.leave()


def set_number(Connection connection not None, size_t count) -> None:
    connection.enter()
    try:
        errors.clear()
        if s.SSL_set_num_tickets(connection.handle, count) != 1:
            errors.fail_ssl("this number of tickets was refused")
        connection.own_tickets = True
    finally:
        connection.leave()


def get_number(Connection connection not None) -> int:
    connection.enter()
    try:
        return SSL_get_num_tickets(connection.handle)
    finally:
        connection.leave()
