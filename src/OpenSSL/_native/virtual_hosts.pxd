from OpenSSL._native.libssl cimport SSL

cdef bint version_fits(SSL* ssl) noexcept nogil
cdef int refuse_version() except -1
