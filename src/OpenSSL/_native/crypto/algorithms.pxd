cimport OpenSSL._native.common.libcrypto as c

cdef const c.EVP_MD* find_digest(object name) except NULL
cdef const c.EVP_CIPHER* find_cipher(object name) except NULL
