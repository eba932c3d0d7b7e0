"""The names a peer must have: hosts, addresses, e-mail, and that there must be one."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libcrypto as c
cimport OpenSSL._native.common.libssl as s
from OpenSSL._native.crypto.certificate_names cimport HOSTFLAGS
from OpenSSL._native.ssl.connection cimport Connection
from OpenSSL._native.ssl.context cimport Context

cdef extern from "compat.h" nogil:
    const char* SSL_get0_peername(s.SSL* ssl)
    int X509_VERIFY_PARAM_set1_host(c.X509_VERIFY_PARAM* param, const char* name, size_t size)


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


ctypedef int (*take_name)(c.X509_VERIFY_PARAM*, const char*, size_t) noexcept nogil


# Where there is no memory the name before is forgotten (X509_VERIFY_PARAM_set1_host, 3.0 to 4.0):
# that one was asked for is noted in the channel, and nobody fits then.
# Not by SSL_set1_host, which forgets the address that has to match as well (3.5 and 4.0).
cdef int ask_for(Connection connection, bytes name, take_name take) except -1:
    cdef c.X509_VERIFY_PARAM* asked = s.SSL_get0_param(connection.handle)
    c.brisk_take_any_name(asked)
    if take(asked, PyBytes_AS_STRING(name), PyBytes_GET_SIZE(name)) != 1:
        errors.fail_ssl("the host name cannot be checked for")
    connection.channel.hosted = True
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
        ask_for(connection, name, X509_VERIFY_PARAM_set1_host)
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
        ask_for(connection, name, c.X509_VERIFY_PARAM_add1_host)
    finally:
        connection.leave()


def set_email(Connection connection not None, bytes address not None) -> None:
    cdef c.X509_VERIFY_PARAM* asked
    connection.enter()
    try:
        errors.clear()
        asked = s.SSL_get0_param(connection.handle)
        c.brisk_take_any_name(asked)
        if c.X509_VERIFY_PARAM_set1_email(
                asked, PyBytes_AS_STRING(address), PyBytes_GET_SIZE(address)) != 1:
            errors.fail_ssl("the e-mail address cannot be checked for")
        connection.channel.mailed = True
        # 4.0 says that it is none of the other kind (X509_VERIFY_PARAM_set1_smtputf8).
        errors.clear()
    finally:
        connection.leave()
