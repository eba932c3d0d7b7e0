cimport OpenSSL._native.common.libcrypto as c
cimport OpenSSL._native.common.libssl as s

cdef enum:
    RULES = 32      # bytes of a digest

cdef struct Common:
    unsigned char[32] digest
    bint fresh      # else the digest stands for nothing
    unsigned int notes  # how often a rule was noted that libssl copies into connections
    unsigned char[32] shared    # the name of sessions that other programs take, and we theirs
    unsigned int shared_size    # of it; 0: they are nobody else's

cdef int need_digest() except -1

# In all of these False means that there was no memory.
cdef bint rules_of(
    s.SSL* ssl, const Common* common, const unsigned char* own, const unsigned char* asked,
    bint addressed, unsigned char* out) noexcept nogil
cdef bint digest_two(
    const void* one, size_t one_size, const void* other, size_t other_size,
    unsigned char* out) noexcept nogil
cdef bint validity(s.SSL* ssl, long long now, long long* window) noexcept nogil

cdef void renew(Common* common, s.SSL_CTX* context, dict noted) noexcept
cdef int digest_noted(dict noted, unsigned char* out) except -1
cdef int store_changed(c.X509_STORE* store, const char* folder=*) except -1
