from OpenSSL._native.common.errors cimport Verdict
from OpenSSL._native.common.platform cimport flag
from OpenSSL._native.ssl.tunnel cimport Tunnelled
from OpenSSL._native.ssl.writing cimport Writing

cdef enum Operation:
    HANDSHAKE = 1
    READ
    PEEK
    WRITE
    SHUTDOWN
    EARLY_READ
    EARLY_WRITE

cdef class Worker(Tunnelled):
    cdef Writing writing
    cdef flag more                  # a read looks for what is here already
    cdef flag heavy                 # this operation has had its share of the interpreter
    cdef flag asked_late            # the peer may ask for a certificate at any time
    cdef flag early                 # early data is yet to be read, and nothing else goes on

    cdef Verdict compute(
        self, Operation operation, char* data, size_t size, size_t* moved) noexcept nogil
    cdef Verdict work(
        self, Operation operation, char* data, size_t size, size_t* moved,
        bint starting, int waits) noexcept
    cdef Verdict read_when_ready(
        self, char* data, size_t size, size_t* moved, int waits, Verdict verdict) noexcept nogil
    cdef int may_wait(self, bint starting, double* deadline) except -1
    cdef bint may_shake(self, bint starting) noexcept
    cdef int hold_socket(self, Operation operation, size_t size, bint starting) except -1
    cdef bint may_call(self, bint starting) noexcept
    cdef bint keeps_interpreter(self, Operation operation, size_t size, bint starting) noexcept
    cdef bint is_light(self, Operation operation, size_t size) noexcept
    cdef bint is_dry(self) noexcept nogil
    cdef void release_buffers(self) noexcept
