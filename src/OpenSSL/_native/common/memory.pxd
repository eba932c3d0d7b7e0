from OpenSSL._native.common.libcrypto cimport BIO

cdef class Memory:
    cdef BIO* bio               # owned
    cdef bytes content          # what a reading one reads; the BIO points into it

    cdef bytes written(self)

cdef Memory reading(bytes content)
cdef Memory writing()
# None when the file cannot be opened; OpenSSL's queue says why.
cdef Memory opened(bytes path)
