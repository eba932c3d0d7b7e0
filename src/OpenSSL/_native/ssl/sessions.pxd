from OpenSSL._native.common.libssl cimport SSL_SESSION
from OpenSSL._native.ssl.context cimport Context

cdef class Session:
    cdef SSL_SESSION* handle        # owned; NULL for an empty Session()
    cdef Context context            # the Context it may be used with
    cdef bint by_key                # made of a pre-shared key: for callbacks for keys alone
    cdef bint unsealed              # it comes from bytes that anybody may have written
    cdef object __weakref__

# The new Session owns the handle, also where this fails.
cdef Session wrap_session(SSL_SESSION* taken, Context context)
# What libssl has may change; a Session's own handle does not.
cdef Session copied(SSL_SESSION* lent, Context context)

cdef SSL_SESSION* held(Session session) except NULL
# A handle to be given away, or freed by wrap_session.
cdef SSL_SESSION* copy_of(Session session) except NULL
# Raises ValueError where nobody vouches for what a server would believe.
cdef int check_sealed(Session session) except -1
