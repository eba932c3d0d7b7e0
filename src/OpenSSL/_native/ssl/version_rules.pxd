from OpenSSL._native.common.libssl cimport SSL

cdef bint version_fits(SSL* ssl) noexcept nogil
cdef int refuse_version() except -1
