from libc.stdint cimport uint64_t

from OpenSSL._native.ssl.connection cimport Connection

cdef int note_options(Connection connection, uint64_t given, uint64_t taken_away) except -1
