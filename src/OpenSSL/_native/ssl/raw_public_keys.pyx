"""Raw public keys (RFC 7250): what a side may show, and which keys of the peer are expected.

Theory.  A key has no name, no issuer and no time: it is good because the program says so.
``judging`` compares it, and whatever libssl would let pass, a key that nobody expects ends the
handshake.  No session stands for a raw key (``stamps``), nor for what is expected on a connection.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libcrypto as c
cimport OpenSSL._native.common.libssl as s
from OpenSSL._native.crypto.keys cimport PKey, release_key, wrap_public_key
from OpenSSL._native.ssl.connection cimport Connection
from OpenSSL._native.ssl.targets cimport change, connection_of, context_of, leave, note_rule


cdef extern from "compat.h" nogil:
    bint brisk_has_raw_keys()
    int SSL_CTX_set1_client_cert_type(
        s.SSL_CTX* context, const unsigned char* kinds, size_t size)
    int SSL_CTX_set1_server_cert_type(
        s.SSL_CTX* context, const unsigned char* kinds, size_t size)
    int SSL_CTX_get0_client_cert_type(
        const s.SSL_CTX* context, unsigned char** kinds, size_t* size)
    int SSL_CTX_get0_server_cert_type(
        const s.SSL_CTX* context, unsigned char** kinds, size_t* size)
    int SSL_get_negotiated_client_cert_type(const s.SSL* ssl)
    int SSL_get_negotiated_server_cert_type(const s.SSL* ssl)
    c.EVP_PKEY* SSL_get0_peer_rpk(const s.SSL* ssl)


def are_supported() -> bool:
    return brisk_has_raw_keys()


def set_types(target: Any, bint client, bytes kinds) -> None:
    """What clients, or servers, may show; None: certificates alone."""
    cdef const unsigned char* data = NULL
    cdef size_t size = 0
    cdef int result
    if kinds is not None:
        data = <const unsigned char*>PyBytes_AS_STRING(kinds)
        size = PyBytes_GET_SIZE(kinds)
    change(target)
    try:
        errors.clear()
        if context_of(target) != NULL:
            result = (
                SSL_CTX_set1_client_cert_type(context_of(target), data, size) if client
                else SSL_CTX_set1_server_cert_type(context_of(target), data, size))
        else:
            result = (
                s.SSL_set1_client_cert_type(connection_of(target), data, size) if client
                else s.SSL_set1_server_cert_type(connection_of(target), data, size))
        if result != 1:
            errors.fail_ssl("the types were refused")
        note_rule(target, "client cert type" if client else "server cert type", kinds)
    finally:
        leave(target)


def get_types(target: Any, bint client) -> bytes:
    cdef unsigned char* data = NULL
    cdef size_t size = 0
    cdef int result
    change(target)
    try:
        if context_of(target) != NULL:
            result = (
                SSL_CTX_get0_client_cert_type(context_of(target), &data, &size) if client
                else SSL_CTX_get0_server_cert_type(context_of(target), &data, &size))
        else:
            result = (
                s.SSL_get0_client_cert_type(connection_of(target), &data, &size) if client
                else s.SSL_get0_server_cert_type(connection_of(target), &data, &size))
        if result != 1 or data == NULL:
            return b""
        return PyBytes_FromStringAndSize(<const char*>data, size)
    finally:
        leave(target)


def get_negotiated(Connection connection not None, bint client) -> int:
    connection.enter()
    try:
        if client:
            return SSL_get_negotiated_client_cert_type(connection.handle)
        return SSL_get_negotiated_server_cert_type(connection.handle)
    finally:
        connection.leave()


cdef bytes spelled(PKey key):
    cdef unsigned char* der = NULL
    cdef int size
    cdef c.EVP_PKEY* handle = key.share_public()
    try:
        errors.clear()
        size = c.i2d_PUBKEY(handle, &der)
        if size <= 0:
            errors.fail_ssl("the key has no public half")
        try:
            return PyBytes_FromStringAndSize(<const char*>der, size)
        finally:
            c.OPENSSL_free(der)
    finally:
        release_key(handle)


def add_expected(Connection connection not None, PKey key not None) -> None:
    cdef bytes der = spelled(key)
    connection.enter()
    try:
        connection.own_criteria()       # no session stands for what is expected now
        connection.expect_key(der)
        connection.settle()
    finally:
        connection.leave()


def get_peer(Connection connection not None) -> Any:
    cdef c.EVP_PKEY* key
    connection.enter()
    try:
        key = SSL_get0_peer_rpk(connection.handle)
        if key == NULL:
            return None
        errors.clear()
        if c.EVP_PKEY_up_ref(key) != 1:
            errors.fail_ssl("the key cannot be shared")
        return wrap_public_key(key)
    finally:
        connection.leave()
