from OpenSSL._native.crypto.stores cimport X509Store

# What was read from bytes: certificates and lists of revoked ones, in their order.
cdef class Bundle:
    cdef list certificates
    cdef list revocations       # in DER

    cdef int add_to(self, X509Store store) except -1

cdef Bundle read_bundle(bytes data)
