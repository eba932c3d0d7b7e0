cdef class Passphrase:
    cdef object source          # bytes, or a callable that returns bytes
    cdef object failure         # the first exception of the callable

    cdef int raise_kept(self) except -1

cdef int on_passphrase(char* buffer, int size, int writing, void* data) noexcept with gil
