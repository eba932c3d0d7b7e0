cimport OpenSSL._native.common.libssl as s

# Commands for whatever they are told to change.
cdef class Commands:
    cdef s.SSL_CONF_CTX* handle     # owned; NULL when there was no memory for it

cdef Commands begin()
# Carry them out in turn; those that came through are added to `done`, also where one fails.
cdef int run(Commands commands, list wanted, list done) except -1
