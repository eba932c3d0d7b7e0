cimport OpenSSL._native.common.libssl as s
from OpenSSL._native.common.rules cimport Common

# Whether a server's ticket, or one that came back, stands for nothing: no more than anybody gets.
cdef bint stands_for_nothing(s.SSL* ssl, s.SSL_SESSION* session) noexcept nogil
# Whether a session has the name that its Context shares with other programs.
cdef bint has_shared_name(const Common* common, const s.SSL_SESSION* session) noexcept nogil
# Whether a session was made for the host that the hello asks for, and may be had here.
cdef bint is_for_asked_host(s.SSL* ssl, const s.SSL_SESSION* session) noexcept nogil
# Whether this server's certificate is for a host; not for NULL.
cdef bint shows_host(s.SSL* ssl, const char* name) noexcept nogil

# The host that a hello asks for, NULL for none; False when it is malformed.
cdef bint read_name(s.SSL* ssl, const char** name, size_t* size) noexcept nogil
