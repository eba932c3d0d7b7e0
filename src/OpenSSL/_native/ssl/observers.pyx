"""Watching handshakes: state changes, and the keys for a decrypting recorder."""

from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.string cimport strlen

cimport OpenSSL._native.common.libssl as s
from OpenSSL._native.common.hooks cimport (
    ON_INFO, ON_KEYLOG, ON_MESSAGE, Carrier, Scope, enter_hook, heard, leave_hook,
)
from OpenSSL._native.ssl.callbacks cimport carrier_of, on_info
from OpenSSL._native.ssl.connection cimport Connection
from OpenSSL._native.ssl.context cimport Context

cdef extern from "compat.h" nogil:
    void SSL_CTX_set_info_callback(s.SSL_CTX* context, s.info_hook callback)
    void SSL_CTX_set_keylog_callback(s.SSL_CTX* context, s.keylog_hook callback)


cdef void on_keylog(const s.SSL* ssl, const char* line) noexcept with gil:
    cdef Scope scope
    cdef Carrier carrier = carrier_of(ssl)
    if carrier is None or not carrier.hooks.has(ON_KEYLOG):
        return
    if not enter_hook(&scope, carrier):
        return
    try:
        heard(
            carrier.hooks.get(ON_KEYLOG)(carrier, PyBytes_FromStringAndSize(line, strlen(line))),
            "a key log callback")
    except BaseException as error:
        carrier.keep(error)
        carrier.spoil()
    leave_hook(&scope, carrier)


def set_info_callback(Context context not None, callback: Callable[..., Any] | None) -> None:
    cdef s.info_hook hook = NULL
    if callback is not None:
        hook = on_info
    context.change()
    try:
        context.hooks = context.hooks.changed(ON_INFO, callback)
        SSL_CTX_set_info_callback(context.handle, hook)
    finally:
        context.leave()


def connection_set_info_callback(
    Connection connection not None, callback: Callable[..., Any] | None,
) -> None:
    connection.enter()
    try:
        connection.hooks = connection.hooks.changed(ON_INFO, callback)
        connection.own(ON_INFO)
        # Always ours: NULL would let the Context's answer instead.
        s.SSL_set_info_callback(connection.handle, on_info)
    finally:
        connection.leave()


def set_keylog_callback(Context context not None, callback: Callable[..., Any] | None) -> None:
    context.change()
    try:
        context.hooks = context.hooks.changed(ON_KEYLOG, callback)
        # Never taken away again: connections made before still have their hook.
        if callback is not None:
            SSL_CTX_set_keylog_callback(context.handle, on_keylog)
    finally:
        context.leave()


def set_message_callback(Context context not None, callback: Callable[..., Any] | None) -> None:
    context.set_hook(ON_MESSAGE, callback)


def get_message_callback(Context context not None) -> Callable[..., Any] | None:
    return context.hook(ON_MESSAGE)


def get_info_callback(Context context not None) -> Callable[..., Any] | None:
    return context.hook(ON_INFO)


def get_keylog_callback(Context context not None) -> Callable[..., Any] | None:
    return context.hook(ON_KEYLOG)
