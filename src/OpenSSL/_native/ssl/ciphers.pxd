from OpenSSL._native.common.libssl cimport SSL_CIPHER

cdef dict description(const SSL_CIPHER* cipher)
