"""Whom the peer's certificate must be for, as libssl has been told."""

cimport OpenSSL._native.libcrypto as c
cimport OpenSSL._native.libssl as s


cdef bint is_named(s.SSL* ssl) noexcept nogil:
    cdef c.X509_VERIFY_PARAM* asked = s.SSL_get0_param(ssl)
    cdef char* address
    if c.X509_VERIFY_PARAM_get0_host(asked, 0) != NULL:
        return True
    if c.X509_VERIFY_PARAM_get0_email(asked) != NULL:
        return True
    address = c.X509_VERIFY_PARAM_get1_ip_asc(asked)    # without memory NULL: then it is not known
    c.OPENSSL_free(address)
    return address != NULL
