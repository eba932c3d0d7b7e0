from libc.stdint cimport uint32_t

from OpenSSL._native.common.platform cimport flag
from OpenSSL._native.ssl.context cimport Context
from OpenSSL._native.ssl.working cimport Operation, Worker

cdef class Engine(Worker):
    cdef flag lost                  # there was no memory to hold what a read had got
    cdef flag own_hostflags         # how names match was chosen, and is not to be changed
    cdef size_t early_sent          # bytes of early data that a client has sent
    cdef uint32_t early_most        # bytes of it that the server takes, by session or key
    cdef size_t early_owed          # bytes of it that libssl waits with; see early_waits
    cdef flag early_waits           # libssl may have taken these, and there was no room
    cdef object __weakref__

    cdef int create(self, Context context, object socket) except -1

    # DONE or a want-state; raises all the rest
    cdef int perform(
        self, Operation operation, char* data, size_t size, size_t* moved,
        double* deadline) except -1
    cdef int turn_by_turn(
        self, Operation operation, char* data, size_t size, size_t* moved,
        double* deadline) except -1
    cdef int go_on(self, double* deadline) except -1
    cdef int pause(self, bint writing, double* deadline) except -1
