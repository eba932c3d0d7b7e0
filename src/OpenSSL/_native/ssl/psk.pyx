"""Pre-shared keys of a Context: who knows them."""

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libssl as s
from OpenSSL._native.common.hooks cimport (
    ON_PSK_CLIENT, ON_PSK_FIND, ON_PSK_SERVER, ON_PSK_USE, Hooks,
)
from OpenSSL._native.ssl.connection cimport Connection
from OpenSSL._native.ssl.context cimport Context
from OpenSSL._native.ssl.shared_keys cimport ask_keys
from OpenSSL._native.ssl.stamps cimport is_by_key
from OpenSSL._native.ssl.targets cimport change, connection_of, context_of, leave, note_rule

cdef extern from "compat.h" nogil:
    int SSL_CTX_use_psk_identity_hint(s.SSL_CTX* context, const char* hint)
    const char* SSL_get_psk_identity_hint(const s.SSL* ssl)


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
