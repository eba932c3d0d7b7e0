"""The names a peer must have: hosts, addresses, e-mail, and that there must be one."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libcrypto as c
cimport OpenSSL._native.common.libssl as s
from OpenSSL._native.crypto.certificate_names cimport HOSTFLAGS
from OpenSSL._native.ssl.connection cimport Connection
from OpenSSL._native.ssl.context cimport Context

cdef extern from "compat.h" nogil:
    int SSL_set1_host(s.SSL* ssl, const char* name)
    int SSL_add1_host(s.SSL* ssl, const char* name)
    const char* SSL_get0_peername(s.SSL* ssl)
    void brisk_take_any_host(c.X509_VERIFY_PARAM* param)


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


ctypedef int (*take_name)(s.SSL*, const char*) noexcept nogil


cdef int ask_for(Connection connection, const char* name, take_name take) except -1:
    brisk_take_any_host(s.SSL_get0_param(connection.handle))
    if take(connection.handle, name) != 1:
        errors.fail_ssl("the host name cannot be checked for")
    if not connection.own_hostflags:
        s.SSL_set_hostflags(connection.handle, HOSTFLAGS)
    return 0


cdef int check_dots(Connection connection, bint dotted) except -1:
    if dotted and not connection.own_hostflags:
        raise ValueError("name must not begin or end with a dot")
    return 0


def set_host(
    Connection connection not None, bytes name not None, bint address, bint dotted,
) -> None:
    """``address``: the name is one; ``dotted``: OpenSSL's own ways are needed for it."""
    connection.enter()
    try:
        check_dots(connection, dotted)
        errors.clear()
        if address:
            set_address(connection, name)
            return
        ask_for(connection, name, SSL_set1_host)
    finally:
        connection.leave()


cdef int set_address(Connection connection, bytes address) except -1:
    if c.X509_VERIFY_PARAM_set1_ip_asc(s.SSL_get0_param(connection.handle), address) != 1:
        errors.fail_ssl("not an IP address")
    connection.addressed = True
    connection.channel.addressed = True
    return 0


def set_ip_asc(Connection connection not None, bytes address not None) -> None:
    connection.enter()
    try:
        errors.clear()
        set_address(connection, address)
    finally:
        connection.leave()


def set_hostflags(Connection connection not None, unsigned int flags) -> None:
    connection.enter()
    try:
        s.SSL_set_hostflags(connection.handle, flags)
        connection.own_hostflags = True
    finally:
        connection.leave()


def get_peername(Connection connection not None) -> str | None:
    cdef const char* name
    connection.enter()
    try:
        name = SSL_get0_peername(connection.handle)
        return None if name == NULL else (<bytes>name).decode("utf-8", "replace")
    finally:
        connection.leave()


def add_host(Connection connection not None, bytes name not None, bint dotted) -> None:
    """``dotted``: OpenSSL's own ways are needed for it."""
    connection.enter()
    try:
        check_dots(connection, dotted)
        errors.clear()
        ask_for(connection, name, SSL_add1_host)
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
