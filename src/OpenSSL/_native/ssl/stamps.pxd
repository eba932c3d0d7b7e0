from libc.stdint cimport uint32_t

cimport OpenSSL._native.common.libcrypto as c
cimport OpenSSL._native.common.libssl as s
from OpenSSL._native.ssl.channel cimport Channel

cdef enum:
    # Of Channel.hooked: what the program is asked.
    ASKED_STAPLE = 1        # whether a client takes a staple for good
    ASKED_NAME = 2          # which host a server is to be
    ASKED_PROTOCOL = 4      # and which protocol it speaks
    APART = 8               # how to verify was set on the connection, past all comparing
    ASKED_KEY = 16          # which key a client shares with its server
    ASKED_HELLO = 32        # what it makes of a client's hello as a whole
    ASKED_CHAIN = 64        # whether it believes the peer's certificates
    ELSEWHERE = 128         # to sign for a key that cannot decrypt
    PLEDGED = 256           # records of DANE were added
    EXPECTED = 512          # the program has said which keys the peer may have
    HIDDEN = 1024           # a client says encrypted which host it wants
    UNDECIDED = 2048        # and has asked for time, the hello being there
    ASKED_SECURITY = 4096   # whether what the security level allows is good enough
    ASKED_IN_FULL = 8192    # what it is not asked where a session is resumed, or behind it
    ASKED_SESSION = 16384   # to take note of new sessions
    # Of Channel.unfit: why a handshake may not end well.
    OTHER_RULES = 0         # those of a session that was resumed have changed
    KEY_ALONE = 1           # a certificate is required, and a key that is shared was used
    KEY_REFUSED = 2         # none was used, and nobody verifies the server's certificate
    KEY_MISSING = 3         # it was to be one that is expected, and the server has shown none
    NOT_HIDDEN = 4          # the server has not read what was encrypted

# Ours, or NULL: an SSL has it from the time it is given its BIO until it is freed.
cdef Channel* channel_of(const s.SSL* ssl) noexcept nogil

# Whether the rules are still those of the connection's stamp.
cdef bint unchanged(s.SSL* ssl, Channel* channel) noexcept nogil
# Give the connection its stamp for the handshake that begins; False when that cannot be.
cdef bint stamp(s.SSL* ssl, Channel* channel) noexcept nogil
# At every step of a handshake; False when it may not go on with the session it resumes.
cdef bint judge(s.SSL* ssl, Channel* channel, int where) noexcept nogil
cdef int refuse_session(Channel* channel) except -1
cdef bint spoil_stamp(s.SSL_SESSION* session) noexcept nogil

# Whether a client may send early data on its session, or on a key that allows so many bytes, and
# how many; and whether a server takes any by a key, and hands out what has come.
cdef bint may_send_early(
    s.SSL* ssl, Channel* channel, uint32_t by_key, uint32_t* most) noexcept nogil
cdef bint takes_early_by_key(s.SSL* ssl, s.SSL_SESSION* session) noexcept nogil
cdef bint allows_early(s.SSL* ssl, Channel* channel) noexcept nogil

# Whether a key that both sides know is in use now.
cdef bint is_by_key(const s.SSL* ssl, s.SSL_SESSION* session) noexcept nogil

# Whether a session was made by the rules of the handshake that is going on.
cdef bint fits(s.SSL* ssl, Channel* channel, s.SSL_SESSION* session) noexcept nogil

# A certificate is about to be verified: see by which rules that is.
cdef void note_verified(s.SSL* ssl, Channel* channel) noexcept nogil
# A ticket is about to be made of the connection's session.
cdef int on_ticket_given(s.SSL* ssl, void* unused) noexcept nogil
cdef int on_ticket(
    s.SSL* ssl, s.SSL_SESSION* session, const unsigned char* name, size_t size, int status,
    void* unused) noexcept nogil
