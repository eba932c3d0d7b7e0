"""DANE: records of DNS (TLSA) that say which certificate a server has."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.stdint cimport uint8_t

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libcrypto as c
cimport OpenSSL._native.common.libssl as s
cimport OpenSSL._native.crypto.algorithms as algorithms
from OpenSSL._native.crypto.certificate_names cimport HOSTFLAGS
from OpenSSL._native.crypto.certificates cimport wrap_certificate
from OpenSSL._native.crypto.keys cimport wrap_public_key
from OpenSSL._native.ssl.connection cimport Connection
from OpenSSL._native.ssl.context cimport Context

from OpenSSL._exceptions import Error

cdef extern from "compat.h" nogil:
    int SSL_CTX_dane_enable(s.SSL_CTX* context)
    int SSL_CTX_dane_mtype_set(s.SSL_CTX* context, const c.EVP_MD* digest, uint8_t kind,
        uint8_t rank)
    unsigned long SSL_CTX_dane_set_flags(s.SSL_CTX* context, unsigned long flags)
    unsigned long SSL_CTX_dane_clear_flags(s.SSL_CTX* context, unsigned long flags)
    int SSL_dane_enable(s.SSL* ssl, const char* name)
    int SSL_dane_tlsa_add(s.SSL* ssl, uint8_t usage, uint8_t selector, uint8_t kind,
        const unsigned char* data, size_t size)
    int SSL_get0_dane_authority(s.SSL* ssl, c.X509** certificate, c.EVP_PKEY** key)
    int SSL_get0_dane_tlsa(s.SSL* ssl, uint8_t* usage, uint8_t* selector, uint8_t* kind,
        const unsigned char** data, size_t* size)
    unsigned long SSL_dane_set_flags(s.SSL* ssl, unsigned long flags)
    unsigned long SSL_dane_clear_flags(s.SSL* ssl, unsigned long flags)


def context_enable(Context context not None) -> None:
    context.change()
    try:
        errors.clear()
        if SSL_CTX_dane_enable(context.handle) != 1:
            errors.fail_ssl("DANE cannot be enabled")
    finally:
        context.leave()


def context_change_flags(Context context not None, unsigned long flags, bint wanted) -> int:
    context.change()
    try:
        if wanted:
            return SSL_CTX_dane_set_flags(context.handle, flags) | flags
        return SSL_CTX_dane_clear_flags(context.handle, flags) & ~flags
    finally:
        context.leave()


def set_mtype(Context context not None, str digest, uint8_t number, uint8_t rank) -> None:
    """``digest`` None: the number is not to be used."""
    cdef const c.EVP_MD* kind = NULL
    if digest is not None:
        kind = algorithms.find_digest(digest)
    context.change()
    try:
        errors.clear()
        if SSL_CTX_dane_mtype_set(context.handle, kind, number, rank) != 1:
            errors.fail_ssl("the kind of digest cannot be set")
    finally:
        context.leave()


def enable(Connection connection not None, bytes name not None) -> None:
    cdef c.X509_VERIFY_PARAM* asked
    cdef int result
    connection.enter()
    try:
        if connection.context is not connection.first:
            # libssl looks at that Context's table for ever, and at no other's (SSL_dane_enable,
            # 3.0 to 4.0).
            raise Error([(
                "SSL routines", "", "too late: the connection was given another Context")])
        connection.own_criteria()      # no session stands for what records say now
        # The table of digests is the Context's.
        connection.first.enter()
        try:
            errors.clear()
            asked = s.SSL_get0_param(connection.handle)
            c.brisk_take_any_name(asked)
            result = SSL_dane_enable(connection.handle, name)
        finally:
            connection.first.leave()
        if result != 1:
            errors.fail_ssl("DANE cannot be enabled")
        connection.channel.hosted = True
        connection.pledged = True
        connection.settle()
        if not connection.own_hostflags:
            s.SSL_set_hostflags(connection.handle, HOSTFLAGS)
    finally:
        connection.leave()


def change_flags(Connection connection not None, unsigned long flags, bint wanted) -> int:
    connection.enter()
    try:
        if wanted:
            return SSL_dane_set_flags(connection.handle, flags) | flags
        return SSL_dane_clear_flags(connection.handle, flags) & ~flags
    finally:
        connection.leave()


def add_tlsa(
    Connection connection not None,
    uint8_t usage,
    uint8_t selector,
    uint8_t number,
    bytes data not None,
) -> bool:
    """Whether the record can be used."""
    cdef int result
    connection.enter()
    try:
        connection.first.enter()
        try:
            errors.clear()
            result = SSL_dane_tlsa_add(
                connection.handle, usage, selector, number,
                <const unsigned char*>PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data))
        finally:
            connection.first.leave()
        if result < 0:
            errors.fail_ssl("the record cannot be added")
        errors.clear()
        return result == 1
    finally:
        connection.leave()


def get_authority(Connection connection not None) -> tuple[int, Any, Any] | None:
    cdef c.X509* certificate = NULL
    cdef c.EVP_PKEY* key = NULL
    cdef int depth
    connection.enter()
    try:
        depth = SSL_get0_dane_authority(connection.handle, &certificate, &key)
        if depth < 0:
            return None
        shown = shown_key = None
        errors.clear()
        if certificate != NULL:
            if c.X509_up_ref(certificate) != 1:
                errors.fail_ssl("X509_up_ref failed")
            shown = wrap_certificate(certificate)
        if key != NULL:
            if c.EVP_PKEY_up_ref(key) != 1:
                errors.fail_ssl("EVP_PKEY_up_ref failed")
            shown_key = wrap_public_key(key)
        return depth, shown, shown_key
    finally:
        connection.leave()


def get_tlsa(Connection connection not None) -> tuple[int, int, int, bytes] | None:
    cdef uint8_t usage = 0
    cdef uint8_t selector = 0
    cdef uint8_t number = 0
    cdef const unsigned char* data = NULL
    cdef size_t size = 0
    connection.enter()
    try:
        if SSL_get0_dane_tlsa(
                connection.handle, &usage, &selector, &number, &data, &size) < 0:
            return None
        return usage, selector, number, PyBytes_FromStringAndSize(<const char*>data, size)
    finally:
        connection.leave()
