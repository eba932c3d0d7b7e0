from OpenSSL._native.common.hooks cimport Carrier

cdef class Passphrase(Carrier):
    cdef object source          # bytes, or what is asked for them
    cdef object data            # of a Context's callback: its third argument
    cdef bint of_context        # asked as a Context's is, and cut as its are

# The one that a Context asks; what it asks is (callback, data), or None.
cdef Passphrase of_context(object asked)

cdef int on_passphrase(char* buffer, int size, int twice, void* data) noexcept with gil
