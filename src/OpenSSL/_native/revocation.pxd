cimport OpenSSL._native.libcrypto as c

cdef class Revoked:
    cdef c.X509_REVOKED* handle     # owned; NULL until __init__ has run
    cdef object __weakref__

    cdef c.X509_REVOKED* held(self) except NULL

cdef class CRL:
    cdef c.X509_CRL* handle         # owned; NULL until __init__ has run
    cdef object __weakref__

    cdef c.X509_CRL* held(self) except NULL
