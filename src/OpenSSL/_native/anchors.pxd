from OpenSSL._native.stores cimport X509Store

cdef X509Store shared_store(bytes file, bytes folder, bint platform)
