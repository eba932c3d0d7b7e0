"""Notes: for how long a session stands, and what the program keeps behind that.

Theory.  A session notes from when until when its peer's certificates are valid, in what libssl
calls the application data of tickets (SSL_SESSION_set1_ticket_appdata(3)), so it goes along in
tickets, caches and files; it is not resumed at another time.  What the program keeps there itself
stands behind the note.
"""

from libc.string cimport memcmp, memcpy
from libc.time cimport time

cimport OpenSSL._native.common.libcrypto as c
from OpenSSL._native.common.rules cimport validity

cdef enum:
    TIME = 8    # bytes of a time in a note
    NOTE = 22   # of a whole one

cdef long long NEVER = 0x7fffffffffffffff

cdef const char* MARK = b"brisk1"   # what a note begins with


cdef void write_time(unsigned char* out, long long seconds) noexcept nogil:
    cdef int place
    for place in range(TIME):
        out[place] = <unsigned char>((seconds >> (8 * (TIME - 1 - place))) & 0xff)


cdef long long read_time(const unsigned char* data) noexcept nogil:
    cdef unsigned long long seconds = 0
    cdef int place
    for place in range(TIME):
        seconds = seconds << 8 | data[place]
    return <long long>seconds


cdef void write_note(unsigned char* text, const long long* window) noexcept nogil:
    memcpy(text, MARK, NOTE - 2 * TIME)
    write_time(text + NOTE - 2 * TIME, window[0])
    write_time(text + NOTE - TIME, window[1])


cdef size_t size_of_note(const void* data, size_t size) noexcept nogil:
    if data == NULL or size < NOTE or memcmp(data, MARK, NOTE - 2 * TIME) != 0:
        return 0
    return NOTE


cdef bint put_behind_note(
    s.SSL_SESSION* session, const void* data, size_t size,
) noexcept nogil:
    cdef void* previous = NULL
    cdef size_t length = 0
    cdef long long[2] window
    cdef unsigned char* text
    cdef bint good
    if s.SSL_SESSION_get0_ticket_appdata(session, &previous, &length) != 1:
        return False
    text = <unsigned char*>c.OPENSSL_malloc(NOTE + size)
    if text == NULL:
        return False
    if size_of_note(previous, length) != 0:
        memcpy(text, previous, NOTE)
    else:
        # There has to be one, so that nothing of the program's can pass for it.
        window[0] = -NEVER
        window[1] = NEVER
        write_note(text, window)
    if size > 0:
        memcpy(text + NOTE, data, size)
    good = s.SSL_SESSION_set1_ticket_appdata(session, text, NOTE + size) == 1
    c.OPENSSL_free(text)
    return good


cdef bint note(s.SSL* ssl, s.SSL_SESSION* session) noexcept nogil:
    """Write down when the peer's certificates are valid; False when that cannot be."""
    cdef unsigned char[NOTE] text
    cdef long long[2] window
    cdef long long now = time(NULL)
    cdef long left
    window[0] = -NEVER
    window[1] = NEVER
    if not validity(ssl, now, window):
        return False
    write_note(text, window)
    if s.SSL_SESSION_set1_ticket_appdata(session, text, NOTE) != 1:
        return False
    # A server's cache knows nothing of notes.
    if s.SSL_is_server(ssl) and window[1] - now < s.SSL_SESSION_get_timeout(session):
        left = <long>(window[1] - now) if window[1] > now else 0
        return s.SSL_SESSION_set_timeout(session, left) == 1
    return True


cdef bint in_time(s.SSL_SESSION* session) noexcept nogil:
    """Whether the peer's certificates are valid now, as far as the session notes it."""
    cdef void* data = NULL
    cdef size_t size = 0
    cdef long long now = time(NULL)
    cdef const unsigned char* text
    if s.SSL_SESSION_get0_ticket_appdata(session, &data, &size) != 1:
        return False
    if size_of_note(data, size) == 0:
        return True
    text = <const unsigned char*>data
    return (read_time(text + NOTE - 2 * TIME) <= now
            and now <= read_time(text + NOTE - TIME))


cdef bint note_key(s.SSL_SESSION* session) noexcept nogil:
    """Note a time that never comes: so it is not resumed, whatever its stamp is."""
    cdef unsigned char[NOTE] text
    cdef long long[2] window
    window[0] = NEVER
    window[1] = -NEVER
    write_note(text, window)
    return s.SSL_SESSION_set1_ticket_appdata(session, text, NOTE) == 1


cdef bint stands_for_key(s.SSL_SESSION* session) noexcept nogil:
    cdef void* data = NULL
    cdef size_t size = 0
    if s.SSL_SESSION_get0_ticket_appdata(session, &data, &size) != 1 or (
            size_of_note(data, size) == 0):
        return False
    return (read_time(<const unsigned char*>data + NOTE - 2 * TIME) == NEVER
            and read_time(<const unsigned char*>data + NOTE - TIME) == -NEVER)
