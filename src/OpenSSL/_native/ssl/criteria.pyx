"""Criteria of a verification, by which a connection goes on when it is given another Context.

Theory.  libssl copies a Context's rules (X509_VERIFY_PARAM) in SSL_new and leaves them alone
on a change of Context (SSL_set_SSL_CTX, 3.0 to 4.0).  What was set on the connection itself is
therefore kept a second time, so that the rules of another Context can be put in the place of the
first one's, with the connection's own on top.  Names are always the connection's own.
"""

from libc.stdint cimport uint32_t

from libc.string cimport strlen

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libcrypto as c
cimport OpenSSL._native.common.libssl as s

cdef extern from "compat.h" nogil:
    int SSL_set1_param(s.SSL* ssl, c.X509_VERIFY_PARAM* rules)
    c.X509_VERIFY_PARAM* X509_VERIFY_PARAM_new()
    int X509_VERIFY_PARAM_set1(c.X509_VERIFY_PARAM* into, const c.X509_VERIFY_PARAM* source)
    uint32_t X509_VP_FLAG_OVERWRITE
    uint32_t X509_VP_FLAG_RESET_FLAGS
    int X509_VERIFY_PARAM_set_inh_flags(c.X509_VERIFY_PARAM* param, uint32_t flags)
    void X509_VERIFY_PARAM_free(c.X509_VERIFY_PARAM* param)
    void X509_VERIFY_PARAM_set_hostflags(c.X509_VERIFY_PARAM* param, unsigned int flags)

cdef enum:
    LONG_AGO = 1    # seconds after the start of 1970: no certificate was valid then


cdef class Criteria:
    def __cinit__(self):
        self.handle = NULL

    def __dealloc__(self):
        X509_VERIFY_PARAM_free(self.handle)

    cdef c.X509_VERIFY_PARAM* held(self) except NULL:
        if self.handle == NULL:
            errors.clear()
            self.handle = X509_VERIFY_PARAM_new()
            if self.handle == NULL:
                errors.fail_ssl("no memory for the rules of a verification")
        return self.handle

    cdef Criteria over(self, s.SSL_CTX* context, s.SSL* ssl, bint addressed):
        cdef Criteria made = Criteria.__new__(Criteria)
        cdef c.X509_VERIFY_PARAM* rules = made.held()
        if X509_VERIFY_PARAM_set1(rules, s.SSL_CTX_get0_param(context)) != 1:
            errors.fail_ssl("the rules of the Context cannot be copied")
        copy_names(rules, s.SSL_get0_param(ssl), addressed)
        if self.handle != NULL and X509_VERIFY_PARAM_set1(rules, self.handle) != 1:
            errors.fail_ssl("the connection's own rules cannot be copied")
        if self.cleared and c.X509_VERIFY_PARAM_clear_flags(rules, self.cleared) != 1:
            errors.fail_ssl("the flags cannot be cleared")
        return made

    cdef int put(self, s.SSL* ssl) except -1:
        """Set them in the place of all that the SSL has."""
        cdef c.X509_VERIFY_PARAM* target = s.SSL_get0_param(ssl)
        cdef int good
        errors.clear()
        if X509_VERIFY_PARAM_set_inh_flags(
                target, X509_VP_FLAG_OVERWRITE | X509_VP_FLAG_RESET_FLAGS) != 1:
            errors.fail_ssl("the rules cannot be replaced")
        good = SSL_set1_param(ssl, self.held())
        if X509_VERIFY_PARAM_set_inh_flags(target, 0) != 1 or good != 1:
            # Some of them may be gone: nothing may pass any more, and that needs no memory.
            c.X509_VERIFY_PARAM_set_time(target, LONG_AGO)
            errors.fail_ssl("the rules cannot be replaced")
        return 0


cdef int copy_names(
    c.X509_VERIFY_PARAM* into, c.X509_VERIFY_PARAM* names, bint addressed,
) except -1:
    cdef int index = 0
    cdef char* name = c.X509_VERIFY_PARAM_get0_host(names, 0)
    cdef bint good = True
    c.brisk_take_any_name(into)
    while name != NULL and good:
        good = c.X509_VERIFY_PARAM_add1_host(into, name, 0) == 1
        index += 1
        name = c.X509_VERIFY_PARAM_get0_host(names, index)
    X509_VERIFY_PARAM_set_hostflags(into, c.X509_VERIFY_PARAM_get_hostflags(names))
    name = c.X509_VERIFY_PARAM_get0_email(names)
    if good and name != NULL:
        good = c.X509_VERIFY_PARAM_set1_email(into, name, strlen(name)) == 1
    if good:
        good = not addressed or copy_address(into, names)
    if not good:
        errors.fail_ssl("the names that are asked for cannot be copied")
    return 0


cdef bint copy_address(c.X509_VERIFY_PARAM* into, c.X509_VERIFY_PARAM* names) noexcept:
    cdef bint good
    cdef char* address
    address = c.X509_VERIFY_PARAM_get1_ip_asc(names)
    if address == NULL:
        return False    # there was no memory for it
    good = c.X509_VERIFY_PARAM_set1_ip_asc(into, address) == 1
    c.OPENSSL_free(address)
    return good
