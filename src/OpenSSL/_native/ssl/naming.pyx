"""Whom the peer's certificate must be for, as libssl has been told."""

from libc.string cimport strlen

cimport OpenSSL._native.common.libcrypto as c
cimport OpenSSL._native.common.libssl as s
from OpenSSL._native.ssl.channel cimport Channel

cdef extern from "compat.h" nogil:
    int X509_V_ERR_HOSTNAME_MISMATCH
    int X509_V_ERR_EMAIL_MISMATCH
    int X509_V_ERR_IP_ADDRESS_MISMATCH
    int X509_V_ERR_OUT_OF_MEM
    c.X509_VERIFY_PARAM* X509_STORE_CTX_get0_param(const c.X509_STORE_CTX* context)
    unsigned int brisk_email_flags(const c.X509_VERIFY_PARAM* param)


cdef bint has_host(c.X509* certificate, c.X509_VERIFY_PARAM* asked) noexcept nogil:
    """Whether it is for one of the hosts that are asked for, or none is."""
    cdef int index = 0
    cdef char* name = c.X509_VERIFY_PARAM_get0_host(asked, 0)
    if name == NULL:
        return True
    while name != NULL:
        if c.X509_check_host(
                certificate, name, 0, c.X509_VERIFY_PARAM_get_hostflags(asked), NULL) > 0:
            return True
        index += 1
        name = c.X509_VERIFY_PARAM_get0_host(asked, index)
    return False


cdef int misnamed(s.SSL* ssl, c.X509* certificate, bint addressed) noexcept nogil:
    cdef c.X509_VERIFY_PARAM* asked = s.SSL_get0_param(ssl)
    cdef char* name = c.X509_VERIFY_PARAM_get0_email(asked)
    cdef bint good
    if not has_host(certificate, asked):
        return X509_V_ERR_HOSTNAME_MISMATCH
    if name != NULL and c.X509_check_email(
            certificate, name, strlen(name), brisk_email_flags(asked)) <= 0:
        return X509_V_ERR_EMAIL_MISMATCH
    name = c.X509_VERIFY_PARAM_get1_ip_asc(asked)
    if name == NULL:
        # There is none, or no memory for it.
        return X509_V_ERR_OUT_OF_MEM if addressed else c.X509_V_OK
    good = c.X509_check_ip_asc(certificate, name, 0) > 0
    c.OPENSSL_free(name)
    return c.X509_V_OK if good else X509_V_ERR_IP_ADDRESS_MISMATCH


cdef bint has_lost(const Channel* channel, c.X509_VERIFY_PARAM* asked) noexcept nogil:
    cdef char* address
    if (channel.hosted and c.X509_VERIFY_PARAM_get0_host(asked, 0) == NULL
            or channel.mailed and c.X509_VERIFY_PARAM_get0_email(asked) == NULL):
        return True
    if not channel.addressed:
        return False
    address = c.X509_VERIFY_PARAM_get1_ip_asc(asked)
    c.OPENSSL_free(address)
    return address == NULL


cdef bint took_names(const Channel* channel, c.X509_STORE_CTX* chain) noexcept nogil:
    if has_lost(channel, X509_STORE_CTX_get0_param(chain)):
        c.X509_STORE_CTX_set_error(chain, X509_V_ERR_OUT_OF_MEM)
        return False
    return True


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
