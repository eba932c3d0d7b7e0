from OpenSSL._native.ssl.engine cimport Engine

cdef size_t size_of(object value, str name) except? 0

cdef class Reader(Engine):
    cdef object held                # bytes read in a call that had to raise
    cdef object deferred            # an exception that came after bytes that were delivered

    cdef object read(self, size_t size, bint peek)
    cdef object count_into(self, char* data, size_t size, bint peek)
    cdef void hold(self, bytes data) noexcept
    cdef void hold_copy(self, char* data, size_t size) noexcept
    cdef int read_into(self, char* data, size_t size, bint peek, size_t* done) except -1
    cdef bint expects_more(self, size_t left) noexcept
    cdef void read_on(self, char* data, size_t size, size_t* done) noexcept
    cdef bint read_more(self, char* data, size_t size, size_t* moved) noexcept
    cdef size_t read_held(self, char* data, size_t size, bint peek) except? 0
    cdef size_t unread(self) noexcept
