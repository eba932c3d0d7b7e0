cimport OpenSSL._native.common.libssl as s

cdef int taken(long result) except -1
# A connection has just moved from one Context to another. `own` is what was noted of itself, None
# for nothing; the others what was noted in the Contexts.
cdef int adopt_groups(s.SSL* ssl, dict own, dict before, dict after) except -1
cdef int adopt_types(s.SSL* ssl, dict own, dict before, dict after) except -1
cdef int adopt_sizes(s.SSL* ssl, dict own, dict before, dict after) except -1
# How many bytes a record carries.
cdef unsigned int most_of(dict own, dict context) except? 0
cdef int keep_own(s.SSL* ssl, dict own) except -1
