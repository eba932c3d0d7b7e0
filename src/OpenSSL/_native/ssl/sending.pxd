from OpenSSL._native.ssl.reading cimport Reader

cdef object as_buffer(object data)
cdef int note_sent(object error, size_t sent) except -1

cdef class Sender(Reader):
    cdef bytes unsent               # what is owed, kept to be compared

    cdef int take_turn(self, double* deadline) except -1
    cdef object send_part(self, char* data, size_t size)
    cdef size_t shorten(self, size_t size) noexcept
    cdef bint send_alone(self, char* data, size_t size, size_t* moved) except -1
    cdef object send_all(self, char* data, size_t size)
    # Part of a message whose sender learns how much of it was taken, by `moved` alone.
    cdef int write(self, char* data, size_t size, size_t* moved, double* deadline) except -1
    cdef int write_whole(
        self, char* data, size_t size, size_t* moved, double* deadline, bint credit) except -1
    cdef int write_burst(
        self, char* data, size_t size, size_t* moved, double* deadline, bint credit) except -1
    cdef int check_owed(self, const char* data, size_t size) except -1
    cdef void keep_owed(self, const char* data, size_t size, size_t moved) noexcept
