from OpenSSL._native.common.errors cimport Verdict
from OpenSSL._native.common.libssl cimport SSL
from OpenSSL._native.common.platform cimport flag
from OpenSSL._native.ssl.channel cimport Channel

cdef enum:
    RECORD = 16384              # the most that one record carries, in bytes
    MOST_RECORDS = 16           # what is sent at most before others may have the lock
    BURST = 16 * RECORD         # the same in bytes

cdef struct Writing:
    size_t owed                 # bytes at the front of what comes next that are taken already
    size_t begun                # the last of them: a record that is not out of libssl yet
    const char* copy            # all of them, borrowed; NULL when nobody keeps them
    size_t asked                # bytes that the call brought which was told to come again
    flag records                # how many may be given to libssl in one call

cdef void begin_writing(Writing* writing, const Channel* channel) noexcept nogil
cdef Verdict write_records(
    SSL* ssl, Channel* channel, Writing* writing, const char* data, size_t size,
    size_t* moved) noexcept nogil
cdef Verdict leave(Channel* channel) noexcept nogil
cdef Verdict finish_flight(
    const SSL* ssl, Channel* channel, Verdict verdict, bint got) noexcept nogil
cdef Verdict finish_for_good(
    SSL* ssl, Channel* channel, Writing* writing) noexcept nogil
cdef size_t give_credit(Writing* writing, Channel* channel) noexcept nogil
# How many bytes a message over DTLS may have.
cdef size_t longest(SSL* ssl, Channel* channel) noexcept nogil
