"""Version rules: whether a Context that was chosen late suits the version agreed on.

Theory.  A server's hooks choose before anything is agreed on (``hello``).  A client's hook,
and a server's in a renegotiation, come later, when the version stands: where the Context
forbids it the handshake fails.  It is judged while the Contexts are held still, so without
Python; the words come afterwards.
"""

from libc.stdint cimport uint64_t

cimport OpenSSL._native.common.libssl as s

from OpenSSL._exceptions import Error

cdef extern from "compat.h" nogil:
    uint64_t SSL_OP_NO_TLSv1
    uint64_t SSL_OP_NO_TLSv1_1
    uint64_t SSL_OP_NO_TLSv1_2
    uint64_t SSL_OP_NO_DTLSv1
    uint64_t SSL_OP_NO_DTLSv1_2


cdef uint64_t forbidding(long version) noexcept nogil:
    """The option that forbids a version; 0 where there is none."""
    if version == s.TLS1_3_VERSION:
        return s.SSL_OP_NO_TLSv1_3
    if version == s.TLS1_2_VERSION:
        return SSL_OP_NO_TLSv1_2
    if version == s.TLS1_1_VERSION:
        return SSL_OP_NO_TLSv1_1
    if version == s.TLS1_VERSION:
        return SSL_OP_NO_TLSv1
    if version == s.DTLS1_2_VERSION:
        return SSL_OP_NO_DTLSv1_2
    return SSL_OP_NO_DTLSv1 if version == s.DTLS1_VERSION else 0


cdef bint version_fits(s.SSL* ssl) noexcept nogil:
    """Whether the Context a hook may have chosen offers the version already agreed on."""
    cdef s.SSL_CTX* context = s.SSL_get_SSL_CTX(ssl)
    cdef long version = s.SSL_version(ssl)
    cdef long lowest = s.SSL_CTX_get_min_proto_version(context)
    cdef long highest = s.SSL_CTX_get_max_proto_version(context)
    if s.SSL_CTX_get_options(context) & forbidding(version):
        return False
    if s.SSL_is_dtls(ssl):
        # DTLS counts downwards.
        return (lowest == 0 or version <= lowest) and (highest == 0 or version >= highest)
    return (lowest == 0 or version >= lowest) and (highest == 0 or version <= highest)


cdef int refuse_version() except -1:
    raise Error([("SSL routines", "", "this virtual host does not offer this version")])
