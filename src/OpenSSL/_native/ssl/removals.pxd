cimport OpenSSL._native.common.libssl as s

# The sessions of a Context that libssl has let go of, and the program does not know of yet.
cdef class Removals:
    cdef void* row          # owned
    cdef object asked       # whom to tell, or None
    cdef long* count        # how many of them there are; in `row`

    cdef s.SSL_SESSION* take(self) noexcept
    cdef void put(self, s.SSL_SESSION* session) noexcept
    # Whether there is one, for who has just said that he tells no more: `count` comes too late.
    cdef bint waits(self) noexcept
    # Whom to tell; read and replaced without the Context's lock.
    cdef int set_hook(self, object hook) except -1
    cdef object hook(self)
    cdef long lost(self) noexcept

cdef Removals removals_of(s.SSL_CTX* context)

# What is removed with this very object is our own doing, and nobody is told.
cdef void keep_quiet(s.SSL_SESSION* session) noexcept nogil

cdef void on_session_remove(s.SSL_CTX* context, s.SSL_SESSION* session) noexcept nogil
