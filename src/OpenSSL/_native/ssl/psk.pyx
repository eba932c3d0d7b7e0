"""Pre-shared keys of a Context: who knows them, and what a session of one allows."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from libc.stdint cimport uint32_t

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libssl as s
from OpenSSL._native.common.hooks cimport (
    ON_PSK_CLIENT, ON_PSK_FIND, ON_PSK_SERVER, ON_PSK_USE, Hooks,
)
from OpenSSL._native.ssl.connection cimport Connection
from OpenSSL._native.ssl.context cimport Context
from OpenSSL._native.ssl.key_sessions cimport new_session, set_copier
from OpenSSL._native.ssl.sessions cimport Session, copy_of, wrap_session
from OpenSSL._native.ssl.shared_keys cimport ask_keys
from OpenSSL._native.ssl.stamps cimport is_by_key
from OpenSSL._native.ssl.targets cimport change, connection_of, context_of, leave, note_rule

cdef extern from "compat.h" nogil:
    int SSL_CTX_use_psk_identity_hint(s.SSL_CTX* context, const char* hint)
    const char* SSL_get_psk_identity_hint(const s.SSL* ssl)
    int SSL_SESSION_set1_alpn_selected(s.SSL_SESSION* session, const unsigned char* name,
        size_t size)
    int SSL_SESSION_set_max_early_data(s.SSL_SESSION* session, uint32_t size)


# What the faces call them.
cdef dict SLOTS = {
    "psk_client": ON_PSK_CLIENT,
    "psk_server": ON_PSK_SERVER,
    "psk_use": ON_PSK_USE,
    "psk_find": ON_PSK_FIND,
}


def set_callback(
    Context context not None, str name not None, callback: Callable[..., Any] | None,
) -> None:
    """Another hook: "psk_client", "psk_server", "psk_use" or "psk_find"."""
    cdef Hooks hooks
    context.change()
    try:
        hooks = context.hooks.changed(SLOTS[name], callback)
        context.hooks = hooks
        ask_keys(context.handle, hooks)
    finally:
        context.leave()


def use_identity_hint(target not None: Context | Connection, bytes hint) -> None:
    cdef const char* words = NULL if hint is None else <const char*>hint
    cdef int result
    change(target)
    try:
        errors.clear()
        if context_of(target) != NULL:
            result = SSL_CTX_use_psk_identity_hint(context_of(target), words)
        else:
            result = s.SSL_use_psk_identity_hint(connection_of(target), words)
        if result != 1:
            errors.fail_ssl("the hint is too long")
        if connection_of(target) != NULL:
            note_rule(target, "key hint", b"" if hint is None else hint)
    finally:
        leave(target)


def get_identity(Connection connection not None) -> bytes | None:
    """Whose key is in use; None where there is none."""
    cdef s.SSL_SESSION* session
    cdef const char* name
    connection.enter()
    try:
        session = s.SSL_get_session(connection.handle)
        if not is_by_key(connection.handle, session):
            return None
        name = s.SSL_get_psk_identity(connection.handle)
        return connection.identity if name == NULL else <bytes>name
    finally:
        connection.leave()


def get_identity_hint(Connection connection not None) -> bytes | None:
    cdef const char* hint
    connection.enter()
    try:
        if s.SSL_get_session(connection.handle) == NULL:
            return None
        hint = SSL_get_psk_identity_hint(connection.handle)
        return None if hint == NULL else <bytes>hint
    finally:
        connection.leave()


# ---- sessions of keys

def make_session(
    key: object, cipher: object, uint32_t size, bytes protocol, bytes host,
) -> Session:
    """One that allows so many bytes early, for that protocol and that host."""
    cdef Session made = wrap_session(new_session(key, cipher), None)
    made.by_key = True
    errors.clear()
    if (SSL_SESSION_set_max_early_data(made.handle, size) != 1
            or protocol is not None and SSL_SESSION_set1_alpn_selected(
                made.handle, <const unsigned char*>PyBytes_AS_STRING(protocol),
                PyBytes_GET_SIZE(protocol)) != 1
            or host is not None and s.SSL_SESSION_set1_hostname(
                made.handle, PyBytes_AS_STRING(host)) != 1):
        errors.fail_ssl("no session can be made of the key")
    return made


cdef s.SSL_SESSION* copy_made(object session) except NULL:
    if not isinstance(session, Session):
        raise TypeError(
            f"a pre-shared key must be bytes or a Session, not {type(session).__name__}")
    if not (<Session>session).by_key:
        raise ValueError(
            "a callback for pre-shared keys takes a Session that Session.from_psk has made: this "
            "one stands for a handshake, and goes to set_session")
    return copy_of(session)


set_copier(copy_made)
