from OpenSSL._native.common.libcrypto cimport EVP_PKEY, X509_CHAIN
from OpenSSL._native.common.libcrypto cimport X509 as c_X509
from OpenSSL._native.common.libssl cimport SSL
from OpenSSL._native.crypto.certificates cimport X509
from OpenSSL._native.ssl.context cimport Context

cdef enum Came:
    KEY
    CERTIFICATE
    WITH_CHAIN      # a certificate, from a file that says all of its chain

cdef class Renewal:
    cdef SSL* handle    # owned; what it presents is the Context's, and what is to come
    cdef set waiting    # kinds of keys, by name, that are still to come
    cdef bytes latest   # the kind of the certificate that came last
    cdef dict chains    # what was given for a certificate that waits, by its kind
    cdef set whole      # kinds whose certificate came with its chain

    cdef int forget(self, bytes kind) except -1
    cdef int put_in_force(self, Context context, bytes kind) except -1
    cdef list chain_of(self, Context context, bytes kind)

# The Renewal into which a certificate or a key goes; None: into the Context itself.
cdef Renewal begin(Context context)
cdef Renewal under_way(Context context)
cdef int finish(Renewal renewal, Context context, Came came) except -1
# Into the chain of what waits, or of what is in force; False: into the Context, as libssl does.
cdef bint add_to_chain(Context context, X509 certificate) except -1
# Into the chain of what waits, None to have none; False where nothing does.
cdef bint add_to_what_waits(Context context, X509 certificate) except -1
# For a pair that comes whole; for the caller to give back, by release_chain.
cdef X509_CHAIN* chain_behind(Context context, X509 certificate, list given) except? NULL
cdef int came_whole(Context context, c_X509* certificate, EVP_PKEY* key) except -1
# Whether it stands in the own chain of the current certificate, and that in use.
cdef bint is_sent(Context context, X509 certificate) except -1
