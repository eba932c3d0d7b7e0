from OpenSSL._native.common.errors cimport Verdict
from OpenSSL._native.common.platform cimport flag
from OpenSSL._native.ssl.conduit cimport Conducted
from OpenSSL._native.ssl.context cimport Context
from OpenSSL._native.ssl.writing cimport Writing

cdef enum Operation:
    HANDSHAKE = 1
    READ
    PEEK
    WRITE
    SHUTDOWN
    EARLY_READ
    EARLY_WRITE

cdef class Engine(Conducted):
    cdef Writing writing
    cdef flag more                  # a read looks for what is here already
    cdef flag heavy                 # this operation has had its share of the interpreter
    cdef flag lost                  # there was no memory to hold what a read had got
    cdef flag own_hostflags         # how names match was chosen, and is not to be changed
    cdef flag asked_late            # the peer may ask for a certificate at any time
    cdef flag early                 # early data is yet to be read, and nothing else goes on
    cdef size_t early_sent          # bytes of early data that a client has sent
    cdef size_t early_owed          # bytes of it that libssl waits with; see early_waits
    cdef flag early_waits           # libssl may have taken these, and there was no room
    cdef object __weakref__

    cdef int create(self, Context context, object socket) except -1

    cdef Verdict compute(
        self, Operation operation, char* data, size_t size, size_t* moved) noexcept nogil
    cdef Verdict work(
        self, Operation operation, char* data, size_t size, size_t* moved,
        bint starting, int waits) noexcept
    cdef Verdict read_when_ready(
        self, char* data, size_t size, size_t* moved, int waits, Verdict verdict) noexcept nogil
    cdef int may_wait(self, bint starting, double* deadline) except -1
    # DONE or a want-state; raises all the rest
    cdef int perform(
        self, Operation operation, char* data, size_t size, size_t* moved,
        double* deadline) except -1
    cdef int turn_by_turn(
        self, Operation operation, char* data, size_t size, size_t* moved,
        double* deadline) except -1
    cdef bint may_shake(self, bint starting) noexcept
    cdef int hold_socket(self, Operation operation, size_t size, bint starting) except -1
    cdef bint may_call(self, bint starting) noexcept
    cdef bint stays(self, Operation operation, size_t size, bint starting) noexcept
    cdef bint light(self, Operation operation, size_t size) noexcept
    cdef bint is_dry(self) noexcept nogil
    cdef void rest(self) noexcept
    cdef int go_on(self, double* deadline) except -1
    cdef int pause(self, bint writing, double* deadline) except -1
