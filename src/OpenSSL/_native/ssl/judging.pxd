from OpenSSL._native.common.libcrypto cimport X509_STORE_CTX

cdef int on_chain(X509_STORE_CTX* chain, void* unused) noexcept nogil
