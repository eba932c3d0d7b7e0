cimport OpenSSL._native.common.libssl as s

# The sessions of a Context that libssl has let go of, and the program does not know of yet.
cdef class Removals:
    cdef void* row          # owned
    cdef long* count        # how many of them there are; in `row`

    cdef s.SSL_SESSION* take(self) noexcept
    cdef void put(self, s.SSL_SESSION* session) noexcept
    cdef long lost(self) noexcept

cdef Removals removals_of(s.SSL_CTX* context)

# What is removed with this very object is our own doing, and nobody is told.
cdef void keep_quiet(s.SSL_SESSION* session) noexcept nogil

cdef void on_session_remove(s.SSL_CTX* context, s.SSL_SESSION* session) noexcept nogil
