from OpenSSL._native.channel cimport Channel
from OpenSSL._native.context cimport Context
from OpenSSL._native.errors cimport Verdict
from OpenSSL._native.platform cimport flag
from OpenSSL._native.tenancy cimport Tenant

cdef enum Operation:
    HANDSHAKE = 1
    READ
    PEEK
    WRITE
    SHUTDOWN

cdef class Engine(Tenant):
    cdef object socket              # None: memory BIO
    cdef Channel channel
    cdef object fatal               # the error that ended the connection, to tell again
    cdef flag more                  # a read looks for what is here already
    cdef flag ahead                 # libssl takes more from the socket than it asks for
    cdef flag bulky                 # the last read got more than a little
    cdef flag lost                  # there was no memory to hold what a read had got
    cdef flag offering              # a session was set that the handshake would offer
    cdef flag addressed             # the peer must have a certificate for an IP address
    cdef flag asked_late            # the peer may ask for a certificate at any time
    cdef flag aborted               # a hook failed in the handshake; nothing may follow
    cdef object __weakref__

    cdef int create(self, Context context, object socket) except -1

    cdef Verdict compute(
        self, Operation operation, char* data, size_t size, size_t* moved) noexcept nogil
    cdef int write_records(self, char* data, size_t size, size_t* moved) noexcept nogil
    cdef Verdict work(
        self, Operation operation, char* data, size_t size, size_t* moved,
        bint starting) noexcept
    # DONE or a want-state; raises all the rest
    cdef int perform(
        self, Operation operation, char* data, size_t size, size_t* moved,
        double* deadline) except -1
    cdef int judge_offer(self) except -1
    cdef bint may_shake(self, bint starting) noexcept
    cdef int hold_socket(self, Operation operation, size_t size, bint starting) except -1
    cdef void look_ahead(self, Operation operation, size_t size) noexcept nogil
    cdef bint may_call(self, bint starting) noexcept
    cdef bint stays(self, Operation operation, size_t size, bint starting) noexcept
    cdef bint light(self, Operation operation, size_t size) noexcept
    cdef void rest(self) noexcept
    cdef int after(self, Verdict verdict, bint starting) except -1
    cdef void remember_quietly(self, Verdict verdict) noexcept
    cdef void poison(self) noexcept
    cdef void abort(self) noexcept
    cdef int tell(self, Operation operation, Verdict verdict) except -1
    cdef int remember(self, Operation operation, Verdict verdict, object error) except -1
    cdef int pause(self, bint writing, double* deadline) except -1
