from OpenSSL._native.libssl cimport SSL

cdef int on_certificate(SSL* ssl, void* unused) noexcept with gil
