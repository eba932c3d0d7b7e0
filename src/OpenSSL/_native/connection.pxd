from OpenSSL._native.carrier cimport Carrier
from OpenSSL._native.context cimport Context
from OpenSSL._native.libssl cimport SSL
from OpenSSL._native.platform cimport brisk_lock

cdef class Connection(Carrier):
    cdef SSL* handle                # owned; NULL until __init__ has run
    cdef Context context            # the one last given, by __init__ or set_context
    cdef Context first              # the one it was created with: OpenSSL keeps using parts of it
    cdef object socket              # None: memory BIO
    cdef object app_data
    cdef brisk_lock lock
    cdef object __weakref__

    # Every function over a Connection runs between these two.  enter() raises
    # when __init__ has not run, and waits for other threads without the
    # interpreter; a hook of the connection may enter again.
    cdef int enter(self) except -1
    cdef void leave(self) noexcept
