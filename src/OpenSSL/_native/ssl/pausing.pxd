from OpenSSL._native.common.libssl cimport SSL

cdef int on_certificate(SSL* ssl, void* unused) noexcept with gil
