"""What is asked of keys, algorithms and peers: levels, certificates, authorities."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libcrypto as c
cimport OpenSSL._native.common.libssl as s
from OpenSSL._native.crypto.names cimport take_names, wrap_names
from OpenSSL._native.ssl.authority_names cimport new_names
from OpenSSL._native.ssl.connection cimport Connection
from OpenSSL._native.ssl.context cimport Context
from OpenSSL._native.ssl.targets cimport (
    change, connection_of, context_of, enter, leave, note_rule,
)

cdef extern from "compat.h" nogil:
    long SSL_CTX_set1_client_sigalgs_list(s.SSL_CTX* context, const char* algorithms)
    long SSL_CTX_set1_client_certificate_types(s.SSL_CTX* context, const unsigned char* kinds,
        long count)
    void SSL_CTX_set0_CA_list(s.SSL_CTX* context, c.X509_NAME_LIST* names)
    void SSL_set0_CA_list(s.SSL* ssl, c.X509_NAME_LIST* names)
    const c.X509_NAME_LIST* SSL_CTX_get0_CA_list(const s.SSL_CTX* context)
    const c.X509_NAME_LIST* SSL_get0_CA_list(const s.SSL* ssl)
    long SSL_CTX_set_max_cert_list(s.SSL_CTX* context, long size)
    long SSL_get_max_cert_list(s.SSL* ssl)


def set_max_cert_list(target not None: Context | Connection, long size) -> None:
    change(target)
    try:
        # What they return is the bound that was in force before.
        if context_of(target) != NULL:
            SSL_CTX_set_max_cert_list(context_of(target), size)
        else:
            s.SSL_set_max_cert_list(connection_of(target), size)
        note_rule(target, "max cert list", size)
    finally:
        leave(target)


def get_max_cert_list(target not None: Context | Connection) -> int:
    enter(target)
    try:
        if context_of(target) != NULL:
            return s.SSL_CTX_get_max_cert_list(context_of(target))
        return SSL_get_max_cert_list(connection_of(target))
    finally:
        leave(target)


def get_level(target not None: Context | Connection) -> int:
    change(target)
    try:
        if context_of(target) != NULL:
            return s.SSL_CTX_get_security_level(context_of(target))
        return s.SSL_get_security_level(connection_of(target))
    finally:
        leave(target)


def set_level(target not None: Context | Connection, int level) -> None:
    change(target)
    try:
        if context_of(target) != NULL:
            s.SSL_CTX_set_security_level(context_of(target), level)
        else:
            s.SSL_set_security_level(connection_of(target), level)
            note_rule(target, "security level", level)
    finally:
        leave(target)


def set_client_sigalgs_list(
    target not None: Context | Connection, bytes algorithms not None,
) -> None:
    cdef const char* names = algorithms
    cdef long result
    change(target)
    try:
        errors.clear()
        if context_of(target) != NULL:
            result = SSL_CTX_set1_client_sigalgs_list(context_of(target), names)
        else:
            result = s.SSL_set1_client_sigalgs_list(connection_of(target), names)
        if result != 1:
            errors.fail_ssl("no such signature algorithm")
        note_rule(target, "client signature algorithms", algorithms)
    finally:
        leave(target)


def set_certificate_types(target not None: Context | Connection, bytes kinds not None) -> None:
    cdef const unsigned char* numbers = <const unsigned char*>PyBytes_AS_STRING(kinds)
    cdef long result
    change(target)
    try:
        errors.clear()
        if context_of(target) != NULL:
            result = SSL_CTX_set1_client_certificate_types(
                context_of(target), numbers, PyBytes_GET_SIZE(kinds))
        else:
            result = s.SSL_set1_client_certificate_types(
                connection_of(target), numbers, PyBytes_GET_SIZE(kinds))
        if result != 1:
            errors.fail_ssl("the kinds of certificates cannot be set")
        note_rule(target, "client certificate types", kinds)
    finally:
        leave(target)


def set_authorities(target not None: Context | Connection, list names not None: list[Any]) -> None:
    """Those told to the peer, whichever it is."""
    cdef c.X509_NAME_LIST* made
    change(target)
    try:
        errors.clear()
        made = new_names(names)
        # The list is libssl's from here on.
        if context_of(target) != NULL:
            SSL_CTX_set0_CA_list(context_of(target), made)
        else:
            SSL_set0_CA_list(connection_of(target), made)
    finally:
        leave(target)


def get_authorities(Context context not None) -> list[Any]:
    context.enter()
    try:
        return wrap_names(SSL_CTX_get0_CA_list(context.handle))
    finally:
        context.leave()


def connection_get_authorities(Connection connection not None) -> list[Any]:
    cdef const c.X509_NAME_LIST* names
    cdef c.X509_NAME_LIST* copy
    connection.enter()
    try:
        connection.start_reading()      # they may be the Context's
        errors.clear()
        names = SSL_get0_CA_list(connection.handle)
        copy = c.brisk_copy_names(names)
        connection.stop_reading()
        if names != NULL and copy == NULL:
            errors.fail_ssl("the list cannot be copied")
        return take_names(copy)
    finally:
        connection.leave()
