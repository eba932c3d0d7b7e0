from OpenSSL._native.ssl.channel cimport Channel

cdef enum Leaving:
    FAILED_TO_LEAVE = -1        # `Channel.number` says why
    STOPPED = 0                 # the transport takes no more now
    LEFT = 1

cdef bint may_gather(const Channel* channel) noexcept nogil
cdef void begin_gathering(Channel* channel, size_t size) noexcept nogil
cdef void begin_flight(Channel* channel) noexcept nogil
cdef bint put_aside(Channel* channel, const char* data, size_t size) noexcept nogil
cdef void note_record(Channel* channel, size_t moved) noexcept nogil
cdef size_t left_so_far(Channel* channel) noexcept nogil
cdef Leaving leave_together(Channel* channel) noexcept nogil
cdef bint goes_unheard(Channel* channel, int number) noexcept nogil
cdef void note_unheard(Channel* channel, int number) noexcept nogil
