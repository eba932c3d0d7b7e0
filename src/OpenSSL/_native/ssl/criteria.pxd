cimport OpenSSL._native.common.libcrypto as c
cimport OpenSSL._native.common.libssl as s

# Criteria of verification that were set on one connection itself.
cdef class Criteria:
    cdef c.X509_VERIFY_PARAM* handle    # owned; NULL until something was set
    cdef unsigned long cleared          # flags that were taken away

    cdef c.X509_VERIFY_PARAM* held(self) except NULL
    # The rules of a Context with these on top, and the names that are in force.
    cdef Criteria over(self, s.SSL_CTX* context, s.SSL* ssl, bint addressed)
    cdef int put(self, s.SSL* ssl) except -1
