"""Spilling: room for what goes out of libssl into memory, and where its datagrams end."""

from libc.stdlib cimport calloc, realloc
from libc.string cimport memmove

from OpenSSL._native.ssl.channel cimport Channel, Datagrams

cdef enum:
    DATAGRAM_HEADER = 13  # bytes before the body of a record of DTLS
    FIRST_SPILL = 512     # as little as is asked for


cdef inline bint grow_spill(Channel* channel, size_t size) noexcept nogil:
    """Make room for `size` more bytes at the end of the spill."""
    cdef size_t used = channel.spill_end - channel.spill_start
    cdef size_t room
    cdef char* new
    if channel.spill_room - channel.spill_end >= size:
        return True
    if channel.spill_start > 0 and channel.spill_start >= channel.spill_room // 2:
        memmove(channel.spill, channel.spill + channel.spill_start, used)
        channel.spill_start = 0
        channel.spill_end = used
        if channel.spill_room - used >= size:
            return True
    room = channel.spill_room * 2 if channel.spill_room > 0 else FIRST_SPILL
    while room - channel.spill_end < size:
        if room > (<size_t>-1) // 4:
            return False
        room *= 2
    new = <char*>realloc(channel.spill, room)
    if new == NULL:
        return False
    channel.spill = new
    channel.spill_room = room
    return True


cdef inline bint note_datagram(Channel* channel, size_t size) noexcept nogil:
    cdef Datagrams* noted = channel.datagrams
    cdef size_t room
    cdef size_t* new
    if noted == NULL:
        noted = <Datagrams*>calloc(1, sizeof(Datagrams))
        if noted == NULL:
            return False
        channel.datagrams = noted
    if noted.first == noted.count:
        noted.first = noted.count = 0
    if noted.count == noted.room and noted.first > noted.room // 2:
        # What was taken makes room: a queue that is never empty need not grow for ever.
        noted.count -= noted.first
        memmove(noted.sizes, noted.sizes + noted.first, noted.count * sizeof(size_t))
        noted.first = 0
    if noted.count == noted.room:
        room = noted.room * 2 if noted.room > 0 else 8
        new = <size_t*>realloc(noted.sizes, room * sizeof(size_t))
        if new == NULL:
            return False
        noted.sizes = new
        noted.room = room
    noted.sizes[noted.count] = size
    noted.count += 1
    return True


cdef inline size_t fitting(
    const Channel* channel, const unsigned char* data, size_t size,
) noexcept nogil:
    """How much of several records to send as one datagram; the rest is given again.

    libssl gathers a flight, and 3.0 does not count what sealing adds to it (dtls1_do_write; 3.5
    and 4.0 do), so that the last datagram may be too large.  A single record goes whole.
    """
    cdef size_t done = 0
    cdef size_t end
    while size - done >= DATAGRAM_HEADER:
        end = done + DATAGRAM_HEADER + (<size_t>data[done + 11] << 8 | data[done + 12])
        if end > size or end > channel.mtu and done > 0:
            break
        done = end
    return done if done > 0 else size
