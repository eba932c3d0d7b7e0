from OpenSSL._native.context cimport Context
from OpenSSL._native.libssl cimport SSL

cdef class Renewal:
    cdef SSL* handle    # owned; what it presents is the Context's, and what is to come
    cdef set waiting    # kinds of keys, by name, that are still to come

    cdef int put_in_force(self, Context context) except -1

# The Renewal into which a certificate or a key goes; None: into the Context itself.
cdef Renewal begin(Context context)
cdef Renewal under_way(Context context)
cdef int finish(Renewal renewal, Context context) except -1
