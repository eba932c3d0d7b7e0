"""Gathering puts the records of one call together, so that they leave in one call of the system.

Theory.  libssl hands each record to its BIO by itself (ssl3_write_pending, 3.0;
tls_retry_write_records, 3.5 and 4.0).  While a burst is written, or a handshake goes on, our BIO
copies them behind one another, and they leave at the end of the call.  What the transport does
not take stays, and goes before anything else does: every way out looks here first.  The memory is
there only while there is something in it, and next to none is asked for: what one burst has
used is kept for another.
"""

from libc.errno cimport ECONNRESET, EPIPE
from libc.stdlib cimport realloc
from libc.string cimport memcpy

from OpenSSL._native.common.platform cimport (
    brisk_errno, brisk_fd, brisk_would_block, brisk_write,
)
from OpenSSL._native.ssl.channel cimport Channel, Gather, free_gathered, make_gathered

cdef enum:
    RECORD = 16384          # the most that one record carries, in bytes
    OVERHEAD = 32           # what the ciphers of today add to it
    MOST_RECORDS = 16       # that are told apart
    FLIGHT = 4096           # what a handshake's usually has at most


cdef bint may_gather(const Channel* channel) noexcept nogil:
    """Whether this is a stream with records of libssl: the kernel has its own ways."""
    return channel.is_socket and not channel.datagram and not channel.kernel.sending


cdef void begin_gathering(Channel* channel, size_t size) noexcept nogil:
    """Make room for the records of that many bytes; without memory each leaves by itself."""
    channel.gathered = make_gathered(size + OVERHEAD * (size // RECORD + 2))
    channel.gathering = channel.gathered != NULL


cdef void begin_flight(Channel* channel) noexcept nogil:
    """Put a handshake's records together, as long as nothing else is in their way."""
    if may_gather(channel) and channel.gathered == NULL:
        begin_gathering(channel, FLIGHT)
        channel.flight = channel.gathering


cdef bint put_aside(Channel* channel, const char* data, size_t size) noexcept nogil:
    """Add a record; False when there is no memory for it."""
    cdef Gather* gathered = channel.gathered
    cdef char* new
    if gathered.room - gathered.end < size:
        new = <char*>realloc(gathered.records, gathered.end + size + RECORD)
        if new == NULL:
            return False
        gathered.records = new
        gathered.spare = False
        gathered.room = gathered.end + size + RECORD
    memcpy(gathered.records + gathered.end, data, size)
    gathered.end += size
    return True


cdef void note_record(Channel* channel, size_t moved) noexcept nogil:
    """Note that all up to here brings a caller to `moved` bytes."""
    cdef Gather* gathered = channel.gathered
    if gathered != NULL and gathered.count < MOST_RECORDS:
        gathered.ends[gathered.count] = gathered.end
        gathered.moved[gathered.count] = moved
        gathered.count += 1


cdef size_t left_so_far(Channel* channel) noexcept nogil:
    """How many of a caller's bytes have left, in whole records; each is answered once."""
    cdef Gather* gathered = channel.gathered
    cdef size_t moved = 0
    cdef unsigned int number
    if gathered == NULL:
        return 0
    for number in range(gathered.count):
        if gathered.ends[number] <= gathered.start:
            moved = gathered.moved[number]
    for number in range(gathered.count):
        gathered.moved[number] = gathered.moved[number] - moved if (
            gathered.moved[number] > moved) else 0
    return moved


cdef bint goes_unheard(Channel* channel, int number) noexcept nogil:
    """Whether what cannot be sent is given up, and the call goes on.

    Where the peer listens no more, libssl's answers to what it has said are for nobody: failing to
    send them must not keep from a reader what had come before.
    """
    if (not channel.hearing or channel.datagram or channel.kernel.sending
            or number != EPIPE and number != ECONNRESET):
        return False
    note_unheard(channel, number)
    channel.number = 0
    return True


cdef void note_unheard(Channel* channel, int number) noexcept nogil:
    if channel.unheard == 0:
        channel.unheard = number


cdef Leaving leave_together(Channel* channel) noexcept nogil:
    """Hand over what there is, which nobody else may do meanwhile."""
    cdef Gather* gathered = channel.gathered
    cdef brisk_fd fd = channel.fd if channel.borrowed == <brisk_fd>-1 else channel.borrowed
    cdef Py_ssize_t result
    if gathered == NULL:
        return LEFT
    if gathered.start < gathered.end:
        result = brisk_write(
            fd, channel.is_socket, gathered.records + gathered.start,
            gathered.end - gathered.start)
        if result < 0:
            if brisk_would_block(brisk_errno()):
                return STOPPED
            channel.number = brisk_errno()
            return FAILED_TO_LEAVE
        gathered.start += <size_t>result
        if gathered.start < gathered.end:
            return STOPPED
    if not channel.gathering:
        free_gathered(channel)
    else:
        gathered.start = gathered.end = 0
        if gathered.count > 0:
            # What they bring a caller to stands in the first place, until it is answered.
            gathered.ends[0] = 0
            gathered.moved[0] = gathered.moved[gathered.count - 1]
            gathered.count = 1
    return LEFT
