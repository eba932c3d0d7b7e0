from OpenSSL._native.common.lock cimport brisk_lock
from OpenSSL._native.common.platform cimport flag
from OpenSSL._native.ssl.ending cimport Ending

cdef class Tunnel:
    cdef object socket              # the object that carries
    cdef brisk_lock intake          # held by one who receives from it, also while that waits
    cdef brisk_lock outlet          # the same for sending to it
    cdef unsigned long intakes      # how often it has given us something
    cdef unsigned long outlets      # how often it has taken something
    cdef flag torn                  # it has failed, and nobody knows how much it took
    cdef bytes kept                 # what it gave and there was no memory to queue
    cdef flag wanted                # what it wants first, where that is known: a Status

    cdef double patience(self) except -2
    cdef bint is_ready(self, bint writing)
    cdef bint pending(self) except -1
    cdef object receive(self, size_t size, int* status)
    cdef object ask(self, size_t size)
    cdef object tell(self, bytes data)
    cdef size_t give(self, bytes data, int* status) except? 0
    cdef int answer_of(self, object error) except -1

# None where the descriptor of `socket` is the transport.
cdef Tunnel tunnel_for(object socket)


cdef class Tunnelled(Ending):
    cdef Tunnel tunnel              # None: a descriptor, or memory

    cdef int carry(self, int status, double* deadline) except -1
    cdef int receive_from(self, double* deadline) except -1
    cdef int give_to(self, double* deadline) except -1
    cdef bint get_side(self, brisk_lock* side, bint writing, double* deadline) except -1
    cdef int fail_by(self, object error) except -1
    cdef void come_back(self) noexcept
    cdef int say_last(self) except -1
