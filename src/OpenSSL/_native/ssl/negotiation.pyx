"""What the two ends tell each other besides keys: protocols, names, SRTP profiles."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libssl as s
from OpenSSL._native.common.hooks cimport ON_ALPN_SELECT, ON_SERVERNAME, Hooks
from OpenSSL._native.common.rules cimport digest_two
from OpenSSL._native.ssl.connection cimport Connection
from OpenSSL._native.ssl.context cimport Context
from OpenSSL._native.ssl.hello cimport on_servername

cdef extern from "compat.h" nogil:
    int TLSEXT_NAMETYPE_host_name
    int SSL_CTX_set_alpn_protos(s.SSL_CTX* context, const unsigned char* protos, unsigned int size)
    int SSL_set_alpn_protos(s.SSL* ssl, const unsigned char* protos, unsigned int size)
    void SSL_get0_alpn_selected(const s.SSL* ssl, const unsigned char** data, unsigned int* size)
    long SSL_CTX_set_tlsext_servername_callback(s.SSL_CTX* context, int (*callback)(s.SSL*, int*,
        void*) noexcept)
    long SSL_set_tlsext_host_name(s.SSL* ssl, const char* name)
    int SSL_CTX_set_tlsext_use_srtp(s.SSL_CTX* context, const char* profiles)
    s.SRTP_PROTECTION_PROFILE* SSL_get_selected_srtp_profile(s.SSL* ssl)


# ---- application protocols (ALPN)

def context_set_alpn_protos(Context context not None, bytes encoded not None) -> None:
    context.change()
    try:
        errors.clear()
        # The one pair of functions where zero is success.
        if SSL_CTX_set_alpn_protos(
                context.handle, <const unsigned char*>PyBytes_AS_STRING(encoded),
                <unsigned int>PyBytes_GET_SIZE(encoded)) != 0:
            errors.fail_ssl("OpenSSL refused this list of protocols")
    finally:
        context.leave()


def connection_set_alpn_protos(Connection connection not None, bytes encoded not None) -> None:
    connection.enter()
    try:
        errors.clear()
        if SSL_set_alpn_protos(
                connection.handle, <const unsigned char*>PyBytes_AS_STRING(encoded),
                <unsigned int>PyBytes_GET_SIZE(encoded)) != 0:
            errors.fail_ssl("OpenSSL refused this list of protocols")
    finally:
        connection.leave()


def set_alpn_select_callback(Context context not None, callback: Callable[..., Any] | None) -> None:
    context.set_hook(ON_ALPN_SELECT, callback)


def get_alpn_proto_negotiated(Connection connection not None) -> bytes:
    cdef const unsigned char* data = NULL
    cdef unsigned int size = 0
    connection.enter()
    try:
        SSL_get0_alpn_selected(connection.handle, &data, &size)
        if data == NULL:
            return b""
        return PyBytes_FromStringAndSize(<const char*>data, size)
    finally:
        connection.leave()


# ---- server names (SNI)

def set_servername_callback(Context context not None, callback: Callable[..., Any] | None) -> None:
    cdef Hooks hooks
    cdef int (*function)(s.SSL*, int*, void*) noexcept nogil
    function = NULL
    context.change()
    try:
        hooks = context.hooks.copy()
        hooks.put(ON_SERVERNAME, callback)
        errors.clear()
        if callback is not None:
            function = on_servername
        # Connections made before have their hook, and libssl looks at the Context
        # (final_server_name, 3.0 to 4.0).
        if (callback is not None or not context.in_use) and (
                SSL_CTX_set_tlsext_servername_callback(context.handle, function) != 1):
            errors.fail_ssl("the server name callback cannot be set")
        context.hooks = hooks
    finally:
        context.leave()


cdef int digest_name(Connection connection, bytes name) except -1:
    """A client offers a session for the name it was made for; a server reads the hello."""
    if not digest_two(
            PyBytes_AS_STRING(name), PyBytes_GET_SIZE(name), b"", 0, connection.channel.asked):
        raise MemoryError()
    return 0


def set_host_name(Connection connection not None, bytes name not None) -> None:
    connection.enter()
    try:
        errors.clear()
        if SSL_set_tlsext_host_name(connection.handle, PyBytes_AS_STRING(name)) != 1:
            errors.fail_ssl("OpenSSL refused this host name")
        digest_name(connection, name.lower())
    finally:
        connection.leave()


def get_servername(Connection connection not None) -> bytes | None:
    cdef const char* name
    connection.enter()
    try:
        if connection.choosing and s.SSL_is_server(connection.handle):
            # The hello has not been taken apart yet.
            name = connection.channel.name
            return None if name == NULL else PyBytes_FromStringAndSize(
                name, connection.channel.name_size)
        name = s.SSL_get_servername(connection.handle, TLSEXT_NAMETYPE_host_name)
        return None if name == NULL else <bytes>name
    finally:
        connection.leave()


# ---- SRTP

def set_use_srtp(Context context not None, bytes profiles not None) -> None:
    context.change()
    try:
        errors.clear()
        if SSL_CTX_set_tlsext_use_srtp(context.handle, PyBytes_AS_STRING(profiles)) != 0:
            errors.fail_ssl("the list holds an SRTP profile that is unknown")
    finally:
        context.leave()


def get_selected_srtp_profile(Connection connection not None) -> bytes:
    cdef s.SRTP_PROTECTION_PROFILE* profile
    connection.enter()
    try:
        profile = SSL_get_selected_srtp_profile(connection.handle)
        return b"" if profile == NULL else <bytes>profile.name
    finally:
        connection.leave()
