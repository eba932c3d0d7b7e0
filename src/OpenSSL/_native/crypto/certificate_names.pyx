"""Whom a certificate is for: a host, an address, an e-mail address."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libcrypto as c
from OpenSSL._native.crypto.certificates cimport X509, release_certificate

cdef extern from "compat.h" nogil:
    unsigned int X509_CHECK_FLAG_NEVER_CHECK_SUBJECT
    unsigned int X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS

cdef unsigned int HOSTFLAGS = (
    X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS)


cdef bint verdict(int result) except -1:
    if result < 0:
        errors.fail_crypto("the certificate's names cannot be compared")
    return result == 1


def check_host(X509 certificate not None, bytes name not None, flags: int | None) -> bool:
    cdef unsigned int ways = HOSTFLAGS if flags is None else flags
    cdef c.X509* handle = certificate.share()
    cdef int result
    errors.clear()
    result = c.X509_check_host(
        handle, PyBytes_AS_STRING(name), PyBytes_GET_SIZE(name), ways, NULL)
    release_certificate(handle)
    return verdict(result)


def check_address(X509 certificate not None, bytes address not None) -> bool:
    cdef c.X509* handle = certificate.share()
    cdef int result
    errors.clear()
    result = c.X509_check_ip_asc(handle, PyBytes_AS_STRING(address), 0)
    release_certificate(handle)
    return verdict(result)


def check_email(X509 certificate not None, bytes address not None) -> bool:
    cdef c.X509* handle = certificate.share()
    cdef int result
    errors.clear()
    result = c.X509_check_email(
        handle, PyBytes_AS_STRING(address), PyBytes_GET_SIZE(address), 0)
    release_certificate(handle)
    return verdict(result)
