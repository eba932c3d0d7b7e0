"""Names of authorities that a peer is told: whose certificates it may show."""

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libssl as s
from OpenSSL._native.common.memory cimport Memory, opened
from OpenSSL._native.crypto.certificates cimport X509, read_pem, release_certificate
from OpenSSL._native.crypto.names cimport X509Name, release_name
from OpenSSL._native.ssl.connection cimport Connection
from OpenSSL._native.ssl.context cimport Context
from OpenSSL._native.ssl.targets cimport change, connection_of, context_of, leave

cdef extern from "compat.h" nogil:
    int SSL_CTX_add_client_CA(s.SSL_CTX* context, c.X509* authority)
    void SSL_CTX_set_client_CA_list(s.SSL_CTX* context, c.X509_NAME_LIST* names)
    void SSL_set_client_CA_list(s.SSL* ssl, c.X509_NAME_LIST* names)
    c.X509_NAME_LIST* SSL_CTX_get_client_CA_list(const s.SSL_CTX* context)
    c.X509_NAME_LIST* sk_X509_NAME_new_null()
    c.X509_NAME* sk_X509_NAME_value(const c.X509_NAME_LIST* names, int index)
    int sk_X509_NAME_push(c.X509_NAME_LIST* names, c.X509_NAME* name)

cdef enum:
    # Bytes of authorities' names: two say the length of all, and TLS 1.3 has its signature
    # algorithms beside them.
    MOST_NAMES = 0xffff - 1023


cdef size_t room_of(const c.X509_NAME* name) except 0:
    """How many bytes of a request for a certificate a name takes."""
    cdef int size
    errors.clear()
    size = c.i2d_X509_NAME(name, NULL)
    if size <= 0:
        errors.fail_ssl("a name cannot be written")
    return 2 + size


cdef int check_room(const c.X509_NAME_LIST* names, const c.X509_NAME* more) except -1:
    """Raise where a handshake would fail because the names do not fit into one request."""
    cdef size_t room = 0 if more == NULL else room_of(more)
    cdef int index
    # Of no list at all libssl counts -1 names (OPENSSL_sk_num, 3.0 to 4.0).
    for index in range(c.sk_X509_NAME_num(names)):
        room += room_of(sk_X509_NAME_value(names, index))
    if room > MOST_NAMES:
        raise ValueError(
            f"names of authorities have at most {MOST_NAMES} bytes in all, not {room}")
    return 0


def add_client_ca(Context context not None, X509 authority not None) -> None:
    cdef c.X509* handle
    cdef int result
    context.change()
    try:
        check_room(SSL_CTX_get_client_CA_list(context.handle),
                   c.X509_get_subject_name(authority.held()))
        errors.clear()
        handle = authority.share()
        result = SSL_CTX_add_client_CA(context.handle, handle)
        release_certificate(handle)
        if result != 1:
            errors.fail_ssl("the certificate's subject cannot be added")
    finally:
        context.leave()


cdef bint has_name(const c.X509_NAME_LIST* names, const c.X509_NAME* name) noexcept:
    cdef int index
    for index in range(c.sk_X509_NAME_num(names)):
        if c.X509_NAME_cmp(sk_X509_NAME_value(names, index), name) == 0:
            return True
    return False


cdef int add_subject(c.X509_NAME_LIST* names, c.X509* certificate) except -1:
    cdef c.X509_NAME* name = c.X509_get_subject_name(certificate)
    if has_name(names, name):
        return 0
    name = c.X509_NAME_dup(name)
    if name == NULL or sk_X509_NAME_push(names, name) == 0:
        release_name(name)
        errors.fail_ssl("the certificate's subject cannot be added")
    return 0


cdef c.X509_NAME_LIST* read_names(bytes path) except NULL:
    """Whom a PEM file's certificates are for, each once."""
    # Not by SSL_load_client_CA_file: it asks at the terminal for the passphrase of a
    # certificate that says it is encrypted.
    cdef Memory source = opened(path)
    cdef c.X509_NAME_LIST* names
    cdef c.X509* certificate
    if source is None:
        errors.fail_ssl("the file cannot be read")
    names = sk_X509_NAME_new_null()
    if names == NULL:
        errors.fail_ssl("sk_X509_NAME_new_null failed")
    try:
        while True:
            errors.clear()
            certificate = read_pem(source)
            if certificate == NULL:
                if c.sk_X509_NAME_num(names) > 0 and errors.take_no_start_line():
                    check_room(names, NULL)
                    return names
                errors.fail_ssl("the file holds no certificate")
            try:
                add_subject(names, certificate)
            finally:
                release_certificate(certificate)
    except BaseException:
        c.brisk_free_names(names)
        raise


def load_client_ca(Context context not None, bytes path not None) -> None:
    cdef c.X509_NAME_LIST* names
    context.change()
    try:
        errors.clear()
        names = read_names(path)
        SSL_CTX_set_client_CA_list(context.handle, names)  # owns the list from here on
    finally:
        context.leave()


cdef int add_name(c.X509_NAME_LIST* names, X509Name name) except -1:
    cdef c.X509_NAME* copy = name.copy()
    if sk_X509_NAME_push(names, copy) == 0:
        release_name(copy)
        errors.fail_ssl("sk_X509_NAME_push failed")
    return 0


cdef c.X509_NAME_LIST* new_names(list authorities) except NULL:
    cdef c.X509_NAME_LIST* names
    errors.clear()
    names = sk_X509_NAME_new_null()
    if names == NULL:
        errors.fail_ssl("sk_X509_NAME_new_null failed")
    try:
        for authority in authorities:
            add_name(names, authority)
        check_room(names, NULL)
    except BaseException:
        c.brisk_free_names(names)
        raise
    return names


def set_client_ca_list(
    target not None: Context | Connection, list authorities not None: list[X509Name],
) -> None:
    cdef c.X509_NAME_LIST* names
    change(target)
    try:
        names = new_names(authorities)
        # The list is libssl's from here on.
        if context_of(target) != NULL:
            SSL_CTX_set_client_CA_list(context_of(target), names)
        else:
            SSL_set_client_CA_list(connection_of(target), names)
    finally:
        leave(target)
