cimport OpenSSL._native.common.libcrypto as c
from OpenSSL._native.common.owners cimport Owner

cdef class PKey(Owner):
    cdef readonly bint only_public
    cdef readonly bint initialized
    cdef object signer              # a Signer, of a key whose private half is elsewhere

    # The handle, or an exception when there is none.
    cdef c.EVP_PKEY* held(self) except NULL
    # One more reference to the handle, for the caller to give back.
    cdef c.EVP_PKEY* share(self) except NULL
    # The same for who only verifies, or writes the public half down.
    cdef c.EVP_PKEY* share_public(self) except NULL

cdef object wrap_key(c.EVP_PKEY* taken)
cdef object wrap_public_key(c.EVP_PKEY* taken)
# Raise where the private half is elsewhere.
cdef int check_here(PKey key) except -1
# The one place that gives keys back.
cdef void release_key(c.EVP_PKEY* key) noexcept nogil
