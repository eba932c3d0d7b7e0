cimport OpenSSL._native.common.libssl as s

# Write down when the peer's certificates are valid; False when that cannot be.
cdef bint note(s.SSL* ssl, s.SSL_SESSION* session) noexcept nogil
# Whether they are now, as far as the session notes it.
cdef bint in_time(s.SSL_SESSION* session) noexcept nogil

# Note that a session is made of a key that both sides know; whether that was noted.
cdef bint note_key(s.SSL_SESSION* session) noexcept nogil
cdef bint stands_for_key(s.SSL_SESSION* session) noexcept nogil

# What a program keeps in a session stands behind our note: how many bytes of all are ours.
cdef size_t size_of_note(const void* data, size_t size) noexcept nogil
# Keep something else there; False without memory.
cdef bint put_behind_note(
    s.SSL_SESSION* session, const void* data, size_t size) noexcept nogil
