cimport OpenSSL._native.common.libcrypto as c
cimport OpenSSL._native.common.memory as memory
from OpenSSL._native.common.owners cimport Owner

cdef class Revoked(Owner):
    cdef c.X509_REVOKED* held(self) except NULL

cdef class CRL(Owner):
    cdef c.X509_CRL* held(self) except NULL

# The next list of a PEM file, for the caller to give back; NULL at the end, and for anything else.
cdef c.X509_CRL* read_list(memory.Memory source) noexcept
cdef void free_list(c.X509_CRL* taken) noexcept nogil
