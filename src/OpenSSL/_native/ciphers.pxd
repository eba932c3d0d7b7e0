from OpenSSL._native.libssl cimport SSL_CIPHER

cdef dict description(const SSL_CIPHER* cipher)
