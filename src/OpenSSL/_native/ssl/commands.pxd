cimport OpenSSL._native.common.libssl as s

# Commands for whatever they are told to change.
cdef class Commands:
    cdef s.SSL_CONF_CTX* handle     # owned; NULL when there was no memory for it

cdef Commands begin()
cdef int carry_out(Commands commands, bytes name, bytes value) except -1
# What takes more than one command: to be called after the last.
cdef int finish(Commands commands) except -1
