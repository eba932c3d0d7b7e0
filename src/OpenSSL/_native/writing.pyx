"""Writing gives libssl what is to be sent, record after record, and knows what became of it.

Theory.  A caller is told that bytes are taken when their records have left, all that
libssl has encrypted: then it may send whatever it likes next.  Where the transport stops in
the middle, it is told to come again (WANT_WRITE), and it owes us the same bytes: records
cannot be taken back.  What is ``owed`` counts from the front of the next bytes that come,
in buffers of any size, and is not given to libssl again.  The last record of it may have
``begun``: libssl has it, and has to be called again for it with the same size.

Records go one for each call of libssl: with partial writes it does no other.  Where the
transport has stopped, a call is given fewer, so that a caller sees how it gets on.  In
memory `send` begins with one and takes twice as many each time.
"""

cimport OpenSSL._native.errors as errors
cimport OpenSSL._native.libssl as s
from OpenSSL._native.channel cimport Channel
from OpenSSL._native.errors cimport DONE, SYSTEM, WANT_WRITE, Verdict


cdef void begin_writing(Writing* writing, const Channel* channel) noexcept nogil:
    writing.owed = 0
    writing.begun = 0
    writing.copy = NULL
    writing.asked = 0
    # Nobody says how much memory there should be: a program that sends much shows it.
    writing.records = 1 if channel.memory else MOST_RECORDS


cdef Verdict write_records(
    s.SSL* ssl, Channel* channel, Writing* writing, const char* data, size_t size,
    size_t* moved,
) noexcept nogil:
    """Send up to a burst; `moved` counts what the caller need not bring again."""
    cdef Verdict verdict
    verdict.status = DONE
    verdict.number = 0
    if writing.begun > 0:
        verdict = finish(ssl, channel, writing, data, size)
        if verdict.status != DONE:
            return verdict
    if writing.owed >= size:
        moved[0] = size
        writing.owed -= size
        return verdict
    moved[0] = writing.owed
    writing.owed = 0
    return go_on(ssl, channel, writing, data, size, moved)


cdef Verdict finish(
    s.SSL* ssl, const Channel* channel, Writing* writing, const char* data, size_t size,
) noexcept nogil:
    """Have libssl send the rest of the record that has begun."""
    cdef size_t done = 0
    cdef size_t at = writing.owed - writing.begun
    cdef const char* begun = data + at if size >= writing.owed else writing.copy + at
    cdef int result = s.SSL_write_ex(ssl, begun, writing.begun, &done)
    cdef Verdict verdict = errors.judge(ssl, result, channel.number)
    if verdict.status == DONE:
        # Fragments may be shorter than what was given (SSL_set_max_send_fragment).
        writing.owed -= writing.begun - done
        writing.begun = 0
    return verdict


cdef Verdict finish_for_good(s.SSL* ssl, const Channel* channel, Writing* writing) noexcept nogil:
    """The same before a goodbye: what has begun goes out, and nothing is owed any more."""
    cdef Verdict verdict
    verdict.status = DONE
    if writing.begun > 0 and writing.copy != NULL:
        verdict = finish(ssl, channel, writing, writing.copy, writing.owed)
    if verdict.status == WANT_WRITE:
        return verdict
    # What cannot be said any more keeps nobody from saying goodbye.
    errors.clear()
    writing.owed = writing.begun = 0
    verdict.status = DONE
    return verdict


cdef inline bint is_full(const Channel* channel) noexcept nogil:
    """Whether a bounded memory would refuse another record, which libssl would then have."""
    return channel.memory and channel.limit > 0 and channel.outgoing >= channel.limit


cdef Verdict go_on(
    s.SSL* ssl, const Channel* channel, Writing* writing, const char* data, size_t size,
    size_t* moved,
) noexcept nogil:
    cdef Verdict verdict
    cdef size_t most = writing.records * <size_t>RECORD
    cdef size_t record = RECORD
    cdef size_t done = 0
    cdef size_t part
    cdef int result = 1
    if channel.memory and not channel.conducted:
        most = BURST    # what memory may take has been asked before
    if channel.datagram:
        record = size   # a message: libssl refuses one that is too long
    if most > size or channel.datagram:
        most = size
    while moved[0] < most and not (moved[0] > 0 and is_full(channel)):
        part = most - moved[0]
        if part > record:
            part = record
        result = s.SSL_write_ex(ssl, data + moved[0], part, &done)
        if result != 1:
            break
        moved[0] += done
    verdict = errors.judge(ssl, result, channel.number)
    if verdict.status == WANT_WRITE:
        writing.records = <unsigned char>(moved[0] // RECORD) if moved[0] >= RECORD else 1
        writing.owed = moved[0] + part
        writing.begun = part
        moved[0] = 0
    elif verdict.status == SYSTEM:
        # It may pass, and then the record goes on.
        writing.owed = writing.begun = part
    elif verdict.status == DONE and writing.records < MOST_RECORDS:
        writing.records *= 2
        if writing.records > MOST_RECORDS:
            writing.records = MOST_RECORDS
    return verdict


cdef size_t give_credit(Writing* writing) noexcept nogil:
    """How many of the owed bytes have left; these need not be brought again any more."""
    cdef size_t left = writing.owed - writing.begun
    writing.owed = writing.begun
    return left
