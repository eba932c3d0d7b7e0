from OpenSSL._native.reading cimport Reader

cdef int note_sent(object error, size_t sent) except -1

cdef class Connection(Reader):
    cdef int take_turn(self, double* deadline) except -1
    cdef object send_part(self, char* data, size_t size)
    cdef bint send_alone(self, char* data, size_t size, size_t* moved) except -1
    cdef object send_all(self, char* data, size_t size)
    cdef int write(self, char* data, size_t size, size_t* moved, double* deadline) except -1
    cdef int write_record(
        self, char* data, size_t size, size_t* moved, double* deadline) except -1
    cdef int enter_memory(self) except -1
