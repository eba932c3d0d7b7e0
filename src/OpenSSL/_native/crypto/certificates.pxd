cimport OpenSSL._native.common.libcrypto as c
cimport OpenSSL._native.common.memory as memory
from OpenSSL._native.crypto.names cimport NameOwner

cdef class X509(NameOwner):
    cdef object subject             # weak references to the names lent out
    cdef object issuer
    cdef bint shared                # others may be looking at it: see own

    cdef c.X509* held(self) except NULL
    # A reference, for the caller to give back, to what nobody changes any more.
    cdef c.X509* share(self) except NULL
    # To be changed, in a critical section over this object and before anything that may
    # let other threads into it.
    cdef c.X509* own(self) except NULL

# Every change of a certificate has to say so.
cdef void stale(c.X509* handle) noexcept

cdef object wrap_certificate(c.X509* taken)
cdef list wrap_chain(const c.X509_CHAIN* borrowed)
# A stack that holds its own references; NULL for an empty sequence.
cdef c.X509_CHAIN* new_chain(object certificates) except? NULL
cdef object public_key(X509 certificate)
# For the caller to give back; NULL at the end, and if it is not a certificate.
cdef c.X509* read_pem(memory.Memory source) noexcept
# A copy, for the caller to free.
cdef c.X509_NAME* copy_subject(X509 certificate) except NULL
# The places that give them back.
cdef void release_certificate(c.X509* certificate) noexcept nogil
cdef void release_chain(c.X509_CHAIN* chain) noexcept nogil
