"""Writing gives libssl what is to be sent, record after record, and knows what became of it.

Theory.  A caller is told that bytes are taken when their records have left, all that
libssl has encrypted: then it may send whatever it likes next.  Where the transport stops in
the middle, it is told to come again (WANT_WRITE), and it owes us the same bytes: records
cannot be taken back.  What is ``owed`` counts from the front of the next bytes that come,
in buffers of any size, and is not given to libssl again.  The last record of it may have
``begun``: libssl has it, and has to be called again for it with the same size (SSL_write(3)).

Records of a burst are gathered and leave together; see ``gathering``.  They go one for each
call of libssl: with partial writes it does no other.  Where the transport has stopped, a
call is given fewer, so that a caller sees how it gets on.  In memory `send` begins with one
and takes twice as many each time.
"""

from libc.errno cimport ECONNRESET, EPIPE

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libssl as s
from OpenSSL._native.common.errors cimport (
    DONE, FAILED, SYSTEM, WANT_LOOKUP, WANT_WRITE, Verdict,
)
from OpenSSL._native.ssl.channel cimport Channel, free_gathered
from OpenSSL._native.ssl.gathering cimport (
    LEFT, STOPPED, Leaving, begin_gathering, goes_unheard, leave_together, left_so_far, may_gather,
    note_record, note_unheard,
)

cdef extern from "compat.h" nogil:
    int SSL_write_ex(s.SSL* ssl, const void* data, size_t size, size_t* put)
    long SSL_get_mode(s.SSL* ssl)

cdef enum:
    # What leaves together where the transport has little room: a socket of the Unix domain takes
    # 200 KiB, and tells of room again when three quarters of that are read. The other end is to
    # read one piece while the next one is made.
    PIECE = 4 * RECORD


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
    if channel.gathered != NULL:
        verdict = leave(channel)
    if verdict.status == DONE and writing.begun > 0:
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


cdef Verdict leave(Channel* channel) noexcept nogil:
    """Hand what was gathered to the transport, and say what became of it."""
    cdef Verdict verdict
    cdef Leaving left = leave_together(channel)
    verdict.number = 0
    if left == LEFT:
        verdict.status = DONE
    elif left == STOPPED:
        verdict.status = WANT_WRITE
    else:
        verdict.status = SYSTEM
        verdict.number = channel.number
    return verdict


cdef Verdict finish_flight(
    const s.SSL* ssl, Channel* channel, Verdict verdict, bint got,
) noexcept nogil:
    """Send what a handshake has said in one call, and judge the call by that as well.

    `got` says that it has brought data, which must not be lost: what has not left goes with the
    next call.
    """
    cdef Verdict left
    channel.gathering = False
    left = leave(channel)
    if left.status == SYSTEM and goes_unheard(channel, left.number):
        free_gathered(channel)
        return verdict
    if left.status == SYSTEM and (left.number == EPIPE or left.number == ECONNRESET) and (
            s.SSL_is_server(ssl) and s.SSL_is_init_finished(ssl)
            and s.SSL_version(ssl) == s.TLS1_3_VERSION):
        # These are tickets, for a client that does not want them: libssl lets it go, too
        # (ossl_statem_server_post_work, 3.0 to 4.0).
        note_unheard(channel, left.number)
        free_gathered(channel)
        return verdict
    if left.status == DONE or got or verdict.status > WANT_LOOKUP:
        return verdict
    return left


cdef Verdict finish(
    s.SSL* ssl, const Channel* channel, Writing* writing, const char* data, size_t size,
) noexcept nogil:
    """Have libssl send the rest of the record that has begun."""
    cdef size_t done = 0
    cdef size_t at = writing.owed - writing.begun
    cdef const char* begun = data + at if size >= writing.owed else writing.copy + at
    cdef int result = SSL_write_ex(ssl, begun, writing.begun, &done)
    cdef Verdict verdict = errors.judge(ssl, result, channel.number)
    if verdict.status == DONE:
        # Fragments may be shorter than what was given (SSL_set_max_send_fragment).
        writing.owed -= writing.begun - done
        writing.begun = 0
    return verdict


cdef Verdict finish_for_good(s.SSL* ssl, Channel* channel, Writing* writing) noexcept nogil:
    """The same before close_notify: what has begun goes out, and nothing is owed any more."""
    cdef Verdict verdict = leave(channel)
    if verdict.status == DONE and writing.begun > 0 and writing.copy != NULL:
        verdict = finish(ssl, channel, writing, writing.copy, writing.owed)
    if verdict.status == WANT_WRITE:
        return verdict
    # What cannot be said any more keeps nobody from sending close_notify.
    errors.clear()
    writing.owed = writing.begun = 0
    verdict.status = DONE
    return verdict


cdef inline bint is_full(const Channel* channel) noexcept nogil:
    """Whether a bounded memory would refuse another record, which libssl would then have."""
    return channel.memory and channel.limit > 0 and channel.outgoing >= channel.limit


cdef size_t longest(s.SSL* ssl, Channel* channel) noexcept nogil:
    cdef s.SSL_SESSION* session = s.SSL_get_session(ssl)
    cdef unsigned int code = 0
    if session != NULL:
        code = s.SSL_SESSION_get_max_fragment_length(session)
    # RFC 6066: 512 bytes and its doubles.  What was agreed on takes the place of our own.
    return channel.most if code == 0 else <size_t>256 << code


cdef Verdict go_on(
    s.SSL* ssl, Channel* channel, Writing* writing, const char* data, size_t size,
    size_t* moved,
) noexcept nogil:
    cdef Verdict verdict
    cdef Verdict left
    cdef size_t most = writing.records * <size_t>RECORD
    cdef size_t record = RECORD
    cdef size_t done = 0
    cdef size_t part
    cdef int result = 1
    left.status = DONE
    left.number = 0
    if channel.memory and not channel.tunnelled:
        most = BURST    # what memory may take has been asked before
    if most > size:
        most = size
    if channel.datagram:
        # A message.  libssl refuses one that is longer than any record, without a look at it
        # (dtls1_write_app_data_bytes, 3.0 to 4.0); where records have to be shorter it would
        # give up the connection.
        most = size if size <= longest(ssl, channel) or size > RECORD else RECORD + 1
        record = most
    # Who wants libssl to compare addresses (without that mode) has it send each record.
    if (most > moved[0] + RECORD and may_gather(channel)
            and SSL_get_mode(ssl) & s.SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER):
        begin_gathering(channel, PIECE if channel.local else most - moved[0])
    while moved[0] < most and not (moved[0] > 0 and is_full(channel)):
        part = most - moved[0]
        if part > record:
            part = record
        result = SSL_write_ex(ssl, data + moved[0], part, &done)
        if result != 1:
            break
        moved[0] += done
        if channel.gathering:
            note_record(channel, moved[0])
            if channel.local and channel.gathered.end >= PIECE and moved[0] < most:
                left = leave(channel)
                if left.status != DONE:
                    break
    verdict = errors.judge(ssl, result, channel.number)
    if channel.datagram and most > RECORD and result != 1 and errors.pending():
        # What libssl last waited for is still noted (dtls1_write_app_data_bytes, 4.0).
        verdict.status = FAILED
    if channel.gathering:
        channel.gathering = False
        if left.status == DONE:
            left = leave(channel)
        if left.status != DONE and hold_back(channel, writing, left, &verdict, moved):
            return verdict
    if verdict.status == WANT_WRITE:
        writing.records = <unsigned char>(moved[0] // RECORD) if moved[0] >= RECORD else 1
        writing.owed = moved[0] + part
        writing.begun = part
        moved[0] = 0
    elif verdict.status == SYSTEM:
        # It may pass, and then the record goes on.
        writing.begun = part
        writing.owed = part
        if channel.gathered != NULL:
            writing.owed += moved[0]
            moved[0] = 0
    elif verdict.status == DONE and writing.records < MOST_RECORDS:
        writing.records *= 2
        if writing.records > MOST_RECORDS:
            writing.records = MOST_RECORDS
    return verdict


cdef bint hold_back(
    const Channel* channel, Writing* writing, Verdict left, Verdict* verdict, size_t* moved,
) noexcept nogil:
    """Note what was gathered and did not leave, `left` says why; True when `verdict` does so."""
    cdef size_t gone
    if verdict.status == WANT_WRITE:
        return False    # there was no memory for a record that has begun
    gone = channel.gathered.start // RECORD
    writing.records = <unsigned char>gone if 0 < gone < MOST_RECORDS else 1
    writing.owed = moved[0]
    moved[0] = 0
    if verdict.status <= WANT_LOOKUP:
        verdict[0] = left
    return True


cdef size_t give_credit(Writing* writing, Channel* channel) noexcept nogil:
    """How many of the owed bytes have left; these need not be brought again any more."""
    cdef size_t left = writing.owed - writing.begun
    if channel.gathered != NULL and not channel.flight:
        left = left_so_far(channel)
    writing.owed -= left
    return left
