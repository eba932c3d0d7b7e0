cimport OpenSSL._native.common.libcrypto as c
from OpenSSL._native.common.owners cimport Owner

cdef class X509Store(Owner):
    cdef c.X509_STORE* held(self) except NULL

cdef object wrap_store(c.X509_STORE* taken)
# For the caller to give back, by release_chain.
cdef c.X509_CHAIN* all_certificates(c.X509_STORE* store) except NULL
