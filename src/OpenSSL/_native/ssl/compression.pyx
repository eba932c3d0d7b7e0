"""Certificates that are sent compressed (RFC 8879).

Theory.  libssl keeps what it has compressed beside the certificate, and sends it on when the
certificate has been replaced (ssl_set_cert, 3.5 and 4.0): clients would be shown the old one,
signed for by the new key.  So a Context compresses again, before it makes a connection, when
anything in it has changed (``Context.compress_again``), and a connection that was given a
certificate of its own sends it as it is (``ContextUser.own_certificate``).
"""

from cpython.bytes cimport PyBytes_FromStringAndSize

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libcrypto as c
cimport OpenSSL._native.common.libssl as s
from OpenSSL._native.common.lock cimport brisk_store
from OpenSSL._native.ssl.context cimport Context
from OpenSSL._native.ssl.targets cimport change, connection_of, context_of, leave

cdef extern from "compat.h" nogil:
    bint brisk_has_cert_compression()
    int SSL_CTX_set1_cert_comp_preference(s.SSL_CTX* context, int* kinds, size_t count)
    int SSL_set1_cert_comp_preference(s.SSL* ssl, int* kinds, size_t count)
    size_t SSL_CTX_get1_compressed_cert(
        s.SSL_CTX* context, int kind, unsigned char** data, size_t* size)

cdef enum:
    MOST = 8    # kinds; there are three


def is_supported() -> bool:
    return brisk_has_cert_compression()


def set_preference(target: Any, bytes kinds not None) -> None:
    cdef int[MOST] numbers
    cdef int result
    cdef size_t count = 0
    for number in kinds[:MOST]:
        numbers[count] = number
        count += 1
    change(target)
    try:
        errors.clear()
        if context_of(target) != NULL:
            result = SSL_CTX_set1_cert_comp_preference(context_of(target), numbers, count)
        else:
            result = SSL_set1_cert_comp_preference(connection_of(target), numbers, count)
        # Without any way built in libssl refuses to be told of none, too
        # (SSL_CTX_set1_cert_comp_preference, 3.5 and 4.0).
        if result != 1 and count > 0:
            errors.fail_ssl("this OpenSSL was built without these ways to compress")
    finally:
        leave(target)


def compress(Context context not None) -> None:
    context.change()
    try:
        brisk_store(&context.compressing, True)
        if not context.compress_again():
            brisk_store(&context.compressing, False)
            errors.fail_ssl(
                "there is no certificate that gets shorter, or no way to compress it")
    finally:
        context.leave()


def get_compressed(Context context not None, int kind) -> tuple[bytes, int] | None:
    """What is sent, and how long it is uncompressed; None where nothing can be."""
    cdef unsigned char* data = NULL
    cdef size_t size = 0
    cdef size_t length
    context.change()
    try:
        errors.clear()
        length = SSL_CTX_get1_compressed_cert(context.handle, kind, &data, &size)
        errors.clear()
        if length == 0 or data == NULL:
            return None
        try:
            return PyBytes_FromStringAndSize(<const char*>data, length), size
        finally:
            c.OPENSSL_free(data)
    finally:
        context.leave()
