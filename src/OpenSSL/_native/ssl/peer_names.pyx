"""More about the names a peer must have: several, e-mail, and that there must be one."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libcrypto as c
cimport OpenSSL._native.common.libssl as s
from OpenSSL._native.crypto.certificate_names cimport HOSTFLAGS
from OpenSSL._native.ssl.connection cimport Connection
from OpenSSL._native.ssl.context cimport Context

cdef extern from "compat.h" nogil:
    int SSL_add1_host(s.SSL* ssl, const char* name)


def get_check_hostname(Context context not None) -> bool:
    context.enter()
    try:
        return context.must_name
    finally:
        context.leave()


def set_check_hostname(Context context not None, bint wanted) -> None:
    context.enter()
    try:
        context.must_name = wanted
    finally:
        context.leave()


def add_host(Connection connection not None, bytes name not None, bint dotted) -> None:
    """``dotted``: OpenSSL's own ways are needed for it."""
    connection.enter()
    try:
        if dotted and not connection.own_hostflags:
            raise ValueError("name must not begin or end with a dot")
        errors.clear()
        if SSL_add1_host(connection.handle, name) != 1:
            errors.fail_ssl("the host name cannot be checked for")
        if not connection.own_hostflags:
            s.SSL_set_hostflags(connection.handle, HOSTFLAGS)
    finally:
        connection.leave()


def set_email(Connection connection not None, bytes address not None) -> None:
    connection.enter()
    try:
        errors.clear()
        if c.X509_VERIFY_PARAM_set1_email(
                s.SSL_get0_param(connection.handle), PyBytes_AS_STRING(address),
                PyBytes_GET_SIZE(address)) != 1:
            errors.fail_ssl("the e-mail address cannot be checked for")
    finally:
        connection.leave()
