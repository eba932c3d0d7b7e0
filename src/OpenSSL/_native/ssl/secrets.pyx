"""What a handshake leaves both sides knowing: randoms, master key, Finished, exported keys."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libcrypto as c
cimport OpenSSL._native.common.libssl as s
from OpenSSL._native.ssl.connection cimport Connection

cdef extern from "compat.h" nogil:
    size_t SSL_get_client_random(const s.SSL* ssl, unsigned char* data, size_t size)
    size_t SSL_get_server_random(const s.SSL* ssl, unsigned char* data, size_t size)
    size_t SSL_get_finished(const s.SSL* ssl, void* data, size_t size)
    size_t SSL_get_peer_finished(const s.SSL* ssl, void* data, size_t size)
    int SSL_export_keying_material(s.SSL* ssl, unsigned char* data, size_t size,
        const char* label, size_t label_size, const unsigned char* context, size_t context_size,
        int use_context)

cdef enum:
    FINISHED_MAXIMUM = 128      # libssl's own room for a Finished message
    LENGTH_MAXIMUM = 0xffff     # two bytes of length on the wire, and in RFC 8446 HkdfLabel

ctypedef size_t (*read_random)(const s.SSL*, unsigned char*, size_t) noexcept nogil
ctypedef size_t (*read_finished)(const s.SSL*, void*, size_t) noexcept nogil


cdef object random_of(Connection connection, read_random read):
    """The random itself, or None as long as there is no session yet."""
    cdef size_t size
    cdef bytes value
    connection.enter()
    try:
        if s.SSL_get_session(connection.handle) == NULL:
            return None
        size = read(connection.handle, NULL, 0)
        if size == 0:
            return None
        value = PyBytes_FromStringAndSize(NULL, <Py_ssize_t>size)
        if read(connection.handle, <unsigned char*>PyBytes_AS_STRING(value), size) != size:
            errors.fail_ssl("the random changed its size while it was read")
        return value
    finally:
        connection.leave()


def client_random(Connection connection not None) -> bytes | None:
    return random_of(connection, SSL_get_client_random)


def server_random(Connection connection not None) -> bytes | None:
    return random_of(connection, SSL_get_server_random)


def master_key(Connection connection not None) -> bytes | None:
    cdef s.SSL_SESSION* session
    cdef size_t size
    cdef bytes value
    connection.enter()
    try:
        session = s.SSL_get_session(connection.handle)
        if session == NULL:
            return None
        size = s.SSL_SESSION_get_master_key(session, NULL, 0)
        if size == 0:
            return None
        value = PyBytes_FromStringAndSize(NULL, <Py_ssize_t>size)
        if s.SSL_SESSION_get_master_key(
                session, <unsigned char*>PyBytes_AS_STRING(value), size) != size:
            errors.fail_ssl("the master key changed its size while it was read")
        return value
    finally:
        connection.leave()


cdef object finished_of(Connection connection, read_finished read):
    cdef char message[FINISHED_MAXIMUM]
    cdef size_t size
    connection.enter()
    try:
        size = read(connection.handle, message, FINISHED_MAXIMUM)
        if size == 0:
            return None
        if size > FINISHED_MAXIMUM:
            errors.fail_ssl("the Finished message is longer than any known")
        value = PyBytes_FromStringAndSize(message, <Py_ssize_t>size)
        c.OPENSSL_cleanse(message, FINISHED_MAXIMUM)
        return value
    finally:
        connection.leave()


def get_finished(Connection connection not None) -> bytes | None:
    return finished_of(connection, SSL_get_finished)


def get_peer_finished(Connection connection not None) -> bytes | None:
    return finished_of(connection, SSL_get_peer_finished)


cdef bint has_secret(const s.SSL* ssl, s.SSL_SESSION* session) noexcept:
    """Whether there is something to derive keys from."""
    if s.SSL_version(ssl) != s.TLS1_3_VERSION:
        # libssl would derive them from no secret at all, for everybody to know
        # (tls1_export_keying_material, 3.0 to 4.0).
        return s.SSL_SESSION_get_master_key(session, NULL, 0) != 0
    # It is there with the server's Finished; before, libssl speaks of an internal error
    # (tls13_export_keying_material, 3.0).
    if s.SSL_is_server(ssl):
        return SSL_get_finished(ssl, NULL, 0) != 0
    return SSL_get_peer_finished(ssl, NULL, 0) != 0


def export_keying_material(
    Connection connection not None, bytes label not None, size: int, bytes context,
) -> bytes:
    cdef size_t wanted
    cdef bytes value
    cdef const unsigned char* about = NULL
    cdef size_t about_size = 0
    cdef s.SSL_SESSION* session
    cdef int result
    if not 0 <= size <= LENGTH_MAXIMUM:
        raise ValueError(f"olen must be from 0 to {LENGTH_MAXIMUM} bytes")
    if context is not None:
        if PyBytes_GET_SIZE(context) > LENGTH_MAXIMUM:
            raise ValueError(f"context must not be longer than {LENGTH_MAXIMUM} bytes")
        about = <const unsigned char*>PyBytes_AS_STRING(context)
        about_size = <size_t>PyBytes_GET_SIZE(context)
    wanted = size
    connection.enter()
    try:
        session = s.SSL_get_session(connection.handle)
        if session == NULL or not has_secret(connection.handle, session):
            errors.clear()
            errors.fail_ssl("there are no keys before the handshake")
        value = PyBytes_FromStringAndSize(NULL, <Py_ssize_t>wanted)
        errors.clear()
        result = SSL_export_keying_material(
            connection.handle, <unsigned char*>PyBytes_AS_STRING(value), wanted,
            PyBytes_AS_STRING(label), <size_t>PyBytes_GET_SIZE(label),
            about, about_size, context is not None)
        if result != 1:
            errors.fail_ssl("no keying material can be exported now, or not for this label")
        return value
    finally:
        connection.leave()
