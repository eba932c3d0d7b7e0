"""Choosing the certificate in the handshake, at once or later."""

cimport OpenSSL._native.common.libssl as s
from OpenSSL._native.common.hooks cimport ON_CERTIFICATE
from OpenSSL._native.ssl.connection cimport Connection
from OpenSSL._native.ssl.context cimport Context
from OpenSSL._native.ssl.pausing cimport on_certificate

cdef extern from "compat.h" nogil:
    void SSL_CTX_set_cert_cb(s.SSL_CTX* context, s.certificate_hook callback, void* data)


def set_callback(Context context not None, callback: Callable[..., Any] | None) -> None:
    cdef s.certificate_hook function = NULL
    if callback is not None:
        function = on_certificate
    context.change()
    try:
        context.hooks = context.hooks.changed(ON_CERTIFICATE, callback)
        # Connections made before have their own copy.
        SSL_CTX_set_cert_cb(context.handle, function, NULL)
    finally:
        context.leave()


def connection_set_callback(
    Connection connection not None, callback: Callable[..., Any] | None,
) -> None:
    cdef s.certificate_hook function = NULL
    if callback is not None:
        function = on_certificate
    connection.enter()
    try:
        connection.hooks = connection.hooks.changed(ON_CERTIFICATE, callback)
        connection.own(ON_CERTIFICATE)
        s.SSL_set_cert_cb(connection.handle, function, NULL)
    finally:
        connection.leave()
