cimport OpenSSL._native.common.libcrypto as c
from OpenSSL._native.common.hooks cimport Hooks

# How a key of libcrypto knows its function.  The reference is weak, so that the collector sees
# who keeps the function alive.
cdef class Link:
    cdef object signer          # a weak reference
    cdef bint unused            # the key has been given up


cdef class Signer:
    cdef object function
    cdef Link link
    cdef readonly bint decrypts  # whether a key of this kind is one that decrypts, elsewhere
    cdef object __weakref__

# A key whose signatures its function makes, and whose public half is another key's.
cdef c.EVP_PKEY* make_signing(c.EVP_PKEY* public, Signer signer) except NULL
# Who signs with a key; None for all others.
cdef Signer signer_of(c.EVP_PKEY* key)
# The public half of such a key, borrowed from it; any other key itself.
cdef c.EVP_PKEY* public_of(c.EVP_PKEY* key)
# The set of hooks for who is given a key: it keeps who signs with it.
cdef Hooks keeping(Hooks hooks, c.EVP_PKEY* key)
# Whether some of them stand for keys that would decrypt.
cdef bint some_decrypt(tuple signers) noexcept
