cimport OpenSSL._native.libcrypto as c

cdef class PKey:
    cdef c.EVP_PKEY* handle         # owned; NULL until __init__ has run
    cdef readonly bint only_public
    cdef readonly bint initialized
    cdef object __weakref__

    # The handle, or an exception when there is none.
    cdef c.EVP_PKEY* held(self) except NULL
    # One more reference to the handle, for the caller to give back.
    cdef c.EVP_PKEY* share(self) except NULL

cdef object wrap_key(c.EVP_PKEY* taken)
cdef object wrap_public_key(c.EVP_PKEY* taken)
# The one place that gives keys back.
cdef void release_key(c.EVP_PKEY* key) noexcept nogil
