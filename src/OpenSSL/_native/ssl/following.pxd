"""Following: where in its records the bytes end that libssl was given, and how many it may have.

Theory.  libssl goes on inside one call for as long as it is given records that hold no data
(ssl3_read_bytes, 3.0 to 4.0).  So it is given an ``allowance``; when that is used up it hears
that nothing is there, the call comes back, and ``rationed`` tells that libssl is to be called
again.

All of it is inline, for it is a part of every read.
"""

from OpenSSL._native.ssl.channel cimport LIGHT, Channel

cdef enum:
    HEADER = 5            # bytes before the body of a record
    DATA = 23             # types of records
    HANDSHAKE = 22
    MESSAGE_HEADER = 4    # bytes before the body of a message: its type, its length
    FULL = 16401          # no shorter one can be full in TLS 1.3
    LEAST = 64            # what a datagram costs at least, as if it had so many bytes


cdef inline bint is_handshaking(const Channel* channel) noexcept nogil:
    """Whether the present record may be a part of the first handshake; TLS 1.3 calls it data."""
    return not channel.shaken and (channel.kind == HANDSHAKE or channel.kind == DATA)


cdef inline void follow_messages(
    Channel* channel, const unsigned char* data, size_t size,
) noexcept nogil:
    """Count HelloRequests: a client passes over any number of them in its first handshake.

    They are messages without a body, of type 0.  Once messages are encrypted nothing is found
    here; there they count by their bytes.
    """
    cdef size_t part
    while size > 0:
        if channel.remaining > 0:
            part = channel.remaining if channel.remaining < size else size
            channel.remaining -= <unsigned int>part
            data += part
            size -= part
            continue
        channel.opening = channel.opening << 8 | data[0]
        channel.opened += 1
        data += 1
        size -= 1
        if channel.opened == MESSAGE_HEADER:
            channel.opened = 0
            channel.remaining = channel.opening & 0xffffff
            if channel.opening == 0:
                channel.idle += 1


cdef inline void begin_record(Channel* channel) noexcept nogil:
    """A header is whole: note what kind of work its record may be."""
    cdef size_t length = channel.length
    if is_handshaking(channel) and length > 0:
        # How many records its messages come in is the peer's choice; libssl bounds them all
        # (ossl_statem_client_max_message_size, 3.0 to 4.0).
        length += channel.crumbs
        channel.idle += <unsigned int>(length >> 9)
        channel.crumbs = length & 0x1ff
        length = channel.length
    else:
        # A long one counts for more: it may hold hundreds of messages.
        channel.idle += 1 + <unsigned int>(length >> 9)
    channel.large = length > LIGHT
    channel.allowance = channel.allowance - length if channel.allowance > length else 0


cdef inline void follow_bit(Channel* channel, unsigned char byte) noexcept nogil:
    # Type, version, and then the length.
    if channel.header == 0:
        channel.kind = byte
    elif channel.header >= HEADER - 2:
        channel.length = <unsigned short>(channel.length << 8 | byte)
    channel.header += 1
    channel.partial += 1
    if channel.header == HEADER:
        begin_record(channel)


cdef inline void follow_header(Channel* channel, const unsigned char* data) noexcept nogil:
    channel.kind = data[0]
    channel.length = <unsigned short>(data[3] << 8 | data[4])
    if channel.fresh:
        channel.fresh = False
        if data[0] & 0x80 and data[2] == 1:
            # A ClientHello in the form of SSL 2: two bytes of length, and no type.
            channel.length = <unsigned short>(((data[0] & 0x7f) << 8 | data[1]) + 2 - HEADER)
    channel.header = HEADER
    channel.partial = HEADER
    begin_record(channel)


cdef inline void follow(Channel* channel, const unsigned char* data, size_t size) noexcept nogil:
    """Keep count of where in a record the bytes that libssl was given end.

    It asks for a header, then for its body, and never for more than that at once (ssl3_read_n,
    3.0; tls_default_read_n, 3.5 and 4.0).
    """
    if channel.header == 0 and size >= HEADER:
        follow_header(channel, data)
        if size == HEADER and channel.length > 0:
            return
        data += HEADER
        size -= HEADER
    while channel.header < HEADER and size > 0:
        follow_bit(channel, data[0])
        data += 1
        size -= 1
    if channel.kind == HANDSHAKE and not channel.shaken:
        follow_messages(channel, data, size)
    channel.partial += <unsigned int>size
    if channel.header == HEADER and channel.partial >= <unsigned int>HEADER + channel.length:
        channel.header = 0
        channel.partial = 0


cdef inline bint may_take(Channel* channel) noexcept nogil:
    """Whether libssl may have more in this call.

    It would go on for as long as there are records without data (ssl3_read_bytes, 3.0 to 4.0).
    """
    if channel.header == HEADER:
        # A record that was begun is short work, unless it is large or a handshake's.
        return not channel.light or not channel.large and channel.kind != HANDSHAKE
    return channel.allowance > 0


cdef inline void charge_datagram(Channel* channel, size_t size) noexcept nogil:
    if size < LEAST:
        size = LEAST
    channel.allowance = channel.allowance - size if channel.allowance > size else 0


cdef inline bint has_follower(const Channel* channel) noexcept nogil:
    """Whether another record follows the present one: it is data, and no close_notify.

    TLS 1.3 hides which of them it is, and no length tells it: a close_notify may be padded.  A
    full record is a part of something larger.
    """
    return channel.kind == DATA and (channel.length >= FULL or channel.told)
