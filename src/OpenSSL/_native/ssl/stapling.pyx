"""OCSP responses stapled to handshakes, on both sides."""

from cpython.bytes cimport PyBytes_FromStringAndSize

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libssl as s
from OpenSSL._native.common.hooks cimport ON_OCSP_CLIENT, ON_OCSP_SERVER, Hooks
from OpenSSL._native.ssl.connection cimport Connection
from OpenSSL._native.ssl.context cimport Context
from OpenSSL._native.ssl.trampolines cimport on_status

cdef extern from "compat.h" nogil:
    int TLSEXT_STATUSTYPE_ocsp
    long SSL_CTX_set_tlsext_status_cb(s.SSL_CTX* context, s.status_hook callback)
    long SSL_CTX_set_tlsext_status_type(s.SSL_CTX* context, int kind)
    long SSL_set_tlsext_status_type(s.SSL* ssl, int kind)


cdef int install(Context context, Hooks hooks) except -1:
    """One C callback serves both roles, and stays: connections made before may have hooks."""
    errors.clear()
    if SSL_CTX_set_tlsext_status_cb(context.handle, on_status) != 1:
        errors.fail_ssl("SSL_CTX_set_tlsext_status_cb failed")
    context.hooks = hooks
    return 0


def set_ocsp_client_callback(Context context not None, callback, data):
    context.change()
    try:
        install(context, context.hooks.changed(
            ON_OCSP_CLIENT, None if callback is None else (callback, data)))
    finally:
        context.leave()


def set_ocsp_server_callback(Context context not None, callback, data):
    context.change()
    try:
        install(context, context.hooks.changed(
            ON_OCSP_SERVER, None if callback is None else (callback, data)))
    finally:
        context.leave()


def request_ocsp_always(Context context not None):
    """Let the connections that are made from now on ask for a response."""
    context.change()
    try:
        errors.clear()
        if SSL_CTX_set_tlsext_status_type(context.handle, TLSEXT_STATUSTYPE_ocsp) != 1:
            errors.fail_ssl("OCSP stapling cannot be requested")
    finally:
        context.leave()


def request_ocsp(Connection connection not None):
    connection.enter()
    try:
        errors.clear()
        if SSL_set_tlsext_status_type(connection.handle, TLSEXT_STATUSTYPE_ocsp) != 1:
            errors.fail_ssl("OCSP stapling cannot be requested")
    finally:
        connection.leave()


def get_tlsext_status_ocsp_resp(Connection connection not None):
    cdef const unsigned char* data = NULL
    cdef long size
    connection.enter()
    try:
        size = s.SSL_get_tlsext_status_ocsp_resp(connection.handle, &data)
        if size < 0 or data == NULL:
            return None
        return PyBytes_FromStringAndSize(<const char*>data, size)
    finally:
        connection.leave()
