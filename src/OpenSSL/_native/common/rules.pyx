"""Rules: a digest of all that decides whom a connection believes, for sessions to carry.

Theory.  Two connections with equal digests verify alike, in whatever process they are: the
digest is made of contents, not of objects (``rules.h``).  What libssl tells of a connection
is read from it each time.  What it does not tell is noted when it is set, by name, in the
Context or the Connection (``noted``), and what many connections have in common is digested
once for each change of their Context.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE

cdef extern from "rules.h" nogil:
    int brisk_rules_open()
    const void* brisk_sha256()
    bint brisk_store_changed(c.X509_STORE* store, const char* folder)
    bint brisk_common_digest(
        s.SSL_CTX* context, const void* noted, size_t size, unsigned char* out)
    bint brisk_rules(
        s.SSL* ssl, const unsigned char* common, const unsigned char* own,
        const unsigned char* asked, bint addressed, unsigned char* out)
    bint brisk_validity(s.SSL* ssl, long long now, long long* window)
    bint brisk_parts_two(
        const void* one, size_t one_size, const void* other, size_t other_size,
        unsigned char* out)

if not brisk_rules_open():
    raise MemoryError()


cdef int need_digest() except -1:
    """For a Context to be made: without the digest no session of it would stand for anything."""
    if brisk_sha256() == NULL:
        raise MemoryError("SHA-256 is missing, or memory")
    return 0


cdef bint rules_of(
    s.SSL* ssl, const Common* common, const unsigned char* own, const unsigned char* asked,
    bint addressed, unsigned char* out,
) noexcept nogil:
    """The rules that are in force for a connection now, and what is asked for."""
    return common.fresh and brisk_rules(ssl, common.digest, own, asked, addressed, out)


cdef bint digest_two(
    const void* one, size_t one_size, const void* other, size_t other_size,
    unsigned char* out,
) noexcept nogil:
    return brisk_parts_two(one, one_size, other, other_size, out)


cdef bint validity(s.SSL* ssl, long long now, long long* window) noexcept nogil:
    """Narrow `window` to when the verified certificates are valid, in seconds since 1970."""
    return brisk_validity(ssl, now, window)


cdef bytes packed(dict noted):
    """What was noted, alike for alike notes; its values are bytes and integers."""
    return repr(sorted(noted.items())).encode()


cdef void renew(Common* common, s.SSL_CTX* context, dict noted) noexcept:
    """Digest what the connections of a Context have in common."""
    cdef bytes text
    try:
        text = packed(noted)
        common.fresh = brisk_common_digest(
            context, PyBytes_AS_STRING(text), PyBytes_GET_SIZE(text), common.digest)
    except BaseException:
        common.fresh = False    # no memory: sessions stand for nothing until there is


cdef int digest_noted(dict noted, unsigned char* out) except -1:
    cdef bytes text = packed(noted)
    if not brisk_parts_two(b"own", 3, PyBytes_AS_STRING(text), PyBytes_GET_SIZE(text), out):
        raise MemoryError()
    return 0


cdef int store_changed(c.X509_STORE* store, const char* folder=NULL) except -1:
    """To be called after each change of a store; `folder`: hashed ones it looks into now."""
    if not brisk_store_changed(store, folder):
        raise MemoryError()
    return 0
