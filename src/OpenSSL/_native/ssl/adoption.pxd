from libc.stdint cimport uint64_t

cimport OpenSSL._native.common.libssl as s
from OpenSSL._native.crypto.keys cimport PKey

# What is noted of a connection itself: a pair, the options it was given and those taken away;
# stores; parameters of Diffie-Hellman.
cdef str OPTIONS
cdef str OWN_TRUST
cdef str OWN_CHAINS
cdef str OWN_PARAMETERS

cdef int taken(long result) except -1
# A connection has just moved from one Context to another. `own` is what was noted of itself, None
# for nothing; the others what was noted in the Contexts.
cdef int adopt_groups(s.SSL* ssl, dict own, dict before, dict after) except -1
cdef int adopt_types(s.SSL* ssl, dict own, dict before, dict after) except -1
cdef int adopt_sizes(s.SSL* ssl, dict own, dict before, dict after) except -1
# Here they are the Contexts' options.
cdef int adopt_options(
    s.SSL* ssl, dict own, uint64_t before, uint64_t after, bint asks_once) except -1
cdef int put_parameters(s.SSL* ssl, PKey parameters) except -1
# How many bytes a record carries.
cdef unsigned int most_of(dict own, dict context) except? 0
cdef int keep_own(s.SSL* ssl, dict own) except -1
