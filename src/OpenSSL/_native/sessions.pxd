from OpenSSL._native.context cimport Context
from OpenSSL._native.libssl cimport SSL_SESSION

cdef class Session:
    cdef SSL_SESSION* handle        # owned; NULL for an empty Session()
    cdef Context context            # the Context it may be used with
    cdef object __weakref__
