"""The cache of a Context: who is told of sessions, who is asked for them, what it keeps.

Theory.  libssl keeps sessions with the SSL_CTX that a connection was made with, whichever a
hook chose later (ssl_update_cache, lookup_sess_in_cache, 3.0 to 4.0), so that Context's callbacks
are asked.  What a get callback returns is given to libssl only where its stamp is that of the
handshake that is going on (``stamps``): else it is as if there were no session.  Removed sessions
are told when no lock is held (``removals``).
"""

from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.limits cimport LONG_MAX
from libc.string cimport memcmp

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libssl as s
cimport OpenSSL._native.ssl.targets as targets
from OpenSSL._native.common.forks cimport forks
from OpenSSL._native.common.hooks cimport (
    ON_SESSION_GET, ON_SESSION_NEW, ON_SESSION_REMOVE, Carrier, Hooks, Scope, enter_hook,
    heard, leave_hook, settled,
)
from OpenSSL._native.common.lock cimport brisk_count_add, brisk_lock_is_mine
from OpenSSL._native.ssl.callbacks cimport carrier_of, show_sessions_by
from OpenSSL._native.ssl.channel cimport Channel
from OpenSSL._native.ssl.context cimport Context
from OpenSSL._native.ssl.context_use cimport ContextUser
from OpenSSL._native.ssl.removals cimport keep_quiet, on_session_remove, removals_of
from OpenSSL._native.ssl.sessions cimport (
    Session, check_sealed, copied, copy_of, held, wrap_session,
)
from OpenSSL._native.ssl.stamps cimport channel_of, fits

from OpenSSL._native.common.hooks import write_unraisable
from OpenSSL._native.ssl.context import set_teller

cdef extern from "compat.h" nogil:
    int SSL_CTRL_SET_SESS_CACHE_SIZE
    int SSL_CTRL_GET_SESS_CACHE_SIZE
    void brisk_flush_sessions(s.SSL_CTX* context, long long seconds)
    int SSL_CTX_add_session(s.SSL_CTX* context, s.SSL_SESSION* session)
    void SSL_CTX_sess_set_get_cb(s.SSL_CTX* context, s.session_get_hook callback)


# ---- libssl's callbacks

cdef object show(Carrier carrier, s.SSL_SESSION* session):
    return copied(session, (<ContextUser>carrier).first)


show_sessions_by(show)


cdef bint suits(
    s.SSL* ssl, s.SSL_SESSION* session, const unsigned char* name, int size,
) noexcept nogil:
    """Whether a session is the one that is wanted, and stands for this very handshake."""
    cdef Channel* channel = channel_of(ssl)
    cdef unsigned int length = 0
    cdef const unsigned char* found = s.SSL_SESSION_get_id(session, &length)
    return (channel != NULL and fits(ssl, channel, session)
            and <int>length == size and memcmp(found, name, length) == 0
            and s.SSL_SESSION_get_protocol_version(session) == s.SSL_version(ssl)
            # libssl looks into the cipher without asking
            # (tls_early_post_process_client_hello, 3.0 to 4.0).
            and s.SSL_SESSION_get0_cipher(session) != NULL)


cdef s.SSL_SESSION* ask_session(
    s.SSL* ssl, Carrier carrier, const unsigned char* name, int size,
) except? NULL:
    cdef Session found
    answer = settled(
        carrier.hooks.get(ON_SESSION_GET)(
            carrier, PyBytes_FromStringAndSize(<const char*>name, size)),
        "a session get callback")
    if answer is None:
        return NULL
    if not isinstance(answer, Session):
        raise TypeError(
            f"a session get callback must return a Session or None, not {type(answer).__name__}")
    found = answer
    check_sealed(found)
    return copy_of(found) if suits(ssl, held(found), name, size) else NULL


cdef s.SSL_SESSION* on_session_get(
    s.SSL* ssl, const unsigned char* name, int size, int* counted,
) noexcept with gil:
    cdef Scope scope
    cdef s.SSL_SESSION* answer = NULL
    cdef Carrier carrier = carrier_of(ssl)
    counted[0] = 0      # the reference becomes libssl's
    if carrier is None or not carrier.hooks.has(ON_SESSION_GET):
        return NULL
    if not enter_hook(&scope, carrier):
        return NULL
    try:
        answer = ask_session(ssl, carrier, name, size)
        channel_of(ssl).given = answer != NULL
    except BaseException as error:
        carrier.keep(error)
        carrier.spoil()     # NULL alone means a full handshake
        answer = NULL
    leave_hook(&scope, carrier)
    return answer


cdef int tell_one(Context context, object hook, s.SSL_SESSION* taken) except -1:
    # A connection may be using the one that was removed.
    cdef Session removed = wrap_session(taken, context)
    if hook is not None:
        heard(hook(context, copied(removed.handle, context)), "a session remove callback")
    return 0


def tell_removed(Context context not None) -> None:
    cdef s.SSL_SESSION* each = context.removals.take()
    cdef long lost
    while each != NULL:
        hook = context.removals.hook()
        try:
            tell_one(context, hook, each)
        except BaseException as error:
            write_unraisable(error, hook)
        each = context.removals.take()
    lost = context.removals.lost()
    if lost != 0:
        write_unraisable(
            MemoryError(f"{lost} removed sessions could not be noted"),
            context.removals.hook())


set_teller(tell_removed)


cdef int tell_now(Context context) except -1:
    """After a change of the cache, with the Context's lock given back."""
    if context.has_removed() and not brisk_lock_is_mine(&context.lock, &forks):
        context.tell_removed()
    return 0


# ---- setting them

def set_new_callback(Context context not None, callback: Callable[..., Any] | None) -> None:
    context.set_hook(ON_SESSION_NEW, callback)


def set_get_callback(Context context not None, callback: Callable[..., Any] | None) -> None:
    context.change()
    try:
        context.hooks = context.hooks.changed(ON_SESSION_GET, callback)
        if callback is not None:
            SSL_CTX_sess_set_get_cb(context.handle, on_session_get)
    finally:
        context.leave()


def set_remove_callback(Context context not None, callback: Callable[..., Any] | None) -> None:
    cdef Hooks hooks
    context.change()
    try:
        if context.removals is None and callback is not None:
            context.removals = removals_of(context.handle)
            brisk_count_add(&context.watched, 1)
        hooks = context.hooks.changed(ON_SESSION_REMOVE, callback)
        if context.removals is not None:
            context.removals.set_hook(callback)
        context.hooks = hooks
        # A server keeps sessions of TLS 1.3 in its cache because somebody is to be told
        # (ssl_update_cache, 3.0 to 4.0).  Never taken away again: who drops a connection, or takes
        # a ticket outside of a handshake, looks twice (SSL_CTX_remove_session, 3.0 to 4.0).
        if callback is not None:
            s.SSL_CTX_sess_set_remove_cb(context.handle, on_session_remove)
    finally:
        context.leave()


def get_new_callback(Context context not None) -> Callable[..., Any] | None:
    return context.hook(ON_SESSION_NEW)


def get_get_callback(Context context not None) -> Callable[..., Any] | None:
    return context.hook(ON_SESSION_GET)


def get_remove_callback(Context context not None) -> Callable[..., Any] | None:
    return context.hook(ON_SESSION_REMOVE)


# ---- what the cache keeps

def set_cache_size(Context context not None, long size) -> int:
    if size < 0:
        raise ValueError("size must not be negative")
    return targets.tell(context, SSL_CTRL_SET_SESS_CACHE_SIZE, size)


def get_cache_size(Context context not None) -> int:
    return targets.ask(context, SSL_CTRL_GET_SESS_CACHE_SIZE)


def flush(Context context not None, long long seconds) -> None:
    if seconds < 0 or seconds > LONG_MAX:
        raise ValueError("the time must be in seconds since 1970; 0 for all sessions")
    context.enter()
    try:
        brisk_flush_sessions(context.handle, seconds)
    finally:
        context.leave()
    tell_now(context)


def add(Context context not None, Session session not None) -> None:
    cdef unsigned int size = 0
    cdef Session own
    check_sealed(session)
    own = wrap_session(copy_of(session), context)
    if s.SSL_SESSION_get_id(own.handle, &size) == NULL or size == 0:
        raise ValueError("the session has no id: it came as a ticket alone")
    context.enter()
    try:
        errors.clear()
        # Another one with the same id gives way.
        if SSL_CTX_add_session(context.handle, own.handle) != 1:
            errors.fail_ssl("the session could not be kept")
    finally:
        context.leave()
    tell_now(context)


def remove(Context context not None, Session session not None) -> bool:
    cdef Session own = wrap_session(copy_of(session), context)
    cdef Session told = wrap_session(copy_of(session), context)
    cdef bint found
    context.enter()
    try:
        # libssl would tell of it whether it was there or not, and spoils what it is given
        # (SSL_CTX_remove_session, 3.0 to 4.0).
        keep_quiet(own.handle)
        found = s.SSL_CTX_remove_session(context.handle, own.handle) == 1
        if found and context.hooks.has(ON_SESSION_REMOVE):
            context.removals.put(told.handle)
    finally:
        context.leave()
    tell_now(context)
    return found
