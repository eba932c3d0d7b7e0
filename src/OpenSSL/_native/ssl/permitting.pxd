cimport OpenSSL._native.common.libssl as s
from OpenSSL._native.common.hooks cimport Hooks

# Have libssl ask about connections made from now on; about this one, if it has the hook.
cdef void watch_context(s.SSL_CTX* context) noexcept
cdef void watch_security(s.SSL* ssl, Hooks hooks) noexcept
cdef int on_permission(
    const s.SSL* ssl, const s.SSL_CTX* context, int operation, int bits, int nid, void* other,
    void* unused) noexcept nogil
